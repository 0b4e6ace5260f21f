"""The first page of the member centre, and lists of entries of one kind."""

from collections.abc import Callable
from typing import Any

import pytest

from adapters.dynamodb.meter import metered
from domain.programme import form
from domain.programme.ladder import Ladder
from tests.programmes import base, rule, wish
from tests.shop import Opening, Phone, Shop

OpenWith = Callable[[Opening], Shop]

LADDER = {
    "metric": "points",
    "tiers": [
        {"tier_id": "plain", "name": "普通", "from_value": 0},
        {"tier_id": "gold", "name": "金卡", "from_value": 1000},
    ],
}
DAILY = rule("daily", "check_in", {"points_each": 5})


@pytest.fixture
def cafe(open_with: OpenWith) -> Shop:
    shop = open_with(Opening(programme=wish(base(), DAILY, ladder=form.load(Ladder, LADDER))))
    shop.set_clock("2026-03-01T12:00")
    return shop


def home(phone: Phone) -> dict[str, Any]:
    answer = phone.get("/v1/me/home")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json
    return found


@pytest.mark.capability("C-44")
def test_one_request_shows_card_points_tier_and_what_there_is_to_do(cafe: Shop) -> None:
    member = cafe.member()
    cafe.buy(71_500, member.member_id)
    member.post("/v1/me/check-ins")

    page = home(member)

    assert page["member"] == member.get("/v1/me").json
    assert page["points"] == member.get("/v1/me/points").json
    own = member.get("/v1/me/tier").json
    assert page["tier"] == {name: value for name, value in own.items() if name != "ladder"}
    assert (page["tier"]["value"], page["tier"]["missing"]) == (720, 280)
    assert page["check_in"] == {"streak": 1, "is_done_today": True}
    assert page["activities"] == ["check_in"]


def test_the_first_page_takes_two_calls_with_its_authentication(cafe: Shop) -> None:
    member = cafe.member()
    home(member)

    with metered() as usage:
        home(member)

    assert sum(usage.calls.values()) <= 3


def test_it_works_for_fans_and_without_tiers(shop: Shop) -> None:
    page = home(shop.fan())

    assert (page["member"]["state"], page["tier"], page["activities"]) == ("fan", None, [])
    assert page["points"]["balance"] == 0


def test_points_are_told_by_the_month_in_which_they_lapse(cafe: Shop) -> None:
    member = cafe.member()
    cafe.buy(1000, member.member_id)
    cafe.set_clock("2026-05-31T12:00")
    member.log_in()
    cafe.buy(2000, member.member_id)
    cafe.buy(500, member.member_id)

    points = member.get("/v1/me/points").json

    assert points["expiring_by_month"] == [
        {"month": "2027-02", "points": 10},
        {"month": "2027-04", "points": 25},
    ]


@pytest.mark.capability("C-38")
def test_entries_of_one_kind_add_up_to_the_sum_of_that_kind(cafe: Shop) -> None:
    member = cafe.member()
    orders = [cafe.buy(1000 + number * 100, member.member_id) for number in range(6)]
    for order in orders[::2]:
        cafe.refund(order["order_number"], 500)

    sums = member.get("/v1/me/points").json["by_kind"]
    for kind in ("earn", "claw_back", "expire"):
        items, cursor = [], None
        while True:
            more = f"&cursor={cursor}" if cursor else ""
            page = member.get(f"/v1/me/points/entries?limit=2&kind={kind}{more}").json
            items += page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert {entry["kind"] for entry in items} <= {kind}
        assert sum(entry["points"] for entry in items) == sums.get(kind, 0)
    wrong = member.get("/v1/me/points/entries?kind=gift")
    assert (wrong.status_code, wrong.json["errors"][0]["field"]) == (422, "kind")
