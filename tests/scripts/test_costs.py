"""Operations are held against what the design of the data foresaw."""

from collections import Counter

import pytest

from adapters.dynamodb.meter import Usage
from scripts.local.costs import Limit, Row, above_design


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
