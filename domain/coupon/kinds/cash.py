"""代金券: worth so much money, whatever is bought."""

from collections.abc import Sequence
from typing import Annotated, ClassVar

from msgspec import Struct

from domain.coupon.kinds.kind import Stage
from domain.coupon.slip import Slip
from domain.money import NO_MONEY, Money
from domain.programme.form import Fen
from domain.programme.said import Sentence, price


class Cash(Struct, frozen=True, kw_only=True):
    """Of a bill that is smaller it takes off all; the rest is not given out."""

    name: ClassVar[str] = "cash"
    stage: ClassVar[Stage] = Stage.AMOUNT
    off_fen: Annotated[Money, Fen(1)]

    @property
    def least(self) -> Money:
        return NO_MONEY

    def take(self, slip: Slip, places: Sequence[int]) -> Money:
        return slip.take_off(self.off_fen, places)

    def most(self, slip: Slip, places: Sequence[int]) -> Money:
        return min(self.off_fen, slip.left(places))

    def said(self) -> Sentence:
        return Sentence(f"{price(self.off_fen)}元代金券", f"worth {price(self.off_fen)} yuan")
