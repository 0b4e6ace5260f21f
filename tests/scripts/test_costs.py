"""Operations are held against what the design of the data foresaw."""

from collections import Counter

import pytest

from adapters.dynamodb.meter import Usage
from scripts.environment import ROOT
from scripts.local import costs
from scripts.local.costs import Limit, Row, above_design, dearer_again


def usage(calls: int, reads: float, writes: float, index_writes: float, call: str = "get_item") -> Usage:
    return Usage(Counter({call: calls}), reads, writes, index_writes)


def row(name: str, reads: float, writes: float, index_writes: float = 0, call: str = "get_item") -> Row:
    return Row(name, usage(1, reads, writes, index_writes, call), Limit(9, 99, 99, 99))


@pytest.mark.parametrize(
    "name,units,is_above",
    [
        ("Earn from an order", (1, 6, 0), False),
        ("Earn from an order", (1.5, 6, 0), True),
        ("Earn from an order", (1, 8, 0), True),
        ("Earn from an order", (6, 5, 0), False),
        ("Earn from an order", (0, 4, 1), True),
        ("Prove a phone: join", (2.5, 10, 0), False),
        ("Prove a phone: join", (0, 12.5, 0), True),
        ("Claim a coupon (stock and limit)", (2, 8, 2), False),
        ("Claim a coupon (stock and limit)", (2.5, 8, 2), True),
        ("Claim a coupon (stock and limit)", (1, 8, 3), True),
        ("Redeem a coupon", (1, 4, 3), False),
        ("Redeem a coupon", (1.5, 4, 3), True),
        ("What nobody foresaw", (99, 99, 99), False),
    ],
)
def test_no_operation_writes_more_or_costs_more_than_foreseen(
    name: str, units: tuple[float, float, float], is_above: bool
) -> None:
    assert above_design([row(name, *units)]) == ([name] if is_above else [])


def test_only_what_was_foreseen_can_go_beyond_it_and_a_record_says_why() -> None:
    record = (ROOT / "docs" / "decisions" / "0035-beyond-the-design-of-the-data.md").read_text()

    assert costs.BEYOND.keys() <= costs.DESIGN.keys()
    for name, units in costs.BEYOND.items():
        assert f"| {name} | {units.text()} |" in record


@pytest.mark.parametrize(
    "limit,holds",
    [
        (Limit(1, 2, 8, 3), True),
        (Limit(0, 2, 8, 3), False),
        (Limit(1, 1.5, 8, 3), False),
        (Limit(1, 2, 7, 3), False),
        (Limit(1, 2, 8, 2), False),
        (Limit(1, 2, 8), False),
    ],
)
def test_an_operation_is_held_to_its_limit(limit: Limit, holds: bool) -> None:
    assert Row("any", usage(1, 2, 8, 3), limit).holds is holds


def test_a_write_to_an_index_is_paid_for_as_any_other() -> None:
    assert row("any", 2, 4, 1).dollars == pytest.approx(2 * 0.125 + 5 * 0.625)


def test_the_second_time_costs_no_more_than_the_first() -> None:
    first, cheap, dear = row("Earn", 1, 6), row("Earn: the same order again", 2, 0), row("Earn again", 1.5, 6)

    assert dearer_again([first, cheap]) == []
    assert dearer_again([first, dear]) == ["Earn again"]


def test_a_refused_write_is_taken_to_cost_as_much_as_the_first() -> None:
    """AWS bills it, and tells no units."""
    first = row("Earn", 1, 6, 1)

    assert dearer_again([first, row("Earn again", 1, 0, call="transact_write_items")]) == []
    assert dearer_again([first, row("Earn again", 1.5, 0, call="transact_write_items")]) == ["Earn again"]


def test_the_table_shows_units_limit_and_design_side_by_side() -> None:
    shown = costs.table([row("Redeem a coupon", 1, 4, 3), row("Read one's record", 0.5, 0)])

    assert "| Redeem a coupon | 1 | 1 | 4 | 3 | 9 / 99 / 99 / 99 | 1 / 4 / 1, beyond it 0 / 0 / 2 |" in shown
    assert "| Read one's record | 1 | 0.5 | 0 | 0 | 9 / 99 / 99 / 99 |  |" in shown
