"""What a request is about: one's own, another member's, another tenant's, or nothing; for every route."""

import secrets
from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace

from tests.handlers import checkout, coupons, entitlements, rewards, statistics
from tests.handlers.callers import OK, Caller
from tests.handlers.scene import (
    ADJUSTMENT,
    COFFEE,
    PAST,
    PLAIN,
    PROFILE,
    Sample,
    comment_on,
    draft,
    first_entry,
    publication,
    terms,
    waiting_merge,
)
from tests.handlers.whose import (
    CODE_REFUSED,
    INVALID,
    NO_CHANNEL,
    NO_CODE,
    NO_ENTRY,
    NO_MEMBER,
    NO_MERGE,
    NO_ORDER,
    NO_PROGRAMME,
    NO_PROOF,
    NO_RULE,
    NOT_MINE,
    About,
    Whose,
    busy,
    kept,
    list_of_member,
    member_id,
    of_member,
    paged,
    plain,
    shop_of,
)
from tests.shop import CONSENT, OTHER_STORE, Shop


def _prove_phone(who: Caller, whose: Whose) -> Sample:
    """Another's: the very request that somebody else has sent before, key and all."""
    body: dict[str, Any] = {"code": "made-up", "consent": CONSENT}
    idempotency_key = secrets.token_hex(16)
    if whose is Whose.OWN:
        body = {**who.person.proof("wechat"), "consent": CONSENT}
    elif whose is not Whose.NONE:
        other = shop_of(who, whose).fan()
        body = {**other.proof("wechat"), "consent": CONSENT}
        assert other.post("/v1/me/phone", body, **{"Idempotency-Key": idempotency_key}).status_code == 200
    return Sample("POST", "/v1/me/phone", body=body, headers={"Idempotency-Key": idempotency_key})


def _send_code(who: Caller, whose: Whose) -> Sample:
    """To any number, whoever holds it: the answer is always the same."""
    shop = shop_of(who, whose)
    phone = who.person if whose is Whose.OWN else shop.phone() if whose is Whose.NONE else shop.member()
    return Sample("POST", "/v1/me/sms-codes", body={"phone": phone.number}, address=secrets.token_hex(4))


def _wechat(who: Caller, whose: Whose) -> Sample:
    """Another's: a code that was issued for another app."""
    shop = who.home
    app_id = shop.apps.second_wechat_id if whose is Whose.ANOTHERS else shop.apps.wechat_id
    code = shop.sandbox.world.wechat.mint_code("login", app_id, shop.phone().person_id)
    return Sample("POST", "/v1/auth/wechat", body={"channel_id": _channel(who, whose, "wx"), "code": code})


def _alipay(who: Caller, whose: Whose) -> Sample:
    """Another's: a code with which somebody has logged in already."""
    shop = who.home
    code = shop.sandbox.world.alipay.mint_code(shop.apps.alipay_id, shop.phone().person_id, "auth_base")
    body = {"channel_id": _channel(who, whose, "alipay"), "auth_code": code}
    if whose is Whose.ANOTHERS:
        assert shop.people.post("/v1/auth/alipay", json=body).status_code == 200
    return Sample("POST", "/v1/auth/alipay", body=body)


def _channel(who: Caller, whose: Whose, local_id: str) -> str:
    return shop_of(who, whose).channel("no-such" if whose is Whose.NONE else local_id)


def _send_login_code(who: Caller, whose: Whose) -> Sample:
    """Another's: the channel of an app, where codes log nobody in."""
    channel = _channel(who, whose, "wx" if whose is Whose.ANOTHERS else "web")
    body = {"channel_id": channel, "phone": who.home.phone().number}
    return Sample("POST", "/v1/auth/sms-codes", body=body, address=secrets.token_hex(4))


def _log_in_by_phone(who: Caller, whose: Whose) -> Sample:
    """Another's: the code of another phone. Another tenant's: what the same phone got from there."""
    shop, number, code = who.home, who.home.phone().number, "123456"
    if whose is not Whose.NONE:
        asked = {Whose.ANOTHERS: shop.phone().number}.get(whose, number)
        sender = shop_of(who, whose)
        channel = {"channel_id": sender.channel("web"), "phone": asked}
        sample = Sample("POST", "/v1/auth/sms-codes", body=channel, address=secrets.token_hex(4))
        assert sample.send(sender.people, sample.raw).status_code == 202
        code = sender.last_code(asked)
    body = {"channel_id": shop.channel("web"), "phone": number, "sms_code": code, "consent": CONSENT}
    return Sample("POST", "/v1/auth/phone", body=body)


