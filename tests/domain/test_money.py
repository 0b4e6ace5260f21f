"""Money and points are whole, and never mixed."""

import operator
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.money import NO_MONEY, NO_POINTS, Money, Points, total_money, total_points
from tests.domain.builders import steady

fen = st.integers(-(10**12), 10**12)


@given(fen, fen)
@steady
def test_money_adds_and_subtracts_like_its_fen(one: int, other: int) -> None:
    assert (Money(one) + Money(other)).fen == one + other
    assert (Money(one) - Money(other)).fen == one - other
    assert (-Money(one)).fen == -one
    assert (Money(one) < Money(other)) == (one < other)
    assert bool(Money(one)) == (one != 0)


@given(fen, fen)
@steady
def test_points_add_and_subtract_like_their_count(one: int, other: int) -> None:
    assert (Points(one) + Points(other)).count == one + other
    assert (Points(one) - Points(other)).count == one - other
    assert (-Points(one)).count == -one
    assert (Points(one) <= Points(other)) == (one <= other)
    assert bool(Points(one)) == (one != 0)


@given(st.lists(fen, max_size=20))
@steady
def test_a_total_is_the_sum_of_its_parts_and_nothing_for_none(parts: list[int]) -> None:
    assert total_money([Money(part) for part in parts]) == Money(sum(parts))
    assert total_points(tuple(Points(part) for part in parts)) == Points(sum(parts))
    assert (total_money([]), total_points(())) == (NO_MONEY, NO_POINTS)


@pytest.mark.parametrize("mix", [operator.add, operator.sub, operator.lt, operator.ge])
def test_money_and_points_cannot_be_mixed(mix: Callable[[Any, Any], object]) -> None:
    with pytest.raises((TypeError, AttributeError)):
        mix(Money(1), Points(1))
    with pytest.raises((TypeError, AttributeError)):
        mix(Points(1), Money(1))
    assert len({Money(1), Points(1)}) == 2


def test_an_amount_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        Money(1).fen = 2  # type: ignore[misc]  # that is what must fail
