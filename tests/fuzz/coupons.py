"""Good bodies for coupons and checkout, and the coupons of the fuzzer's world."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace

from domain.checkout.model import Hold
from domain.coupon.model import Coupon, CouponState, Source, Use
from domain.coupon.template import ClaimCode, Form, Template
from domain.money import Money, Points
from domain.order.model import OrderId
from domain.programme import form

CASH: dict[str, Any] = {
    "face": {"title": "山茶", "coupon_title": "8元代金券", "disclaimer": "每单一张"},
    "effect": {"kind": "cash", "off_fen": 800},
    "validity": {"kind": "relative", "days_valid": 30},
    "delivery": "claim",
    "conditions": {"weekdays": [1, 2, 3, 4, 5, 6, 7], "blackout_dates": ["2026-10-01"]},
    "claiming": {"per_member": 900},
    "is_transferable": True,
}
LINES = [{"sku": "latte", "category": "coffee", "quantity": 1, "amount_fen": 6000}]
REDEEMED = "22345678901235"
"""A coupon that was redeemed for the order K-1."""
BASKET: dict[str, Any] = {
    "store_id": "nanjing-road",
    "channel": "counter",
    "lines": LINES,
    "total_fen": 6000,
    "points": 0,
}


def bodies(member_id: str, code: str, order: str, now: datetime) -> dict[str, dict[str, Any]]:
    """For each operation that takes one."""
    basket = {**BASKET, "member": {"member_id": member_id}}
    at = now.isoformat()
    paid = [{"method": "cash", "amount_fen": 5200}]
    return {
        "my_coupons.take": {"token": "0" * 64},
        "my_coupons.claim_by_code": {"claim_code": "SUMMER"},
        "till_coupons.redeem": {"order_number": "K-1", "store_id": "nanjing-road", "lines": LINES},
        "till_coupons.release": {"order_number": "K-1", "store_id": "nanjing-road"},
        "staff_coupons.void": {"note": "误发"},
        "coupon_templates.save": {"form": CASH},
        "coupon_templates.issue": {"member_ids": [member_id]},
        "checkout.quote": {**basket, "coupon_codes": [code]},
        "checkout.complete": {
            **basket,
            "order_number": "C-1",
            "coupon_codes": [code],
            "paid_at": at,
            "payments": paid,
        },
        "checkout.reverse": {
            "refund_number": "V-1",
            "store_id": "nanjing-road",
            "refunded_at": at,
            "amount_fen": 100,
        },
        "checkout.hold": {**basket, "order_number": "H-1", "coupon_codes": [code], "minutes": 15},
        "checkout.release": {"store_id": "nanjing-road"},
    }


def things(member_id: str, code: str, now: datetime) -> Iterator[object]:
    """A template that is claimed, one with a discount code, coupons, and a bill that is held."""
    template = Template("ten", form.load(Form, CASH), 1, 1, now, "key:office")
    yield template
    yield template.edition
    summer = form.load(Form, {**CASH, "delivery": "code", "claim_code": "SUMMER"})
    other = Template("summer", summer, 1, 1, now, "key:office")
    yield other
    yield other.edition
    yield ClaimCode("SUMMER", "summer")
    yield Hold(
        OrderId("nanjing-road", "H-9"),
        "nanjing-road",
        member_id,
        (),
        Points(0),
        None,
        Money(6000),
        "fingerprint",
        now,
        now + timedelta(minutes=15),
        "key:till",
    )
    use = Use(OrderId("nanjing-road", "K-1"), "nanjing-road", now, "key:till", Money(800), Money(5200))
    mine = coupon(member_id, code, now)
    yield mine
    yield replace(mine, code=REDEEMED, state=CouponState.REDEEMED, uses=(use,))


def coupon(member_id: str, code: str, now: datetime) -> Coupon:
    return Coupon(
        code=code,
        owner=member_id,
        template_id="ten",
        template_version=1,
        source=Source.ISSUED,
        issued_at=now,
        issued_by="key:office",
        state=CouponState.OPEN,
        valid_from=now.date(),
        valid_through=(now + timedelta(days=30)).date(),
    )
