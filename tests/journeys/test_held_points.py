"""Points of an order that can be used only after some days, when it can no longer be refunded."""

from typing import Any

import pytest

from domain.errors import InvalidInput
from domain.programme.model import ClawbackPolicy, Terms, Validity, ValidityKind
from tests.journeys.test_rewards import exchange, keyed, put
from tests.programmes import base, rule, wish
from tests.shop import Opening, Phone, Shop

DAILY = rule("daily", "check_in", {"points_each": 5})


@pytest.fixture
def shop(open_with: Any) -> Shop:
    """Holds the points of an order for seven days."""
    opened: Shop = open_with(Opening(programme=wish(base(), DAILY, hold_days=7)))
    opened.set_clock("2026-03-01T12:00")
    return opened


def points(phone: Phone) -> dict[str, Any]:
    found: dict[str, Any] = phone.get("/v1/me/points").json
    return found


def later(shop: Shop, phone: Phone, moment: str) -> None:
    shop.set_clock(moment)
    phone.log_in()


def kinds(phone: Phone) -> list[str]:
    return [each["kind"] for each in phone.get("/v1/me/points/entries").json["items"]]


def test_points_of_an_order_are_usable_after_the_days_for_which_they_are_held(shop: Shop) -> None:
    put(shop, "towel")
    phone = shop.fan()
    order = shop.buy(50_000, phone.member_id)

    assert (order["points"], order["balance"], order["usable_from"]) == (500, 500, "2026-03-08")
    assert (points(phone)["available"], points(phone)["held"]) == (0, 500)
    assert points(phone)["expiring"] == [
        {"valid_through": "2027-02-28", "points": 500, "usable_from": "2026-03-08"}
    ]
    later(shop, phone, "2026-03-07T23:59")
    refused = exchange(phone, "towel").json
    assert (refused["code"], refused["detail"]) == (
        "not-enough-points",
        "0 points can be used today; 500 more are held.",
    )
    later(shop, phone, "2026-03-08T00:00")
    assert (points(phone)["available"], points(phone)["held"]) == (500, 0)
    assert exchange(phone, "towel").status_code == 201

    assert kinds(phone) == ["redeem", "release", "earn"]
    assert shop.findings() == []


def test_they_count_for_the_first_page_and_for_staff_as_they_do_for_the_member(shop: Shop) -> None:
    phone = shop.fan()
    shop.buy(50_000, phone.member_id)
    phone.post("/v1/me/check-ins")

    home = phone.get("/v1/me/home").json["points"]
    staff = shop.office.get(f"/v1/staff/members/{phone.member_id}/points").json

    assert (home["available"], home["held"]) == (staff["available"], staff["held"]) == (5, 500)
    assert home["balance"] == 505
    seen = shop.office.get(f"/v1/staff/members/{phone.member_id}").json
    assert (seen["points"], seen["held"]) == (5, 500)


def test_other_points_are_not_held(shop: Shop) -> None:
    phone = shop.fan()
    phone.post("/v1/me/check-ins")

    assert (points(phone)["available"], points(phone)["held"]) == (5, 0)


def test_the_entry_that_releases_explains_itself(shop: Shop) -> None:
    phone = shop.fan()
    shop.buy(50_000, phone.member_id)
    later(shop, phone, "2026-03-09T12:00")
    phone.post("/v1/me/check-ins")

    entry = phone.get("/v1/me/points/entries?kind=release").json["items"][0]
    told = phone.get(f"/v1/me/points/entries/{entry['entry_id']}/explanation").json

    assert (entry["points"], entry["balance"], entry["released"]) == (0, 500, 500)
    assert "500" in told["summary"]["zh"]


def test_a_refund_takes_what_is_held_before_anything_else(shop: Shop) -> None:
    phone = shop.fan()
    first = shop.buy(10_000, phone.member_id)
    later(shop, phone, "2026-03-08T12:00")
    second = shop.buy(20_000, phone.member_id)

    back = shop.refund(second["order_number"], 20_000)

    assert back.json["points"] == -200
    assert (points(phone)["available"], points(phone)["held"]) == (100, 0)
    assert shop.refund(first["order_number"], 10_000).json["points"] == -100
    assert shop.findings() == []


