"""What a rule may know of what happened, and of the person to whom it happened."""

from calendar import isleap
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from functools import cached_property

from msgspec import Struct, field

from domain.clock import SHOP_TIME
from domain.money import NO_MONEY, Money
from domain.order.model import Line
from domain.programme.goods import Basket


class Birthday(StrEnum):
    """Whether what happened fell on the person's birthday, in shop time."""

    UNKNOWN = "unknown"
    ELSEWHEN = "elsewhen"
    MONTH = "month"
    DAY = "day"


class Used(Struct, frozen=True):
    """How many points one rule has given one person, as its caps count them: rounded up."""

    today: int = 0
    ever: int = 0


class Person(Struct, frozen=True):
    """The person before what happened. An entry keeps this, so that it can be explained later."""

    is_member: bool = True
    """False for a fan."""
    tier_id: str | None = None
    birthday: Birthday = Birthday.UNKNOWN
    order_count: int = 0
    """Orders before this one that were not wholly refunded."""
    streak: int = 0
    """Days in a row of checking in, up to yesterday."""
    used: Mapping[str, Used] = field(default_factory=dict)
    """By rule, for rules with caps."""


class Event(Struct, frozen=True):
    """Something that rules may give points for."""

    at: datetime
    """When it happened."""
    person: Person
    store_id: str | None = None

    @property
    def counted(self) -> Money:
        """The money that counts for points; none where nothing was bought."""
        return NO_MONEY


class OrderPaid(Event, frozen=True, dict=True):
    """An order was paid. `money` is what counts of it (decision D-23)."""

    money: Money = NO_MONEY
    lines: tuple[Line, ...] = ()

    @property
    def counted(self) -> Money:
        return self.money

    @cached_property
    def basket(self) -> Basket:
        return Basket(self.lines)


class CheckedIn(Event, frozen=True):
    """The person checked in (签到)."""

    @property
    def streak(self) -> int:
        """Days in a row, this one included."""
        return self.person.streak + 1


class Joined(Event, frozen=True):
    """The person became a member."""


class Invited(Event, frozen=True):
    """The person brought a new member."""


class WasInvited(Event, frozen=True):
    """The person became a member through somebody's invitation."""


class Commented(Event, frozen=True):
    """The person commented on an order."""


class Shared(Event, frozen=True):
    """The person shared something."""


def birthday_of(month_and_day: tuple[int, int] | None, at: datetime) -> Birthday:
    """Compares month and day in shop time (C-28); who was born on 02-29 has the 28th in common years."""
    if month_and_day is None:
        return Birthday.UNKNOWN
    local = at.astimezone(SHOP_TIME)
    month, day = month_and_day
    if (month, day) == (2, 29) and not isleap(local.year):
        day = 28
    if local.month != month:
        return Birthday.ELSEWHEN
    return Birthday.DAY if local.day == day else Birthday.MONTH
