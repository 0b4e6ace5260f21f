"""Coupons for the matrix: a good request for each route, and what it is about."""

import secrets
from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace

from tests import coupons as some
from tests.handlers.callers import OK, Caller, Told
from tests.handlers.rewards import keyed
from tests.handlers.scene import Sample, bearer, signed
from tests.handlers.whose import INVALID, NO_MEMBER, About, Whose, kept, member_id, shop_of
from tests.shop import STORE, Phone, Shop

NO_COUPON: Told = (404, "coupon-not-found")
NO_TEMPLATE: Told = (404, "coupon-template-not-found")
NOT_CLAIMABLE: Told = (422, "coupon-not-claimable")
NO_GIFT: Told = (409, "coupon-not-on-offer")
NOBODYS = "00000000000000"
LISTS = {
    "till_coupons.coupons": "/v1/till/members/{}/coupons",
    "staff_coupons.coupons": "/v1/staff/members/{}/coupons",
}


def template(shop: Shop, **more: Any) -> str:
    return some.template(shop, f"t-{secrets.token_hex(8)}", effect=some.CASH, **more)


def pushed(shop: Shop) -> str:
    return template(shop)


def claimable(shop: Shop) -> str:
    return template(shop, delivery="claim")


def coded(shop: Shop) -> str:
    """The discount code of a template."""
    code = secrets.token_hex(8).upper()
    template(shop, delivery="code", claim_code=code)
    return code


def coupon(shop: Shop, phone: Phone | None = None, **more: Any) -> str:
    return some.another(shop, phone or shop.fan(), template(shop, **more))


def _twice(shop: Shop, phone: Phone | None = None) -> Phone:
    phone = phone or shop.fan()
    for _ in range(2):
        coupon(shop, phone)
    return phone


def offered(shop: Shop, phone: Phone | None = None) -> str:
    """The token of a coupon that somebody offers."""
    phone = phone or shop.fan()
    code = coupon(shop, phone, is_transferable=True)
    answer = phone.post(f"/v1/me/coupons/{code}/offer", **{"Idempotency-Key": some.key()})
    assert answer.status_code == 201, answer.text
    token: str = answer.json["token"]
    return token


def _taken(shop: Shop) -> str:
    """A token that somebody has taken a coupon with."""
    token = offered(shop)
    body = {"token": token}
    assert shop.fan().post("/v1/me/coupon-gifts", body, **{"Idempotency-Key": some.key()}).status_code == 201
    return token


def redeemed(shop: Shop) -> tuple[str, str]:
    """A coupon, and the number of the order for which it was redeemed."""
    code, number = coupon(shop), f"K-{secrets.token_hex(8)}"
    assert some.redeem(shop, code, 6000, order_number=number).status_code == 201
    return code, number


def _mine(who: Caller, whose: Whose) -> Sample:
    """Another's: the cursor of another member's list."""
    path = "/v1/me/coupons"
    if whose is Whose.NONE:
        return Sample("GET", path, query=(("limit", "1"), ("cursor", "AAAA")))
    owner = _twice(who.home, who.person) if whose is Whose.OWN else kept(who, whose, "with coupons", _twice)
    cursor = owner.get(f"{path}?limit=1").json["next_cursor"]
    return Sample("GET", path, query=(("limit", "1"), ("cursor", cursor)))


def _claimable(who: Caller, whose: Whose) -> Sample:
    path = "/v1/me/coupon-templates"
    for name in ("", "also "):
        kept(who, whose, f"{name}claimable", claimable)
        kept(who, Whose.OWN, f"{name}claimable", claimable)
    owner = who.person if whose is Whose.OWN else kept(who, whose, "looking", lambda shop: shop.fan())
    cursor = "AAAA" if whose is Whose.NONE else owner.get(f"{path}?limit=1").json["next_cursor"]
    return Sample("GET", path, query=(("limit", "1"), ("cursor", cursor)))


