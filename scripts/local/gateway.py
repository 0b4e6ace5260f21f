"""An HTTP API of API Gateway in front of Lambda functions on this machine; payload format 2.0.

Source: AWS, "Create AWS Lambda proxy integrations for HTTP APIs". Like the real one it hands over the path
decoded, names of headers in lower case, and bodies of other than text types in base64.
"""

import base64
import itertools
import json
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any

from scripts.local.functions import PAYLOAD_MAX, Function
from scripts.local.runtime_api import FunctionFailed

DEFAULT = "$default"
TEXT_TYPES = ("text/", "application/json", "application/javascript", "application/xml")
DOMAIN = "abc123.execute-api.cn-north-1.amazonaws.com.cn"
log = logging.getLogger("tongka.gateway")


def chosen(path: str, routes: Mapping[str, str]) -> str | None:
    """Which function serves a path, by its prefix in whole segments."""
    for prefix, name in routes.items():
        if path == prefix or path.startswith(prefix + "/"):
            return name
    return routes.get(DEFAULT)


def event_of(environ: Mapping[str, Any], number: int) -> dict[str, Any]:
    """A request of WSGI as Lambda gets it."""
    path = environ["PATH_INFO"].encode("latin-1").decode(errors="replace")
    length = environ.get("CONTENT_LENGTH") or "0"
    body, is_text = environ["wsgi.input"].read(int(length)), False
    headers = _headers(environ)
    if headers.get("content-type", "").startswith(TEXT_TYPES):
        body, is_text = _text(body)
    now = time.time()
    return {
        "version": "2.0",
        "routeKey": DEFAULT,
        "rawPath": path,
        "rawQueryString": environ.get("QUERY_STRING", ""),
        **({"cookies": cookies} if (cookies := _cookies(environ)) else {}),
        "headers": headers,
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "abc123",
            "domainName": DOMAIN,
            "domainPrefix": "abc123",
            "http": {
                "method": environ["REQUEST_METHOD"],
                "path": path,
                "protocol": environ["SERVER_PROTOCOL"],
                "sourceIp": environ["REMOTE_ADDR"],
                "userAgent": headers.get("user-agent", ""),
            },
            "requestId": f"local-{number}",
            "routeKey": DEFAULT,
            "stage": DEFAULT,
            "time": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(now)),
            "timeEpoch": int(now * 1000),
        },
        **({"body": body if is_text else base64.b64encode(body).decode()} if body else {}),
        "isBase64Encoded": bool(body) and not is_text,
    }


def _text(body: bytes) -> tuple[Any, bool]:
    try:
        return body.decode(), True
    except UnicodeDecodeError:
        return body, False


def _headers(environ: Mapping[str, Any]) -> dict[str, str]:
    found = {
        name[5:].replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_") and name != "HTTP_COOKIE"
    }
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if environ.get(name):
            found[name.replace("_", "-").lower()] = environ[name]
    return {**found, "x-forwarded-for": environ["REMOTE_ADDR"], "x-forwarded-proto": "https"}


def _cookies(environ: Mapping[str, Any]) -> list[str]:
    return [each.strip() for each in environ.get("HTTP_COOKIE", "").split(";") if each.strip()]


class Gateway:
    """WSGI. What a function fails at is 500, as there."""

    def __init__(self, functions: Mapping[str, Function], routes: Mapping[str, str]) -> None:
        self._functions, self._routes = functions, routes
        self._numbers = itertools.count(1)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        event = event_of(environ, next(self._numbers))
        name = chosen(event["rawPath"], self._routes)
        if name is None:
            return _plain(start_response, HTTPStatus.NOT_FOUND, "Not Found")
        if len(json.dumps(event)) > PAYLOAD_MAX:
            return _plain(start_response, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "Request Entity Too Large")
        try:
            answer = self._functions[name].invoke(event)
        except FunctionFailed as failed:
            log.error("%s failed: %s", name, failed)  # noqa: TRY400  # the function has told where
            return _plain(start_response, HTTPStatus.INTERNAL_SERVER_ERROR, "Internal Server Error")
        return _answered(start_response, answer)


def _plain(start_response: Callable[..., Any], status: HTTPStatus, text: str) -> Iterable[bytes]:
    start_response(f"{status.value} {status.phrase}", [("Content-Type", "application/json")])
    return [json.dumps({"message": text}).encode()]


def _answered(start_response: Callable[..., Any], answer: Mapping[str, Any]) -> Iterable[bytes]:
    body = answer.get("body", "")
    raw = base64.b64decode(body) if answer.get("isBase64Encoded") else body.encode()
    headers = [(name, str(value)) for name, value in answer.get("headers", {}).items()]
    headers += [("set-cookie", each) for each in answer.get("cookies", ())]
    start_response(f"{answer['statusCode']} {HTTPStatus(answer['statusCode']).phrase}", headers)
    return [raw]
