"""Points as money at the counter, and discounts, for checkout (C-30, C-31, C-32, C-42). Pure."""

from fractions import Fraction
from typing import Annotated

from msgspec import Struct

from domain.errors import RuleBroken
from domain.money import NO_MONEY, Money, Points, Rounding
from domain.programme.form import Fen, Whole

POINTS_MAX = 1_000_000
WHOLE = 1000
"""All of it, in thousandths."""


class TooManyPoints(RuleBroken):
    code = "points-above-cap"
    title = "More of this bill would be paid by points than the programme allows."
    message = "积分抵扣超过可抵扣上限"


class Deduction(Struct, frozen=True, kw_only=True):
    """So many points are so much money, up to a share of the bill (decisions D-06, D-07, D-08)."""

    points_each: Annotated[int, Whole(1, POINTS_MAX)]
    worth_fen: Annotated[Money, Fen(1)]
    cap_permille: Annotated[int, Whole(1, WHOLE)] = 500
    """Of what is left after coupons; 500 keeps the cash part from falling below the points part."""

    def worth(self, points: Points) -> Money:
        """Rounded half up to the fen (D-20)."""
        return Money(Rounding.HALF_UP.of(Fraction(points.count * self.worth_fen.fen, self.points_each)))

    def cap(self, after_coupons: Money) -> Money:
        """The most of a bill that points may pay."""
        return Money(after_coupons.fen * self.cap_permille // WHOLE)

    def most(self, after_coupons: Money, available: Points) -> Points:
        """The most points that this bill takes of what is there; none of a debt."""
        cap = self.cap(after_coupons)
        if available <= Points(0) or cap == NO_MONEY:
            return Points(0)
        # The largest number of points whose worth, rounded, is not above the cap.
        bound = (2 * cap.fen + 1) * self.points_each
        fitting = (bound - 1) // (2 * self.worth_fen.fen)
        found = min(available, Points(fitting))
        return found if self.worth(found) else Points(0)

    def pay(self, after_coupons: Money, points: Points) -> Money:
        """What so many points pay of the bill. Raises TooManyPoints."""
        paid = self.worth(points)
        if paid > self.cap(after_coupons):
            raise TooManyPoints(
                f"{points.count} points are {paid.fen} fen; at most {self.cap(after_coupons).fen} fen may be."
            )
        return paid


def to_pay(amount: Money, *permilles: int) -> Money:
    """What is left to pay at 9.8折 (980), one discount after the other.

    Rounded once, half up to the fen (decisions D-19, D-20).
    """
    exact = Fraction(amount.fen)
    for permille in permilles:
        exact = exact * permille / WHOLE
    return Money(Rounding.HALF_UP.of(exact))
