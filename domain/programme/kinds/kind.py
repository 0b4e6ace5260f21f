"""What every kind of rule offers: a file in this folder holds one, `__init__.py` lists them."""

from enum import StrEnum
from fractions import Fraction
from typing import Annotated, Any, ClassVar, Protocol

from msgspec import Struct

from domain.programme.event import Event
from domain.programme.form import OneOf, Whole
from domain.programme.ladder import Benefit
from domain.programme.said import Sentence
from domain.programme.why import Why

POINTS_MAX = 1_000_000
PERMILLE_MAX = 100_000


class Kind(Protocol):
    """The settings of a rule of one kind, which know what they are worth."""

    name: ClassVar[str]
    answers: ClassVar[tuple[type[Event], ...]]

    def said(self, event: Any) -> Sentence:
        """What the rule gives, told by what happened; asked only if it gave something."""
        ...


class Giving(Kind, Protocol):
    """Gives points."""

    is_spend: ClassVar[bool]
    """Whether it gives points for money spent, which multipliers cover by themselves."""

    def points(self, event: Any) -> Fraction | Why:
        """Exact, not rounded; what a rule gives is more than nothing."""
        ...


class Multiplying(Kind, Protocol):
    """Multiplies what other rules gave."""

    @property
    def stack(self) -> "Stack": ...

    @property
    def covers(self) -> "Covers": ...

    def factor(self, event: Any) -> Fraction | Why:
        """More than one."""
        ...


class Granting(Kind, Protocol):
    """Grants something to use once; the rule's limits count how often."""

    @property
    def benefit(self) -> Benefit: ...

    @property
    def valid_days(self) -> int: ...


Settings = Giving | Multiplying | Granting


class Stack(StrEnum):
    """How multipliers go together (decision D-09)."""

    BEST = "best"
    """Of all of these, only the one that gives most counts."""
    MULTIPLY = "multiply"
    """Counts beside all others."""


class Covers(StrEnum):
    """What is multiplied."""

    SPEND = "spend"
    ALL = "all"


def how_many(least: int = 1) -> Whole:
    """A number of points."""
    return Whole(least, POINTS_MAX)


def factor() -> Whole:
    """A multiplier in thousandths: 1500 is 1.5 times."""
    return Whole(1001, PERMILLE_MAX)


class Multiplier(Struct, frozen=True, kw_only=True):
    """What multipliers share."""

    stack: Annotated[Stack, OneOf(Stack)] = Stack.BEST
    covers: Annotated[Covers, OneOf(Covers)] = Covers.SPEND


class Flat(Struct, frozen=True, kw_only=True):
    """What kinds share that give so many points each time."""

    is_spend: ClassVar[bool] = False
    zh: ClassVar[str]
    en: ClassVar[str]
    points_each: Annotated[int, how_many()]

    def points(self, event: Event) -> Fraction | Why:
        return Fraction(self.points_each)

    def said(self, event: Event) -> Sentence:
        return flat(self.points_each, self.zh, self.en)


def flat(points: int, zh: str, en: str) -> Sentence:
    """The sentence of a rule that gives so many points for something."""
    return Sentence(f"{zh}得 {points} 分", f"{points} points for {en}")
