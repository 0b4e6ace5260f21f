"""A multiplier by the tier that the member has when the order is booked (C-22)."""

from fractions import Fraction
from typing import Annotated, ClassVar

from msgspec import Struct

from domain.errors import invalid
from domain.programme.event import Event, OrderPaid
from domain.programme.form import Ident, ListOf, Part
from domain.programme.kinds.kind import Multiplier, factor
from domain.programme.said import Sentence, times
from domain.programme.why import Why

TIERS_MAX = 20


class TierFactor(Struct, frozen=True, kw_only=True):
    """A tier and its multiplier in thousandths."""

    tier_id: Annotated[str, Ident()]
    permille: Annotated[int, factor()]


class TierMultiplier(Multiplier, frozen=True, kw_only=True):
    """Members of these tiers get a multiple; others nothing more."""

    name: ClassVar[str] = "tier_multiplier"
    answers: ClassVar[tuple[type[Event], ...]] = (OrderPaid,)
    tiers: Annotated[tuple[TierFactor, ...], ListOf(Part(TierFactor), TIERS_MAX, 1)]

    def __post_init__(self) -> None:
        if len({tier.tier_id for tier in self.tiers}) != len(self.tiers):
            raise invalid("tiers", "duplicate", "Name each tier once.")

    def _permille(self, event: Event) -> int | None:
        return next((tier.permille for tier in self.tiers if tier.tier_id == event.person.tier_id), None)

    def factor(self, event: Event) -> Fraction | Why:
        permille = self._permille(event)
        return Fraction(permille, 1000) if permille else Why.OTHER_TIER

    def said(self, event: Event) -> Sentence:
        exact = times(self._permille(event) or 1000)
        return Sentence(f"会员等级积分 {exact} 倍", f"the member's tier gets {exact} times the points")
