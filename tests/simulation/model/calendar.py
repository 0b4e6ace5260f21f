"""Days and months as numbers, such as 20260228; 0 is for ever."""

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta

FOR_EVER = 99_999_999


def number_of(day: date | None) -> int:
    """20260228; 0 for none."""
    return int(f"{day:%Y%m%d}") if day else 0


def day_of(at: int) -> int:
    """The business day in Shanghai, eight hours ahead of UTC."""
    local = datetime.fromtimestamp(at / 1000, UTC) + timedelta(hours=8)
    return local.year * 10_000 + local.month * 100 + local.day


def month_later(day: int, months: int) -> tuple[int, int, int]:
    """Year and month so many months on, and how many days that month has."""
    index = day // 10_000 * 12 + day // 100 % 100 - 1 + months
    year, month = index // 12, index % 12 + 1
    return year, month, monthrange(year, month)[1]


def day_later(day: int, *, months: int = 0, days: int = 0) -> int:
    """The same date so many months on, or the last of that month; then so many days on."""
    year, month, last = month_later(day, months)
    found = date(year, month, min(last, day % 100)) + timedelta(days=days)
    return found.year * 10_000 + found.month * 100 + found.day
