"""Points for checking in, with bonuses for days in a row (C-25, D-03)."""

from fractions import Fraction
from typing import Annotated, ClassVar

from msgspec import Struct

from domain.errors import invalid
from domain.programme.event import CheckedIn, Event
from domain.programme.form import ListOf, Part, Whole
from domain.programme.kinds.kind import how_many
from domain.programme.said import Sentence
from domain.programme.why import Why

CYCLE_MAX = 366


class StreakBonus(Struct, frozen=True, kw_only=True):
    """So many points more on that day of the cycle."""

    day: Annotated[int, Whole(1, CYCLE_MAX)]
    points: Annotated[int, how_many()]


class CheckIn(Struct, frozen=True, kw_only=True):
    """Points for each day; after `cycle_days` days in a row the bonuses begin again."""

    name: ClassVar[str] = "check_in"
    answers: ClassVar[tuple[type[Event], ...]] = (CheckedIn,)
    is_spend: ClassVar[bool] = False
    points_each: Annotated[int, how_many()]
    bonuses: Annotated[tuple[StreakBonus, ...], ListOf(Part(StreakBonus), 31)] = ()
    cycle_days: Annotated[int, Whole(1, CYCLE_MAX)] = 7

    def __post_init__(self) -> None:
        days = [bonus.day for bonus in self.bonuses]
        if len(set(days)) != len(days) or any(day > self.cycle_days for day in days):
            raise invalid("bonuses", "out-of-range", "Each bonus has a day of its own within the cycle.")

    def points(self, event: CheckedIn) -> Fraction | Why:
        day = self._day(event)
        return Fraction(self.points_each + sum(bonus.points for bonus in self.bonuses if bonus.day == day))

    def said(self, event: CheckedIn) -> Sentence:
        points = self.points(event)
        return Sentence(
            f"连续签到第 {self._day(event)} 天得 {points} 分",
            f"{points} points for checking in, day {self._day(event)} in a row",
        )

    def _day(self, event: CheckedIn) -> int:
        return (event.streak - 1) % self.cycle_days + 1
