"""Use cases of tills that take coupons by themselves: one is redeemed for an order, or released again (C-51).

Tills that pay through us use `domain/checkout/`, where the coupon, points and order are one step.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from domain.actor import KeyHolder
from domain.api_key.model import Scope
from domain.clock import shop_date
from domain.coupon.combine import take_off
from domain.coupon.judge import Held, Sale, asks_for_person, judge
from domain.coupon.model import CouponNotRedeemed, Use
from domain.coupon.ports import Repositories
from domain.coupon.read import Shown, get
from domain.coupon.slip import Slip
from domain.errors import Conflict
from domain.money import Money
from domain.order.model import Line, OrderId, SaleChannel
from domain.points.person import person_of
from domain.points.standing import standing_on
from domain.programme.event import Person
from domain.tenant.stores import check_known
from domain.unit_of_work import Changed, Plan, Record, RequestKey, Runner


class RedeemedInCheckout(Conflict):
    code = "coupon-redeemed-in-checkout"
    title = "The coupon was redeemed with a checkout; reverse that."
    message = "该优惠券随订单核销，请撤销订单"


class Redeemed(Struct, frozen=True):
    """What the coupon took off, and what is left to pay."""

    code: str
    order_number: str
    off: Money
    to_pay: Money
    is_repeated: bool = False

    def record(self) -> Record:
        return {
            "code": self.code,
            "order_number": self.order_number,
            "off": self.off.fen,
            "to_pay": self.to_pay.fen,
        }


def redeemed_from(record: Mapping[str, Any]) -> Redeemed:
    """The reverse of `Redeemed.record`."""
    off, to_pay = Money(record["off"]), Money(record["to_pay"])
    return Redeemed(record["code"], record["order_number"], off, to_pay, is_repeated=True)


class RedeemWish(Struct, frozen=True):
    """For which order, and what is being bought."""

    code: str
    order_id: OrderId
    store_id: str
    channel: SaleChannel
    lines: tuple[Line, ...]
    key: RequestKey[Redeemed]


class RedeemCoupon(Struct, frozen=True):
    """Once. The price of the tier is the till's affair here: the lines are what they cost.

    Raises CouponNotFound, StoreNotFound, or the reason why it cannot be used.
    """

    runner: Runner[Repositories]

    def __call__(self, actor: KeyHolder, wish: RedeemWish, *, dry_run: bool = False) -> Redeemed:
        actor.require_scope(Scope.COUPONS_WRITE)
        actor.require_store(wish.store_id)

        def plan(repositories: Repositories, now: datetime) -> Plan[Redeemed]:
            check_known(repositories, actor, wish.store_id)
            held = get(repositories, wish.code)
            sale = Sale(wish.order_id, wish.store_id, wish.channel, now, wish.lines)
            slip = Slip(wish.lines)
            fitting = judge(held, sale, _person(repositories, held, now), slip)
            (taken,) = take_off(slip, [fitting])
            use = Use(wish.order_id, wish.store_id, now, actor.caller, taken.off, slip.total)
            done = Redeemed(wish.code, wish.order_id.number, taken.off, slip.total)
            return Plan(done, (Changed(held.coupon, held.coupon.redeemed(use)),))

        return self.runner.run_once(actor.tenant_id, plan, wish.key, dry_run=dry_run)


def _person(repositories: Repositories, held: Held, now: datetime) -> Person:
    """Who owns it; nothing is read unless the coupon asks."""
    if not asks_for_person(held.form):
        return Person()
    way, member = repositories.accounts.person(held.coupon.owner, is_condition=False)
    today, account = shop_date(now), way[-1]
    standing = standing_on(account, repositories.programmes.current().terms.ladder, today)
    return replace(person_of(account, member, now, today), tier_id=standing.tier_id if standing else None)


class ReleaseRedemption(Struct, frozen=True):
    """It was redeemed by mistake, or the order fell through: it can be used again. Again, nothing changes.

    Raises CouponNotFound, CouponNotRedeemed, CouponStaysUsed or RedeemedInCheckout.
    """

    runner: Runner[Repositories]

    def __call__(self, actor: KeyHolder, code: str, order_id: OrderId, store_id: str) -> Shown:
        actor.require_scope(Scope.COUPONS_WRITE)
        actor.require_store(store_id)

        def plan(repositories: Repositories, now: datetime) -> Plan[Shown]:
            held = get(repositories, code)
            last = held.coupon.uses[-1] if held.coupon.uses else None
            if last is None or (last.order_id, last.store_id) != (order_id, store_id):
                raise CouponNotRedeemed
            if last.is_checkout:
                raise RedeemedInCheckout
            if last.returned_at is not None:
                return Plan(Shown(held, now))
            after = held.coupon.returned(order_id, now, actor.caller)
            return Plan(Shown(held.now_is(after), now), (Changed(held.coupon, after),))

        return self.runner.run(actor.tenant_id, plan)