def _list(path: str) -> Callable[[Caller, Whose], Sample]:
    """Another's: the cursor of another member's list."""

    def make(who: Caller, whose: Whose) -> Sample:
        if whose in {Whose.ELSEWHERE, Whose.NONE}:
            return Sample("GET", path.format(member_id(who, whose)))
        one = kept(who, whose, "with coupons", _twice).member_id
        other = kept(who, whose, "also with coupons", _twice).member_id
        system = who.home.till if "/till/" in path else who.home.office
        cursor = system.get(path.format(one), limit="1").json["next_cursor"]
        named = one if whose is Whose.OWN else other
        return Sample("GET", path.format(named), query=(("limit", "1"), ("cursor", cursor)))

    return make


def _own_coupon(rest: str, method: str = "POST", **more: Any) -> Callable[[Caller, Whose], Sample]:
    def make(who: Caller, whose: Whose) -> Sample:
        code = NOBODYS
        if whose is Whose.OWN:
            code = coupon(who.home, who.person, **more)
        elif whose is not Whose.NONE:
            code = kept(who, whose, f"a coupon {more}", lambda shop: coupon(shop, **more))
        return keyed(Sample(method, f"/v1/me/coupons/{code}{rest}"))

    return make


def _withdraw(who: Caller, whose: Whose) -> Sample:
    return replace(_own_coupon("/offer-withdrawal", is_transferable=True)(who, whose), headers={})


def _take(who: Caller, whose: Whose) -> Sample:
    """Another's: what somebody else has taken before."""
    token = "0" * 64
    if whose is Whose.ANOTHERS:
        token = _taken(who.home)
    elif whose is not Whose.NONE:
        token = offered(shop_of(who, whose))
    return keyed(Sample("POST", "/v1/me/coupon-gifts", body={"token": token}))


def _claim(who: Caller, whose: Whose) -> Sample:
    """Another's: a template whose coupons are sent, not claimed."""
    template_id = "t-nothing"
    if whose is Whose.ANOTHERS:
        template_id = kept(who, whose, "pushed", pushed)
    elif whose is not Whose.NONE:
        template_id = kept(who, whose, "claimable", claimable)
    return keyed(Sample("POST", f"/v1/me/coupon-templates/{template_id}/claims"))


def _claim_by_code(who: Caller, whose: Whose) -> Sample:
    """Another's: nobody else can be named."""
    body = {"claim_code": "NOTHING" if whose is Whose.NONE else kept(who, whose, "coded", coded)}
    if whose is Whose.ANOTHERS:
        body["member_id"] = member_id(who, whose)
    return keyed(Sample("POST", "/v1/me/coupon-claims", body=body))


def _some_coupon(who: Caller, whose: Whose) -> str:
    return NOBODYS if whose is Whose.NONE else coupon(shop_of(who, whose))


def _redeem(who: Caller, whose: Whose) -> Sample:
    path = f"/v1/till/coupons/{_some_coupon(who, whose)}/redemption"
    return keyed(Sample("POST", path, body=some.redeem_body(6000)))


def _release(who: Caller, whose: Whose) -> Sample:
    code, number = (NOBODYS, "K-0") if whose is Whose.NONE else redeemed(shop_of(who, whose))
    body = {"order_number": number, "store_id": STORE}
    return Sample("POST", f"/v1/till/coupons/{code}/release", body=body)


def _void(who: Caller, whose: Whose) -> Sample:
    return Sample("POST", f"/v1/staff/coupons/{_some_coupon(who, whose)}/void", body={"note": "误发"})


def _named(who: Caller, whose: Whose) -> str:
    return "t-nothing" if whose is Whose.NONE else kept(who, whose, "pushed", pushed)


def _read(who: Caller, whose: Whose) -> Sample:
    return Sample("GET", f"/v1/staff/coupon-templates/{_named(who, whose)}")


