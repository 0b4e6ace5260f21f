"""How long points live: decisions D-04 and D-05, capability C-36."""

from calendar import monthrange
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidInput
from domain.points.model import LotKey
from domain.points.validity import last_day
from domain.programme.model import Validity, ValidityKind
from tests.domain.builders import day, steady

ROLLING = Validity(ValidityKind.ROLLING, 12)
FIXED = Validity(ValidityKind.FIXED, 12)
days = st.dates(date(2000, 1, 1), date(2100, 12, 31))


@pytest.mark.capability("C-36")
@pytest.mark.parametrize("number", range(1, 32))
def test_rolling_points_of_any_day_of_march_2025_are_gone_when_february_2026_ends(number: int) -> None:
    last = last_day(ROLLING, date(2025, 3, number))

    assert last == day("2026-02-28")
    assert not LotKey(last).is_over(day("2026-02-28"))
    assert LotKey(last).is_over(day("2026-03-01"))


@pytest.mark.capability("C-36")
@pytest.mark.parametrize(
    "earned_on, last",
    [
        ("2025-04-29", "2026-04-29"),
        ("2024-02-29", "2025-02-28"),
        ("2023-02-28", "2024-02-28"),
        ("2023-03-01", "2024-03-01"),
        ("2025-12-31", "2026-12-31"),
    ],
)
def test_fixed_points_last_through_the_same_date_next_year(earned_on: str, last: str) -> None:
    assert last_day(FIXED, day(earned_on)) == day(last)
    assert not LotKey(day(last)).is_over(day(last))
    assert LotKey(day(last)).is_over(day(last) + timedelta(days=1))


@pytest.mark.capability("C-36")
def test_permanent_points_are_never_over() -> None:
    last = last_day(Validity(ValidityKind.PERMANENT), day("2025-03-01"))

    assert last is None
    assert not LotKey(last).is_over(date.max)


@pytest.mark.parametrize(
    "months, last",
    [(1, "2025-02-28"), (6, "2025-07-31"), (11, "2025-12-31"), (13, "2026-02-28"), (24, "2027-01-31")],
)
def test_a_fixed_validity_in_months_ends_by_day_up_to_a_year_and_with_a_month_beyond(
    months: int, last: str
) -> None:
    assert last_day(Validity(ValidityKind.FIXED, months), day("2025-01-31")) == day(last)


def test_longer_than_a_year_ends_with_the_month_whatever_the_day() -> None:
    assert last_day(Validity(ValidityKind.FIXED, 18), day("2025-01-03")) == day("2026-07-31")


@given(days, st.integers(1, 120))
@steady
def test_rolling_validity_ends_with_a_month_and_is_equal_for_all_days_of_one(
    earned_on: date, months: int
) -> None:
    last = last_day(Validity(ValidityKind.ROLLING, months), earned_on)

    assert last is not None
    assert last.day == monthrange(last.year, last.month)[1]
    assert (last.year - earned_on.year) * 12 + last.month - earned_on.month == months - 1
    assert last >= earned_on
    assert last == last_day(Validity(ValidityKind.ROLLING, months), earned_on.replace(day=1))


@given(days, days, st.integers(1, 120), st.sampled_from([ValidityKind.FIXED, ValidityKind.ROLLING]))
@steady
def test_points_earned_later_never_lapse_earlier(
    one: date, other: date, months: int, kind: ValidityKind
) -> None:
    early, late = (last_day(Validity(kind, months), each) for each in sorted((one, other)))

    assert early is not None
    assert late is not None
    assert early <= late


@given(days, st.integers(13, 119))
@steady
def test_beyond_a_year_there_is_one_last_day_a_month(earned_on: date, months: int) -> None:
    last = last_day(Validity(ValidityKind.FIXED, months), earned_on)

    assert last == last_day(Validity(ValidityKind.FIXED, months), earned_on.replace(day=1))
    assert last == last_day(Validity(ValidityKind.ROLLING, months + 1), earned_on)


@pytest.mark.parametrize("months", [0, -1, 121])
def test_a_validity_out_of_range_is_refused(months: int) -> None:
    with pytest.raises(InvalidInput) as refused:
        Validity(ValidityKind.FIXED, months)

    assert [(each.field, each.code) for each in refused.value.fields] == [("months", "out-of-range")]
