"""Use case of the nightly job: coupons whose last day is over are ended.

Nothing depends on when this runs: no rule ever counts a coupon that is over (see `Coupon.state_at`); the job
only writes it down, so that lists and figures show it. Safe to run twice and to stop half-way.
"""

from collections.abc import Callable
from datetime import datetime

from msgspec import Struct

from domain.clock import Clock, shop_date
from domain.coupon.ports import DueCoupon, DueCoupons, Repositories
from domain.unit_of_work import Changed, Plan, Runner

CALLER = "job:expire_coupons"


class Ended(Struct, frozen=True):
    """What one run did. `more`: the limit was reached, the next run goes on."""

    coupons: int
    failed: int
    more: bool


class ExpireCoupons(Struct, frozen=True):
    """Works through the due index of all tenants; a failing coupon is reported and skipped."""

    runner: Runner[Repositories]
    due: DueCoupons
    clock: Clock
    report_failure: Callable[[DueCoupon, Exception], None]

    def __call__(self, limit: int) -> Ended:
        ended, failed = 0, 0
        for due in self.due.before(shop_date(self.clock())):
            if ended >= limit:
                return Ended(ended, failed, more=True)
            try:
                ended += self._expire(due)
            except Exception as problem:  # noqa: BLE001  # one broken coupon must not stop all the others
                self.report_failure(due, problem)
                failed += 1
        return Ended(ended, failed, more=False)

    def _expire(self, due: DueCoupon) -> int:
        def plan(repositories: Repositories, now: datetime) -> Plan[int]:
            coupon = repositories.coupons.find(due.code)
            after = coupon.expired(now, CALLER) if coupon is not None else None
            if coupon is None or after is None or after is coupon:
                return Plan(0)
            return Plan(1, (Changed(coupon, after),))

        return self.runner.run(due.tenant_id, plan)
