"""The conditions that any rule may have: time, place, person, amount."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from msgspec import Struct

from domain.clock import SHOP_TIME
from domain.errors import invalid
from domain.money import NO_MONEY, Money
from domain.programme.event import Birthday, Event
from domain.programme.form import Fen, Ident, ListOf, Moment, OneOf, Part, TimeOfDay, Whole, YesNo
from domain.programme.why import Why

PLACES_MAX = 200
SPANS_MAX = 12
TIERS_MAX = 20


class BirthdayRule(StrEnum):
    """How near the birthday must be."""

    MONTH = "month"
    DAY = "day"


class Span(Struct, frozen=True, kw_only=True):
    """A part of the day, `from` inclusive, `until` exclusive; one past midnight is written as two."""

    from_time: Annotated[int, TimeOfDay()]
    until_time: Annotated[int, TimeOfDay()]

    def __post_init__(self) -> None:
        if self.from_time >= self.until_time:
            raise invalid("until_time", "out-of-range", "A span ends after it begins.")


class Circumstances(Struct, frozen=True, kw_only=True):
    """All that is named must hold. Days and hours are those of the shop."""

    weekdays: Annotated[tuple[int, ...], ListOf(Whole(1, 7), 7)] = ()
    days_of_month: Annotated[tuple[int, ...], ListOf(Whole(1, 31), 31)] = ()
    spans: Annotated[tuple[Span, ...], ListOf(Part(Span), SPANS_MAX)] = ()
    store_ids: Annotated[tuple[str, ...], ListOf(Ident(), PLACES_MAX)] = ()
    tier_ids: Annotated[tuple[str, ...], ListOf(Ident(), TIERS_MAX)] = ()
    is_members_only: Annotated[bool, YesNo()] = False
    birthday: Annotated[BirthdayRule | None, OneOf(BirthdayRule)] = None
    at_least_fen: Annotated[Money, Fen()] = NO_MONEY

    def misses(self, event: Event) -> Why | None:
        """The first condition that does not hold; None if all do."""
        return self._time(event.at) or self._place_and_person(event)

    def _time(self, at: datetime) -> Why | None:
        return self._day(at) if self.weekdays or self.days_of_month or self.spans else None

    def _day(self, at: datetime) -> Why | None:
        local = at.astimezone(SHOP_TIME)
        if self.weekdays and local.isoweekday() not in self.weekdays:
            return Why.OTHER_DAY
        if self.days_of_month and local.day not in self.days_of_month:
            return Why.OTHER_DAY
        minute = local.hour * 60 + local.minute
        if self.spans and not any(span.from_time <= minute < span.until_time for span in self.spans):
            return Why.OTHER_TIME
        return None

    def _place_and_person(self, event: Event) -> Why | None:
        person = event.person
        if self.store_ids and event.store_id not in self.store_ids:
            return Why.OTHER_STORE
        if self.tier_ids and person.tier_id not in self.tier_ids:
            return Why.OTHER_TIER
        if self.is_members_only and not person.is_member:
            return Why.MEMBERS_ONLY
        if self.birthday and not _is_birthday(self.birthday, person.birthday):
            return Why.NO_BIRTHDAY
        return Why.TOO_LITTLE if event.counted < self.at_least_fen else None


class When(Circumstances, frozen=True, kw_only=True):
    """The same, and between two moments; `ends_at` itself is outside."""

    starts_at: Annotated[datetime | None, Moment()] = None
    ends_at: Annotated[datetime | None, Moment()] = None

    def __post_init__(self) -> None:
        if self.starts_at and self.ends_at and self.starts_at >= self.ends_at:
            raise invalid("ends_at", "out-of-range", "A rule ends after it starts.")

    def _time(self, at: datetime) -> Why | None:
        if self.starts_at and at < self.starts_at:
            return Why.NOT_YET
        if self.ends_at and at >= self.ends_at:
            return Why.OVER
        return super()._time(at)


def _is_birthday(wanted: BirthdayRule, found: Birthday) -> bool:
    return found is Birthday.DAY or (wanted is BirthdayRule.MONTH and found is Birthday.MONTH)


ALWAYS = When()
