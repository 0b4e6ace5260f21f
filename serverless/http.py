"""A Flask app as a Lambda function: events of an HTTP API and of function URLs (payload format 2.0).

An HTTP API hands over the path decoded, a function URL as it was sent; what WSGI wants is latin-1. An event
of any other kind is refused: to return nothing would read as success.
"""

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import quote

from apig_wsgi import make_lambda_handler

from serverless.events import UnknownEvent

FORMAT = "2.0"
FUNCTION_URL = ".lambda-url."
App = Callable[[dict[str, Any], Any], Iterable[bytes]]
Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


def entry(app: App) -> Handler:
    """What Lambda calls."""
    answer = make_lambda_handler(app)

    def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
        if event.get("version") != FORMAT or "http" not in (event.get("requestContext") or {}):
            raise UnknownEvent("This function answers HTTP events of format 2.0 only.")
        return answer(_as_wsgi_wants(event), context)

    return handler


def _as_wsgi_wants(event: dict[str, Any]) -> dict[str, Any]:
    is_url = FUNCTION_URL in event["requestContext"].get("domainName", "")
    return {
        **event,
        "rawPath": quote(event["rawPath"], safe="/%" if is_url else "/", errors="replace"),
        "rawQueryString": _latin(event.get("rawQueryString") or ""),
        "headers": {name: _latin(value) for name, value in (event.get("headers") or {}).items()},
    }


def _latin(text: str) -> str:
    """Its UTF-8 bytes, as characters of WSGI."""
    return text if text.isascii() else text.encode(errors="replace").decode("latin-1")
