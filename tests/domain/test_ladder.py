"""Tiers: reached, kept, lost, and what is counted for them."""

from datetime import date, datetime
from typing import Any

import pytest

from domain.clock import SHOP_TIME
from domain.errors import InvalidInput
from domain.money import Money, Points
from domain.points.book import Book
from domain.points.model import Account, Cause, EntryKind, LotKey, Tally
from domain.points.standing import (
    Counts,
    Standing,
    TierReason,
    apart,
    better,
    counted,
    progress,
    standing_on,
    steps,
    together,
    value_on,
)
from domain.programme import form
from domain.programme.ladder import Ladder, Metric
from domain.programme.model import Programme, Terms

FOR_EVER = LotKey(None)


def ladder(*values: int, metric: str = "spend", **more: Any) -> Ladder:
    """Tiers t0, t1, … from these values on."""
    tiers = [
        {"tier_id": f"t{place}", "name": f"第{place}级", "from_value": n} for place, n in enumerate(values)
    ]
    return form.load(Ladder, {"metric": metric, "tiers": tiers, **more})


YEARLY = ladder(0, 100_000, 500_000, window_months=12, review_months=12)


def member(on: date, tier: int = 1, until: date | None = None, **counts: int) -> Account:
    """Somebody with a tier, who counted this in the month of that day."""
    months = {on.year * 100 + on.month: Counts(**counts)}
    return Account("m_1", months=months, standing=Standing(f"t{tier}", tier, on, until))


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00").astimezone(SHOP_TIME)


@pytest.mark.capability("C-39")
@pytest.mark.parametrize("earned, tier", [(999, "t1"), (1000, "t2"), (1200, "t2"), (0, "t0")])
def test_points_of_a_lifetime_make_the_level(earned: int, tier: str) -> None:
    levels = ladder(0, 500, 1000, metric="points")
    account = Account("m_1", earned=Points(earned))

    standing = standing_on(account, levels, date(2026, 3, 15))

    assert standing is not None
    assert standing.tier_id == tier


@pytest.mark.capability("C-40")
@pytest.mark.parametrize(
    "metric, value",
    [(Metric.SPEND, 9900), (Metric.POINTS, 99), (Metric.ORDERS, 3), (Metric.ACTIVITY, 5)],
)
def test_each_metric_counts_its_own(metric: Metric, value: int) -> None:
    account = Account("m_1", earned=Points(99), activities=5, order_count=3, spend=Money(9900))
    chosen = ladder(value, metric=metric.value)

    assert value_on(account, chosen, date(2026, 3, 15)) == value
    assert [step.reason for step in steps(account, chosen, date(2026, 3, 15))] == [TierReason.REACHED]
    assert list(steps(account, ladder(value + 1, metric=metric.value), date(2026, 3, 15))) == []


@pytest.mark.parametrize(
    "day, value",
    [("2026-01-31", 100), ("2026-03-15", 111), ("2026-12-31", 111), ("2027-01-01", 11), ("2027-03-01", 0)],
)
def test_a_window_counts_this_month_and_eleven_before_it(day: str, value: int) -> None:
    months = {202601: Counts(spend_fen=100), 202602: Counts(spend_fen=11)}
    account = Account("m_1", months=months)

    assert value_on(account, YEARLY, date.fromisoformat(day)) == value


@pytest.mark.capability("C-40")
def test_an_order_that_crosses_the_line_raises_the_tier_in_the_same_write() -> None:
    programme = Programme(3, Terms(ladder=YEARLY))
    book = Book(Account("m_1"), at("2026-03-15T12:00"), "key:till", programme)
    book.earn(Points(999), FOR_EVER, Cause("order"), tally=Tally(1, Money(99_999)))
    before = book.account.standing
    book.earn(Points(1), FOR_EVER, Cause("order"), tally=Tally(1, Money(1)))

    assert before == Standing("t0", 0, date(2026, 3, 15), None)
    assert book.account.standing == Standing("t1", 1, date(2026, 3, 15), date(2027, 3, 15))
    assert [(change.number, change.before, change.after, change.value) for change in book.tier_changes] == [
        (1, None, "t0", 0),
        (2, "t0", "t1", 100_000),
    ]
    assert {change.programme_version for change in book.tier_changes} == {3}


@pytest.mark.capability("C-40")
def test_a_refund_below_the_line_lowers_the_tier_at_the_review_and_not_before() -> None:
    programme = Programme(1, Terms(ladder=YEARLY))
    book = Book(Account("m_1"), at("2026-03-15T12:00"), "key:till", programme)
    book.earn(Points(1000), FOR_EVER, Cause("order"), tally=Tally(1, Money(100_000)))
    book.take(
        Points(500),
        Cause("order_refund"),
        EntryKind.CLAW_BACK,
        first=None,
        may_owe=True,
        tally=Tally(0, Money(-50_000)),
    )
    account = book.account

    assert account.standing == Standing("t1", 1, date(2026, 3, 15), date(2027, 3, 15))
    last = standing_on(account, YEARLY, date(2027, 3, 15))
    after = standing_on(account, YEARLY, date(2027, 3, 16))
    assert (last and last.tier_id, after and after.tier_id) == ("t1", "t0")


