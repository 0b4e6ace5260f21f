"""What each kind of rule gives, with the figures that merchants were promised."""

from datetime import date, datetime
from typing import Any

import pytest

from domain.clock import SHOP_TIME
from domain.money import Money, Rounding
from domain.order.model import Line
from domain.programme.event import (
    Birthday,
    CheckedIn,
    Commented,
    Event,
    Invited,
    Joined,
    OrderPaid,
    Person,
    Shared,
    Used,
    WasInvited,
    birthday_of,
)
from domain.programme.price import Price, price
from domain.programme.rule import Rule
from domain.programme.why import Why
from tests.programmes import base, programme, rule

AT = datetime(2025, 11, 11, 12, tzinfo=SHOP_TIME)
BANDS = {"bands": [{"from_fen": 10_000, "permille": 1500}, {"from_fen": 20_000, "permille": 2000}]}
NOBODY = Person()


def order(
    fen: int, *lines: Line, at: datetime = AT, person: Person = NOBODY, store: str = "east"
) -> OrderPaid:
    """Of one latte, unless lines are named."""
    return OrderPaid(at, person, store, Money(fen), lines or (Line("latte", "coffee", 1, Money(fen)),))


def points(event: Event, *rules: Rule, **terms: Any) -> int:
    return price(programme(*rules, **terms), event).points.count


def why(found: Price, rule_id: str) -> Why:
    (passed,) = (each.why for each in found.passed if each.rule.rule_id == rule_id)
    return passed


@pytest.mark.capability("C-20")
@pytest.mark.parametrize("each, per_fen, fen, expected", [(1, 100, 8800, 88), (1, 1000, 9900, 9)])
def test_points_for_money_at_the_base_rate(each: int, per_fen: int, fen: int, expected: int) -> None:
    assert points(order(fen), base(each, per_fen)) == expected


@pytest.mark.capability("C-21")
@pytest.mark.parametrize(
    "fen, expected",
    [
        (9900, 99),
        (9999, 99),
        (10_000, 150),
        (15_000, 225),
        (19_900, 298),
        (19_999, 299),
        (20_000, 400),
        (25_000, 500),
    ],
)
def test_the_band_that_an_order_reaches_counts_for_all_of_it(fen: int, expected: int) -> None:
    """D-01: a band begins at its amount; D-02: for the whole order."""
    assert points(order(fen), base(), rule("bands", "spend_band", BANDS)) == expected


@pytest.mark.capability("C-21")
@pytest.mark.parametrize(
    "fen, expected", [(9999, 99), (10_000, 100), (15_000, 175), (20_000, 250), (25_000, 350)]
)
def test_marginal_bands_count_for_the_slice_above_them(fen: int, expected: int) -> None:
    assert points(order(fen), base(), rule("bands", "spend_band", {**BANDS, "is_marginal": True})) == expected


@pytest.mark.capability("C-22")
def test_a_tier_multiplies() -> None:
    gold = rule("tiers", "tier_multiplier", {"tiers": [{"tier_id": "gold", "permille": 1500}]})

    assert points(order(8800, person=Person(tier_id="gold")), base(), gold) == 132
    assert points(order(8800), base(), gold) == 88


@pytest.mark.capability("C-22")
def test_a_fraction_of_a_point_is_dropped_once_at_the_end() -> None:
    """D-24: 1 point per 10 yuan × 1.5 on 99 yuan is 14.85."""
    gold = rule("tiers", "tier_multiplier", {"tiers": [{"tier_id": "gold", "permille": 1500}]})

    assert points(order(9900, person=Person(tier_id="gold")), base(1, 1000), gold) == 14


@pytest.mark.parametrize(
    "rounding, expected", [(Rounding.DOWN, 14), (Rounding.HALF_UP, 15), (Rounding.UP, 15)]
)
def test_rounding_is_a_term_of_the_programme(rounding: Rounding, expected: int) -> None:
    double = rule("double", "multiplier", {"permille": 1500})

    assert points(order(9900), base(1, 1000), double, rounding=rounding) == expected
    assert points(order(1000), base(1, 1000), rounding=rounding) == 1


