"""Until when points can be used (decisions D-04 and D-05)."""

from datetime import date, timedelta

from domain.months import after_months, month_end
from domain.programme.model import Terms, Validity, ValidityKind

FIXED_BY_DAY_MONTHS_MAX = 12
"""Longer fixed validity ends with a month, so that an account never has more lots than it may (LOTS_MAX)."""


def held_through(terms: Terms, paid_on: date, today: date) -> date | None:
    """Through which business day points of an order cannot be used; None: they can today."""
    until = paid_on + timedelta(days=terms.hold_days - 1)
    return until if terms.hold_days and until >= today else None


def last_day(validity: Validity, earned_on: date) -> date | None:
    """The last business day of points earned on that day; None: for ever.

    Fixed, 12 months: the same date next year; 2024-02-29 lasts through 2025-02-28.
    Rolling, 12 months: the month of earning is the first; any day of 2025-03 lasts through 2026-02-28.
    """
    match validity.kind:
        case ValidityKind.PERMANENT:
            return None
        case ValidityKind.ROLLING:
            return month_end(earned_on, validity.months - 1)
        case ValidityKind.FIXED:
            is_by_day = validity.months <= FIXED_BY_DAY_MONTHS_MAX
            return (after_months if is_by_day else month_end)(earned_on, validity.months)
