"""折扣: a part of the price is left to pay."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Annotated, ClassVar

from msgspec import Struct

from domain.coupon.kinds.kind import Stage
from domain.coupon.slip import Slip
from domain.money import NO_MONEY, Money
from domain.programme.deduct import to_pay
from domain.programme.form import Fen, Whole
from domain.programme.said import Sentence, number, price


class RateDiscount(Struct, frozen=True, kw_only=True):
    """8折 is `pay_permille` 800 (D-19); what is left to pay is rounded half up to the fen (D-20)."""

    name: ClassVar[str] = "rate_discount"
    stage: ClassVar[Stage] = Stage.RATE
    pay_permille: Annotated[int, Whole(1, 999)]
    off_max_fen: Annotated[Money | None, Fen(1)] = None
    """The most that it takes off."""

    @property
    def least(self) -> Money:
        return NO_MONEY

    def take(self, slip: Slip, places: Sequence[int]) -> Money:
        return slip.take_off(self.most(slip, places), places)

    def most(self, slip: Slip, places: Sequence[int]) -> Money:
        left = slip.left(places)
        off = left - to_pay(left, self.pay_permille)
        return off if self.off_max_fen is None else min(off, self.off_max_fen)

    def said(self) -> Sentence:
        zh, en = (
            f"{number(Fraction(self.pay_permille, 100))}折",
            f"pay {number(Fraction(self.pay_permille, 10))} %",
        )
        if self.off_max_fen is None:
            return Sentence(zh, en)
        cap = price(self.off_max_fen)
        return Sentence(f"{zh}，最高减{cap}元", f"{en}, at most {cap} yuan off")
