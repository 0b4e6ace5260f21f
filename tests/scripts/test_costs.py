"""Operations are held against what the design of the data foresaw."""

from collections import Counter

import pytest

from adapters.dynamodb.meter import Usage
from scripts.local.costs import Limit, Row, above_design, dearer_again


def row(name: str, reads: float, writes: float) -> Row:
    return Row(name, Usage(calls=Counter(get_item=1), read_units=reads, write_units=writes), Limit())


@pytest.mark.parametrize(
    "name,reads,writes,is_above",
    [
        ("Earn from an order", 1, 6, False),
        ("Earn from an order", 1.5, 6, True),
        ("Earn from an order", 1, 8, True),
        ("Earn from an order", 6, 5, False),
        ("Prove a phone: join", 2.5, 10, False),
        ("Prove a phone: join", 0, 12.5, True),
        ("Claim a coupon (stock and limit)", 2, 8, False),
        ("Claim a coupon (stock and limit)", 2.5, 8, True),
        ("What nobody foresaw", 99, 99, False),
    ],
)
def test_no_operation_writes_more_or_costs_more_than_foreseen(
    name: str, reads: float, writes: float, is_above: bool
) -> None:
    assert above_design([row(name, reads, writes)]) == ([name] if is_above else [])


@pytest.mark.parametrize(
    "limit,holds",
    [
        (Limit(), True),
        (Limit(1, 2, 8), True),
        (Limit(0, 2, 8), False),
        (Limit(1, 1.5, 8), False),
        (Limit(1, 2, 7), False),
    ],
)
def test_an_operation_is_held_to_its_limit(limit: Limit, holds: bool) -> None:
    usage = Usage(calls=Counter(get_item=1), read_units=2, write_units=8)

    assert Row("any", usage, limit).holds is holds


def test_the_second_time_costs_no_more_than_the_first() -> None:
    first, cheap, dear = row("Earn", 1, 6), row("Earn: the same order again", 2, 0), row("Earn again", 1.5, 6)

    assert dearer_again([first, cheap]) == []
    assert dearer_again([first, dear]) == ["Earn again"]
