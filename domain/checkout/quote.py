"""Use case: what would this bill cost? Which coupons can be used, which cannot and why, which are best?"""

from datetime import datetime

from msgspec import Struct

from domain.actor import KeyHolder
from domain.api_key.model import Scope
from domain.checkout.counter import Basket, Counter, Wish
from domain.checkout.model import Hold
from domain.checkout.ports import Repositories
from domain.checkout.price import Priced
from domain.clock import shop_date
from domain.coupon.combine import best, take_off
from domain.coupon.judge import Fitting, Held, judge
from domain.coupon.read import Shown, held_of
from domain.coupon.template import PER_BILL_MAX
from domain.errors import DomainError
from domain.money import NO_MONEY, NO_POINTS, Money, Points
from domain.order.model import Bill, OrderId, Payment, PaymentMethod
from domain.points.earn import occasion_of
from domain.points.give import offer
from domain.tenant.stores import check_known
from domain.unit_of_work import Plan, Runner

COUPONS_MAX = 100
"""Of one id of a person, those that end first."""
COMBINED_MAX = 20
"""Of more coupons that can be used, those that take off most by themselves are combined."""


class Usable(Struct, frozen=True):
    """A coupon, and what it would take off this bill by itself."""

    coupon: Shown
    off: Money


class Unusable(Struct, frozen=True):
    """A coupon that cannot be used on this bill, and the first reason."""

    coupon: Shown
    reason: DomainError


class Quote(Struct, frozen=True):
    """`usable`: best first. `priced`: with the coupons and points that were named, or the best coupons."""

    member_id: str
    usable: tuple[Usable, ...]
    unusable: tuple[Unusable, ...]
    best: tuple[str, ...]
    """The codes of the combination after which least is left to pay."""
    priced: Priced
    points_available: Points
    points_max: Points
    """As many as this bill takes after these coupons."""
    points_to_earn: Points
    """If what is left is paid by money."""


class QuoteCheckout(Struct, frozen=True):
    """Nothing is written. `coupon_codes` None: the best. What is held for the bill's own order is usable.

    Raises MemberNotFound, StoreNotFound, CodeNotValid, or, for what was named, the reason why it cannot be.
    """

    runner: Runner[Repositories]

    def __call__(self, actor: KeyHolder, basket: Basket, wish: Wish, *, wants_best: bool) -> Quote:
        actor.require_scope(Scope.COUPONS_WRITE)
        actor.require_store(basket.store_id)
        basket.check()
        wish.check()

        def plan(repositories: Repositories, now: datetime) -> Plan[Quote]:
            check_known(repositories, actor, basket.store_id)
            counter = Counter(repositories, actor, basket, wish.reference, now, is_condition=False)
            return Plan(_quote(repositories, counter, basket, wish, wants_best=wants_best))

        return self.runner.run(actor.tenant_id, plan)


def _quote(
    repositories: Repositories, counter: Counter, basket: Basket, wish: Wish, *, wants_best: bool
) -> Quote:
    own = _own_hold(repositories, counter, basket)
    at, taken = (own.counts_at(counter.now), own.points) if own else (None, NO_POINTS)
    slip, sale, person = counter.slip(), counter.sale(at), counter.person
    usable: list[tuple[Fitting, Money]] = []
    unusable: list[Unusable] = []
    for held in _holdings(repositories, counter):
        try:
            fitting = judge(held, sale, person, slip)
            (alone,) = take_off(slip.copy(), [fitting])
        except DomainError as reason:
            unusable.append(Unusable(Shown(held, counter.now), reason))
        else:
            usable.append((fitting, alone.off))
    usable.sort(key=lambda each: (-each[1].fen, each[0].held.coupon.valid_through, each[0].held.coupon.code))
    combination = best(slip, _worth_combining([fitting for fitting, _ in usable]))
    chosen = combination if wants_best else counter.fitting(counter.held(wish.coupon_codes), slip, at)
    priced = counter.price(slip.copy(), chosen, wish.points, taken)
    account, deduction = counter.book.account, counter.programme.terms.deduction
    available = max(account.available(shop_date(counter.now)), NO_POINTS) + taken
    return Quote(
        member_id=counter.member.member_id,
        usable=tuple(Usable(Shown(fitting.held, counter.now), off) for fitting, off in usable),
        unusable=tuple(unusable),
        best=tuple(each.held.coupon.code for each in combination),
        priced=priced,
        points_available=available,
        points_max=deduction.most(priced.after_coupons, available) if deduction else NO_POINTS,
        points_to_earn=_to_earn(repositories, counter, basket, priced),
    )


def _own_hold(repositories: Repositories, counter: Counter, basket: Basket) -> Hold | None:
    """What is held for this very order, as long as it lasts."""
    hold = repositories.holds.find(basket.order_id) if basket.order_id else None
    if hold is None or not hold.is_open or hold.until <= counter.now:
        return None
    return hold if hold.store_id == basket.store_id and hold.member_id in counter.member.ids else None


def _holdings(repositories: Repositories, counter: Counter) -> tuple[Held, ...]:
    """What the person holds and is not over: one call for each id, and one for versions never read before."""
    today = shop_date(counter.now)
    coupons = [
        coupon
        for owner in counter.member.ids
        for coupon in repositories.coupons.live(owner, today, None, COUPONS_MAX)
    ]
    return held_of(repositories, coupons)


def _worth_combining(usable: list[Fitting]) -> list[Fitting]:
    """Of coupons that are alike no more than a bill takes; of all the others, the best."""
    found: list[Fitting] = []
    for fitting in usable:
        alike = sum(each.held.edition == fitting.held.edition for each in found)
        if alike < PER_BILL_MAX:
            found.append(fitting)
    return found[:COMBINED_MAX]


def _to_earn(repositories: Repositories, counter: Counter, basket: Basket, priced: Priced) -> Points:
    """As if the rest were paid by money now."""
    paid = (Payment(PaymentMethod.CASH, priced.to_pay),) if priced.to_pay != NO_MONEY else ()
    order_id = basket.order_id or OrderId(basket.store_id, "")
    bill = Bill(order_id, basket.store_id, counter.now, basket.lines, priced.payments(paid), basket.total, "")
    occasion = occasion_of(counter.programme, bill)
    offered = offer(repositories, counter.programme, counter.book, counter.member, occasion)
    return offered.priced.points
