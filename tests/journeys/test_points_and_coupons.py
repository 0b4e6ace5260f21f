"""Points become coupons: by exchange (C-34), and when they are over (C-37)."""

from collections.abc import Callable

import pytest

from domain.programme.convert import Conversion
from domain.programme.model import Validity, ValidityKind
from tests.coupons import RATE, holdings, keyed, redeem, save, state, template
from tests.journeys.test_rewards import exchange, put, rich
from tests.programmes import base, wish
from tests.shop import Opening, Shop


@pytest.mark.capability("C-34")
def test_100_points_are_a_coupon_of_10_off_50(shop: Shop) -> None:
    template(shop, "ten")
    put(shop, "coupon-ten", None, kind="coupon", points=100, template_id="ten")
    phone, poor = rich(shop, 100), rich(shop, 99)

    done, refused = exchange(phone, "coupon-ten", 100), exchange(poor, "coupon-ten", 100)
    code = done.json["coupon_code"]
    low, high = redeem(shop, code, 4999), redeem(shop, code, 5000)

    assert (done.status_code, done.json["balance"]) == (201, 0)
    assert (refused.status_code, refused.json["code"]) == (422, "not-enough-points")
    assert (low.status_code, low.json["code"]) == (422, "below-minimum-spend")
    assert high.json["to_pay_fen"] == 4000
    assert shop.findings() == []


@pytest.mark.capability("C-34")
def test_300_points_are_a_coupon_of_20_percent(shop: Shop) -> None:
    template(shop, "rate", effect=RATE)
    put(shop, "coupon-rate", None, kind="coupon", points=300, template_id="rate")
    phone = rich(shop, 300)

    code = exchange(phone, "coupon-rate", 300).json["coupon_code"]

    assert redeem(shop, code, 10000).json["to_pay_fen"] == 8000


@pytest.mark.capability("C-34")
def test_the_last_coupon_is_exchanged_once_and_no_points_are_lost(shop: Shop) -> None:
    template(shop, "one", total=1)
    put(shop, "coupon-one", None, kind="coupon", points=100, template_id="one")
    first, second = rich(shop, 100), rich(shop, 100)
    assert shop.office.get("/v1/staff/rewards/coupon-one").json["left"] == 1

    assert exchange(first, "coupon-one", 100).status_code == 201
    refused = exchange(second, "coupon-one", 100)

    assert (refused.status_code, refused.json["code"]) == (422, "coupons-gone")
    assert second.get("/v1/me/points").json["balance"] == 100
    assert shop.office.get("/v1/staff/rewards/coupon-one").json["left"] == 0


@pytest.mark.capability("C-34")
def test_an_exchange_goes_back_with_its_coupon_as_long_as_that_is_not_used(shop: Shop) -> None:
    template(shop, "ten", total=5)
    put(shop, "coupon-ten", None, kind="coupon", points=100, template_id="ten")
    phone = rich(shop, 200)
    one, two = exchange(phone, "coupon-ten", 100).json, exchange(phone, "coupon-ten", 100).json
    assert redeem(shop, two["coupon_code"], 5000).status_code == 201

    back = keyed(shop.office, f"/v1/staff/exchanges/{one['exchange_id']}/refund")
    used = keyed(shop.office, f"/v1/staff/exchanges/{two['exchange_id']}/refund")

    assert (back.status_code, back.json["balance"]) == (201, 100)
    assert (used.status_code, used.json["code"]) == (422, "exchange-not-refundable")
    assert state(shop, one["coupon_code"]) == "void"
    assert shop.office.get("/v1/staff/coupon-templates/ten").json["left"] == 4
    assert shop.findings() == []


def test_a_reward_names_a_template_that_there_is(shop: Shop) -> None:
    body = {"name": "券", "kind": "coupon", "points": 100}
    path = "/v1/staff/rewards/odd"

    for more in ({"template_id": "nobody"}, {}, {"kind": "goods", "template_id": "nobody"}):
        refused = shop.office.send("PUT", path, body | more)
        assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, "template_id"), more


def with_conversion(open_with: Callable[[Opening], Shop], conversion: Conversion | None) -> Shop:
    validity = Validity(kind=ValidityKind.FIXED, months=1)
    return open_with(Opening(programme=wish(base(), conversion=conversion, validity=validity)))


@pytest.mark.capability("C-37")
def test_100_points_that_are_over_become_one_coupon(open_with: Callable[[Opening], Shop]) -> None:
    shop = with_conversion(open_with, Conversion(points_each=100, template_id="over"))
    template(shop, "over")
    shop.set_clock("2025-04-29T12:00")
    phone = rich(shop, 199)
    shop.set_clock("2025-05-30T12:00")
    phone.log_in()

    shop.services.expire_points(limit=10_000)
    assert holdings(phone) == []
    shop.services.convert_points(limit=10_000)
    shop.services.convert_points(limit=10_000)

    entries = phone.get("/v1/me/points/entries").json["items"]
    assert [(entry["kind"], entry["points"]) for entry in entries] == [
        ("convert", 0),
        ("expire", -199),
        ("earn", 199),
    ]
    told = phone.get(f"/v1/me/points/entries/{entries[0]['entry_id']}/explanation").json["summary"]
    assert told["zh"] == "到期积分转换为 1 张优惠券"
    assert [each["template_id"] for each in holdings(phone)] == ["over"]
    assert shop.account(phone.member_id).converting == ()
    assert shop.findings() == []


@pytest.mark.capability("C-37")
def test_without_a_conversion_there_is_the_expiry_alone(open_with: Callable[[Opening], Shop]) -> None:
    shop = with_conversion(open_with, None)
    shop.set_clock("2025-04-29T12:00")
    phone = rich(shop, 199)
    shop.set_clock("2025-05-30T12:00")
    phone.log_in()

    shop.services.expire_points(limit=10_000)
    shop.services.convert_points(limit=10_000)

    entries = phone.get("/v1/me/points/entries").json["items"]
    assert [entry["kind"] for entry in entries] == ["expire", "earn"]
    assert holdings(phone) == []


@pytest.mark.capability("C-37")
def test_what_cannot_be_issued_is_issued_when_it_can(lone_shop: Shop) -> None:
    shop = lone_shop
    programme = wish(
        base(),
        conversion=Conversion(points_each=50, template_id="over"),
        validity=Validity(kind=ValidityKind.FIXED, months=1),
    )
    shop.services.apply_programme(shop.tenant_id, programme)
    template(shop, "over", is_stopped=True)
    shop.set_clock("2025-04-29T12:00")
    phone = rich(shop, 149)
    shop.set_clock("2025-05-30T12:00")
    phone.log_in()
    shop.services.expire_points(limit=10)

    stopped = shop.services.convert_points(limit=10)
    assert save(shop, "over").status_code == 200
    done = shop.services.convert_points(limit=10)

    assert (stopped.coupons, stopped.failed) == (0, 1)
    assert (done.coupons, done.failed) == (2, 0)
    assert len(holdings(phone)) == 2
