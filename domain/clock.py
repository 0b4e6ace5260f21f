"""Time comes in from outside; business days are those of Asia/Shanghai, UTC+8 all year."""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone

Clock = Callable[[], datetime]
"""Returns the present instant, aware of its offset."""

SHOP_TIME = timezone(timedelta(hours=8), "UTC+08:00")


def shop_date(instant: datetime) -> date:
    """The business day that the instant falls on."""
    return instant.astimezone(SHOP_TIME).date()


LAST_DAY = date.max - timedelta(days=2)
"""Some write it for "without end"."""


def end_of(day: date) -> datetime:
    """The instant at which a business day is over: midnight after it. The last days of all are one."""
    day = min(day, LAST_DAY)
    return datetime(day.year, day.month, day.day, tzinfo=SHOP_TIME) + timedelta(days=1)


def epoch_seconds(instant: datetime) -> int:
    """Whole seconds since 1970, as stored for expiry times."""
    return int(instant.timestamp())


def epoch_milliseconds(instant: datetime) -> int:
    """The same to the millisecond, which is how exactly instants are stored."""
    return round(instant.timestamp() * 1000)


def from_epoch(seconds: int) -> datetime:
    """The instant of `epoch_seconds`, in shop time."""
    return datetime.fromtimestamp(seconds, SHOP_TIME)


def parse_instant(text: str) -> datetime:
    """RFC 3339 with offset; whole seconds are kept. Raises ValueError."""
    if not RFC3339.fullmatch(text):
        raise ValueError("An instant is written as RFC 3339 says, with its offset.")
    try:
        return datetime.fromisoformat(text.upper()).replace(microsecond=0).astimezone(SHOP_TIME)
    except OverflowError as odd:
        raise ValueError("The instant lies outside of what can be reckoned with.") from odd


RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
