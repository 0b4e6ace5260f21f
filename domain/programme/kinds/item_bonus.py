"""Points for certain goods (C-24)."""

from enum import StrEnum
from fractions import Fraction
from typing import Annotated, ClassVar

from msgspec import Struct

from domain.errors import invalid
from domain.programme.event import Event, OrderPaid
from domain.programme.form import OneOf, Part
from domain.programme.goods import Goods
from domain.programme.kinds.kind import how_many
from domain.programme.said import Sentence
from domain.programme.why import Why


class Each(StrEnum):
    """How often the bonus is given."""

    UNIT = "unit"
    ORDER = "order"


class ItemBonus(Struct, frozen=True, kw_only=True):
    """For each unit of the goods, or once for an order that holds one."""

    name: ClassVar[str] = "item_bonus"
    answers: ClassVar[tuple[type[Event], ...]] = (OrderPaid,)
    is_spend: ClassVar[bool] = False
    points_each: Annotated[int, how_many()]
    goods: Annotated[Goods, Part(Goods)]
    each: Annotated[Each, OneOf(Each)] = Each.UNIT

    def __post_init__(self) -> None:
        if not self.goods.skus and not self.goods.categories:
            raise invalid("goods", "required", "Name the goods by number or by category.")

    def points(self, event: OrderPaid) -> Fraction | Why:
        quantity = self._quantity(event)
        return Fraction(self.points_each * quantity) if quantity else Why.OTHER_GOODS

    def said(self, event: OrderPaid) -> Sentence:
        quantity = self._quantity(event)
        return Sentence(
            f"指定商品 {quantity} 件，每件 {self.points_each} 分",
            f"{quantity} of the chosen goods at {self.points_each} points each",
        )

    def _quantity(self, event: OrderPaid) -> int:
        quantity, _ = event.basket.of(self.goods)
        return quantity if self.each is Each.UNIT else min(quantity, 1)