@pytest.mark.capability("C-41")
@pytest.mark.parametrize("spent, tier", [(80_000, "t1"), (79_999, "t0")])
def test_a_year_under_the_keep_line_costs_one_tier(spent: int, tier: str) -> None:
    keeping = form.load(
        Ladder,
        {
            "metric": "spend",
            "window_months": 12,
            "review_months": 12,
            "tiers": [
                {"tier_id": "t0", "name": "普通", "from_value": 0},
                {"tier_id": "t1", "name": "银卡", "from_value": 100_000, "keep_value": 80_000},
            ],
        },
    )
    account = member(date(2026, 6, 1), 1, date(2027, 3, 15), spend_fen=spent)

    standing = standing_on(account, keeping, date(2027, 3, 16))

    assert standing is not None
    assert standing.tier_id == tier
    assert standing.until == (date(2028, 3, 15) if tier == "t1" else None)


@pytest.mark.capability("C-41")
def test_each_review_that_was_missed_costs_one_tier_and_no_more() -> None:
    account = member(date(2026, 3, 15), 2, date(2027, 3, 15))

    gone = list(steps(account, YEARLY, date(2028, 6, 1)))

    assert [(step.standing and step.standing.tier_id, step.on) for step in gone] == [
        ("t1", date(2027, 3, 16)),
        ("t0", date(2028, 3, 17)),
    ]
    assert gone[0].standing == Standing("t1", 1, date(2027, 3, 16), date(2028, 3, 16))


def test_days_of_grace_are_given_once_and_end() -> None:
    graceful = ladder(0, 100_000, window_months=12, review_months=12, grace_days=30)
    account = member(date(2026, 3, 15), 1, date(2027, 3, 15))

    in_grace = standing_on(account, graceful, date(2027, 4, 14))
    after = standing_on(account, graceful, date(2027, 4, 15))
    rich = Account("m_1", months={202704: Counts(spend_fen=100_000)}, standing=in_grace)
    saved = standing_on(rich, graceful, date(2027, 4, 15))

    assert in_grace == Standing("t1", 1, date(2026, 3, 15), date(2027, 4, 14), is_grace=True)
    assert after is not None
    assert after.tier_id == "t0"
    assert saved == Standing("t1", 1, date(2026, 3, 15), date(2028, 4, 14))


def test_a_review_looks_at_the_window_of_its_own_day() -> None:
    """What was bought after it does not keep the tier that was lost; it may reach it again."""
    account = Account(
        "m_1",
        months={202705: Counts(spend_fen=100_000)},
        standing=Standing("t1", 1, date(2026, 3, 15), date(2027, 3, 15)),
    )

    found = list(steps(account, YEARLY, date(2027, 5, 2)))

    assert [(step.standing and step.standing.tier_id, step.reason) for step in found] == [
        ("t0", TierReason.REVIEW),
        ("t1", TierReason.REACHED),
    ]


def test_without_reviews_and_at_the_bottom_nothing_is_lost() -> None:
    lasting = ladder(0, 100)
    account = Account("m_1", spend=Money(100))

    found = standing_on(account, lasting, date(2026, 3, 15))
    poor = Account("m_1", standing=found)
    bottom = standing_on(Account("m_1"), YEARLY, date(2026, 3, 15))

    assert found == Standing("t1", 1, date(2026, 3, 15), None)
    assert standing_on(poor, lasting, date(2046, 3, 15)) == found
    assert bottom == Standing("t0", 0, date(2026, 3, 15), None)


def test_below_the_lowest_tier_there_is_none_and_a_tier_can_be_lost_altogether() -> None:
    steep = ladder(100, 200, window_months=1, review_months=1)
    account = member(date(2026, 3, 1), 0, date(2026, 4, 1))

    assert standing_on(Account("m_1"), steep, date(2026, 3, 15)) is None
    assert standing_on(account, steep, date(2026, 4, 2)) is None


def test_a_tier_that_the_ladder_dropped_is_found_anew() -> None:
    account = Account(
        "m_1", months={202603: Counts(spend_fen=500_000)}, standing=Standing("old", 7, date(2026, 1, 1))
    )

    found = list(steps(account, YEARLY, date(2026, 3, 15)))

    assert [(step.standing and step.standing.tier_id, step.reason) for step in found] == [
        (None, TierReason.LADDER),
        ("t2", TierReason.REACHED),
    ]
    assert [step.reason for step in steps(account, None, date(2026, 3, 15))] == [TierReason.LADDER]


def test_a_ladder_that_grew_or_was_lowered_counts_for_everybody_at_once() -> None:
    account = member(date(2026, 3, 1), 1, date(2027, 3, 1), spend_fen=150_000)
    lowered = ladder(0, 100_000, 120_000, window_months=12, review_months=12)

    standing = standing_on(account, lowered, date(2026, 3, 15))

    assert standing == Standing("t2", 2, date(2026, 3, 15), date(2027, 3, 15))


