"""Use case of a command: all figures are counted from the beginning, while business goes on."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby, islice
from typing import TypeVar

from msgspec import Struct

from domain.statistics.count import AT_ONCE_MAX, CountCoupons
from domain.statistics.model import Count, CountedCoupon, Sum
from domain.statistics.ports import Repositories, StoredCoupons
from domain.unit_of_work import Changed, Created, Plan, Removed, Runner

T = TypeVar("T")

Progress = Callable[[str], None]


class Recounted(Struct, frozen=True):
    """What was done."""

    coupons: int
    removed: int
    """Counted coupons and sums of counts that are not shown any more."""


class RecountStatistics(Struct, frozen=True):
    """A new count follows every change from its beginning on, and gets what was there before by and by.

    It is shown once it is complete; until then the old one is. Safe to stop half-way and to run again.
    Raises TenantNotFound.
    """

    runner: Runner[Repositories]
    count: CountCoupons
    stored: StoredCoupons

    def __call__(self, tenant_id: str | None, progress: Progress) -> Recounted:
        """One tenant, or with None all of them at once: the table is read so often, however many they are."""
        tenant_ids = [tenant_id] if tenant_id is not None else list(self.stored.tenants())
        return self._recount(tenant_ids, progress)

    def _recount(self, tenant_ids: Sequence[str], progress: Progress) -> Recounted:
        for tenant_id in tenant_ids:
            self._move(tenant_id, Count.begun)
        coupons = 0
        wanted = (each for each in self.stored.coupons() if each[0] in tenant_ids)
        for tenant_id, some in _in_batches(wanted):
            self.count(tenant_id, some)
            coupons += len(some)
            progress(f"{coupons} coupons counted")
        for tenant_id in tenant_ids:
            self._move(tenant_id, Count.finished)
        return Recounted(coupons, self._sweep(tenant_ids, progress))

    def _move(self, tenant_id: str, how: Callable[[Count], Count]) -> None:
        def plan(repositories: Repositories, now: datetime) -> Plan[None]:
            repositories.tenants.get()
            before = repositories.statistics.count()
            after = how(before)
            if after is before:
                return Plan(None)
            return Plan(None, (Changed(before, after) if before.version else Created(after),))

        self.runner.run(tenant_id, plan)

    def _sweep(self, tenant_ids: Sequence[str], progress: Progress) -> int:
        removed = 0
        wanted = (each for each in self.stored.figures() if each[0] in tenant_ids)
        for tenant_id, some in _in_batches(wanted):
            removed += self._remove(tenant_id, some)
            progress(f"{removed} of old counts removed")
        return removed

    def _remove(self, tenant_id: str, things: list[CountedCoupon | Sum]) -> int:
        def plan(repositories: Repositories, now: datetime) -> Plan[int]:
            numbers = repositories.statistics.count().numbers
            coupons = [
                each for each in things if isinstance(each, CountedCoupon) and each.count not in numbers
            ]
            sums = [each for each in things if isinstance(each, Sum) and each.place.count not in numbers]
            old = (
                *repositories.statistics.counted([(each.count, each.code) for each in coupons]).values(),
                *repositories.statistics.sums([each.place for each in sums]).values(),
            )
            return Plan(len(old), tuple(Removed(each) for each in old))

        return self.runner.run(tenant_id, plan)


def _in_batches(things: Iterable[tuple[str, T]]) -> Iterator[tuple[str, list[T]]]:
    """Things of one tenant that come one after the other, so many at once."""
    for tenant_id, run in groupby(things, key=lambda each: each[0]):
        ones = (thing for _, thing in run)
        while batch := list(islice(ones, AT_ONCE_MAX)):
            yield tenant_id, batch
