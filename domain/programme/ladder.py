"""Tiers (会员等级): how each is reached, kept and lost, and what it brings (C-39 to C-44). Pure."""

from enum import StrEnum
from typing import Annotated

from msgspec import Struct

from domain.errors import invalid
from domain.programme.form import Ident, ListOf, OneOf, Part, Whole, Words

TIERS_MAX = 20
BENEFITS_MAX = 20
NAME_MAX = 20
TEXT_MAX = 200
VALUE_MAX = 1_000_000_000
MONTHS_MAX = 24
GRACE_DAYS_MAX = 366


class Metric(StrEnum):
    """What is counted to reach a tier (C-40)."""

    SPEND = "spend"
    """Money that counts for points, in fen."""
    POINTS = "points"
    """Points that rules gave, less what refunds took back; what is used up still counts (C-39)."""
    ORDERS = "orders"
    """Orders that were not wholly refunded."""
    ACTIVITY = "activity"
    """Check-ins, shares and comments, as far as they are entries."""


class BenefitKind(StrEnum):
    """How the catalogue is divided (C-43)."""

    SHOPPING = "shopping"
    SERVICE = "service"
    VALUE_ADDED = "value_added"


class Benefit(Struct, frozen=True, kw_only=True):
    """Something that a tier brings, as the member reads it."""

    benefit_id: Annotated[str, Ident()]
    name: Annotated[str, Words(NAME_MAX)]
    kind: Annotated[BenefitKind, OneOf(BenefitKind)]
    text: Annotated[str | None, Words(TEXT_MAX)] = None


class Tier(Struct, frozen=True, kw_only=True):
    """One step of the ladder."""

    tier_id: Annotated[str, Ident()]
    name: Annotated[str, Words(NAME_MAX)]
    from_value: Annotated[int, Whole(0, VALUE_MAX)]
    """Reached at this value."""
    keep_value: Annotated[int | None, Whole(0, VALUE_MAX)] = None
    """Kept at a review from this value on; None: as much as it takes to reach it."""
    pay_permille: Annotated[int, Whole(1, 1000)] = 1000
    """What is left to pay: 980 is 9.8折 (C-42, D-19)."""
    benefits: Annotated[tuple[Benefit, ...], ListOf(Part(Benefit), BENEFITS_MAX)] = ()

    def __post_init__(self) -> None:
        if self.keep_line > self.from_value:
            raise invalid(
                "keep_value", "out-of-range", "A tier is kept at what it takes to reach it, or less."
            )
        if len({benefit.benefit_id for benefit in self.benefits}) != len(self.benefits):
            raise invalid("benefits", "duplicate", "Name each benefit once.")

    @property
    def keep_line(self) -> int:
        return self.from_value if self.keep_value is None else self.keep_value


class Ladder(Struct, frozen=True, kw_only=True):
    """The tiers, the lowest first."""

    metric: Annotated[Metric, OneOf(Metric)]
    tiers: Annotated[tuple[Tier, ...], ListOf(Part(Tier), TIERS_MAX, 1)]
    window_months: Annotated[int | None, Whole(1, MONTHS_MAX)] = None
    """This month and so many less one before it count; None: all time."""
    review_months: Annotated[int | None, Whole(1, MONTHS_MAX)] = None
    """A tier is looked at again so many months after it was reached or kept; None: it is never lost."""
    grace_days: Annotated[int, Whole(0, GRACE_DAYS_MAX)] = 0
    """After a review that was missed, before the tier is lost (C-41)."""

    def __post_init__(self) -> None:
        values = [tier.from_value for tier in self.tiers]
        if values != sorted(set(values)):
            raise invalid("tiers", "out-of-order", "The tiers stand in the order of what they take.")
        if len({tier.tier_id for tier in self.tiers}) != len(self.tiers):
            raise invalid("tiers", "duplicate", "Name each tier once.")

    def rank(self, tier_id: str | None) -> int:
        """Its place from 0 on; -1: none of these."""
        return next((place for place, tier in enumerate(self.tiers) if tier.tier_id == tier_id), -1)

    def reached(self, value: int) -> int:
        """The rank that this value is enough for; -1: for none."""
        return sum(tier.from_value <= value for tier in self.tiers) - 1
