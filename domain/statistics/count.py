"""Use case of whoever hears of the table's changes: the figures follow the coupons."""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from domain.coupon.model import Coupon
from domain.statistics.model import NOTHING, CountedCoupon, Figures, Place, Sum, shares_of
from domain.statistics.ports import Repositories
from domain.unit_of_work import Added, Change, Changed, Created, Plan, Runner

AT_ONCE_MAX = 100
"""So many things one commit writes, and one call reads."""


class CountCoupons(Struct, frozen=True):
    """The same coupon again, or one as it was before, changes nothing; changes that were missed are made up.

    Safe to stop half-way: each commit holds what some coupons add, and that it was added.
    """

    runner: Runner[Repositories]

    def __call__(self, tenant_id: str, coupons: Iterable[Coupon]) -> int:
        """How many of them made a difference."""
        newest: dict[str, Coupon] = {}
        for coupon in coupons:
            known = newest.get(coupon.code)
            if known is None or known.version < coupon.version:
                newest[coupon.code] = coupon
        return self._count(tenant_id, list(newest.values()))

    def _count(self, tenant_id: str, waiting: list[Coupon]) -> int:
        done = 0
        while waiting:
            step = self.runner.run(tenant_id, lambda stores, _, these=waiting: _plan(stores, these))  # type: ignore[misc]  # bound now
            waiting, done = waiting[step.taken :], done + step.counted
        return done


class Step(Struct, frozen=True):
    """How far one commit came."""

    taken: int
    counted: int


class Batch:
    """What one commit writes: counted coupons, and the sums to which they add."""

    def __init__(self) -> None:
        self.counted: list[Change] = []
        self._sums: dict[Place, Figures] = {}

    def take(self, template_id: str, before: CountedCoupon | None, after: CountedCoupon) -> bool:
        """False, and nothing is taken, if there is no room. The first one is always taken."""
        sums = dict(self._sums)
        old = before.shares if before else {}
        for spot in old.keys() | after.shares.keys():
            more = after.shares.get(spot, NOTHING) - old.get(spot, NOTHING)
            for place in Place.all_of(after.count, template_id, spot) if more else ():
                sums[place] = sums.get(place, NOTHING) + more
        if self.counted and len(self.counted) + len(sums) >= AT_ONCE_MAX:
            return False
        self._sums = sums
        self.counted.append(Changed(before, after) if before else Created(after))
        return True

    @property
    def changes(self) -> tuple[Change, ...]:
        added = (Added(Sum(place, figures)) for place, figures in self._sums.items() if figures)
        return (*self.counted, *added)


def _plan(repositories: Repositories, waiting: Sequence[Coupon]) -> Plan[Step]:
    """As many of them as one commit can take. One that is half in goes on with the next."""
    statistics = repositories.statistics
    numbers = statistics.count().numbers
    looked_at = waiting[: AT_ONCE_MAX // len(numbers)]
    known = statistics.counted([(number, coupon.code) for coupon in looked_at for number in numbers])
    batch, counted = Batch(), 0
    for place, coupon in enumerate(looked_at):
        shares, has_moved = shares_of(coupon), False
        for number in numbers:
            before = known.get((number, coupon.code))
            after = CountedCoupon(number, coupon.code, coupon.version, shares)
            if before is not None and before.coupon_version >= coupon.version:
                continue
            if not batch.take(coupon.template_id, before, after):
                return Plan(Step(place, counted), batch.changes)
            has_moved = True
        counted += has_moved
    return Plan(Step(len(looked_at), counted), batch.changes)