@pytest.mark.capability("C-22")
@pytest.mark.parametrize("stack, expected", [("best", 200), ("multiply", 300)])
def test_of_several_multipliers_the_best_counts_unless_they_say_multiply(stack: str, expected: int) -> None:
    """D-09."""
    double = rule("double", "multiplier", {"permille": 2000})
    more = rule("more", "multiplier", {"permille": 1500, "stack": stack})

    found = price(programme(base(), double, more), order(10_000))

    assert found.points.count == expected
    if stack == "best":
        assert why(found, "more") is Why.HIGHER_COUNTS


def test_a_multiplier_covers_what_was_spent_or_everything() -> None:
    latte = rule("latte", "item_bonus", {"points_each": 10, "goods": {"skus": ["latte"]}})
    spend = rule("times", "multiplier", {"permille": 2000})
    everything = rule("times", "multiplier", {"permille": 2000, "covers": "all"})

    assert points(order(10_000), base(), latte, spend) == 100 + 100 + 10
    assert points(order(10_000), base(), latte, everything) == 100 + 10 + 110


@pytest.mark.capability("C-23")
def test_each_fifth_order_gets_more() -> None:
    fifth = rule("fifth", "nth_order", {"nth": 5, "points_each": 20})

    got = [points(order(100, person=Person(order_count=before)), fifth) for before in range(10)]

    assert got == [0, 0, 0, 0, 20, 0, 0, 0, 0, 20]


@pytest.mark.capability("C-30")
def test_the_first_order_gets_more_and_the_second_does_not() -> None:
    first = rule("first", "nth_order", {"nth": 1, "is_every": False, "points_each": 20})

    assert [points(order(100, person=Person(order_count=n)), first) for n in (0, 1, 2)] == [20, 0, 0]


@pytest.mark.capability("C-24")
def test_goods_give_points_by_the_piece() -> None:
    coffee = rule("coffee", "item_bonus", {"points_each": 10, "goods": {"categories": ["coffee"]}})
    mug = rule("mug", "item_bonus", {"points_each": 100, "goods": {"skus": ["mug"]}, "each": "order"})
    one, two = (Line("latte", "coffee", count, Money(2000)) for count in (1, 2))

    assert points(order(2000, one), coffee, mug) == 10
    assert points(order(2000, two), coffee, mug) == 20
    assert points(order(9000, one, Line("mug", "ware", 3, Money(7000))), coffee, mug) == 110
    assert points(order(4000, one, Line("flat", "coffee", 1, Money(2000))), coffee) == 20


def test_money_counts_for_some_goods_only_by_their_share_of_the_bill() -> None:
    food = rule("food", "spend", {"points_each": 1, "per_fen": 100, "goods": {"without_skus": ["bag"]}})
    lines = (Line("latte", "coffee", 1, Money(9000)), Line("bag", "ware", 1, Money(1000)))

    assert points(order(10_000, *lines), food) == 90
    assert points(order(5000, *lines), food) == 45, "half of the bill was paid by coupon"
    assert points(order(1000, lines[1]), food) == 0


@pytest.mark.capability("C-25")
def test_seven_days_of_checking_in() -> None:
    """D-03: both bonuses are paid in one run, then it begins again."""
    settings = {"points_each": 5, "bonuses": [{"day": 3, "points": 5}, {"day": 7, "points": 10}]}
    daily = rule("daily", "check_in", settings)

    got = [points(CheckedIn(AT, Person(streak=day - 1)), daily) for day in range(1, 11)]

    assert got[:7] == [5, 5, 10, 5, 5, 5, 15]
    assert sum(got[:7]) == 5 * 7 + 5 + 10 == 50
    assert got[7:] == [5, 5, 10]


@pytest.mark.capability("C-26")
@pytest.mark.parametrize("inviter, invitee", [(20, 10), (50, 0)])
def test_both_sides_of_a_referral(inviter: int, invitee: int) -> None:
    bring = rule("bring", "referral", {"inviter_points": inviter, "invitee_points": invitee})

    assert points(Invited(AT, NOBODY), bring) == inviter
    assert points(WasInvited(AT, NOBODY), bring) == invitee


