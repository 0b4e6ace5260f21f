"""Use case of staff: a coupon is good for nothing from now on; what it took from the stock is there again."""

from datetime import datetime

from msgspec import Struct

from domain.actor import Operator
from domain.coupon.mint import given_back
from domain.coupon.model import CouponState
from domain.coupon.ports import Repositories
from domain.coupon.read import Shown, get
from domain.unit_of_work import Changed, Plan, Runner


class VoidCoupon(Struct, frozen=True):
    """Again, nothing changes. Raises CouponNotFound, CouponUsed, CouponLocked or CouponEnded."""

    runner: Runner[Repositories]

    def __call__(self, actor: Operator, code: str, note: str | None, *, dry_run: bool = False) -> Shown:
        def plan(repositories: Repositories, now: datetime) -> Plan[Shown]:
            held = get(repositories, code)
            if held.coupon.state is CouponState.VOID:
                return Plan(Shown(held, now))
            after = held.coupon.voided(now, actor.caller, note)
            return Plan(Shown(held.now_is(after), now), (Changed(held.coupon, after), *given_back(held, now)))

        return self.runner.run(actor.tenant_id, plan, dry_run=dry_run)
