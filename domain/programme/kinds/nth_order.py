"""Points for the n-th order, or for every n-th (C-23); the first order is n = 1 (C-30)."""

from fractions import Fraction
from typing import Annotated, ClassVar

from msgspec import Struct

from domain.programme.event import Event, OrderPaid
from domain.programme.form import Whole, YesNo
from domain.programme.kinds.kind import how_many
from domain.programme.said import Sentence
from domain.programme.why import Why

ORDERS_MAX = 10_000


class NthOrder(Struct, frozen=True, kw_only=True):
    """Orders are counted over all time; one that was wholly refunded does not count."""

    name: ClassVar[str] = "nth_order"
    answers: ClassVar[tuple[type[Event], ...]] = (OrderPaid,)
    is_spend: ClassVar[bool] = False
    nth: Annotated[int, Whole(1, ORDERS_MAX)]
    is_every: Annotated[bool, YesNo()] = True
    """False: only the n-th, once."""
    points_each: Annotated[int, how_many()]

    def points(self, event: OrderPaid) -> Fraction | Why:
        number = event.person.order_count + 1
        is_meant = number % self.nth == 0 if self.is_every else number == self.nth
        return Fraction(self.points_each) if is_meant else Why.OTHER_ORDER

    def said(self, event: OrderPaid) -> Sentence:
        number = event.person.order_count + 1
        return Sentence(
            f"第 {number} 笔订单得 {self.points_each} 分", f"{self.points_each} points for order no. {number}"
        )
