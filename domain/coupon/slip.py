"""A bill while discounts are taken off it: what is left to pay, line by line."""

from collections.abc import Sequence

from domain.money import NO_MONEY, Money, apportion, total_money
from domain.order.model import Line
from domain.programme.deduct import to_pay
from domain.programme.goods import Basket, Goods


class Slip:
    """Starts at the price after the discounts of tier and first order, spread over all lines (D-25)."""

    def __init__(self, lines: Sequence[Line], permilles: Sequence[int] = ()) -> None:
        self._basket = Basket(lines)
        self._quantities = [line.quantity for line in lines]
        self.gross = total_money([line.amount for line in lines])
        self.price = to_pay(self.gross, *permilles)
        amounts = [line.amount.fen for line in lines]
        off = apportion((self.gross - self.price).fen, amounts)
        self._priced = [amount - part for amount, part in zip(amounts, off, strict=True)]
        self._left = list(self._priced)
        self._taken = [0] * len(amounts)

    def copy(self) -> "Slip":
        """As it is now; what happens to one does not happen to the other."""
        other = Slip.__new__(Slip)
        other.__dict__.update(self.__dict__, _left=list(self._left), _taken=list(self._taken))
        return other

    def places(self, goods: Goods) -> tuple[int, ...]:
        """The lines that are meant."""
        return self._basket.places(goods)

    def priced(self, places: Sequence[int]) -> Money:
        """What these lines cost before any coupon."""
        return Money(sum(self._priced[place] for place in places))

    def left(self, places: Sequence[int]) -> Money:
        """What is left to pay of these lines."""
        return Money(sum(self._left[place] for place in places))

    @property
    def total(self) -> Money:
        """What is left to pay of all of them."""
        return Money(sum(self._left))

    def take_off(self, off: Money, places: Sequence[int]) -> Money:
        """An amount off these lines, in proportion to what is left of each; no more than that."""
        off = min(off, self.left(places))
        parts = apportion(off.fen, [self._left[place] for place in places])
        for place, part in zip(places, parts, strict=True):
            self._left[place] -= part
        return off

    def take_piece(self, places: Sequence[int], most: Money | None) -> Money:
        """The dearest piece of these lines that was not taken yet, the first of equals."""
        found = max(self._open(places), key=lambda place: (self._next_piece(place), -place), default=None)
        if found is None:
            return NO_MONEY
        fen = min(self._next_piece(found), self._left[found])
        fen = fen if most is None else min(fen, most.fen)
        self._left[found] -= fen
        self._taken[found] += 1
        return Money(fen)

    def dearest_piece(self, places: Sequence[int]) -> Money:
        """No less than any piece of these lines that was not taken yet."""
        found = (-(-self._priced[place] // self._quantities[place]) for place in self._open(places))
        return Money(max(found, default=0))

    def _open(self, places: Sequence[int]) -> list[int]:
        return [place for place in places if self._taken[place] < self._quantities[place]]

    def _next_piece(self, place: int) -> int:
        """All pieces of a line together cost what the line does."""
        priced, quantity, taken = self._priced[place], self._quantities[place], self._taken[place]
        return priced * (taken + 1) // quantity - priced * taken // quantity
