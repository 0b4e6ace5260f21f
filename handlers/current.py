"""The request that is being answered, and what is kept beside it until it is.

Flask's `request` and `g` look for them again at every attribute, a twelfth of what stands around a use case;
whoever asks more than once takes them from here.
"""

from typing import Any

from flask import Request, g, request


def the_request() -> Request:
    found: Request = request._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001  # documented
    return found


def kept() -> Any:
    """Flask's `g`: attributes as they are set."""
    return g._get_current_object()  # noqa: SLF001  # documented by werkzeug
