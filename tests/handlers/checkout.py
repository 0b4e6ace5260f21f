"""Checkout and images for the matrix: a good request for each route, and what it is about."""

import secrets
from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace

from tests import coupons as some
from tests.handlers.callers import OK, Caller, Told
from tests.handlers.coupons import NO_COUPON, coupon
from tests.handlers.scene import Sample, signed
from tests.handlers.whose import INVALID, NO_MEMBER, About, Whose, kept, member_id, shop_of
from tests.pictures import png
from tests.shop import STORE, Shop

PNG = png(300, 150)
NO_ORDER: Told = (404, "order-not-found")
NO_HOLD: Told = (404, "hold-not-found")


def checked_out(shop: Shop, **more: Any) -> str:
    """The number of an order."""
    done = some.completed(shop, some.bill(shop, 6000, shop.fan().member_id, 6000, **more))
    number: str = done["order_number"]
    return number


def held(shop: Shop, **more: Any) -> str:
    """The number of an order for which a coupon is held."""
    phone = shop.fan()
    body = {**some.basket(6000, phone.member_id), "order_number": f"H-{secrets.token_hex(8)}"} | more
    body["coupon_codes"] = [coupon(shop, phone)]
    answer = shop.till.post("/v1/till/checkout/holds", body)
    assert answer.status_code == 201, answer.text
    number: str = answer.json["order_number"]
    return number


def _quote(who: Caller, whose: Whose) -> Sample:
    return Sample("POST", "/v1/till/checkout/quotes", body=some.basket(6000, member_id(who, whose)))


def _complete(who: Caller, whose: Whose) -> Sample:
    """Another's: the number of an order that was completed for somebody else."""
    named = member_id(who, Whose.OWN if whose is Whose.ANOTHERS else whose)
    body = some.bill(who.home, 6000, named, 6000)
    if whose is Whose.ANOTHERS:
        body["order_number"] = checked_out(who.home)
    return Sample("POST", "/v1/till/checkout/orders", body=body)


def _reversal(who: Caller) -> dict[str, Any]:
    return {
        "refund_number": f"V-{secrets.token_hex(8)}",
        "store_id": STORE,
        "refunded_at": who.home.now().isoformat(timespec="seconds"),
        "amount_fen": 100,
    }


def _reverse(who: Caller, whose: Whose) -> Sample:
    """Another's: an order of another store."""
    more = {"store_id": "west-lake"} if whose is Whose.ANOTHERS else {}
    number = "C-0" if whose is Whose.NONE else checked_out(shop_of(who, whose), **more)
    return Sample("POST", f"/v1/till/checkout/orders/{number}/reversals", body=_reversal(who))


def _read(who: Caller, whose: Whose) -> Sample:
    """Another's: an order of another store."""
    return replace(
        _reverse(who, whose),
        method="GET",
        path=_reverse(who, whose).path.removesuffix("/reversals"),
        query=(("store_id", STORE),),
        body=None,
    )


def _hold(who: Caller, whose: Whose) -> Sample:
    """Another's: another member's coupon."""
    owner = who.person if whose is Whose.OWN else kept(who, Whose.OWN, "somebody", lambda shop: shop.fan())
    named = owner.member_id if whose in {Whose.OWN, Whose.ANOTHERS} else member_id(who, whose)
    mine = coupon(who.home, owner) if whose is Whose.OWN else kept(who, Whose.OWN, "theirs", coupon)
    body = {**some.basket(6000, named), "order_number": f"H-{secrets.token_hex(8)}", "coupon_codes": [mine]}
    return Sample("POST", "/v1/till/checkout/holds", body=body)


def _release_hold(who: Caller, whose: Whose) -> Sample:
    """Another's: what is held in another store."""
    more = {"store_id": "west-lake"} if whose is Whose.ANOTHERS else {}
    number = "H-0" if whose is Whose.NONE else held(shop_of(who, whose), **more)
    return Sample("POST", f"/v1/till/checkout/holds/{number}/release", body={"store_id": STORE})


def _upload(who: Caller, whose: Whose) -> Sample:
    """Images are one's own; nobody else can be named."""
    sample = Sample("POST", "/v1/staff/images", query=(("purpose", "coupon_advert"),), content=PNG)
    if whose is Whose.OWN:
        return sample
    return replace(sample, query=(*sample.query, ("tenant_id", shop_of(who, whose).tenant_id)))


OBJECTS: Mapping[str, About] = {
    "checkout.quote": About(_quote, OK, OK, NO_MEMBER, NO_MEMBER),
    "checkout.complete": About(_complete, OK, (422, "order-number-reused"), NO_MEMBER, NO_MEMBER),
    "checkout.reverse": About(_reverse, OK, NO_ORDER, NO_ORDER, NO_ORDER),
    "checkout.read": About(_read, OK, NO_ORDER, NO_ORDER, NO_ORDER),
    "checkout.hold": About(_hold, OK, NO_COUPON, NO_MEMBER, NO_MEMBER),
    "checkout.release": About(_release_hold, OK, NO_HOLD, NO_HOLD, NO_HOLD),
    "images.upload": About(_upload, OK, INVALID, INVALID, INVALID),
}


def _quote_signed(shop: Shop) -> Sample:
    phone = shop.fan()
    body = some.basket(6000, phone.member_id, coupon_codes=[coupon(shop, phone)])
    return Sample("POST", "/v1/till/checkout/quotes", signed(shop.till), body)


def _complete_signed(shop: Shop) -> Sample:
    phone = shop.fan()
    body = some.bill(shop, 6000, phone.member_id, 5200, coupon_codes=[coupon(shop, phone)])
    return Sample("POST", "/v1/till/checkout/orders", signed(shop.till), body)


def _reverse_signed(shop: Shop) -> Sample:
    path = f"/v1/till/checkout/orders/{checked_out(shop)}/reversals"
    body = {
        "refund_number": f"V-{secrets.token_hex(8)}",
        "store_id": STORE,
        "refunded_at": shop.now().isoformat(timespec="seconds"),
        "amount_fen": 100,
    }
    return Sample("POST", path, signed(shop.till), body)


def _hold_signed(shop: Shop) -> Sample:
    phone = shop.fan()
    body = {
        **some.basket(6000, phone.member_id),
        "order_number": f"H-{secrets.token_hex(8)}",
        "coupon_codes": [coupon(shop, phone)],
    }
    return Sample("POST", "/v1/till/checkout/holds", signed(shop.till), body)


BUILDERS: Mapping[str, Callable[[Shop], Sample]] = {
    "checkout.quote": _quote_signed,
    "checkout.complete": _complete_signed,
    "checkout.reverse": _reverse_signed,
    "checkout.read": lambda shop: Sample(
        "GET",
        f"/v1/till/checkout/orders/{checked_out(shop)}",
        signed(shop.till),
        query=(("store_id", STORE),),
    ),
    "checkout.hold": _hold_signed,
    "checkout.release": lambda shop: Sample(
        "POST",
        f"/v1/till/checkout/holds/{held(shop)}/release",
        signed(shop.till),
        {"store_id": STORE},
    ),
    "images.upload": lambda shop: Sample(
        "POST",
        "/v1/staff/images",
        signed(shop.office),
        query=(("purpose", "coupon_advert"),),
        content=PNG,
    ),
}
