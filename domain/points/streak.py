"""Days in a row on which somebody checked in."""

from datetime import date, timedelta

from msgspec import Struct

DAY = timedelta(days=1)


class Streak(Struct, frozen=True):
    """The last day, and how many in a row up to it."""

    last_on: date | None = None
    days: int = 0

    def before(self, today: date) -> int:
        """Days in a row up to yesterday; 0 if yesterday was missed."""
        return self.days if self.last_on == today - DAY else 0

    def until(self, today: date) -> int:
        """Days in a row that still stand: up to today, or to yesterday while there is time."""
        return self.days if self.last_on in {today, today - DAY} else 0

    def on(self, today: date) -> "Streak":
        """With today, which was not counted yet."""
        return Streak(today, self.before(today) + 1)

    def is_done(self, day: date) -> bool:
        """Whether that day was counted, or one after it."""
        return self.last_on is not None and self.last_on >= day


NO_STREAK = Streak()


def longer(one: Streak, other: Streak) -> Streak:
    """Of two people who are one: the one that is more recent, then the longer one."""
    return max(one, other, key=lambda streak: (streak.last_on or date.min, streak.days))
