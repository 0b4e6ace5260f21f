"""Damaged items of the table: an answer, a refusal or an alarm, never what is sealed in another place."""

import base64
import json
import re
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
    """The kind of an item, and lines that change it: `name={...}` sets an attribute, `-name` takes it out."""
    name, *lines = data.split(b"\n")
    kind = name.decode("latin-1") if name.decode("latin-1") in _places() else "member"
    key, ask = _places()[kind]
    items = world().picture.items
    before = items[key]
    items[key] = {**_damaged(before, lines), "pk": before["pk"], "sk": before["sk"]}
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


def _damaged(item: RawItem, lines: list[bytes]) -> RawItem:
    damaged = dict(item)
    for line in lines:
        name, _, text = line.decode(errors="replace").partition("=")
        value = _value(text)
        if value is not None:
            damaged[name] = value
        elif name.startswith("-"):
            damaged.pop(name[1:], None)
    return damaged


def _answer(ask: Ask) -> Said:
    app = world().people if ask.path.startswith((b"/v1/me", b"/v1/auth")) else world().staff
    return ask_environ(app, ask.environ, may_break=True)


def _value(text: str) -> dict[str, Any] | None:
    """What DynamoDB could have answered, as near to the text as can be; None if there is nothing near."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return _attribute(value)


def _attribute(value: Any) -> dict[str, Any] | None:
    if not isinstance(value, dict) or len(value) != 1:
        return None
    ((kind, inner),) = value.items()
    if kind not in KINDS:
        return None
    return {kind: KINDS[kind](inner)}


def _string(inner: Any) -> str:
    text = inner if isinstance(inner, str) else json.dumps(inner)
    return "".join(each for each in text if each.isprintable())


def _number(inner: Any) -> str:
    digits = re.search(r"-?[0-9]{1,37}", str(inner))
    return digits[0] if digits else "0"


def _bytes(inner: Any) -> bytes:
    try:
        return base64.b64decode(_string(inner))
    except ValueError:
        return _string(inner).encode()


def _list(inner: Any) -> list[dict[str, Any]]:
    found = (_attribute(each) for each in inner) if isinstance(inner, list) else ()
    return [each for each in found if each is not None]


KINDS: dict[str, Callable[[Any], Any]] = {
    "S": _string,
    "N": _number,
    "B": _bytes,
    "BOOL": bool,
    "NULL": lambda _: True,
    "L": _list,
}


def _text(value: dict[str, Any]) -> str:
    return json.dumps(value, default=lambda raw: base64.b64encode(raw).decode(), ensure_ascii=False)


def _lines(kind: str) -> list[bytes]:
    """One input for each attribute of an item: as it is."""
    item = world().picture.items[_places()[kind][0]]
    return [f"{kind}\n{name}={_text(value)}".encode() for name, value in item.items()]


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
    genuine = tuple(line for kind in _places() for line in _lines(kind))
    missing = tuple(line.replace(b"\n", b"\n-").partition(b"=")[0] for line in genuine)
    values = (
        '{"S": ""}',
        '{"N": "-1"}',
        '{"N": "99999999"}',
        '{"B": ""}',
        '{"NULL": true}',
        '{"L": []}',
        '{"M": {}}',
    )
    item = world().picture.items[_places()["member"][0]]
    moved = (
        f"member\nname_sealed={_text(item['phone_sealed'])}",
        f"member\nphone_sealed={_text(item['name_sealed'])}",
    )
    short = tuple(
        f'member\n{name}_sealed={{"B": "{text}"}}' for name in ("name", "phone") for text in ("", "AQ==")
    )
    missing += tuple(map(str.encode, (*moved, *short)))
    words = tuple(f"={value}\n".encode() for value in values)
    context, ciphertext = _sealed()
    place = context.encode()
    here = place + b"\n" + ciphertext.hex().encode()
    elsewhere = place.replace(b"|name", b"|phone") + b"\n" + ciphertext.hex().encode()
    return (
        Target("stored-item", damage, genuine, missing, words, 900),
        Target("sealed-field", unseal, (here,), (elsewhere,), (b"|", b"#", b"00", b"01", b"ff"), 1_200),
    )
