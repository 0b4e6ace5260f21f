"""A benefit with an order (C-45), such as a free upgrade from an amount on, as its conditions say."""

from typing import Annotated, ClassVar

from msgspec import Struct

from domain.programme.event import Event, OrderPaid
from domain.programme.form import Part, Whole
from domain.programme.ladder import Benefit
from domain.programme.said import Sentence

DAYS_MAX = 366


class BenefitGrant(Struct, frozen=True, kw_only=True):
    """Each order that meets the conditions grants it once."""

    name: ClassVar[str] = "benefit"
    answers: ClassVar[tuple[type[Event], ...]] = (OrderPaid,)
    benefit: Annotated[Benefit, Part(Benefit)]
    valid_days: Annotated[int, Whole(1, DAYS_MAX)]
    """From the day on which it is granted, which is the first."""

    def said(self, event: OrderPaid) -> Sentence:
        return Sentence(
            f"获得权益「{self.benefit.name}」，{self.valid_days} 天内可用一次",
            f"the benefit “{self.benefit.name}”, to be used once within {self.valid_days} days",
        )
