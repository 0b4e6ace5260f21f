"""Checkout: one bill paid by coupons, points and money, and taken back exactly (C-31, C-32, C-51, C-92)."""

from collections.abc import Callable
from typing import Any

import pytest

from domain.money import Money
from domain.programme.deduct import Deduction
from domain.programme.ladder import Ladder, Metric, Tier
from tests.coupons import (
    CASH,
    RATE,
    another,
    bill,
    complete,
    completed,
    coupon,
    holdings,
    lines,
    quote,
    quoted,
    redeem,
    state,
    template,
)
from tests.programmes import base, wish
from tests.shop import OTHER_STORE, Opening, Phone, Shop

HUNDRED = Deduction(points_each=100, worth_fen=Money(100))
TEN = Deduction(points_each=10, worth_fen=Money(100))
TIERS = Ladder(
    metric=Metric.SPEND,
    tiers=(
        Tier(tier_id="ordinary", name="普通", from_value=0, pay_permille=980),
        Tier(tier_id="senior", name="高级", from_value=100_000, pay_permille=900),
    ),
)


def opened(open_with: Callable[[Opening], Shop], **terms: Any) -> Shop:
    return open_with(Opening(programme=wish(base(), **({"deduction": HUNDRED} | terms))))


def rich(shop: Shop, points: int) -> Phone:
    """A fan with so many points, from an order of as many yuan."""
    phone = shop.fan()
    shop.buy(points * 100, phone.member_id)
    return phone


def points(phone: Phone) -> int:
    found: int = phone.get("/v1/me/points").json["available"]
    return found


@pytest.mark.capability("C-92")
def test_a_bill_of_100_is_coupon_10_points_40_and_cash_50(open_with: Callable[[Opening], Shop]) -> None:
    shop = opened(open_with)
    phone = rich(shop, 5000)
    code = coupon(shop, phone, "ten")
    body = bill(shop, 10000, phone.member_id, 5000, coupon_codes=[code], points=4000)

    done, again = complete(shop, body), complete(shop, body)

    assert done.status_code == 201, done.text
    assert done.text == again.text
    assert done.json["payments"] == [
        {"method": "coupon", "amount_fen": 1000},
        {"method": "points", "amount_fen": 4000},
        {"method": "wechat_pay", "amount_fen": 5000},
    ]
    assert done.json["coupons"] == [{"code": code, "off_fen": 1000}]
    assert (done.json["points_spent"], done.json["points"]) == (4000, 50)
    assert points(phone) == 5000 - 4000 + 50
    assert state(shop, code) == "redeemed"
    assert shop.findings() == []


@pytest.mark.capability("C-92")
def test_a_leg_that_fails_undoes_all(open_with: Callable[[Opening], Shop]) -> None:
    shop = opened(open_with)
    phone = rich(shop, 5000)
    code = coupon(shop, phone, "ten")
    used = coupon(shop, phone, "used")
    assert redeem(shop, used, 6000).status_code == 201
    wishes: list[tuple[dict[str, Any], str]] = [
        ({"coupon_codes": [code], "points": 4501}, "points-above-cap"),
        ({"coupon_codes": [used], "points": 4000}, "coupon-used"),
        ({"coupon_codes": [code], "points": 4000, "payments": []}, "price-changed"),
    ]

    for wanted, why in wishes:
        refused = complete(shop, bill(shop, 10000, phone.member_id, 5000) | wanted)
        assert refused.json["code"] == why, refused.text
    poor = rich(shop, 100)
    mine = coupon(shop, poor, "poor")
    refused = complete(shop, bill(shop, 10000, poor.member_id, 8000, coupon_codes=[mine], points=1000))

    assert refused.json["code"] == "not-enough-points"
    assert (points(phone), points(poor)) == (5000, 100)
    assert (state(shop, code), state(shop, mine)) == ("open", "open")


def test_a_price_that_changed_says_what_it_is_made_of(open_with: Callable[[Opening], Shop]) -> None:
    shop = opened(open_with)
    phone = rich(shop, 5000)
    code = coupon(shop, phone, "ten")

    refused = complete(shop, bill(shop, 10000, phone.member_id, 9999, coupon_codes=[code]))

    assert (refused.status_code, refused.json["code"]) == (409, "price-changed")
    assert refused.json["price"] == {
        "total_fen": 10000,
        "discount_fen": 0,
        "coupons": [{"code": code, "off_fen": 1000}],
        "points_fen": 0,
        "to_pay_fen": 9000,
    }


@pytest.mark.capability("C-31")
@pytest.mark.parametrize("deduction, yuan", [(HUNDRED, 5), (TEN, 50)])
def test_500_points_are_5_yuan_or_50(
    open_with: Callable[[Opening], Shop], deduction: Deduction, yuan: int
) -> None:
    shop = opened(open_with, deduction=deduction)
    phone = rich(shop, 500)

    done = completed(shop, bill(shop, 10000, phone.member_id, 10000 - yuan * 100, points=500))

    assert {"method": "points", "amount_fen": yuan * 100} in done["payments"]


