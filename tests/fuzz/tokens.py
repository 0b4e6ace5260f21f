"""What we hand out and take back: bearer tokens, cursors, kept answers under a key."""

import hashlib
import json
from functools import cache
from urllib.parse import quote

from adapters.dynamodb.idempotency import Kept
from adapters.dynamodb.item import Tenancy, creation
from adapters.dynamodb.keys import Keys
from adapters.dynamodb.repositories import MAPPINGS
from adapters.dynamodb.table import key_of
from tests.fuzz.target import Target, Unfounded
from tests.fuzz.till import signed
from tests.fuzz.wire import Ask, people, staff
from tests.fuzz.world import (
    FAN_SECRET,
    MEMBER,
    NOW,
    RIVAL,
    SECRET,
    SHARDS,
    TENANT,
    secret_of,
    world,
)

TOKEN = f"{TENANT}.{SECRET}"
FAN_TOKEN = f"{TENANT}.{FAN_SECRET}"
RIVAL_TOKEN = f"{RIVAL}.{secret_of(RIVAL, SECRET)}"
ISSUED = {TOKEN: "m_camellia", FAN_TOKEN: "m_fan", RIVAL_TOKEN: "m_camellia"}
LISTS = {
    "logins": "/v1/me/logins",
    "entries": "/v1/me/points/entries",
    "office": f"/v1/staff/members/{MEMBER}/points/entries",
}
KEY = "0123456789abcdef-key"
PROOF = {"phone": "13800138000", "sms_code": "123456"}


def mine(method: str, path: str, query: bytes = b"", body: bytes = b"") -> Ask:
    """The member's own request."""
    return Ask(method, path.encode(), query, (("Authorization", f"Bearer {TOKEN}".encode()),), body)


def bear(data: bytes) -> bool:
    """The header Authorization and, after a line break, the header Tongka-Channel."""
    authorization, line_break, channel = data.partition(b"\n")
    headers = [("Authorization", authorization)] + ([("Tongka-Channel", channel)] if line_break else [])
    answer = people(Ask("GET", b"/v1/me", headers=tuple(headers)))
    if not answer.is_accepted:
        return False
    scheme, _, token = authorization.decode("latin-1").partition(" ")
    token = token.strip(" ")
    tenant_id = token.partition(".")[0]
    is_ours = not line_break or channel.decode("latin-1") == f"{tenant_id}.wx"
    if scheme.lower() != "bearer" or answer.json["member_id"] != ISSUED.get(token) or not is_ours:
        raise Unfounded(f"{answer.json['member_id']} was told to somebody with {data!r}.")
    return True


def go_on(data: bytes) -> bool:
    """The name of a list, a line break, and a cursor."""
    name, _, cursor = data.partition(b"\n")
    which = name.decode("latin-1") if name.decode("latin-1") in LISTS else "logins"
    answer = _list(which, cursor)
    if not answer[0]:
        return False
    if cursor.decode(errors="replace") != issued(which):
        raise Unfounded(f"The list {which} goes on from {cursor!r}, which nobody got.")
    return True


def _list(which: str, cursor: bytes | None) -> tuple[bool, str]:
    query = b"limit=1" + (b"" if cursor is None else b"&cursor=" + quote(cursor, safe="").encode())
    path = LISTS[which]
    if which == "office":
        answer = staff(signed(Ask("GET", path.encode(), query), f"{TENANT}.office"))
    else:
        answer = people(mine("GET", path, query))
    return answer.is_accepted, str(answer.json.get("next_cursor"))


@cache
def issued(which: str) -> str:
    """The cursor that the first page of a list ends with."""
    return _list(which, None)[1]


def repeat(data: bytes) -> bool:
    """An idempotency key, a line break, a body: only the very request gets the answer that is kept."""
    key, _, body = data.partition(b"\n")
    picture = world().picture
    kept = _kept()
    picture.items[key_of(kept)] = kept
    try:
        request = mine("POST", "/v1/me/phone", body=body)
        answer = people(Ask("POST", request.path, b"", (*request.headers, ("Idempotency-Key", key)), body))
    finally:
        del picture.items[key_of(kept)]
    if answer.status != 200:
        return False
    if key.decode("latin-1") != KEY or json.loads(body) != PROOF:
        raise Unfounded(f"The kept answer went out for {data!r}.")
    return True


@cache
def _kept() -> dict[str, dict[str, object]]:
    """The answer to the proof of a phone, as it was kept when the code was still good."""
    text = json.dumps(["me.phone", {}, PROOF], sort_keys=True, ensure_ascii=True)
    answer = {"outcome": "unchanged", "member_id": MEMBER, "merge_id": None}
    kept = Kept(f"member:{MEMBER}", KEY, hashlib.sha256(text.encode()).hexdigest(), answer, NOW)
    tenancy = Tenancy(Keys(TENANT, SHARDS), lambda: world().keyrings[TENANT])
    (write,) = creation(MAPPINGS[Kept], kept, tenancy)
    item: dict[str, dict[str, object]] = write.arguments["Item"]
    return item


def targets() -> tuple[Target, ...]:
    bearers = tuple(f"Bearer {token}".encode() for token in ISSUED)
    channel = f"bearer {TOKEN}\n{TENANT}.wx".encode()
    strangers = (
        f"Bearer {RIVAL}.{SECRET}".encode(),
        f"Bearer {TOKEN}\n{TENANT}.alipay".encode(),
        TOKEN.encode(),
        b"Bearer  .",
        *(f"Bearer {TOKEN}\n{channel}".encode() for channel in ("", "wx", f"{RIVAL}.wx", f"{TENANT}.wx,x")),
        f"Bearer {TENANT}#T.{SECRET}".encode(),
    )
    cursors = tuple(f"{which}\n{issued(which)}".encode() for which in LISTS)
    stolen = tuple(
        f"{which}\n{issued(other)}".encode() for which in LISTS for other in LISTS if which != other
    )
    body = json.dumps(PROOF).encode()
    keys = (f"{KEY}\n".encode() + body, f"{KEY}\n".encode() + json.dumps(PROOF, indent=1).encode())
    others = (b"short\n" + body, KEY[::-1].encode() + b"\n" + body, KEY.encode() + b'\n{"code":"x"}')
    words = (
        b"Bearer ",
        b"bearer\t",
        b".",
        b"#",
        b"\xc2\xa0",
        b"\x85",
        b"==",
        b"=",
        b"-",
        b"_",
        b"+",
        b"\x00",
    )
    return (
        Target("bearer", bear, (*bearers, channel), strangers, words, 1_100),
        Target("cursor", go_on, cursors, stolen, (*words, b"AAAA", b"\xff"), 900),
        Target(
            "idempotency-key", repeat, keys, others, (b'"phone"', b'"sms_code"', b"null", b" ", b"\t"), 700
        ),
    )
