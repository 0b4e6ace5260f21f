"""Damaged items of the table: an answer, a refusal or an alarm, never what is sealed in another place."""

import base64
import json
from collections.abc import Callable
from functools import cache
from typing import Any

from adapters.dynamodb.outcome import RawItem
from tests.fuzz.target import Target, Unfounded
from tests.fuzz.till import REFUND, signed
from tests.fuzz.tokens import mine
from tests.fuzz.wire import Ask, Said, ask_environ
from tests.fuzz.world import CARD, FAN, MEMBER, MERGE, ORDER, TENANT, world

SEALED = ("林小满", "13800138000")
"""What rests encrypted, in the clear; the name goes to its owner, the number to nobody."""


@cache
def _places() -> dict[str, tuple[tuple[str, str], Ask]]:
    """An item of each kind that a request reads, and such a request."""
    office = f"{TENANT}.office"
    refund = f"/v1/till/orders/{ORDER}/refunds".encode()
    asks = {
        "tenant": mine("GET", "/v1/me/code"),
        "session": mine("GET", "/v1/me"),
        "member": mine("GET", "/v1/me"),
        "account": mine("GET", "/v1/me/points"),
        "entry": mine("GET", "/v1/me/points/entries"),
        "api-key": signed(Ask("GET", b"/v1/till/members", b"member_id=" + MEMBER.encode()), office),
        "sentinel": signed(Ask("GET", b"/v1/till/members", b"card_number=" + CARD.encode()), office),
        "order": signed(Ask("POST", refund, body=json.dumps(REFUND).encode()), office),
        "merge": signed(Ask("GET", f"/v1/staff/merges/{MERGE}".encode()), office),
    }
    items = world().picture.items
    return {kind: (_first(items, kind), ask) for kind, ask in asks.items()}


def _first(items: dict[tuple[str, str], RawItem], kind: str) -> tuple[str, str]:
    marks = {
        "sentinel": f"#card#{CARD}",
        "api-key": "#office",
        "member": f"#{MEMBER}",
        "account": f"#{MEMBER}",
    }
    return next(
        key
        for key, item in items.items()
        if item["kind"]["S"] == kind and f"#{TENANT}#" in key[0] and key[0].endswith(marks.get(kind, ""))
    )


def damage(data: bytes) -> bool:
    """The kind of an item, a line break, and the item as JSON; bytes in base64."""
    name, _, text = data.partition(b"\n")
    kind = name.decode("latin-1") if name.decode("latin-1") in _places() else "member"
    key, ask = _places()[kind]
    item = _item(text)
    if item is None:
        return False
    items = world().picture.items
    before = items[key]
    items[key] = {**item, "pk": before["pk"], "sk": before["sk"]}
    world().services.store.cache.clear()
    try:
        answer = _answer(ask)
    finally:
        items[key] = before
        world().services.store.cache.clear()
    shown = answer.body.decode()
    if any(text in shown for text in SEALED[1:]) or (SEALED[0] in shown and FAN in shown):
        raise Unfounded(f"{shown} shows what is sealed.")
    return answer.is_accepted


def _answer(ask: Ask) -> Said:
    app = world().people if ask.path.startswith((b"/v1/me", b"/v1/auth")) else world().staff
    return ask_environ(app, ask.environ, may_break=True)


def _item(text: bytes) -> RawItem | None:
    """What DynamoDB could have answered; None for what it could not."""
    try:
        value = json.loads(text, object_hook=_bytes)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict) or not all(_is_attribute(each) for each in value.values()):
        return None
    return value


def _is_attribute(value: Any) -> bool:
    """One type, one value of it: more is the service's own word."""
    if not isinstance(value, dict) or len(value) != 1:
        return False
    ((kind, inner),) = value.items()
    if isinstance(inner, list | dict):
        parts = inner if isinstance(inner, list) else inner.values()
        return kind == ("L" if isinstance(inner, list) else "M") and all(
            _is_attribute(part) for part in parts
        )
    return kind in KINDS and KINDS[kind](inner)


def _is_number(value: Any) -> bool:
    return (
        isinstance(value, str) and len(value) < 38 and value.removeprefix("-").isdecimal() and value.isascii()
    )


KINDS: dict[str, Callable[[Any], bool]] = {
    "S": lambda value: isinstance(value, str) and value.isprintable(),
    "N": _is_number,
    "B": lambda value: isinstance(value, bytes),
    "BOOL": lambda value: isinstance(value, bool),
    "NULL": lambda value: value is True,
}


def _bytes(value: dict[str, Any]) -> dict[str, Any]:
    raw = value.get("B")
    return {"B": base64.b64decode(raw)} if isinstance(raw, str) and len(value) == 1 else value


def _text(item: RawItem) -> bytes:
    return json.dumps(item, default=lambda raw: base64.b64encode(raw).decode(), ensure_ascii=False).encode()


def unseal(data: bytes) -> bool:
    """A place, a line break, and a ciphertext in hex: it opens where it was sealed, and only whole."""
    place, _, text = data.partition(b"\n")
    keyring = world().keyrings[TENANT]
    try:
        sealed = bytes.fromhex(text.decode())
    except ValueError:
        return False
    context = place.decode(errors="replace")
    try:
        opened = keyring.open(context, sealed)
    except ValueError:
        return False
    if (context, sealed) != _sealed():
        raise Unfounded(f"{opened!r} opened at {context!r}.")
    return True


@cache
def _sealed() -> tuple[str, bytes]:
    key, _ = _places()["member"]
    ciphertext: bytes = world().picture.items[key]["name_sealed"]["B"]
    return f"{key[0]}|{key[1]}|name", ciphertext


def targets() -> tuple[Target, ...]:
    items = {kind: world().picture.items[key] for kind, (key, _) in _places().items()}
    genuine = tuple(f"{kind}\n".encode() + _text(item) for kind, item in items.items() if kind != "order")
    order = b"order\n" + _text(items["order"])
    words = (
        b'{"S": ""}',
        b'{"N": "-1"}',
        b'{"B": ""}',
        b'{"NULL": true}',
        b'{"L": []}',
        b'{"M": {}}',
        b'"N"',
        b'"S"',
    )
    context, ciphertext = _sealed()
    place = context.encode()
    here = place + b"\n" + ciphertext.hex().encode()
    elsewhere = place.replace(b"|name", b"|phone") + b"\n" + ciphertext.hex().encode()
    return (
        Target("stored-item", damage, (*genuine, order), (), words, 900),
        Target("sealed-field", unseal, (here,), (elsewhere,), (b"|", b"#", b"00", b"01", b"ff"), 1_200),
    )