def _save(who: Caller, whose: Whose) -> Sample:
    """Ids are the merchant's own: what another tenant has under the same one does not matter."""
    template_id = f"t-{secrets.token_hex(8)}" if whose is Whose.NONE else kept(who, whose, "to save", pushed)
    path = f"/v1/staff/coupon-templates/{template_id}"
    return Sample("PUT", path, body={"form": some.form(effect=some.CASH)})


def _issue(who: Caller, whose: Whose) -> Sample:
    path = f"/v1/staff/coupon-templates/{_named(who, whose)}/issues"
    return keyed(Sample("POST", path, body={"member_ids": [member_id(who, Whose.ANOTHERS)]}))


def _everything(who: Caller, whose: Whose) -> Sample:
    """Another's: a cursor of another list."""
    path = "/v1/staff/coupon-templates"
    if whose is Whose.NONE:
        return Sample("GET", path, query=(("limit", "1"), ("cursor", "AAAA")))
    if whose is Whose.ANOTHERS:
        return replace(_list(LISTS["staff_coupons.coupons"])(who, Whose.OWN), path=path)
    for name in ("", "also "):
        kept(who, whose, f"{name}pushed", pushed)
    cursor = shop_of(who, whose).office.get(path, limit="1").json["next_cursor"]
    return Sample("GET", path, query=(("limit", "1"), ("cursor", cursor)))


OBJECTS: Mapping[str, About] = {
    "my_coupons.coupons": About(_mine, OK, INVALID, INVALID, INVALID),
    "my_coupons.one": About(
        lambda who, whose: replace(_own_coupon("", "GET")(who, whose), headers={}),
        OK,
        NO_COUPON,
        NO_COUPON,
        NO_COUPON,
    ),
    "my_coupons.claim_sent": About(
        lambda who, whose: replace(_own_coupon("/claim", delivery="claim")(who, whose), headers={}),
        OK,
        NO_COUPON,
        NO_COUPON,
        NO_COUPON,
    ),
    "my_coupons.offer": About(
        _own_coupon("/offer", is_transferable=True), OK, NO_COUPON, NO_COUPON, NO_COUPON
    ),
    "my_coupons.withdraw": About(_withdraw, OK, NO_COUPON, NO_COUPON, NO_COUPON),
    "my_coupons.take": About(_take, OK, NO_GIFT, NO_GIFT, NO_GIFT),
    "my_coupons.claimable": About(_claimable, OK, INVALID, INVALID, INVALID),
    "my_coupons.claim": About(_claim, OK, NOT_CLAIMABLE, NO_TEMPLATE, NO_TEMPLATE),
    "my_coupons.claim_by_code": About(_claim_by_code, OK, INVALID, NO_TEMPLATE, NO_TEMPLATE),
    **{name: About(_list(path), OK, INVALID, NO_MEMBER, NO_MEMBER) for name, path in LISTS.items()},
    "till_coupons.one": About(
        lambda who, whose: Sample("GET", f"/v1/till/coupons/{_some_coupon(who, whose)}"),
        OK,
        OK,
        NO_COUPON,
        NO_COUPON,
    ),
    "till_coupons.redeem": About(_redeem, OK, OK, NO_COUPON, NO_COUPON),
    "till_coupons.release": About(_release, OK, OK, NO_COUPON, NO_COUPON),
    "staff_coupons.void": About(_void, OK, OK, NO_COUPON, NO_COUPON),
    "coupon_templates.everything": About(_everything, OK, INVALID, INVALID, INVALID),
    "coupon_templates.read": About(_read, OK, OK, NO_TEMPLATE, NO_TEMPLATE),
    "coupon_templates.save": About(_save),
    "coupon_templates.issue": About(_issue, OK, OK, NO_TEMPLATE, NO_TEMPLATE),
}


