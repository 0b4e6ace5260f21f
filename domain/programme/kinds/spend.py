"""Points for money: so many for each so many fen (C-20). The fraction is kept; D-24 rounds at the end."""

from fractions import Fraction
from typing import Annotated, ClassVar

from msgspec import Struct

from domain.money import NO_MONEY, Money
from domain.programme.event import Event, OrderPaid
from domain.programme.form import Part, Whole
from domain.programme.goods import ALL_GOODS, Goods
from domain.programme.kinds.kind import how_many
from domain.programme.said import Sentence, yuan
from domain.programme.why import Why

PER_FEN_MAX = 1_000_000


class Spend(Struct, frozen=True, kw_only=True):
    """Points per amount spent, on all goods or on some. What counts is what was really paid (D-23)."""

    name: ClassVar[str] = "spend"
    answers: ClassVar[tuple[type[Event], ...]] = (OrderPaid,)
    is_spend: ClassVar[bool] = True
    points_each: Annotated[int, how_many(0)]
    per_fen: Annotated[int, Whole(1, PER_FEN_MAX)]
    goods: Annotated[Goods, Part(Goods)] = ALL_GOODS

    def points(self, event: OrderPaid) -> Fraction | Why:
        return self._share(event) * self.points_each / self.per_fen or Why.NOTHING_COUNTS

    def said(self, event: OrderPaid) -> Sentence:
        fen, per = Money(int(self._share(event))), Money(self.per_fen)
        return Sentence(
            f"计分金额 {yuan(fen)} 元，每 {yuan(per)} 元 {self.points_each} 分",
            f"{yuan(fen)} yuan count, {self.points_each} for each {yuan(per)} yuan",
        )

    def _share(self, event: OrderPaid) -> Fraction:
        """The fen that count: of the money that counts, the goods' share in the bill."""
        if self.goods.is_everything:
            return Fraction(event.counted.fen)
        _, part = event.basket.of(self.goods)
        if part == NO_MONEY:
            return Fraction(0)
        return Fraction(event.counted.fen * part.fen, event.basket.total.fen)
