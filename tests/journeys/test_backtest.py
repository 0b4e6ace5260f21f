"""A draft that is tried on past orders gives what it would have given, to the point."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from domain.money import Money
from domain.points.backtest import BackTest, back_test
from domain.programme.deduct import Deduction
from scripts.local import backtest
from tests.programmes import base, described, programme, rule, wish
from tests.shop import Opening, Shop

OpenWith = Callable[[Opening], Shop]

DEDUCTION = Deduction(points_each=100, worth_fen=Money(100))
PRICES = (8800, 12_000, 30_000, 990, 5000)


def draft(shop: Shop, chosen: Any) -> None:
    body = {name: value for name, value in described(chosen).items() if name != "rule_id"}
    answer = shop.office.send("PUT", f"/v1/staff/programme/rules/{chosen.rule_id}", body)
    assert answer.status_code == 200, answer.text


def tried(shop: Shop, rule_id: str, first: date | None = None, last: date | None = None) -> BackTest:
    in_force, chosen = backtest.rule_to_try(shop.services, shop.tenant_id, rule_id)
    seen: list[int] = []
    orders = backtest.past_orders(shop.services, shop.tenant_id, first, last, seen.append)
    found = back_test(orders, in_force, chosen)
    assert seen == list(range(1, backtest.SEGMENTS + 1))
    return found


@pytest.mark.parametrize(
    "chosen",
    [
        rule("double", "multiplier", {"permille": 2000}),
        rule(
            "bonus",
            "item_bonus",
            {"points_each": 10, "goods": {"categories": ["coffee"]}},
            limits={"per_day": 25},
        ),
        rule(
            "chest",
            "item_bonus",
            {"points_each": 30, "goods": {"categories": ["coffee"]}},
            limits={"budget": 70},
        ),
        rule("second", "nth_order", {"nth": 2, "points_each": 7}),
        rule("members", "multiplier", {"permille": 1500}, when={"is_members_only": True}),
        rule("once", "step_bonus", {"steps": [{"from_fen": 5000, "points": 9}]}, limits={"per_member": 10}),
    ],
    ids=lambda chosen: chosen.rule_id,
)
def test_the_same_orders_earn_with_the_rule_what_the_back_test_said(open_with: OpenWith, chosen: Any) -> None:
    """One shop tries the draft on its past; the other one had the rule in force all along."""
    past, twin = open_with(Opening()), open_with(Opening(programme=wish(base(), chosen)))
    earned = []
    for shop in (past, twin):
        shop.set_clock("2026-03-01T12:00")
        people = [shop.member().member_id, shop.fan().member_id]
        points = 0
        for place, fen in enumerate(PRICES):
            points += shop.buy(fen, people[place % 2])["points"]
            shop.wait(hours=9)
        earned.append(points)
    draft(past, chosen)

    found = tried(past, chosen.rule_id)

    assert (found.orders, found.before.count, found.after.count) == (len(PRICES), earned[0], earned[1])
    assert sum(found.by_day.values()) == found.more.count == earned[1] - earned[0]
    assert found.touched >= len(found.by_day) > 0


def test_only_the_days_that_are_asked_for_count_and_nothing_is_written(shop: Shop) -> None:
    shop.set_clock("2026-03-01T12:00")
    member_id = shop.member().member_id
    shop.buy(1000, member_id)
    shop.wait(days=1)
    shop.buy(2000, member_id)
    draft(shop, rule("double", "multiplier", {"permille": 2000}))
    before = shop.account(member_id)

    found = tried(shop, "double", date(2026, 3, 2), date(2026, 3, 2))
    lines = list(backtest.report(found, programme(deduction=DEDUCTION)))

    assert (found.orders, found.more.count, found.by_day) == (1, 20, {date(2026, 3, 2): 20})
    assert shop.account(member_id) == before
    assert any("2026-03-02" in line and "█" in line for line in lines)
    assert any("worth" in line and "+0.20" in line for line in lines)
    assert any("more points" in line and "+20" in line for line in lines)


def test_a_rule_without_a_draft_cannot_be_tried(shop: Shop) -> None:
    with pytest.raises(backtest.NothingToTry):
        backtest.rule_to_try(shop.services, shop.tenant_id, "nothing")