def _of(method: str, path: str, make: Callable[[Shop, Phone], str]) -> Callable[[Shop], Sample]:
    """A request of somebody about what they have."""

    def build(shop: Shop) -> Sample:
        phone = shop.fan()
        return Sample(method, path.format(make(shop, phone)), bearer(phone.token))

    return build


def _gift(shop: Shop) -> Sample:
    body = {"token": offered(shop)}
    return keyed(Sample("POST", "/v1/me/coupon-gifts", bearer(shop.fan().token), body))


def _till(path: str, body: dict[str, Any]) -> Callable[[Shop], Sample]:
    return lambda shop: Sample("POST", path, signed(shop.till), body)


def _redeem_signed(shop: Shop) -> Sample:
    path = f"/v1/till/coupons/{coupon(shop)}/redemption"
    return keyed(Sample("POST", path, signed(shop.till), some.redeem_body(6000)))


def _release_signed(shop: Shop) -> Sample:
    code, number = redeemed(shop)
    body = {"order_number": number, "store_id": STORE}
    return Sample("POST", f"/v1/till/coupons/{code}/release", signed(shop.till), body)


BUILDERS: Mapping[str, Callable[[Shop], Sample]] = {
    "my_coupons.coupons": _of("GET", "/v1/me/coupons", lambda *_: ""),
    "my_coupons.one": _of("GET", "/v1/me/coupons/{}", coupon),
    "my_coupons.claim_sent": _of(
        "POST", "/v1/me/coupons/{}/claim", lambda shop, phone: coupon(shop, phone, delivery="claim")
    ),
    "my_coupons.offer": lambda shop: keyed(
        _of(
            "POST",
            "/v1/me/coupons/{}/offer",
            lambda shop, phone: coupon(shop, phone, is_transferable=True),
        )(shop)
    ),
    "my_coupons.withdraw": _of("POST", "/v1/me/coupons/{}/offer-withdrawal", coupon),
    "my_coupons.take": _gift,
    "my_coupons.claimable": _of("GET", "/v1/me/coupon-templates", lambda *_: ""),
    "my_coupons.claim": lambda shop: keyed(
        _of("POST", "/v1/me/coupon-templates/{}/claims", lambda shop, _: claimable(shop))(shop)
    ),
    "my_coupons.claim_by_code": lambda shop: keyed(
        Sample("POST", "/v1/me/coupon-claims", bearer(shop.fan().token), {"claim_code": coded(shop)})
    ),
    "till_coupons.coupons": lambda shop: Sample(
        "GET", LISTS["till_coupons.coupons"].format(shop.fan().member_id), signed(shop.till)
    ),
    "staff_coupons.coupons": lambda shop: Sample(
        "GET", LISTS["staff_coupons.coupons"].format(shop.fan().member_id), signed(shop.office)
    ),
    "till_coupons.one": lambda shop: Sample("GET", f"/v1/till/coupons/{coupon(shop)}", signed(shop.till)),
    "till_coupons.redeem": _redeem_signed,
    "till_coupons.release": _release_signed,
    "staff_coupons.void": lambda shop: Sample(
        "POST", f"/v1/staff/coupons/{coupon(shop)}/void", signed(shop.office), {"note": "误发"}
    ),
    "coupon_templates.everything": lambda shop: Sample(
        "GET", "/v1/staff/coupon-templates", signed(shop.office)
    ),
    "coupon_templates.read": lambda shop: Sample(
        "GET", f"/v1/staff/coupon-templates/{pushed(shop)}", signed(shop.office)
    ),
    "coupon_templates.save": lambda shop: Sample(
        "PUT", "/v1/staff/coupon-templates/cash", signed(shop.office), {"form": some.form()}
    ),
    "coupon_templates.issue": lambda shop: keyed(
        Sample(
            "POST",
            f"/v1/staff/coupon-templates/{pushed(shop)}/issues",
            signed(shop.office),
            {"member_ids": [shop.fan().member_id]},
        )
    ),
}