@pytest.mark.capability("C-44")
@pytest.mark.parametrize("earned, missing", [(720, 280), (0, 1000), (999, 1), (1000, 0), (5000, 0)])
def test_what_the_next_tier_still_takes(earned: int, missing: int) -> None:
    levels = ladder(0, 1000, metric="points")

    found = progress(Account("m_1", earned=Points(earned)), levels, date(2026, 3, 15))

    assert found.missing == missing
    assert found.following == (levels.tiers[1] if earned < 1000 else None)


def test_what_is_missing_to_keep_a_tier() -> None:
    account = member(date(2026, 6, 1), 1, date(2027, 3, 15), spend_fen=99_000)

    assert progress(account, YEARLY, date(2026, 12, 1)).missing_to_keep == 1000
    assert progress(Account("m_1"), YEARLY, date(2026, 12, 1)).missing_to_keep == 0


def test_months_that_no_window_reaches_are_forgotten_and_late_orders_count_in_their_own() -> None:
    months = {202503: Counts(orders=1), 202504: Counts(orders=2)}

    after = counted(months, 202602, Counts(orders=4), YEARLY, date(2026, 3, 15))

    assert after == {202504: Counts(orders=2), 202602: Counts(orders=4)}
    assert counted(after, 202403, Counts(orders=1), YEARLY, date(2026, 3, 15)) == after
    assert counted(after, 202602, Counts(orders=-4), YEARLY, date(2026, 3, 15)) == {202504: Counts(orders=2)}
    assert counted(after, 202603, Counts(orders=1), ladder(0), date(2026, 3, 15)) == after
    assert counted(after, 202603, Counts(orders=1), None, date(2026, 3, 15)) == after


def test_a_refund_of_what_was_never_counted_takes_nothing_away() -> None:
    assert counted({}, 202602, Counts(spend_fen=-30_000), YEARLY, date(2026, 3, 15)) == {}
    less = counted({202602: Counts(spend_fen=100)}, 202602, Counts(spend_fen=-300), YEARLY, date(2026, 3, 15))
    assert less == {}
    assert apart({202602: Counts(spend_fen=100)}, {202602: Counts(spend_fen=300)}) == {}


def test_a_tier_that_is_reached_and_not_written_down_has_no_days_yet() -> None:
    account = Account("m_1", months={202603: Counts(spend_fen=100_000)})

    found = progress(account, YEARLY, date(2026, 3, 15))

    assert (found.tier and found.tier.tier_id, found.standing) == ("t1", None)


def test_months_of_two_people_come_together_and_apart() -> None:
    one, other = {202601: Counts(1, 2, 3, 4)}, {202601: Counts(4, 3, 2, 1), 202602: Counts(orders=1)}

    both = together(one, other)

    assert both == {202601: Counts(5, 5, 5, 5), 202602: Counts(orders=1)}
    assert apart(both, other) == one
    assert apart({202602: Counts(orders=1)}, {**one, 202602: Counts(orders=1)}) == {}


def test_of_two_people_who_are_one_the_better_tier_holds() -> None:
    gold, silver = Standing("g", 2, date(2026, 1, 1), date(2027, 1, 1)), Standing("s", 1, date(2026, 3, 1))
    longer = Standing("g", 2, date(2026, 2, 1), date(2027, 2, 1))

    assert better(gold, silver) == better(silver, gold) == better(gold, None) == gold
    assert better(gold, longer) == better(longer, gold) == longer
    assert better(None, None) is None


@pytest.mark.parametrize(
    "change, field",
    [
        ({"tiers": []}, "tiers"),
        ({"metric": "likes"}, "metric"),
        (
            {
                "tiers": [
                    {"tier_id": "a", "name": "a", "from_value": 2},
                    {"tier_id": "b", "name": "b", "from_value": 1},
                ]
            },
            "tiers",
        ),
        (
            {
                "tiers": [
                    {"tier_id": "a", "name": "a", "from_value": 1},
                    {"tier_id": "a", "name": "b", "from_value": 2},
                ]
            },
            "tiers",
        ),
        ({"tiers": [{"tier_id": "a", "name": "a", "from_value": 1, "keep_value": 2}]}, "tiers.0.keep_value"),
        ({"window_months": 25}, "window_months"),
        ({"review_months": 0}, "review_months"),
        ({"grace_days": 367}, "grace_days"),
    ],
)
def test_an_impossible_ladder_is_refused_by_its_field(change: dict[str, Any], field: str) -> None:
    plain = {"metric": "spend", "tiers": [{"tier_id": "a", "name": "a", "from_value": 1}]}

    with pytest.raises(InvalidInput) as refused:
        form.load(Ladder, {**plain, **change})

    assert field in [problem.field for problem in refused.value.fields]