@pytest.mark.capability("C-27")
def test_comments_and_shares_up_to_the_cap_of_the_day() -> None:
    comment = rule("comment", "comment", {"points_each": 3})
    share = rule("share", "share", {"points_each": 5}, limits={"per_day": 12})

    got = [points(Shared(AT, Person(used={"share": Used(n, n)})), comment, share) for n in (0, 5, 10, 12)]

    assert points(Commented(AT, NOBODY), comment, share) == 3
    assert got == [5, 5, 2, 0]


@pytest.mark.capability("C-30")
def test_becoming_a_member_gets_a_gift() -> None:
    assert points(Joined(AT, NOBODY), rule("gift", "joining", {"points_each": 50})) == 50


@pytest.mark.capability("C-28")
@pytest.mark.parametrize(
    "at, expected",
    [
        ("2025-11-10T23:59:59+08:00", 88),
        ("2025-11-11T00:00:00+08:00", 176),
        ("2025-11-10T16:00:00+00:00", 176),
        ("2025-11-11T23:59:59+08:00", 176),
        ("2025-11-12T00:00:00+08:00", 88),
    ],
)
def test_double_points_on_one_day(at: str, expected: int) -> None:
    when = {"starts_at": "2025-11-11T00:00:00+08:00", "ends_at": "2025-11-12T00:00:00+08:00"}
    double = rule("double-11", "multiplier", {"permille": 2000}, when=when)

    assert points(order(8800, at=datetime.fromisoformat(at)), base(), double) == expected


@pytest.mark.capability("C-28")
@pytest.mark.parametrize(
    "born, at, expected",
    [
        ((11, 30), "2025-11-01T00:00:00+08:00", 176),
        ((11, 30), "2025-10-31T16:00:00+00:00", 176),
        ((11, 30), "2025-11-30T16:00:00+00:00", 88),
        ((12, 1), "2025-11-30T16:00:00+00:00", 176),
        (None, "2025-11-01T00:00:00+08:00", 88),
    ],
)
def test_the_month_of_the_birthday_is_that_of_the_shop(
    born: tuple[int, int] | None, at: str, expected: int
) -> None:
    instant = datetime.fromisoformat(at)
    double = rule("birthday", "multiplier", {"permille": 2000}, when={"birthday": "month"})

    assert (
        points(order(8800, at=instant, person=Person(birthday=birthday_of(born, instant))), base(), double)
        == expected
    )


@pytest.mark.parametrize(
    "born, on, expected",
    [
        ((2, 29), "2025-02-28", Birthday.DAY),
        ((2, 29), "2024-02-28", Birthday.MONTH),
        ((2, 29), "2024-02-29", Birthday.DAY),
        ((2, 28), "2025-02-28", Birthday.DAY),
        ((3, 1), "2025-02-28", Birthday.ELSEWHEN),
        (None, "2025-02-28", Birthday.UNKNOWN),
    ],
)
def test_a_birthday_on_a_leap_day(born: tuple[int, int] | None, on: str, expected: Birthday) -> None:
    day = date.fromisoformat(on)

    assert birthday_of(born, datetime(day.year, day.month, day.day, tzinfo=SHOP_TIME)) is expected


@pytest.mark.capability("C-28")
def test_steps_give_the_highest_that_is_reached_or_one_for_each_full_amount() -> None:
    steps = rule(
        "steps",
        "step_bonus",
        {"steps": [{"from_fen": 20_000, "points": 50}, {"from_fen": 50_000, "points": 150}]},
    )
    full = rule("full", "step_bonus", {"steps": [{"from_fen": 10_000, "points": 10}], "is_repeated": True})

    assert [points(order(fen), steps) for fen in (19_999, 20_000, 49_999, 50_000)] == [0, 50, 50, 150]
    assert [points(order(fen), full) for fen in (9999, 10_000, 39_999)] == [0, 10, 30]
