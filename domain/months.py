"""Months as numbers: 202611 is November 2026."""

from calendar import monthrange
from datetime import date


def month_of(day: date) -> int:
    """The month of a day."""
    return day.year * 100 + day.month


def months_before(month: int, count: int) -> int:
    """The month that lies so many months earlier."""
    index = month // 100 * 12 + month % 100 - 1 - count
    return index // 12 * 100 + index % 12 + 1


def month_end(day: date, months_later: int) -> date:
    """The last day of the month that lies so many months after the day's own."""
    index = day.year * 12 + day.month - 1 + months_later
    year, month = index // 12, index % 12 + 1
    return date(year, month, monthrange(year, month)[1])


def after_months(day: date, months: int) -> date:
    """The same date so many months later; the last of the month where there is no such date (D-05)."""
    end = month_end(day, months)
    return end.replace(day=min(end.day, day.day))