def _identify(who: Caller, whose: Whose) -> Sample:
    """Own: who belongs to the shop, by id; another's: a member by the card that somebody shows."""
    if whose is Whose.ANOTHERS:
        card: str = who.home.member().get("/v1/me").json["card_number"]
        return Sample("GET", "/v1/till/members", query=(("card_number", card),))
    return Sample("GET", "/v1/till/members", query=(("member_id", member_id(who, whose)),))


def _record(who: Caller, whose: Whose) -> Sample:
    """Another's: the number of an order that another member has paid."""
    member = {"member_id": member_id(who, Whose.OWN if whose is Whose.ANOTHERS else whose)}
    bill = who.home.bill(5000, member)
    if whose is Whose.ANOTHERS:
        bill["order_number"] = who.home.buy(700, who.home.fan().member_id)["order_number"]
    return Sample("POST", "/v1/till/orders", body=bill)


def _refund(who: Caller, whose: Whose) -> Sample:
    """Another's: an order of another store."""
    shop, number = shop_of(who, whose), "N-0"
    if whose is not Whose.NONE:
        store = {"store_id": OTHER_STORE} if whose is Whose.ANOTHERS else {}
        number = shop.buy(5000, shop.fan().member_id, **store)["order_number"]
    return Sample("POST", f"/v1/till/orders/{number}/refunds", body=who.home.refund_body(1000))


def _waiting(who: Caller, whose: Whose) -> Sample:
    """Another's: a cursor of another list."""
    cursor = "AAAA"
    if whose is Whose.ANOTHERS:
        path = f"/v1/staff/members/{kept(who, whose, 'busy', busy).member_id}/logins"
        cursor = who.home.office.get(path, limit="1").json["next_cursor"]
    elif whose is not Whose.NONE:
        for name in ("", "also "):
            kept(who, whose, f"{name}waiting", waiting_merge)
        cursor = shop_of(who, whose).office.get("/v1/staff/merges", limit="1").json["next_cursor"]
    return Sample("GET", "/v1/staff/merges", query=(("limit", "1"), ("cursor", cursor)))


def merge(
    method: str, rest: str, body: dict[str, Any] | None = None, *, own: str = "", anothers: str = "approve"
) -> Callable[[Caller, Whose], Sample]:
    """One that waits, unless somebody is to have decided before: on one's own, or on another's."""

    def make(who: Caller, whose: Whose) -> Sample:
        merge_id = "g_nothing"
        if whose is Whose.OWN and rest:
            merge_id = decided(own)(who.home)
        elif whose is not Whose.NONE:
            decision = anothers if whose is Whose.ANOTHERS else own
            merge_id = kept(who, whose, f"{decision} waiting", decided(decision))
        return Sample(method, f"/v1/staff/merges/{merge_id}{rest}", body=body)

    return make


def decided(decision: str) -> Callable[[Shop], str]:
    """A merge about which the office has said so, or nothing yet."""

    def make(shop: Shop) -> str:
        merge_id = waiting_merge(shop)
        if decision:
            body = {"release_phone": False} if decision == "reject" else None
            answer = shop.office.post(f"/v1/staff/merges/{merge_id}/{decision}", body)
            assert answer.status_code == 200, answer.text
        return merge_id

    return make


def _share(who: Caller, whose: Whose) -> Sample:
    """Another's: whoever is named, it is one's own; nobody can be named."""
    headers = {"Idempotency-Key": secrets.token_hex(16)}
    body = {"subject": "new-year-card"}
    if whose is not Whose.OWN:
        body["member_id"] = member_id(who, whose)
    return Sample("POST", "/v1/me/shares", body=body, headers=headers)


def _comment(who: Caller, whose: Whose) -> Sample:
    number = "N-0"
    if whose is Whose.OWN:
        number = who.home.buy(1000, who.person.member_id)["order_number"]
    elif whose is not Whose.NONE:
        shop = shop_of(who, whose)
        number = shop.buy(1000, shop.fan().member_id)["order_number"]
    return Sample("POST", "/v1/me/comments", body=comment_on(number))


