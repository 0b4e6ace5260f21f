"""A valid request for each route, and how requests are sent with one credential or another."""

import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from flask import Flask
from msgspec import Struct, field
from msgspec.structs import replace

from adapters.dynamodb.table import key_of
from handlers.operation import Operation
from tests.handlers.signing import sign
from tests.shop import CONSENT, STORE, Answer, Door, Phone, Shop, System

Query = tuple[tuple[str, str], ...]
Credentials = Callable[[str, str, Query, bytes, str], dict[str, str]]
"""Method, path, query, body, idempotency key -> headers."""

T = TypeVar("T")

FLEETING = frozenset({"nonce", "counter"})


def nobody(method: str, path: str, query: Query, body: bytes, key: str) -> dict[str, str]:
    return {}


def bearer(token: str) -> Credentials:
    return lambda *_: {"Authorization": f"Bearer {token}"}


def signed(system: System) -> Credentials:
    signer = system.signer

    def headers(method: str, path: str, query: Query, body: bytes, key: str) -> dict[str, str]:
        timestamp, nonce = str(int(signer.now())), secrets.token_urlsafe(12)
        return sign(signer.key, signer.secret, method, path, query, body, timestamp, nonce, key)

    return headers


class Sample(Struct, frozen=True):
    """A request that succeeds, by its parts, so that each part can be replaced."""

    method: str
    path: str
    credentials: Credentials = nobody
    body: dict[str, Any] | None = None
    query: Query = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None
    """A body that is not JSON."""
    address: str = "127.0.0.1"
    """From where in the network; messages are counted by it."""

    @property
    def raw(self) -> bytes:
        return raw_body(self)

    def send(self, door: Door, raw: bytes) -> Answer:
        """The body is given as bytes, the path is percent-encoded here."""
        key = self.headers.get("Idempotency-Key", "")
        headers = {
            "Content-Type": "application/json",
            **self.headers,
            **self.credentials(self.method, self.path, self.query, raw, key),
        }
        path = quote(self.path, safe="/")
        return door.send(
            self.method,
            path,
            query_string=urlencode(self.query),
            data=raw,
            headers=headers,
            environ_base={"REMOTE_ADDR": self.address},
        )


def raw_body(sample: Sample) -> bytes:
    """The body as it is, in bytes."""
    if sample.content is not None:
        return sample.content
    return b"" if sample.body is None else json.dumps(sample.body).encode()


class Scene(Struct, frozen=True):
    """Our tenant, and another one beside it."""

    shop: Shop
    rival: Shop
    kept: dict[str, Any] = field(default_factory=dict)
    """What tests of one file share because making it takes long."""

    def keep(self, name: str, make: Callable[[], T]) -> T:
        """Made the first time, and the same ever after: for what no request changes."""
        if name not in self.kept:
            self.kept[name] = make()
        found: T = self.kept[name]
        return found

    def items(self) -> dict[tuple[str, str], Any]:
        """All that is stored, of whichever tenant, but nonces and counters."""
        found = self.shop.services.table.scan()
        return {key_of(item): item for item in found if item["kind"]["S"] not in FLEETING}

    def door(self, endpoint: str) -> Door:
        return door_of(self.shop, endpoint)


def door_of(shop: Shop, endpoint: str) -> Door:
    """The app of the two that has the endpoint."""
    return shop.people if endpoint in shop.people.app.view_functions else shop.staff


def operation_of(app: Flask, endpoint: str) -> Operation:
    view: Any = app.view_functions[endpoint]
    found: Operation = view.operation
    return found


def operations(*doors: Door) -> Iterator[tuple[str, Operation]]:
    """Every route of both apps by its endpoint."""
    for door in doors:
        for endpoint in door.app.view_functions:
            yield endpoint, operation_of(door.app, endpoint)


def _wechat(shop: Shop) -> Sample:
    person = shop.phone().person_id
    code = shop.sandbox.world.wechat.mint_code("login", shop.apps.wechat_id, person)
    body = {"channel_id": shop.channel("wx"), "code": code, "device": "iPhone 17"}
    return Sample("POST", "/v1/auth/wechat", body=body)


def _alipay(shop: Shop) -> Sample:
    person = shop.phone().person_id
    code = shop.sandbox.world.alipay.mint_code(shop.apps.alipay_id, person, "auth_base")
    body = {"channel_id": shop.channel("alipay"), "auth_code": code, "device": "Mate 80"}
    return Sample("POST", "/v1/auth/alipay", body=body)


def _send_login_code(shop: Shop) -> Sample:
    body = {"channel_id": shop.channel("web"), "phone": shop.phone().number}
    return Sample("POST", "/v1/auth/sms-codes", body=body)


def _log_in_by_phone(shop: Shop) -> Sample:
    number = shop.phone().number
    sent = shop.people.post("/v1/auth/sms-codes", json={"channel_id": shop.channel("web"), "phone": number})
    assert sent.status_code == 202, sent.text
    body = {
        "channel_id": shop.channel("web"),
        "phone": number,
        "sms_code": shop.last_code(number),
        "device": "Firefox",
        "consent": CONSENT,
    }
    return Sample("POST", "/v1/auth/phone", body=body)


