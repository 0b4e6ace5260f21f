"""Points as money, and what is left to pay at a discount, with the figures that were promised."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.money import Money, Points
from domain.programme import form
from domain.programme.deduct import Deduction, TooManyPoints, to_pay
from domain.programme.ladder import Ladder
from domain.programme.model import Terms
from tests.domain.builders import steady

HUNDRED = Deduction(points_each=100, worth_fen=Money(100))
TEN = Deduction(points_each=10, worth_fen=Money(100))


@pytest.mark.capability("C-31")
@pytest.mark.parametrize("rate, points, fen", [(HUNDRED, 500, 500), (TEN, 500, 5000), (HUNDRED, 1, 1)])
def test_points_are_money_at_the_programmes_rate(rate: Deduction, points: int, fen: int) -> None:
    assert rate.worth(Points(points)) == Money(fen)


@pytest.mark.capability("C-32")
@pytest.mark.parametrize("fen, points", [(10_000, 5000), (9999, 4999), (1, 0), (2, 1), (0, 0)])
def test_points_pay_at_most_half_of_what_is_left_after_coupons(fen: int, points: int) -> None:
    bill = Money(fen)

    assert HUNDRED.most(bill, Points(10**6)) == Points(points)
    assert HUNDRED.pay(bill, Points(points)) == Money(points)
    with pytest.raises(TooManyPoints):
        HUNDRED.pay(bill, Points(points + 1))


@pytest.mark.capability("C-32")
def test_all_of_a_bill_only_where_the_tenant_says_so() -> None:
    """D-07."""
    everything = Deduction(points_each=100, worth_fen=Money(100), cap_permille=1000)

    assert everything.pay(Money(10_000), Points(10_000)) == Money(10_000)


@pytest.mark.parametrize("available, most", [(-5, 0), (0, 0), (37, 37), (5001, 5000)])
def test_no_more_than_is_there(available: int, most: int) -> None:
    assert HUNDRED.most(Money(10_000), Points(available)) == Points(most)


@given(
    st.integers(1, 500),
    st.integers(1, 500),
    st.integers(1, 1000),
    st.integers(0, 10**6),
    st.integers(0, 10**6),
)
@steady
def test_the_most_is_allowed_and_one_more_is_not(
    points_each: int, worth: int, cap: int, fen: int, available: int
) -> None:
    rate = Deduction(points_each=points_each, worth_fen=Money(worth), cap_permille=cap)
    bill, there = Money(fen), Points(available)

    most = rate.most(bill, there)

    assert rate.pay(bill, most) <= rate.cap(bill)
    if most < there and rate.cap(bill):
        with pytest.raises(TooManyPoints):
            rate.pay(bill, most + Points(1))


@pytest.mark.capability("C-42")
@pytest.mark.parametrize(
    "fen, permille, left",
    [(10_000, 980, 9800), (10_000, 900, 9000), (3333, 980, 3266), (10_000, 800, 8000), (0, 980, 0)],
)
def test_what_is_left_to_pay_at_a_tiers_discount(fen: int, permille: int, left: int) -> None:
    """33.33 at 9.8折 is 32.6634."""
    assert to_pay(Money(fen), permille) == Money(left)


TIERS = form.load(
    Ladder,
    {"metric": "spend", "tiers": [{"tier_id": "t", "name": "t", "from_value": 0, "pay_permille": 980}]},
)


@pytest.mark.capability("C-30")
def test_the_first_order_has_the_extra_discount_and_the_second_does_not() -> None:
    terms = Terms(first_order_permille=900)

    assert [to_pay(Money(10_000), *terms.discounts(None, before)) for before in (0, 1)] == [
        Money(9000),
        Money(10_000),
    ]


@pytest.mark.capability("C-30")
def test_the_discount_of_the_first_order_comes_on_top_of_the_tiers() -> None:
    """33.33 at 9.8折 and 9折 is 29.39706: rounded once."""
    terms = Terms(first_order_permille=900, ladder=TIERS)

    assert [to_pay(Money(3333), *terms.discounts("t", before)) for before in (0, 1)] == [
        Money(2940),
        Money(3266),
    ]
    assert terms.discounts("other", 1) == ()


def test_points_that_are_worth_less_than_a_fen_are_not_offered() -> None:
    dear = Deduction(points_each=1000, worth_fen=Money(1))

    assert dear.most(Money(10_000), Points(499)) == Points(0)
    assert dear.most(Money(10_000), Points(500)) == Points(500)
    assert dear.pay(Money(10_000), Points(500)) == Money(1)