def _my_explanation(who: Caller, whose: Whose) -> Sample:
    entry_id = "m_nobody:1"
    if whose is Whose.OWN:
        entry_id = first_entry(who.home, who.person.member_id)
    elif whose is not Whose.NONE:
        entry_id = kept(who, whose, "an entry", lambda shop: first_entry(shop, shop.fan().member_id))
    return Sample("GET", f"/v1/me/points/entries/{entry_id}/explanation")


def _explanation(who: Caller, whose: Whose) -> Sample:
    """Another's: the entry of another member."""
    shop, owner = who.home, member_id(who, whose)
    entry_id = "m_nobody:1"
    if whose is Whose.OWN:
        entry_id = first_entry(shop, owner)
    elif whose is not Whose.NONE:
        entry_id = kept(who, whose, "an entry", lambda shop: first_entry(shop, shop.fan().member_id))
    return Sample("GET", f"/v1/staff/members/{owner}/points/entries/{entry_id}/explanation")


def _as_of(who: Caller, whose: Whose) -> Sample:
    path = f"/v1/staff/members/{member_id(who, whose)}/points/as-of"
    return Sample("GET", path, query=(("at", PAST),))


def _adjust(who: Caller, whose: Whose) -> Sample:
    """Head office may adjust anybody of its own."""
    path = f"/v1/staff/members/{member_id(who, whose)}/points/adjustments"
    headers = {"Idempotency-Key": secrets.token_hex(16)}
    return Sample("POST", path, body=ADJUSTMENT, headers=headers)


def _version(who: Caller, whose: Whose) -> Sample:
    """Versions are numbers: another tenant's own ones have the same."""
    number = {Whose.OWN: "1", Whose.ANOTHERS: "0"}.get(whose, "999999")
    return Sample("GET", f"/v1/staff/programme/versions/{number}")


def _rules(who: Caller, whose: Whose) -> Sample:
    """Another's: a cursor of another list."""
    cursor = "AAAA"
    if whose is Whose.ANOTHERS:
        return replace(_waiting(who, whose), path="/v1/staff/programme/rules")
    if whose is not Whose.NONE:
        for name in ("", "also "):
            kept(who, whose, f"{name}drafted", draft)
        cursor = shop_of(who, whose).office.get("/v1/staff/programme/rules", limit="1").json["next_cursor"]
    return Sample("GET", "/v1/staff/programme/rules", query=(("limit", "1"), ("cursor", cursor)))


def _draft(who: Caller, whose: Whose) -> Sample:
    """Ids are the merchant's own: what another tenant has under the same one does not matter."""
    rule_id = "r-nothing" if whose is Whose.NONE else kept(who, whose, f"{whose} draft", draft)[0]
    return Sample("PUT", f"/v1/staff/programme/rules/{rule_id}", body=COFFEE)


def _publish(who: Caller, whose: Whose) -> Sample:
    """Another's: a draft that somebody has changed since."""
    rule_id, number = ("r-nowhere", 1) if whose is Whose.NONE else draft(shop_of(who, whose))
    return publication(rule_id, number + 1 if whose is Whose.ANOTHERS else number)


def _terms(who: Caller, whose: Whose) -> Sample:
    """Another's: terms that somebody saw in an older version."""
    return terms(who.home, ahead=0 if whose is Whose.OWN else 1)


