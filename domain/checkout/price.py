"""What a bill costs with certain coupons and points (D-06, D-07, D-25). Pure."""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from domain.coupon.combine import TakenOff, take_off
from domain.coupon.judge import Fitting
from domain.coupon.slip import Slip
from domain.errors import RuleBroken
from domain.money import NO_MONEY, NO_POINTS, Money, Points, total_money
from domain.order.model import Payment, PaymentMethod
from domain.programme.deduct import Deduction


class PointsPayNothing(RuleBroken):
    code = "points-pay-nothing"
    title = "Points pay nothing at the counter: the programme has no rate for them."
    message = "当前未开通积分抵扣"


class Priced(Struct, frozen=True):
    """From what the lines cost to what is left to pay by money."""

    gross: Money
    discount: Money
    """Of the tier, and of the first order."""
    taken_off: tuple[TakenOff, ...]
    after_coupons: Money
    points: Points
    points_worth: Money

    @property
    def to_pay(self) -> Money:
        return self.after_coupons - self.points_worth

    @property
    def off(self) -> Money:
        """What all coupons take off together."""
        return total_money([each.off for each in self.taken_off])

    def payments(self, by_money: Sequence[Payment]) -> tuple[Payment, ...]:
        """The whole bill, part by part."""
        parts = (
            Payment(PaymentMethod.DISCOUNT, self.discount),
            Payment(PaymentMethod.COUPON, self.off),
            Payment(PaymentMethod.POINTS, self.points_worth),
            *by_money,
        )
        return tuple(part for part in parts if part.amount != NO_MONEY)


def price(slip: Slip, chosen: Iterable[Fitting], deduction: Deduction | None, points: Points) -> Priced:
    """Coupons first, then points, of which only so many count as the programme allows.

    Raises NotCombinable, NothingLeftToTakeOff, PointsPayNothing or TooManyPoints.
    """
    taken = take_off(slip, chosen)
    after_coupons = slip.total
    if points != NO_POINTS and deduction is None:
        raise PointsPayNothing
    worth = deduction.pay(after_coupons, points) if deduction else NO_MONEY
    if points != NO_POINTS and worth == NO_MONEY:
        raise PointsPayNothing(f"{points.count} points are worth less than a fen.")
    return Priced(slip.gross, slip.gross - slip.price, taken, after_coupons, points, worth)