@pytest.mark.capability("C-31")
def test_without_a_rate_points_pay_nothing(open_with: Callable[[Opening], Shop]) -> None:
    shop = opened(open_with, deduction=None)
    phone = rich(shop, 500)

    refused = complete(shop, bill(shop, 10000, phone.member_id, 9500, points=500))

    assert (refused.status_code, refused.json["code"]) == (422, "points-pay-nothing")


@pytest.mark.capability("C-32")
@pytest.mark.parametrize(
    "fen, most", [(10000, 5000), (9999, 4999), (10001, 5000), (1, 0), (2, 1), (3, 1), (199, 99)]
)
def test_points_pay_no_more_than_money(open_with: Callable[[Opening], Shop], fen: int, most: int) -> None:
    shop = opened(open_with)
    phone = rich(shop, 6000)
    member_id = phone.member_id

    offered = quoted(shop, fen, member_id)["points_max"]
    above = complete(shop, bill(shop, fen, member_id, max(fen - most - 1, 0), points=most + 1))

    assert offered == most
    assert (above.status_code, above.json["code"]) == (422, "points-above-cap")
    if most:
        done = completed(shop, bill(shop, fen, member_id, fen - most, points=most))
        assert {"method": "points", "amount_fen": most} in done["payments"]


@pytest.mark.capability("C-32")
def test_the_cap_counts_what_is_left_after_coupons(open_with: Callable[[Opening], Shop]) -> None:
    shop = opened(open_with)
    phone = rich(shop, 6000)
    code = coupon(shop, phone, "ten")

    found = quoted(shop, 10000, phone.member_id, coupon_codes=[code], points=4500)
    refused = quote(shop, 10000, phone.member_id, coupon_codes=[code], points=4501)

    assert (found["price"]["after_coupons_fen"], found["price"]["to_pay_fen"]) == (9000, 4500)
    assert refused.json["code"] == "points-above-cap"


@pytest.mark.capability("C-42")
@pytest.mark.parametrize("spent, fen, to_pay", [(1, 10000, 9800), (100_000, 10000, 9000), (1, 3333, 3266)])
def test_the_tier_names_the_price(
    open_with: Callable[[Opening], Shop], spent: int, fen: int, to_pay: int
) -> None:
    shop = opened(open_with, ladder=TIERS)
    phone = shop.fan()
    shop.buy(spent, phone.member_id)

    price = quoted(shop, fen, phone.member_id)["price"]
    done = completed(shop, bill(shop, fen, phone.member_id, to_pay))

    assert (price["discount_fen"], price["to_pay_fen"]) == (fen - to_pay, to_pay)
    assert done["payments"][0] == {"method": "discount", "amount_fen": fen - to_pay}


def test_discounts_come_in_their_turn(open_with: Callable[[Opening], Shop]) -> None:
    """Tier price, rate coupons, then amounts, then points; the minimum spend is tested in between (D-25)."""
    shop = opened(open_with, ladder=TIERS)
    phone = rich(shop, 2000)  # Senior by its spend: 100 yuan are 90.
    rate = coupon(shop, phone, "rate", effect=RATE, stacking={"group": "rate"})
    cash = coupon(
        shop, phone, "cash", effect={"kind": "threshold_discount", "from_fen": 9000, "off_fen": 1000}
    )
    high = coupon(
        shop, phone, "high", effect={"kind": "threshold_discount", "from_fen": 9001, "off_fen": 1000}
    )

    price = quoted(shop, 10000, phone.member_id, coupon_codes=[cash, rate], points=2000)["price"]
    refused = quote(shop, 10000, phone.member_id, coupon_codes=[high])

    assert price["discount_fen"] == 1000
    assert price["coupons"] == [{"code": rate, "off_fen": 1800}, {"code": cash, "off_fen": 1000}]
    assert (price["after_coupons_fen"], price["to_pay_fen"]) == (6200, 4200)
    assert refused.json["code"] == "below-minimum-spend"
    assert refused.json["errors"][0]["field"] == "coupon_codes.0"


