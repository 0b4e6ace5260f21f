"""Time comes in from outside; business days are those of Asia/Shanghai, UTC+8 all year."""

from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone

Clock = Callable[[], datetime]
"""Returns the present instant, aware of its offset."""

SHOP_TIME = timezone(timedelta(hours=8), "UTC+08:00")


def shop_date(instant: datetime) -> date:
    """The business day that the instant falls on."""
    return instant.astimezone(SHOP_TIME).date()


def epoch_seconds(instant: datetime) -> int:
    """Whole seconds since 1970, as stored for expiry times."""
    return int(instant.timestamp())


def from_epoch(seconds: int) -> datetime:
    """The instant of `epoch_seconds`, in shop time."""
    return datetime.fromtimestamp(seconds, SHOP_TIME)
