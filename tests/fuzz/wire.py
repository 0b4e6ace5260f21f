"""Requests to the real apps, byte for byte, and what every answer must be like."""

import io
import json
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from flask import Flask
from msgspec import Struct, field
from msgspec.structs import replace

from domain.actor import Anyone
from handlers.operation import Operation
from tests.fuzz.logs import LOG
from tests.fuzz.picture import Written
from tests.fuzz.world import world
from tests.handlers.problems import is_declared

WRITTEN: Final = 1
"""The status of a request that was accepted and about to write."""
UNROUTED: Final = frozenset({"route-not-found", "method-not-allowed", "body-too-large", "bad-request"})
NOBODY: Final = Operation("No route was found", actor=Anyone)
CONTENT: Final = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}

Headers = tuple[tuple[str, bytes], ...]


class Ask(Struct, frozen=True):
    """A request as it comes in; the path still percent-encoded."""

    method: str
    path: bytes
    query: bytes = b""
    headers: Headers = ()
    body: bytes = b""

    @property
    def environ(self) -> dict[str, Any]:
        """As a WSGI server makes it: everything that came from outside is Latin-1."""
        environ: dict[str, Any] = {
            "REQUEST_METHOD": self.method,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(self.path).decode("latin-1"),
            "QUERY_STRING": self.query.decode("latin-1"),
            "SERVER_NAME": "api.example.com",
            "SERVER_PORT": "443",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "203.0.113.9",
            "CONTENT_LENGTH": str(len(self.body)),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "https",
            "wsgi.input": io.BytesIO(self.body),
            "wsgi.errors": io.StringIO(),
        }
        for name, value in self.headers:
            place = CONTENT.get(name.lower(), "HTTP_" + name.upper().replace("-", "_"))
            environ[place] = value.decode("latin-1")
        return environ

    def with_headers(self, **headers: str) -> "Ask":
        more = tuple((name.replace("_", "-"), value.encode()) for name, value in headers.items())
        return replace(self, headers=(*self.headers, *more))


class Said(Struct, frozen=True):
    """What came back. `code` is that of a refusal."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def code(self) -> str:
        return str(self.json.get("code", "")) if self.status >= 400 else ""

    @property
    def json(self) -> dict[str, Any]:
        value = json.loads(self.body) if self.body else {}
        assert isinstance(value, dict)
        return value

    @property
    def is_accepted(self) -> bool:
        return self.status < 400


def ask(app: Flask, request: Ask) -> Said:
    """The answer. A bug in the product is raised here as it was raised there."""
    return ask_environ(app, request.environ)


def ask_environ(app: Flask, environ: dict[str, Any], *, may_break: bool = False) -> Said:
    """`may_break`: what is stored is broken; 500 and refusals that no route declares are answers, too."""
    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], _: Any = None) -> Any:
        started.append((status, headers))

    LOG.route, LOG.bug = None, None
    try:
        answer: Any = app.wsgi_app(environ, start_response)
        body = b"".join(answer)
        answer.close()
    except Written:
        return Said(WRITTEN)
    status, headers = started[-1]
    said = Said(int(status[:3]), body, {name.lower(): value for name, value in headers})
    if not may_break:
        _check(app, environ, said)
    return said


def _check(app: Flask, environ: dict[str, Any], said: Said) -> None:
    if LOG.bug is not None:
        raise LOG.bug
    assert said.headers.get("cache-control") == "no-store", "may be cached"
    if said.status < 400 or environ["REQUEST_METHOD"].upper() == "HEAD":
        return
    assert said.headers["content-type"] == "application/problem+json"
    assert said.json["status"] == said.status
    facts = _facts(app, environ["REQUEST_METHOD"])
    known = said.code in UNROUTED or is_declared(said.code, facts)
    assert known, f"{said.status} {said.code} is not declared by {LOG.route}"


def _facts(app: Flask, method: str) -> Operation:
    """What the route that answered declares; the log line names it."""
    for rule in app.url_map.iter_rules():
        if rule.rule == LOG.route and method.upper() in (rule.methods or set()):
            view: Any = app.view_functions[rule.endpoint]
            facts: Operation = view.operation
            return facts
    return NOBODY


def people(request: Ask) -> Said:
    return ask(world().people, request)


def staff(request: Ask) -> Said:
    return ask(world().staff, request)