def _prove_phone(shop: Shop) -> Sample:
    fan = shop.fan()
    body = {**fan.proof("wechat"), "consent": CONSENT}
    headers = {"Idempotency-Key": secrets.token_hex(16)}
    return Sample("POST", "/v1/me/phone", bearer(fan.token), body, headers=headers)


def _order(shop: Shop) -> Sample:
    body = shop.bill(5000, {"member_id": shop.fan().member_id})
    return Sample("POST", "/v1/till/orders", signed(shop.till), body)


def _refund(shop: Shop) -> Sample:
    number = shop.buy(5000, shop.fan().member_id)["order_number"]
    return Sample("POST", f"/v1/till/orders/{number}/refunds", signed(shop.till), shop.refund_body(1000))


def _mine(method: str, path: str, body: dict[str, Any] | None = None) -> Callable[[Shop], Sample]:
    return lambda shop: Sample(method, path, bearer(shop.member().token), body)


def _of_member(rest: str) -> Callable[[Shop], Sample]:
    def build(shop: Shop) -> Sample:
        return Sample("GET", f"/v1/staff/members/{shop.fan().member_id}{rest}", signed(shop.office))

    return build


def _of_office(path: str) -> Callable[[Shop], Sample]:
    return lambda shop: Sample("GET", path, signed(shop.office))


def first_entry(shop: Shop, member_id: str) -> str:
    """The id of an entry that an order made."""
    bought = shop.buy(1000, member_id)
    return f"{member_id}:{bought['entry_sequence']}"


def _share(shop: Shop) -> Sample:
    headers = {"Idempotency-Key": secrets.token_hex(16)}
    body = {"subject": "new-year-card"}
    return Sample("POST", "/v1/me/shares", bearer(shop.fan().token), body, headers=headers)


def comment_on(number: str) -> dict[str, Any]:
    return {"order": {"source": STORE, "order_number": number}, "rating": 5, "text": "好喝 ☕"}


def _comment(shop: Shop) -> Sample:
    phone = shop.fan()
    number = shop.buy(1000, phone.member_id)["order_number"]
    return Sample("POST", "/v1/me/comments", bearer(phone.token), comment_on(number))


def _my_explanation(shop: Shop) -> Sample:
    phone = shop.fan()
    path = f"/v1/me/points/entries/{first_entry(shop, phone.member_id)}/explanation"
    return Sample("GET", path, bearer(phone.token))


def _explanation(shop: Shop) -> Sample:
    member_id = shop.fan().member_id
    path = f"/v1/staff/members/{member_id}/points/entries/{first_entry(shop, member_id)}/explanation"
    return Sample("GET", path, signed(shop.office))


def waiting_merge(shop: Shop) -> str:
    """Two people of different names with one phone."""
    wechat = shop.member("wechat")
    alipay = Phone(shop, wechat.person_id, wechat.number)
    alipay.log_in("alipay")
    wechat.patch("/v1/me", {"name": "林小满"})
    alipay.patch("/v1/me", {"name": "周伯言"})
    assert alipay.prove("alipay").json["outcome"] == "waiting"
    items = shop.office.get("/v1/staff/merges", limit="100").json["items"]
    ids = {wechat.member_id, alipay.member_id}
    found: str = next(merge["merge_id"] for merge in items if {merge["source_id"], merge["target_id"]} == ids)
    return found


def _merge(method: str, rest: str, body: dict[str, Any] | None = None) -> Callable[[Shop], Sample]:
    return lambda shop: Sample(
        method, f"/v1/staff/merges/{waiting_merge(shop)}{rest}", signed(shop.office), body
    )


def _undo(shop: Shop) -> Sample:
    merge_id = waiting_merge(shop)
    assert shop.office.post(f"/v1/staff/merges/{merge_id}/approve").status_code == 200
    return Sample("POST", f"/v1/staff/merges/{merge_id}/undo", signed(shop.office))


COFFEE = {
    "name": "咖啡加分",
    "kind": "item_bonus",
    "settings": {"points_each": 10, "goods": {"categories": ["coffee"]}, "each": "order"},
    "when": {"weekdays": [1, 7], "store_ids": ["nanjing-road"]},
    "limits": {"per_day": 100},
    "priority": 3,
}


def draft(shop: Shop, rule_id: str = "") -> tuple[str, int]:
    """A rule of its own that could be published, and the number of its draft."""
    rule_id = rule_id or f"r-{secrets.token_hex(8)}"
    answer = shop.office.send("PUT", f"/v1/staff/programme/rules/{rule_id}", COFFEE)
    assert answer.status_code == 200, answer.text
    return rule_id, answer.json["draft_number"]


def publication(rule_id: str, number: int) -> Sample:
    body = {"publish": [{"rule_id": rule_id, "draft_number": number}], "retire": []}
    headers = {"Idempotency-Key": secrets.token_hex(16)}
    return Sample("POST", "/v1/staff/programme/publications", body=body, headers=headers)


