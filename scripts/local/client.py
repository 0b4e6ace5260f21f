"""A small HTTP client of the product, as a mini-program, a till or an operator would be one."""

import hashlib
import hmac
import http.client
import json
import secrets
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, unquote_plus, urlsplit

from msgspec import Struct

TIMEOUT_SECONDS = 30.0


class Answer(Struct, frozen=True):
    """Status and body; an empty body is an empty object."""

    status: int
    body: dict[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.body[name]


def send(method: str, url: str, body: object = None, headers: Mapping[str, str] | None = None) -> Answer:
    """Any status is an answer; only a broken connection raises OSError."""
    raw = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=raw, method=method, headers=dict(headers or {}))
    if raw is not None:
        request.add_header("Content-Type", "application/json")
    try:
        return _exchange(request)
    except http.client.HTTPException as broken:
        raise ConnectionError("The connection broke in the middle of an answer.") from broken


def _exchange(request: urllib.request.Request) -> Answer:
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as response:
            return Answer(response.status, _json(response.read()))
    except urllib.error.HTTPError as refused:
        with refused:
            return Answer(refused.code, _json(refused.read()))


def _json(raw: bytes) -> dict[str, Any]:
    value = json.loads(raw) if raw else {}
    return value if isinstance(value, dict) else {"value": value}


class Person(Struct, frozen=True):
    """Somebody with a token."""

    base: str
    token: str

    def get(self, path: str) -> Answer:
        return send("GET", self.base + path, headers=self._headers())

    def post(self, path: str, body: object = None, key: str | None = None) -> Answer:
        extra = {"Idempotency-Key": key} if key else {}
        return send("POST", self.base + path, body, {**self._headers(), **extra})

    def patch(self, path: str, body: object) -> Answer:
        return send("PATCH", self.base + path, body, self._headers())

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


class Signer(Struct, frozen=True):
    """A system with an API key; signs as docs/signing.md says."""

    base: str
    key: str
    secret: str
    now: Callable[[], float] = time.time

    def get(self, path: str) -> Answer:
        return self._send("GET", path, None)

    def post(self, path: str, body: object = None, key: str | None = None) -> Answer:
        return self._send("POST", path, body, key)

    def put(self, path: str, body: object) -> Answer:
        return self._send("PUT", path, body)

    def _send(self, method: str, path: str, body: object, key: str | None = None) -> Answer:
        raw = b"" if body is None else json.dumps(body).encode()
        headers = self.headers(method, path, raw, str(int(self.now())), secrets.token_urlsafe(16), key or "")
        return send(method, self.base + path, body, headers)

    def headers(
        self, method: str, path: str, raw: bytes, timestamp: str, nonce: str, idempotency_key: str = ""
    ) -> dict[str, str]:
        """The four headers of a signed request, and the idempotency key, which is signed with it."""
        parts = urlsplit(path)
        pairs = [pair.partition("=") for pair in parts.query.split("&") if pair]
        query = "&".join(
            sorted(f"{name}={quote(unquote_plus(value), safe='-_.~')}" for name, _, value in pairs)
        )
        digest = hashlib.sha256(raw).hexdigest()
        lines = [method, parts.path, query, digest, timestamp, nonce, self.key]
        text = "\n".join([*lines, idempotency_key] if idempotency_key else lines)
        signature = hmac.new(self.secret.encode(), text.encode(), hashlib.sha256).hexdigest()
        return {
            "Tongka-Key": self.key,
            "Tongka-Timestamp": timestamp,
            "Tongka-Nonce": nonce,
            "Tongka-Signature": signature,
            **({"Idempotency-Key": idempotency_key} if idempotency_key else {}),
        }
