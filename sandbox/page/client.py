"""Calls the product as the phone would, and takes its answers as they come."""

import json
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit

TIMEOUT_SECONDS = 15
ANSWER_BYTES_MAX = 1024 * 1024
UNREACHABLE = "unreachable"
TOO_OLD_A_LOGIN = 401


class ProductRefused(Exception):
    """The product said no, or nothing."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.message = message


def call(
    member_api: str,
    method: str,
    path: str,
    *,
    token: str = "",
    body: dict[str, object] | None = None,
    headers: dict[str, str] | None = None,
) -> dict[str, Any]:
    """One call; the answer is an object, whatever else the product may have sent."""
    sent = {"Accept": "application/json", **(headers or {})}
    if token:
        sent["Authorization"] = f"Bearer {token}"
    if body is not None:
        sent["Content-Type"] = "application/json"
    address = urlsplit(member_api)
    connection = HTTPConnection(address.hostname or "", address.port, timeout=TIMEOUT_SECONDS)
    try:
        content = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        connection.request(method, path, content, sent)
        response = connection.getresponse()
        status, text = response.status, response.read(ANSWER_BYTES_MAX)
    except (OSError, HTTPException):
        raise ProductRefused(0, UNREACHABLE, "连接不上会员系统，请确认它正在运行") from None
    finally:
        connection.close()
    return read(status, text)


def read(status: int, text: bytes) -> dict[str, Any]:
    """The fields of a success; a problem is raised with its sentence for people."""
    try:
        fields = json.loads(text or b"{}")
    except ValueError:
        fields = {}
    if not isinstance(fields, dict):
        fields = {}
    if 200 <= status < 300:
        return fields
    message = fields.get("message") or fields.get("title") or f"会员系统答复了 {status}"
    raise ProductRefused(status, str(fields.get("code") or f"http_{status}"), str(message))