CHANGED = (409, "programme-changed")
DECIDED, NOT_DONE = (409, "merge-not-waiting"), (409, "merge-not-done")
OBJECTS: Mapping[str, About] = {
    **rewards.OBJECTS,
    **entitlements.OBJECTS,
    **coupons.OBJECTS,
    **statistics.OBJECTS,
    **checkout.OBJECTS,
    "health_auth.health": plain("GET", "/v1/auth/health"),
    "health_till.health": plain("GET", "/v1/till/health"),
    "auth.wechat": About(_wechat, OK, CODE_REFUSED, OK, NO_CHANNEL),
    "auth.alipay": About(_alipay, OK, CODE_REFUSED, OK, NO_CHANNEL),
    "auth.sms_codes": About(_send_login_code, OK, (422, "wrong-channel"), OK, NO_CHANNEL),
    "auth.phone": About(_log_in_by_phone, OK, NO_CODE, NO_CODE, NO_CODE),
    "auth.logout": plain("POST", "/v1/auth/logout"),
    "me.read": plain("GET", "/v1/me"),
    "me.change": plain("PATCH", "/v1/me", PROFILE),
    "me.phone": About(_prove_phone, OK, NO_PROOF, NO_PROOF, NO_PROOF),
    "me.sms_codes": About(_send_code),
    "me.code": plain("GET", "/v1/me/code"),
    "me.logins": paged("/v1/me/logins"),
    "my_points.balance": plain("GET", "/v1/me/points"),
    "my_points.entries": paged("/v1/me/points/entries"),
    "home.home": plain("GET", "/v1/me/home"),
    "my_tier.tier": plain("GET", "/v1/me/tier"),
    "my_tier.changes": paged("/v1/me/tier/changes"),
    "my_activities.check_in": About(plain("POST", "/v1/me/check-ins").make, OK, *[INVALID] * 3),
    "my_activities.calendar": About(plain("GET", "/v1/me/check-ins").make, OK, *[INVALID] * 3),
    "my_activities.share": About(_share, OK, INVALID, INVALID, INVALID),
    "my_activities.comment": About(_comment, OK, NOT_MINE, NOT_MINE, NOT_MINE),
    "my_points.explanation": About(_my_explanation, OK, NO_ENTRY, NO_ENTRY, NO_ENTRY),
    "till_members.identify": About(_identify, OK, OK, NO_MEMBER, NO_MEMBER),
    "till_orders.record": About(_record, OK, (422, "order-number-reused"), NO_MEMBER, NO_MEMBER),
    "till_orders.refund": About(_refund, OK, NO_ORDER, NO_ORDER, NO_ORDER),
    "staff_members.read": About(of_member(""), OK, OK, NO_MEMBER, NO_MEMBER),
    "staff_members.logins": About(list_of_member("/logins"), OK, INVALID, NO_MEMBER, NO_MEMBER),
    "staff_points.balance": About(of_member("/points"), OK, OK, NO_MEMBER, NO_MEMBER),
    "staff_points.entries": About(list_of_member("/points/entries"), OK, INVALID, NO_MEMBER, NO_MEMBER),
    "staff_tier.tier": About(of_member("/tier"), OK, OK, NO_MEMBER, NO_MEMBER),
    "staff_tier.changes": About(list_of_member("/tier/changes"), OK, INVALID, NO_MEMBER, NO_MEMBER),
    "staff_points.as_of": About(_as_of, OK, OK, NO_MEMBER, NO_MEMBER),
    "staff_points.adjust": About(_adjust, OK, OK, NO_MEMBER, NO_MEMBER),
    "staff_points.explanation": About(_explanation, OK, NO_ENTRY, NO_MEMBER, NO_MEMBER),
    "staff_programme.read": plain("GET", "/v1/staff/programme"),
    "staff_programme.version": About(_version, OK, OK, NO_PROGRAMME, NO_PROGRAMME),
    "staff_programme.rules": About(_rules, OK, INVALID, INVALID, INVALID),
    "staff_programme.draft": About(_draft),
    "staff_programme.publish": About(_publish, OK, (409, "draft-changed"), NO_RULE, NO_RULE),
    "staff_programme.terms": About(_terms, OK, CHANGED, CHANGED, CHANGED),
    "staff_merges.waiting": About(_waiting, OK, INVALID, INVALID, INVALID),
    "staff_merges.read": About(merge("GET", ""), OK, OK, NO_MERGE, NO_MERGE),
    "staff_merges.approve": About(
        merge("POST", "/approve", anothers="reject"), OK, DECIDED, NO_MERGE, NO_MERGE
    ),
    "staff_merges.reject": About(
        merge("POST", "/reject", {"release_phone": False}), OK, DECIDED, NO_MERGE, NO_MERGE
    ),
    "staff_merges.undo": About(
        merge("POST", "/undo", own="approve", anothers=""), OK, NOT_DONE, NO_MERGE, NO_MERGE
    ),
}
"""A new route needs a line here, in `rewards.py` or in `entitlements.py`; a test says so."""

BUILDERS: Mapping[str, Callable[[Shop], Sample]] = {
    **PLAIN,
    **rewards.BUILDERS,
    **entitlements.BUILDERS,
    **coupons.BUILDERS,
    **statistics.BUILDERS,
    **checkout.BUILDERS,
}
"""A request for each route that succeeds."""
