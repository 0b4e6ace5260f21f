"""Cursors: where a list goes on, signed, and bound to the route and the owner of the list."""

import base64
import binascii
import hmac
from collections.abc import Callable
from typing import Any, Protocol

from flask import request

from domain.actor import Actor
from domain.errors import invalid
from domain.member.own import admit
from domain.page import Page
from handlers.operation import Call

MARK_BYTES = 16
CURSOR_MAX = 4096

Sign = Callable[[str, str, str], bytes]
"""Tenant, purpose, text -> HMAC."""


class Signer(Protocol):
    """What views with lists need."""

    @property
    def sign(self) -> Sign: ...


def page(
    sign: Sign, call: Call[Any], owner: str, ask: Callable[[int, str | None], Page[Any]]
) -> dict[str, Any]:
    """One page of a list that belongs to `owner`, as it goes on the wire."""
    position = opened(sign, call.actor, owner, call.query["cursor"])
    found = ask(call.query["limit"], position)
    return {"items": found.items, "next_cursor": sealed(sign, call.actor, owner, found.next_position)}


def page_by(
    sign: Sign,
    call: Call[Any],
    owner: str,
    ask: Callable[[Any, str, int, str | None, Any], Page[Any]],
    name: str = "state",
) -> dict[str, Any]:
    """The same of what a member holds: in one state, or whatever of it the request names."""
    admit(call.actor)  # Before anybody looks at the cursor.
    part = call.query[name]
    shown = f"{owner}|{part}" if part is not None else owner
    return page(sign, call, shown, lambda limit, at: ask(call.actor, owner, limit, at, part))


def sealed(sign: Sign, actor: Actor, owner: str, position: str | None) -> str | None:
    """The cursor for a position; None at the end of the list."""
    if position is None:
        return None
    return _text(_mark(sign, actor, owner, position) + position.encode())


def opened(sign: Sign, actor: Actor, owner: str, cursor: str | None) -> str | None:
    """The position in a cursor. Raises InvalidInput for a cursor of another list, or of nobody."""
    if cursor is None:
        return None
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        mark, position = raw[:MARK_BYTES], raw[MARK_BYTES:].decode()
    except (binascii.Error, ValueError) as odd:
        raise invalid("cursor", "invalid-format") from odd
    # Base 64 reads past what does not belong to it: a cursor is good in one form only.
    if _text(raw) != cursor or not hmac.compare_digest(mark, _mark(sign, actor, owner, position)):
        raise invalid("cursor", "invalid-format")
    return position


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _mark(sign: Sign, actor: Actor, owner: str, position: str) -> bytes:
    return sign(actor.tenant_id, "cursor", f"{request.endpoint}|{owner}|{position}")[:MARK_BYTES]
