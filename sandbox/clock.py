"""The sandbox's own clock: the system's clock plus an offset that people and tests move."""

import calendar
from datetime import MAXYEAR, UTC, datetime, timedelta, timezone

from msgspec import Struct

from sandbox.refusals import NotValid
from sandbox.state import Shelf, State

CHINA = timezone(timedelta(hours=8))
MONTHS_IN_YEAR = 12
OFFSET_SECONDS_MAX = 100 * 366 * 24 * 3600
"""A century either way, so that no sum leaves the calendar."""


class Offset(Struct, frozen=True):
    seconds: float


class Clock:
    """Tells every platform the same time, in China's zone."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._offsets = Shelf(state, "clock", Offset)

    @property
    def offset_seconds(self) -> float:
        """How far the sandbox is ahead of the machine."""
        offset = self._offsets.get("offset")
        return offset.seconds if offset else 0.0

    def now(self) -> datetime:
        """The sandbox's instant, with China's offset."""
        return datetime.now(UTC).astimezone(CHINA) + timedelta(seconds=self.offset_seconds)

    def seconds(self) -> float:
        """The sandbox's instant as seconds since 1970."""
        return self.now().timestamp()

    def advance_seconds(self, seconds: float) -> None:
        """Move forward (or, with a negative number, back)."""
        with self._state.change():
            self._keep(self.offset_seconds + seconds)

    def advance_months(self, months: int) -> None:
        """Move by calendar months; the 31st becomes the last day of a shorter month."""
        now = self.now()
        count = now.year * MONTHS_IN_YEAR + now.month - 1 + months
        year, month = count // MONTHS_IN_YEAR, count % MONTHS_IN_YEAR + 1
        if not 1 <= year < MAXYEAR:
            raise NotValid("that many months leave the calendar")
        day = min(now.day, calendar.monthrange(year, month)[1])
        self.advance_seconds((now.replace(year=year, month=month, day=day) - now).total_seconds())

    def set(self, instant: datetime) -> None:
        """Make it this instant now; time goes on from there."""
        self._keep((instant - datetime.now(UTC)).total_seconds())

    def reset(self) -> None:
        """Back to the machine's time."""
        self._offsets.remove("offset")

    def _keep(self, seconds: float) -> None:
        if abs(seconds) > OFFSET_SECONDS_MAX:
            raise NotValid("the clock may be moved by a century at most")
        self._offsets.put("offset", Offset(seconds))
