"""JSON bodies: the strict reader, and every operation with whatever stands in its body."""

import json
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import jsonschema_rs

from domain.actor import Anyone, MemberSelf
from domain.tenant.model import ChannelKind
from handlers import json_body
from handlers.json_body import DEPTH_MAX, Unreadable
from handlers.operation import Operation
from scripts.environment import ROOT
from tests.fuzz import alipay, wechat
from tests.fuzz.answers import answer, parts
from tests.fuzz.coupons import REDEEMED, bodies
from tests.fuzz.target import Target, Unfounded
from tests.fuzz.till import BILL, REFUND, signed
from tests.fuzz.tokens import KEY, mine
from tests.fuzz.wire import Ask, Said, people, staff
from tests.fuzz.world import CHECKOUT, COUPON, MEMBER, MERGE, NOW, ORDER, TENANT, world

CONSENT = {"version": "1", "accepted": True}
BODIES: dict[str, dict[str, Any]] = {
    "auth.wechat": {"channel_id": f"{TENANT}.wx", "code": "code", "device": "iPhone 17"},
    "auth.alipay": {"channel_id": f"{TENANT}.alipay", "auth_code": "code"},
    "auth.sms_codes": {"channel_id": f"{TENANT}.web", "phone": "13900139000"},
    "auth.phone": {
        "channel_id": f"{TENANT}.web",
        "phone": "13800138000",
        "sms_code": "123456",
        "consent": CONSENT,
    },
    "me.change": {"nickname": "小满", "gender": "female", "birthday": "1996-02-29", "city": None},
    "me.phone": {"code": "code", "consent": CONSENT},
    "me.sms_codes": {"phone": "13900139000"},
    "till_orders.record": BILL,
    "till_orders.refund": REFUND,
    "staff_merges.reject": {"release_phone": False},
    "staff_programme.draft": {
        "name": "周末双倍",
        "kind": "multiplier",
        "settings": {"permille": 2000, "stack": "multiply"},
        "when": {"weekdays": [6, 7], "starts_at": "2026-01-01T00:00:00+08:00"},
        "limits": {"per_day": 500},
        "priority": 1,
    },
    "staff_programme.terms": {"terms": {"refund_grace_days": 7}, "programme_version": 1},
    "staff_programme.publish": {"publish": [{"rule_id": "coffee", "draft_number": 1}], "retire": []},
    "my_activities.share": {"subject": "menu"},
    "my_exchanges.exchange": {"points": 5},
    "till_exchanges.exchange": {"reward_id": "towel", "points": 5, "store_id": "nanjing-road"},
    "till_exchanges.fulfil": {"store_id": "nanjing-road"},
    "till_entitlements.use": {"store_id": "nanjing-road"},
    "staff_rewards.save": {
        "name": "毛巾",
        "description": "纯棉",
        "kind": "goods",
        "is_counted": False,
        "points": 5,
        "starts_at": "2026-01-01T00:00:00+08:00",
        "per_member": 2,
        "tier_ids": ["gold"],
    },
    "staff_rewards.move": {"by": 5},
    "staff_rewards.codes": {"codes": ["VIP-1"]},
    "staff_points.adjust": {"points": 5, "reason": "补偿"},
    **bodies(MEMBER, COUPON, ORDER, NOW),
    "my_activities.comment": {
        "order": {"source": "nanjing-road", "order_number": ORDER},
        "rating": 5,
        "text": "好喝",
    },
}
"""A good body for each operation that takes one; a test says so when one is missing."""
PLACES = {
    "order_number": ORDER,
    "merge_id": MERGE,
    "rule_id": "coffee",
    "member_id": MEMBER,
    "reward_id": "towel",
    "exchange_id": f"{MEMBER}:3",
    "entitlement_id": f"{MEMBER}:1:1",
    "template_id": "ten",
    "code": COUPON,
}
OTHERS = {
    "staff_rewards.move": {"reward_id": "mug"},
    "staff_rewards.codes": {"reward_id": "month"},
    "checkout.reverse": {"order_number": CHECKOUT},
    "checkout.release": {"order_number": "H-9"},
    "till_coupons.release": {"code": REDEEMED},
}
NAMES = tuple(BODIES)
WORDS = (
    *(
        b"null",
        b"true",
        b"[]",
        b"{}",
        b"[",
        b"]",
        b"{",
        b"}",
        b'"',
        b",",
        b":",
        b"NaN",
        b"1e400",
        b"-0",
        b"1.0",
    ),
    *(
        b"9" * 30,
        b"1" * 4400,
        b"\\ud800",
        b"\\u0000",
        b"\xed\xa0\x80",
        b"\xef\xbb\xbf",
        b"[" * 25,
        b'{"a":' * 25,
    ),
    *(b"2026-01-01T00:00:60Z", b"9999-12-31T23:59:59-23:59", b"0001-01-01T00:00:00+14:00", b'"__proto__":1,'),
    *(b'"amount_fen":0', b'"balance":1,', "会员".encode(), b"\xff\xfe", b'"phone":"', b'"code":"x"'),
)