def test_a_refund_is_not_denied_because_its_points_are_held(open_with: Any) -> None:
    shop = open_with(Opening(programme=wish(base(), hold_days=7, clawback=ClawbackPolicy.DENY)))
    phone = shop.fan()
    order = shop.buy(10_000, phone.member_id)

    assert shop.refund(order["order_number"], 10_000).status_code == 201


def test_staff_takes_only_what_can_be_used(shop: Shop) -> None:
    phone = shop.fan()
    shop.buy(10_000, phone.member_id)
    path = f"/v1/staff/members/{phone.member_id}/points/adjustments"

    refused = keyed(shop.office, path, {"points": -1, "reason": "补偿"})

    assert refused.json["code"] == "not-enough-points"


def test_an_order_that_was_reported_late_is_held_since_it_was_paid(shop: Shop) -> None:
    phone = shop.fan()
    fresh = shop.buy(10_000, phone.member_id, paid_at="2026-02-25T12:00:00+08:00")
    old = shop.buy(10_000, phone.member_id, paid_at="2026-02-22T12:00:00+08:00")

    assert (fresh["usable_from"], old["usable_from"]) == ("2026-03-04", None)
    assert (points(phone)["available"], points(phone)["held"]) == (100, 100)


def test_held_points_pay_a_debt(shop: Shop) -> None:
    put(shop, "towel", points=100)
    phone = shop.fan()
    order = shop.buy(10_000, phone.member_id)
    later(shop, phone, "2026-03-09T12:00")
    exchange(phone, "towel", 100)
    shop.refund(order["order_number"], 10_000)
    assert points(phone)["debt"] == 100

    shop.buy(30_000, phone.member_id)

    assert (points(phone)["debt"], points(phone)["available"], points(phone)["held"]) == (0, 0, 200)
    assert shop.findings() == []


@pytest.mark.parametrize("paid_on, expected", [("2026-03-01", (50, 0)), ("2026-03-02", (0, 50))])
def test_a_merge_moves_them_as_they_are_and_its_undoing_brings_them_back(
    shop: Shop, paid_on: str, expected: tuple[int, int]
) -> None:
    """What was held then may have been released since, under another name of its lot."""
    wechat = shop.member("wechat")
    alipay = Phone(shop, wechat.person_id, wechat.number)
    alipay.log_in("alipay")
    fan_id, member_id = alipay.member_id, wechat.member_id
    shop.buy(10_000, member_id)
    later(shop, alipay, f"{paid_on}T18:00")
    alipay.log_in("alipay")
    shop.buy(5_000, fan_id)
    shop.set_clock("2026-03-07T23:30")
    alipay.log_in("alipay")
    alipay.prove("alipay")
    assert (points(alipay)["available"], points(alipay)["held"]) == (0, 150)
    shop.set_clock("2026-03-08T11:00")
    shop.buy(100, fan_id)

    merge_id = shop.office.get(f"/v1/staff/members/{member_id}").json["aliases"][0]["merge_id"]
    undone = shop.office.post(f"/v1/staff/merges/{merge_id}/undo")

    assert undone.status_code == 200, undone.text
    told = {each: shop.office.get(f"/v1/staff/members/{each}/points").json for each in (member_id, fan_id)}
    assert {each: (found["available"], found["held"]) for each, found in told.items()} == {
        member_id: (100, 1),
        fan_id: expected,
    }
    assert shop.findings() == []


def test_what_there_was_then_knows_what_was_held_then(shop: Shop) -> None:
    phone = shop.fan()
    shop.buy(10_000, phone.member_id)
    later(shop, phone, "2026-03-20T12:00")
    phone.post("/v1/me/check-ins")

    path = f"/v1/staff/members/{phone.member_id}/points/as-of"
    found = [
        shop.office.get(path, at=f"2026-03-{day}T12:00:00+08:00").json["available"]
        for day in ("02", "07", "08", "19")
    ]

    assert found == [0, 0, 100, 100]


def test_points_are_not_held_longer_than_they_live() -> None:
    with pytest.raises(InvalidInput):
        Terms(validity=Validity(ValidityKind.ROLLING, 1), hold_days=1)
    with pytest.raises(InvalidInput):
        Terms(validity=Validity(ValidityKind.FIXED, 3), hold_days=60)
    Terms(validity=Validity(ValidityKind.FIXED, 3), hold_days=56)
    Terms(validity=Validity(ValidityKind.PERMANENT, 1), hold_days=90)
