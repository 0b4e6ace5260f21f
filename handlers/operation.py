"""`@operation`: marshmallow in, marshmallow out, and the facts that OpenAPI is built from."""

import hashlib
import json
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Generic, Protocol, TypeVar

import msgspec
from flask import Response, g, request
from marshmallow import Schema
from msgspec import Struct, field

from domain.actor import Actor, KeyHolder
from domain.errors import DomainError
from domain.unit_of_work import Record, Remembered, RequestKey
from handlers import actors, json_body
from handlers import query as query_string
from handlers.actors import KEY_HEADER
from handlers.current import kept, the_request
from handlers.json_body import Unreadable

REPLAYED_HEADER = "Idempotency-Replayed"
DRY_HEADER = "Tongka-Dry-Run"
KEY_MIN, KEY_MAX = 16, 64

A = TypeVar("A", bound=Actor)
M = TypeVar("M", bound=Remembered)


class Operation(Struct, frozen=True):
    """What one route takes, gives and refuses, and who may call it. There is no default for `actor`."""

    summary: str
    actor: type[Actor]
    gives: type[Schema] | None = None
    takes: type[Schema] | None = None
    query: type[Schema] | None = None
    path: type[Schema] | None = None
    bytes_max: int = 0
    """For a body that is taken as it is, and is not JSON: how large it may be."""
    status: int = 200
    refuses: tuple[type[DomainError], ...] = ()
    is_keyed: bool = False
    """Needs the header Idempotency-Key, because the request has no number of its own."""
    natural_key: str | None = None
    """The field that identifies the request by itself, such as `order_number`."""

    @property
    def stores_nonce(self) -> bool:
        """A signed request is good for one use only, unless what is signed holds a number of its own.

        An idempotency key is not enough: a request that was refused leaves it free
        (docs/decisions/0029-a-key-does-not-replace-the-nonce.md).
        """
        return issubclass(self.actor, KeyHolder) and self.natural_key is None


class Call(Struct, Generic[A], frozen=True):
    """One request, loaded: what the view may rely on."""

    actor: A
    path: Mapping[str, str]
    body: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    fingerprint: str = ""
    """SHA-256 over route and body: tells whether a repeated number or key means the same request."""
    key: str = ""
    content: bytes = b""
    """A body that is not JSON."""

    def request_key(self, recall: Callable[[Record], M]) -> RequestKey[M]:
        """Under which the answer is kept; `recall` reads it again."""
        return RequestKey(self.actor.caller, self.key, self.fingerprint, recall)

    @property
    def dry_run(self) -> bool:
        """Whether the caller only wants to know what the answer would be."""
        return bool(self.query.get("dry_run"))


View = Callable[[Any], Any]


def operation(facts: Operation) -> Callable[[View], Callable[..., Response]]:
    """The view gets a `Call` and returns something for `facts.gives` to dump."""
    takes, query, path_schema = (
        schema() if schema else None for schema in (facts.takes, facts.query, facts.path)
    )
    gives = facts.gives() if facts.gives else None

    def decorate(view: View) -> Callable[..., Response]:
        @wraps(view)
        def wrapped(**path: str) -> Response:
            request = the_request()
            if facts.bytes_max:
                request.max_content_length = facts.bytes_max
            beside = kept()
            actor = beside.actor = actors.authenticate(facts.actor, once=facts.stores_nonce)
            places = path_schema.load(path) if path_schema else {}
            content = request.get_data(cache=True) if facts.bytes_max else b""
            body = json_body.read(request.get_data(cache=True)) if takes else _no_body(content)
            call = Call(
                actor=actor,
                path=places,
                body=takes.load(body) if takes else {},
                query=query.load(_query()) if query else _no_query(),
                fingerprint=_fingerprint(path, body) if takes or facts.is_keyed else "",
                key=_key() if facts.is_keyed else "",
                content=content,
            )
            answer = view(call)
            text = msgspec.json.encode(gives.dump(answer)) if gives else b""
            response = Response(text, facts.status, content_type="application/json")
            if call.dry_run:
                response.headers[DRY_HEADER] = "true"
            if beside.get("is_repeated"):
                response.headers[REPLAYED_HEADER] = "true"
            return response

        wrapped.operation = facts  # type: ignore[attr-defined]  # read by the OpenAPI script and the tests
        return wrapped

    return decorate


class Repeatable(Protocol):
    """An answer that knows whether it was given before."""

    @property
    def is_repeated(self) -> bool: ...


R = TypeVar("R", bound=Repeatable)


def repeated(answer: R) -> R:
    """The same; a header says so if the same request was answered before."""
    g.is_repeated = answer.is_repeated
    return answer


def _no_body(content: bytes) -> dict[str, Any]:
    """A body where none belongs is a misunderstanding, but for the empty object that some clients send."""
    if not content and request.get_data(cache=True).strip() not in {b"", b"{}"}:
        raise Unreadable("This address takes no body.")
    return {}


def _query() -> dict[str, str]:
    pairs = query_string.pairs()
    if len(dict(pairs)) != len(pairs):
        raise Unreadable("A query parameter stands twice.")
    return dict(pairs)


def _no_query() -> dict[str, str]:
    if query_string.pairs():
        raise Unreadable("This address takes no query parameters.")
    return {}


def _key() -> str:
    key = request.headers.get(KEY_HEADER, "")
    is_visible = all("!" <= character <= "~" for character in key)
    if not KEY_MIN <= len(key) <= KEY_MAX or not is_visible:
        raise Unreadable(
            f"The header {KEY_HEADER} must hold {KEY_MIN} to {KEY_MAX} visible ASCII characters."
        )
    return key


def _fingerprint(path: Mapping[str, str], body: Mapping[str, Any]) -> str:
    text = json.dumps([request.endpoint, path, body], sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()