def read(data: bytes) -> bool:
    """The reader alone: what it takes is one JSON object by our own reading, too."""
    try:
        json_body.read(data)
    except Unreadable:
        return False
    if not _is_strict(data):
        raise Unfounded(f"{data!r} was read.")
    return True


def _is_strict(data: bytes) -> bool:
    names: list[list[str]] = []
    numbers: list[str] = []

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        names.append([name for name, _ in found])
        return dict(found)

    value = json.loads(data.decode(), object_pairs_hook=pairs, parse_constant=numbers.append)
    is_unique = all(len(each) == len(set(each)) for each in names)
    return isinstance(value, dict) and is_unique and not numbers and _depth(value) <= DEPTH_MAX


def _depth(value: Any) -> int:
    if isinstance(value, dict | list):
        inner = value.values() if isinstance(value, dict) else value
        return 1 + max((_depth(each) for each in inner), default=0)
    return 0


def operations() -> Iterator[tuple[str, str, str, Operation]]:
    """Endpoint, method, rule and facts of each operation that takes a body."""
    for app in (world().people, world().staff):
        for rule in app.url_map.iter_rules():
            view: Any = app.view_functions[rule.endpoint]
            if view.operation.takes:
                (method,) = (rule.methods or set()) - {"HEAD", "OPTIONS"}
                yield rule.endpoint, method, rule.rule, view.operation


@cache
def _sender(endpoint: str) -> Callable[[bytes], Said]:
    """How to send a body to an operation, with credentials that are good for it."""
    method, rule, facts = next(found[1:] for found in operations() if found[0] == endpoint)
    path = rule
    for name, value in (PLACES | OTHERS.get(endpoint, {})).items():
        path = path.replace(f"<{name}>", value)
    keyed = (("Idempotency-Key", f"{KEY}-fresh".encode()),) if facts.is_keyed else ()
    if facts.actor is Anyone:
        return lambda body: people(Ask(method, path.encode(), body=body))
    if facts.actor is MemberSelf:
        return lambda body: people(
            Ask(method, path.encode(), headers=(*mine(method, path).headers, *keyed), body=body)
        )
    return lambda body: staff(
        signed(Ask(method, path.encode(), headers=keyed, body=body), f"{TENANT}.office")
    )


def send(data: bytes) -> bool:
    """The name of an operation, a line break, and its body."""
    name, _, body = data.partition(b"\n")
    endpoint = name.decode("latin-1") if name.decode("latin-1") in NAMES else NAMES[len(name) % len(NAMES)]
    _play_platforms()
    answer = _sender(endpoint)(body)
    is_understood = answer.status not in {400, 413} and answer.code != "invalid-input"
    if is_understood and not (_is_strict(body) and _schema(endpoint).is_valid(json.loads(body))):
        raise Unfounded(f"{endpoint} understood {body!r}, which the document forbids.")
    return answer.is_accepted


@cache
def _schema(endpoint: str) -> Any:
    """The body of an operation as docs/openapi.json describes it."""
    document = json.loads((ROOT / "docs" / "openapi.json").read_text())
    operation_id = endpoint.replace(".", "_")
    facts = next(
        facts
        for methods in document["paths"].values()
        for facts in methods.values()
        if isinstance(facts, dict) and facts.get("operationId") == operation_id
    )
    schema = facts["requestBody"]["content"]["application/json"]["schema"]
    return jsonschema_rs.Draft202012Validator({**schema, "components": document["components"]})


def _play_platforms() -> None:
    """Both say who is there, whatever the code."""
    one, _ = wechat.platform(answer(wechat.LOGGED_IN))
    other = alipay.platform(parts(answer(alipay.genuine(alipay.NODES[0]))))
    world().services.platforms = {ChannelKind.MINI_PROGRAM: one, ChannelKind.ALIPAY_APP: other}


def targets() -> tuple[Target, ...]:
    texts = [json.dumps(body, ensure_ascii=False).encode() for body in BODIES.values()]
    odd = (
        b"",
        b"[]",
        b"null",
        b'{"a":1,"a":2}',
        b"\xef\xbb\xbf{}",
        b'{"a":NaN}',
        b'{"a":' * 21 + b"1" + b"}" * 21,
    )
    refused = ("auth.phone", "me.phone", "my_coupons.take")
    sent = {name: f"{name}\n".encode() + text for name, text in zip(BODIES, texts, strict=True)}
    genuine = tuple(text for name, text in sent.items() if name not in refused)
    return (
        Target("json", read, tuple(texts), odd, WORDS, 2_000),
        Target("body", send, genuine, tuple(sent[name] for name in refused), WORDS, 1_200),
    )
