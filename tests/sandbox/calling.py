"""A plain HTTP client for the tests: one connection for each call, nothing followed, nothing guessed."""

import json
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode, urlsplit

from msgspec import Struct

TIMEOUT_SECONDS = 20


class Answer(Struct, frozen=True):
    status: int
    text: str
    headers: dict[str, str]

    def json(self) -> dict[str, Any]:
        """The body as an object."""
        fields = json.loads(self.text)
        assert isinstance(fields, dict)
        return fields


def send(
    url: str,
    method: str = "GET",
    body: bytes | str | None = None,
    headers: dict[str, str] | None = None,
    encoding: str = "utf-8",
) -> Answer:
    """One request and its answer."""
    address = urlsplit(url)
    connection = HTTPConnection(address.hostname or "", address.port, timeout=TIMEOUT_SECONDS)
    try:
        target = (address.path or "/") + (f"?{address.query}" if address.query else "")
        connection.request(method, target, body.encode() if isinstance(body, str) else body, headers or {})
        response = connection.getresponse()
        text = response.read().decode(encoding)
        return Answer(response.status, text, {name.lower(): value for name, value in response.getheaders()})
    finally:
        connection.close()


def get(url: str, **query: str) -> Answer:
    """A GET with its query."""
    return send(f"{url}?{urlencode(query)}" if query else url)


def post_json(url: str, fields: object, method: str = "POST", **headers: str) -> Answer:
    """A JSON body, in UTF-8 as it is."""
    body = json.dumps(fields, ensure_ascii=False)
    return send(url, method, body, {"Content-Type": "application/json", **headers})


def post_form(url: str, fields: dict[str, str], **headers: str) -> Answer:
    """A form as a browser or a gateway client sends it."""
    kind = {"Content-Type": "application/x-www-form-urlencoded;charset=utf-8"}
    return send(url, "POST", urlencode(fields), kind | headers)
