"""A plain multiplier; with dates, weekdays or the birthday as its condition, a campaign (C-28)."""

from fractions import Fraction
from typing import Annotated, ClassVar

from domain.programme.event import Event, OrderPaid
from domain.programme.kinds.kind import Multiplier, factor
from domain.programme.said import Sentence, times
from domain.programme.why import Why


class Times(Multiplier, frozen=True, kw_only=True):
    """So many times the points while the rule's conditions hold."""

    name: ClassVar[str] = "multiplier"
    answers: ClassVar[tuple[type[Event], ...]] = (OrderPaid,)
    permille: Annotated[int, factor()]

    def factor(self, event: Event) -> Fraction | Why:
        return Fraction(self.permille, 1000)

    def said(self, event: Event) -> Sentence:
        exact = times(self.permille)
        return Sentence(f"活动期间积分 {exact} 倍", f"{exact} times the points during the campaign")
