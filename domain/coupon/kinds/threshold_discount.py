"""满减: so much off from a minimum spend on, or so much off each time it is reached."""

from collections.abc import Sequence
from typing import Annotated, ClassVar

from msgspec import Struct

from domain.coupon.kinds.kind import Stage
from domain.coupon.slip import Slip
from domain.errors import invalid
from domain.money import Money
from domain.programme.form import Fen, Whole
from domain.programme.said import Sentence, price

TIMES_MAX = 100


class ThresholdDiscount(Struct, frozen=True, kw_only=True):
    """满50减10. `times_max`: how often, where 100 yuan is twice 50."""

    name: ClassVar[str] = "threshold_discount"
    stage: ClassVar[Stage] = Stage.AMOUNT
    from_fen: Annotated[Money, Fen(1)]
    """The minimum spend: of the coupon's goods, after the price of the tier and before any coupon (D-25)."""
    off_fen: Annotated[Money, Fen(1)]
    times_max: Annotated[int, Whole(1, TIMES_MAX)] = 1

    def __post_init__(self) -> None:
        if self.off_fen > self.from_fen:
            raise invalid("off_fen", "out-of-range", "No more is taken off than must be spent.")

    @property
    def least(self) -> Money:
        return self.from_fen

    def take(self, slip: Slip, places: Sequence[int]) -> Money:
        return slip.take_off(self._due(slip, places), places)

    def most(self, slip: Slip, places: Sequence[int]) -> Money:
        return min(self._due(slip, places), slip.left(places))

    def _due(self, slip: Slip, places: Sequence[int]) -> Money:
        times = min(slip.priced(places).fen // self.from_fen.fen, self.times_max)
        return Money(self.off_fen.fen * times)

    def said(self) -> Sentence:
        each = "每" if self.times_max > 1 else ""
        every = "each " if self.times_max > 1 else ""
        return Sentence(
            f"{each}满{price(self.from_fen)}元减{price(self.off_fen)}元",
            f"{price(self.off_fen)} yuan off {every}{price(self.from_fen)} yuan",
        )