def terms(shop: Shop, ahead: int = 0) -> Sample:
    """As they are but for the days of grace, so that whatever comes next finds its tiers."""
    seen = shop.office.get("/v1/staff/programme").json
    said = {**seen["terms"], "refund_grace_days": 7}
    body = {"terms": said, "programme_version": seen["version"] + ahead}
    headers = {"Idempotency-Key": secrets.token_hex(16)}
    return Sample("POST", "/v1/staff/programme/terms", body=body, headers=headers)


def _terms(shop: Shop) -> Sample:
    return replace(terms(shop), credentials=signed(shop.office))


def _publish(shop: Shop) -> Sample:
    sample = replace(publication(*draft(shop)), credentials=signed(shop.office))
    return replace(sample, body={**(sample.body or {}), "retire": [_published(shop)]})


def _published(shop: Shop) -> str:
    """A rule that is in force."""
    rule_id, number = draft(shop)
    sample = replace(publication(rule_id, number), credentials=signed(shop.office))
    assert sample.send(shop.staff, sample.raw).status_code == 201
    return rule_id


def _identify(shop: Shop) -> Sample:
    return Sample("GET", "/v1/till/members", signed(shop.till), query=(("member_id", shop.fan().member_id),))


PAST = "2026-01-01T00:00:00+08:00"
ADJUSTMENT = {"points": 5, "reason": "补偿"}


def _adjust(shop: Shop) -> Sample:
    path = f"/v1/staff/members/{shop.fan().member_id}/points/adjustments"
    headers = {"Idempotency-Key": secrets.token_hex(16)}
    return Sample("POST", path, signed(shop.office), ADJUSTMENT, headers=headers)


PROFILE = {"nickname": "小满", "name": "林小满", "gender": "female", "birthday": "1996-02-29", "city": "杭州"}

PLAIN: Mapping[str, Callable[[Shop], Sample]] = {
    "health_auth.health": lambda _: Sample("GET", "/v1/auth/health"),
    "auth.wechat": _wechat,
    "auth.alipay": _alipay,
    "auth.sms_codes": _send_login_code,
    "auth.phone": _log_in_by_phone,
    "auth.logout": _mine("POST", "/v1/auth/logout"),
    "me.read": _mine("GET", "/v1/me"),
    "me.change": _mine("PATCH", "/v1/me", PROFILE),
    "me.phone": _prove_phone,
    "me.sms_codes": lambda shop: _mine("POST", "/v1/me/sms-codes", {"phone": shop.phone().number})(shop),
    "me.code": _mine("GET", "/v1/me/code"),
    "me.logins": _mine("GET", "/v1/me/logins"),
    "my_points.balance": _mine("GET", "/v1/me/points"),
    "my_points.entries": _mine("GET", "/v1/me/points/entries"),
    "my_points.explanation": _my_explanation,
    "home.home": _mine("GET", "/v1/me/home"),
    "my_tier.tier": _mine("GET", "/v1/me/tier"),
    "my_tier.changes": _mine("GET", "/v1/me/tier/changes"),
    "my_activities.check_in": _mine("POST", "/v1/me/check-ins"),
    "my_activities.calendar": _mine("GET", "/v1/me/check-ins"),
    "my_activities.share": _share,
    "my_activities.comment": _comment,
    "health_till.health": lambda _: Sample("GET", "/v1/till/health"),
    "till_members.identify": _identify,
    "till_orders.record": _order,
    "till_orders.refund": _refund,
    "staff_members.read": _of_member(""),
    "staff_members.logins": _of_member("/logins"),
    "staff_points.balance": _of_member("/points"),
    "staff_points.entries": _of_member("/points/entries"),
    "staff_points.explanation": _explanation,
    "staff_points.adjust": _adjust,
    "staff_points.as_of": lambda shop: replace(_of_member("/points/as-of")(shop), query=(("at", PAST),)),
    "staff_tier.tier": _of_member("/tier"),
    "staff_tier.changes": _of_member("/tier/changes"),
    "staff_programme.read": _of_office("/v1/staff/programme"),
    "staff_programme.version": _of_office("/v1/staff/programme/versions/1"),
    "staff_programme.rules": _of_office("/v1/staff/programme/rules"),
    "staff_programme.draft": lambda shop: Sample(
        "PUT", "/v1/staff/programme/rules/coffee", signed(shop.office), COFFEE
    ),
    "staff_programme.publish": _publish,
    "staff_programme.terms": _terms,
    "staff_merges.waiting": lambda shop: Sample("GET", "/v1/staff/merges", signed(shop.office)),
    "staff_merges.read": _merge("GET", ""),
    "staff_merges.approve": _merge("POST", "/approve"),
    "staff_merges.reject": _merge("POST", "/reject", {"release_phone": False}),
    "staff_merges.undo": _undo,
}
"""A new route needs a line here, or in the file of its area; a test says so."""
