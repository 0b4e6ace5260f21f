"""Money in whole fen and points in whole numbers; the two cannot be mixed."""

from collections.abc import Sequence
from enum import StrEnum
from fractions import Fraction

from msgspec import Struct

AMOUNT_MAX = 1_000_000_000
"""The largest amount in one request: 10 million yuan, or a milliard points."""


class Money(Struct, frozen=True, order=True):
    """An amount in fen (分), 1/100 yuan; negative when it leaves."""

    fen: int

    def __add__(self, other: "Money") -> "Money":
        return Money(self.fen + other.fen)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.fen - other.fen)

    def __neg__(self) -> "Money":
        return Money(-self.fen)

    def __bool__(self) -> bool:
        return self.fen != 0


class Points(Struct, frozen=True, order=True):
    """A number of points (积分); negative when they leave."""

    count: int

    def __add__(self, other: "Points") -> "Points":
        return Points(self.count + other.count)

    def __sub__(self, other: "Points") -> "Points":
        return Points(self.count - other.count)

    def __neg__(self) -> "Points":
        return Points(-self.count)

    def __bool__(self) -> bool:
        return self.count != 0


NO_MONEY = Money(0)
NO_POINTS = Points(0)


def total_money(amounts: "list[Money] | tuple[Money, ...]") -> Money:
    """The sum of the amounts."""
    return Money(sum(amount.fen for amount in amounts))


def total_points(amounts: "list[Points] | tuple[Points, ...]") -> Points:
    """The sum of the amounts."""
    return Points(sum(amount.count for amount in amounts))


class Rounding(StrEnum):
    """How a fraction of a point ends (decision D-20)."""

    DOWN = "down"
    HALF_UP = "half_up"
    UP = "up"

    def of(self, exact: Fraction) -> int:
        """For what is not negative."""
        match self:
            case Rounding.DOWN:
                return exact.numerator // exact.denominator
            case Rounding.HALF_UP:
                return (2 * exact.numerator + exact.denominator) // (2 * exact.denominator)
            case Rounding.UP:
                return -(-exact.numerator // exact.denominator)


def apportion(amount: int, weights: Sequence[int]) -> list[int]:
    """The amount in parts as the weights are, which add up to it exactly.

    No part is larger than its weight if the amount is not larger than all of them. What rounding leaves over
    goes to the largest remainders, the first of equals. Of no weights at all nothing can be taken.
    """
    whole = sum(weights)
    if not whole:
        return [0] * len(weights)
    parts = [amount * weight // whole for weight in weights]
    left = amount - sum(parts)
    largest = sorted(range(len(weights)), key=lambda place: -(amount * weights[place] % whole))
    for place in largest[:left]:
        parts[place] += 1
    return parts
