"""Where a request comes from."""

from flask import request


def client_address() -> str:
    """The address that the API gateway saw; a header that clients can write is never believed."""
    event = request.environ.get("lambda.event")
    if isinstance(event, dict):
        context = event.get("requestContext", {})
        source = context.get("http", context.get("identity", {})).get("sourceIp")
        if isinstance(source, str) and source:
            return source
    return request.remote_addr or "unknown"
