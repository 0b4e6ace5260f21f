"""Until when points can be used (decisions D-04 and D-05)."""

from calendar import monthrange
from datetime import date

from domain.programme.model import Validity, ValidityKind

FIXED_BY_DAY_MONTHS_MAX = 12
"""Longer fixed validity ends with a month, so that an account never holds more lots than it may."""


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
            end = month_end(earned_on, validity.months)
            if validity.months > FIXED_BY_DAY_MONTHS_MAX:
                return end
            return end.replace(day=min(end.day, earned_on.day))


def month_end(day: date, months_later: int) -> date:
    """The last day of the month that lies so many months after the day's own."""
    index = day.year * 12 + day.month - 1 + months_later
    year, month = index // 12, index % 12 + 1
    return date(year, month, monthrange(year, month)[1])
