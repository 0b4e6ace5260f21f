"""Use case: coupons, points and money pay one bill, and it earns points: all of it or nothing (C-92)."""

from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct

from domain.actor import KeyHolder
from domain.api_key.model import Scope
from domain.checkout.counter import Basket, Counter, Wish
from domain.checkout.hold import captured, open_hold, take_points
from domain.checkout.model import Hold, HoldDiffers, HoldPlace, OrderIsHeld
from domain.checkout.ports import Repositories
from domain.checkout.price import Priced
from domain.coupon.model import Use
from domain.errors import Conflict, FieldProblem, invalid
from domain.money import NO_POINTS, total_money
from domain.order.model import (
    NEVER_COUNT,
    Bill,
    CouponLeg,
    Order,
    OrderId,
    Payment,
    PointsLeg,
    Tender,
)
from domain.points.earn import book_order, cap_of_day, check_time, recorded
from domain.tenant.stores import check_known
from domain.unit_of_work import Absent, Change, Changed, Plan, Receipt, Runner, Unchanged


class PriceChanged(Conflict):
    """What has to be paid is another amount than what is paid; the answer says what it is made of."""

    code = "price-changed"
    title = "This bill costs another amount by now than what is paid; quote it anew."
    message = "应付金额已变化，请重新确认"


class CheckoutRequest(Struct, frozen=True):
    """A bill with all that pays it. `payments`: by money only."""

    order_id: OrderId
    basket: Basket
    wish: Wish
    payments: tuple[Payment, ...]
    paid_at: datetime
    fingerprint: str
    is_held: bool = False
    """Whether coupons and points were held for it before."""

    def check(self) -> None:
        """Raises InvalidInput."""
        self.basket.check()
        self.wish.check()
        methods = [each.method for each in self.payments]
        if len(set(methods)) != len(methods):
            raise invalid("payments", "duplicate", "Name each payment method once.")
        if NEVER_COUNT & set(methods):
            raise invalid("payments", "invalid-choice", "Coupons and points are named by their own fields.")


class CompleteCheckout(Struct, frozen=True):
    """The order document is the idempotency record: the same request again gets the same answer.

    Raises MemberNotFound, StoreNotFound, OrderNumberReused, PriceChanged, NotEnoughPoints, TooManyPoints, the
    reason why a coupon cannot be used, OrderIsHeld, HoldNotFound, HoldDiffers, HoldOver, DailyCapReached or
    InvalidInput.
    """

    runner: Runner[Repositories]

    def __call__(self, actor: KeyHolder, request: CheckoutRequest, *, dry_run: bool = False) -> Order:
        actor.require_scope(Scope.COUPONS_WRITE)
        actor.require_scope(Scope.ORDERS_WRITE)
        actor.require_store(request.basket.store_id)
        request.check()

        def plan(repositories: Repositories, now: datetime) -> Plan[Order]:
            check_time(request.paid_at, repositories.tenants.settings(), now)
            check_known(repositories, actor, request.basket.store_id)
            counter = Counter(repositories, actor, request.basket, request.wish.reference, now)
            hold = _held(repositories, counter, request)
            alone = () if request.is_held else (_unheld(repositories, request.order_id),)
            priced = _priced(counter, request, hold)
            bill = _bill(request, priced)
            points = _pay_points(counter, bill, priced, hold)
            coupons = tuple(CouponLeg(each.fitting.held.coupon.code, each.off) for each in priced.taken_off)
            tender = Tender(coupons, points)
            order, changes = book_order(
                repositories, counter.programme, counter.who, counter.book, bill, tender
            )
            rest = (*counter.found.rests_on, *cap_of_day(actor, bill, now), *alone)
            return Plan(order, (*changes, *_used(priced, request, actor, now), *captured(hold, now), *rest))

        receipt: Receipt[Repositories, Order] = Receipt(
            lambda stores: recorded(stores, request.order_id, request.fingerprint)
        )
        return self.runner.run(actor.tenant_id, plan, receipt, dry_run=dry_run)


def _held(repositories: Repositories, counter: Counter, request: CheckoutRequest) -> Hold | None:
    """What was held for it. Raises HoldNotFound, HoldOver or HoldDiffers."""
    if not request.is_held:
        return None
    hold = open_hold(repositories, request.order_id)
    same = (hold.store_id, set(hold.coupon_codes), hold.points) == (
        request.basket.store_id,
        set(request.wish.coupon_codes),
        request.wish.points,
    )
    if not same or hold.member_id not in counter.member.ids:
        raise HoldDiffers
    return hold


def _unheld(repositories: Repositories, order_id: OrderId) -> Change:
    """That nothing is held for it, until it is written. Raises OrderIsHeld."""
    hold = repositories.holds.find(order_id)
    if hold is None:
        return Absent(HoldPlace(order_id))
    if hold.is_open:
        raise OrderIsHeld
    return Unchanged(hold)


def _priced(counter: Counter, request: CheckoutRequest, hold: Hold | None) -> Priced:
    """Raises PriceChanged."""
    slip = counter.slip()
    at = hold.counts_at(counter.now) if hold else None
    chosen = counter.fitting(counter.held(request.wish.coupon_codes), slip, at)
    taken = hold.points if hold else NO_POINTS
    priced = counter.price(slip, chosen, request.wish.points, taken)
    paid = total_money([each.amount for each in request.payments])
    if paid != priced.to_pay:
        raise PriceChanged(
            f"{priced.to_pay.fen} fen are left to pay; {paid.fen} fen are paid.",
            fields=(FieldProblem("payments", "sum-differs"),),
            price=told(priced),
        )
    return priced


def told(priced: Priced) -> dict[str, object]:
    """What a price is made of, for whoever has to pay another one than they thought."""
    return {
        "total_fen": priced.gross.fen,
        "discount_fen": priced.discount.fen,
        "coupons": [
            {"code": each.fitting.held.coupon.code, "off_fen": each.off.fen} for each in priced.taken_off
        ],
        "points_fen": priced.points_worth.fen,
        "to_pay_fen": priced.to_pay.fen,
    }


def _bill(request: CheckoutRequest, priced: Priced) -> Bill:
    basket = request.basket
    return Bill(
        order_id=request.order_id,
        store_id=basket.store_id,
        paid_at=request.paid_at,
        lines=basket.lines,
        payments=priced.payments(request.payments),
        total=basket.total,
        fingerprint=request.fingerprint,
    )


def _pay_points(counter: Counter, bill: Bill, priced: Priced, hold: Hold | None) -> PointsLeg | None:
    if priced.points == NO_POINTS:
        return None
    if hold is not None and hold.entry_sequence is not None:
        return PointsLeg(priced.points, priced.points_worth, hold.member_id, hold.entry_sequence)
    entry = take_points(counter.book, bill.order_id, bill.store_id, priced.points)
    return PointsLeg(priced.points, priced.points_worth, entry.member_id, entry.sequence)


def _used(priced: Priced, request: CheckoutRequest, actor: KeyHolder, now: datetime) -> Iterator[Change]:
    """The coupons, each redeemed for this order."""
    for each in priced.taken_off:
        coupon = each.fitting.held.coupon
        use = Use(
            order_id=request.order_id,
            store_id=request.basket.store_id,
            at=now,
            by=actor.caller,
            off=each.off,
            sales=priced.after_coupons,
            is_checkout=True,
        )
        yield Changed(coupon, coupon.redeemed(use))
