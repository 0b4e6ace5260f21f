"""兑换券: pays for one piece of certain goods."""

from collections.abc import Sequence
from typing import Annotated, ClassVar

from msgspec import Struct

from domain.coupon.kinds.kind import Stage
from domain.coupon.slip import Slip
from domain.money import NO_MONEY, Money
from domain.programme.form import Fen
from domain.programme.said import Sentence, price


class GoodsExchange(Struct, frozen=True, kw_only=True):
    """One piece, the dearest of the coupon's goods on the bill that no other coupon pays."""

    name: ClassVar[str] = "goods_exchange"
    stage: ClassVar[Stage] = Stage.GOODS
    off_max_fen: Annotated[Money | None, Fen(1)] = None
    """The most that it takes off."""

    @property
    def least(self) -> Money:
        return NO_MONEY

    def take(self, slip: Slip, places: Sequence[int]) -> Money:
        return slip.take_piece(places, self.off_max_fen)

    def most(self, slip: Slip, places: Sequence[int]) -> Money:
        most = slip.dearest_piece(places)
        return most if self.off_max_fen is None else min(most, self.off_max_fen)

    def said(self) -> Sentence:
        if self.off_max_fen is None:
            return Sentence("兑换指定商品一件", "one piece of certain goods")
        cap = price(self.off_max_fen)
        return Sentence(f"兑换指定商品一件，最高抵{cap}元", f"one piece of certain goods, up to {cap} yuan")