@pytest.mark.capability("C-51")
def test_of_five_coupons_the_two_that_fit_are_listed_best_first(open_with: Callable[[Opening], Shop]) -> None:
    shop = opened(open_with)
    phone = shop.fan()
    rate = coupon(shop, phone, "rate", effect=RATE)
    cash = coupon(shop, phone, "cash", effect=CASH)
    others = {
        coupon(
            shop, phone, "far", effect=CASH, conditions={"store_ids": [OTHER_STORE]}
        ): "store-not-applicable",
        coupon(shop, phone, "high", effect=CASH, conditions={"at_least_fen": 6001}): "below-minimum-spend",
        coupon(shop, phone, "tea", effect=CASH, conditions={"goods": {"skus": ["tea"]}}): "goods-not-in-bill",
    }

    found = quoted(shop, 6000, phone.member_id)

    assert [(each["coupon"]["code"], each["off_fen"]) for each in found["usable"]] == [
        (rate, 1200),
        (cash, 800),
    ]
    assert {each["coupon"]["code"]: each["reason"] for each in found["unusable"]} == others
    assert found["best"] == [rate]
    assert found["price"]["to_pay_fen"] == 4800
    assert found["points_to_earn"] == 48


@pytest.mark.capability("C-52")
def test_two_ordinary_coupons_are_refused_and_one_that_stacks_is_not(
    open_with: Callable[[Opening], Shop],
) -> None:
    shop = opened(open_with)
    phone = shop.fan()
    one, two = coupon(shop, phone, "one", effect=CASH), coupon(shop, phone, "two", effect=CASH)
    three = coupon(shop, phone, "three", effect=CASH, stacking={"group": "more", "most": 2})
    four = another(shop, phone, "three")
    five = another(shop, phone, "three")
    member_id = phone.member_id

    refused = complete(shop, bill(shop, 6000, member_id, 4400, coupon_codes=[one, two]))
    too_many = quote(shop, 6000, member_id, coupon_codes=[three, four, five])
    found = quoted(shop, 6000, member_id)
    done = complete(shop, bill(shop, 6000, member_id, 3600, coupon_codes=[one, three, four]))

    assert (refused.status_code, refused.json["code"]) == (422, "coupons-not-combinable")
    assert too_many.json["code"] == "coupons-not-combinable"
    assert len(found["best"]) == 3
    assert found["price"]["to_pay_fen"] == 3600
    assert done.status_code == 201, done.text
    assert [each["code"] for each in holdings(phone)] == sorted([two, five])


def test_somebody_elses_coupon_is_not_found(open_with: Callable[[Opening], Shop]) -> None:
    shop = opened(open_with)
    owner, other = shop.fan(), shop.fan()
    code = coupon(shop, owner, "one", effect=CASH)

    refused = quote(shop, 6000, other.member_id, coupon_codes=[code])

    assert (refused.status_code, refused.json["code"]) == (404, "coupon-not-found")


def test_whoever_owes_points_pays_by_money_and_coupons(open_with: Callable[[Opening], Shop]) -> None:
    shop = opened(open_with)
    phone = rich(shop, 100)
    gone = shop.buy(50_000, phone.member_id)
    completed(shop, bill(shop, 1200, phone.member_id, 600, points=600))
    shop.refund(gone["order_number"], 50_000)
    code = coupon(shop, phone, "ten")

    told = quoted(shop, 10000, phone.member_id)
    refused = complete(shop, bill(shop, 10000, phone.member_id, 8900, coupon_codes=[code], points=100))
    done = complete(shop, bill(shop, 10000, phone.member_id, 9000, coupon_codes=[code]))

    assert shop.account(phone.member_id).debt.count == 500 - 6 - 90
    assert (told["points_available"], told["price"]["to_pay_fen"]) == (0, 9000)
    assert (refused.status_code, refused.json["code"]) == (422, "not-enough-points")
    assert done.status_code == 201, done.text


def test_a_dry_run_answers_as_the_real_call_and_writes_nothing(open_with: Callable[[Opening], Shop]) -> None:
    shop = opened(open_with)
    phone = rich(shop, 5000)
    code = coupon(shop, phone, "ten")
    body = bill(shop, 10000, phone.member_id, 5000, coupon_codes=[code], points=4000)

    dry = complete(shop, body, "?dry_run=true")
    assert (state(shop, code), points(phone)) == ("open", 5000)
    real = complete(shop, body)

    assert dry.status_code == real.status_code == 201
    assert {**dry.json, "recorded_at": ""} == {**real.json, "recorded_at": ""}


def test_a_bill_of_many_lines_adds_up(open_with: Callable[[Opening], Shop]) -> None:
    shop = opened(open_with, ladder=TIERS)
    phone = shop.fan()
    many = [lines(101 + place, f"sku-{place}")[0] for place in range(100)]
    total = sum(line["amount_fen"] for line in many)
    code = coupon(shop, phone, "some", effect=RATE, conditions={"goods": {"skus": ["sku-3", "sku-4"]}})
    template(shop, "other", effect=CASH)

    price = quoted(shop, total, phone.member_id, lines=many)["price"]
    done = completed(
        shop,
        bill(shop, total, phone.member_id, price["to_pay_fen"], lines=many, coupon_codes=[code]),
    )

    assert sum(part["amount_fen"] for part in done["payments"]) == total
