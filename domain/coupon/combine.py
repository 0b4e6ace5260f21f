"""Several coupons on one bill: what they take off together, and which of many take off most (C-52). Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence

from msgspec import Struct

from domain.coupon.judge import Fitting
from domain.coupon.refusals import NotCombinable, NothingLeftToTakeOff
from domain.coupon.slip import Slip
from domain.coupon.template import PER_BILL_MAX
from domain.money import NO_MONEY, Money


class TakenOff(Struct, frozen=True):
    """What one coupon takes off a bill."""

    fitting: Fitting
    off: Money


def take_off(slip: Slip, chosen: Iterable[Fitting]) -> tuple[TakenOff, ...]:
    """One after the other, in their turn; the slip then holds what is left to pay.

    Raises NotCombinable, or NothingLeftToTakeOff for a coupon that would be used up for nothing.
    """
    turns = sorted(chosen, key=lambda each: each.turn)
    check_combinable(turns)
    done = []
    for each in turns:
        off = each.held.form.effect.take(slip, each.places)
        if off == NO_MONEY:
            raise NothingLeftToTakeOff
        done.append(TakenOff(each, off))
    return tuple(done)


def check_combinable(chosen: Sequence[Fitting]) -> None:
    """Raises NotCombinable."""
    groups = Counter(_group(each) for each in chosen)
    if len(chosen) > PER_BILL_MAX or any(groups[_group(each)] > _most(each) for each in chosen):
        raise NotCombinable


def _group(fitting: Fitting) -> str | None:
    stacking = fitting.held.form.stacking
    return stacking.group if stacking else None


def _most(fitting: Fitting) -> int:
    stacking = fitting.held.form.stacking
    return stacking.most if stacking else 1


def best(slip: Slip, fitting: Iterable[Fitting]) -> tuple[Fitting, ...]:
    """Of all combinations that the rules allow, one after which the least is left to pay.

    Of equals, one that takes fewer coupons; of coupons that are alike, those that end first. Exact: each
    coupon is taken or left in its turn, and what cannot become better than the best found is not followed.
    """
    search = _Search(slip, sorted(fitting, key=lambda each: each.turn))
    search.go(slip, 0, ())
    return search.found


class _Search:
    def __init__(self, slip: Slip, turns: list[Fitting]) -> None:
        self._turns = turns
        self.found: tuple[Fitting, ...] = ()
        self._least = (slip.total.fen, 0)

    def go(self, slip: Slip, place: int, chosen: tuple[int, ...]) -> None:
        """All that can come of what is chosen up to here."""
        worth = (slip.total.fen, len(chosen))
        if worth < self._least:
            self._least = worth
            self.found = tuple(self._turns[each] for each in chosen)
        if place == len(self._turns) or not self._can_become_better(slip, place, chosen):
            return
        if self._may_take(place, chosen):
            after = slip.copy()
            taken = self._turns[place]
            if taken.held.form.effect.take(after, taken.places) != NO_MONEY:
                self.go(after, place + 1, (*chosen, place))
        self.go(slip, place + 1, chosen)

    def _may_take(self, place: int, chosen: tuple[int, ...]) -> bool:
        each = self._turns[place]
        same = [other for other in chosen if _group(self._turns[other]) == _group(each)]
        if any(len(same) >= _most(self._turns[other]) for other in (*same, place)):
            return False
        # Of coupons that are alike the first are taken: to leave one and take the next changes nothing.
        return all(other in chosen for other in range(place) if _alike(self._turns[other], each))

    def _can_become_better(self, slip: Slip, place: int, chosen: tuple[int, ...]) -> bool:
        """Whether all that could still be taken off, as if nothing stood in its way, would be enough."""
        offs = [(each.held.form.effect.most(slip, each.places).fen, each) for each in self._turns[place:]]
        offs.sort(key=lambda pair: -pair[0])
        groups = Counter(_group(self._turns[each]) for each in chosen)
        room, most = PER_BILL_MAX - len(chosen), 0
        for off, each in offs:
            if room and groups[_group(each)] < _most(each):
                groups[_group(each)] += 1
                room -= 1
                most += off
        return (max(slip.total.fen - most, 0), len(chosen) + 1) < self._least


def _alike(one: Fitting, other: Fitting) -> bool:
    return one.held.edition == other.held.edition
