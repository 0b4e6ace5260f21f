"""A multiplier by how much was spent (C-21, D-01, D-02)."""

from fractions import Fraction
from typing import Annotated, ClassVar

from msgspec import Struct

from domain.errors import invalid
from domain.money import Money
from domain.programme.event import Event, OrderPaid
from domain.programme.form import Fen, ListOf, Part, Whole, YesNo
from domain.programme.kinds.kind import PERMILLE_MAX, Multiplier
from domain.programme.said import Sentence, number, yuan
from domain.programme.why import Why

BANDS_MAX = 20


class Band(Struct, frozen=True, kw_only=True):
    """From this amount on, up to the next band: 100.00 itself belongs to the band that begins there."""

    from_fen: Annotated[Money, Fen()]
    permille: Annotated[int, Whole(1000, PERMILLE_MAX)]


class SpendBand(Multiplier, frozen=True, kw_only=True):
    """The band that the order reaches counts for the whole order; `is_marginal`: for the slice above it."""

    name: ClassVar[str] = "spend_band"
    answers: ClassVar[tuple[type[Event], ...]] = (OrderPaid,)
    bands: Annotated[tuple[Band, ...], ListOf(Part(Band), BANDS_MAX, 1)]
    is_marginal: Annotated[bool, YesNo()] = False

    def __post_init__(self) -> None:
        starts = [band.from_fen for band in self.bands]
        if starts != sorted(set(starts)):
            raise invalid("bands", "out-of-order", "Bands stand in the order of their amounts.")

    def factor(self, event: OrderPaid) -> Fraction | Why:
        spent = event.counted.fen
        reached = [band for band in self.bands if band.from_fen.fen <= spent]
        if not reached:
            return Why.TOO_LITTLE
        if not self.is_marginal:
            exact = Fraction(reached[-1].permille, 1000)
        elif not spent:
            return Why.NOTHING_TO_MULTIPLY
        else:
            ends = [band.from_fen.fen for band in reached[1:]] + [spent]
            more = sum(
                (end - band.from_fen.fen) * (band.permille - 1000)
                for band, end in zip(reached, ends, strict=True)
            )
            exact = 1 + Fraction(more, 1000 * spent)
        return exact if exact > 1 else Why.TOO_LITTLE

    def said(self, event: OrderPaid) -> Sentence:
        exact = self.factor(event)
        times = number(exact) if isinstance(exact, Fraction) else "1"
        return Sentence(
            f"计分金额 {yuan(event.counted)} 元，积分 {times} 倍",
            f"{yuan(event.counted)} yuan reach {times} times the points",
        )
