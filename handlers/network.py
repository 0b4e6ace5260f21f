"""Where a request comes from."""

from flask import request


def client_address() -> str:
    """The address that the gateway saw; a header that clients can write is never believed."""
    return request.remote_addr or "unknown"
