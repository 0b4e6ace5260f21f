"""Use cases for tills that pay in two steps: coupons are locked and points are taken for a bill, or released.

Points that are held have left the balance by an entry; releasing them gives them back to their lots. What is
over is released by the job, and a coupon whose lock is over can be used elsewhere at once.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from msgspec import Struct

from domain.actor import KeyHolder
from domain.api_key.model import Scope
from domain.checkout.counter import Basket, Counter, Wish
from domain.checkout.model import Hold, HoldCaptured, HoldDiffers, HoldNotFound, HoldOver, HoldState
from domain.checkout.ports import DueHold, DueHolds, Repositories
from domain.clock import Clock, end_of
from domain.coupon.model import Lock
from domain.errors import invalid
from domain.money import NO_POINTS, Points
from domain.order.model import OrderId, OrderNumberReused, OrderPlace
from domain.points.book import Book
from domain.points.give_back import give_back
from domain.points.model import Cause, Entry, EntryKind
from domain.tenant.stores import check_known
from domain.unit_of_work import (
    Absent,
    Change,
    Changed,
    Created,
    MovedMeanwhile,
    Plan,
    Runner,
    held,
)

MINUTES_MAX = 120
CALLER = "job:release_holds"


class HoldRequest(Struct, frozen=True):
    """What is to be held, and for how long."""

    order_id: OrderId
    basket: Basket
    wish: Wish
    minutes: int
    fingerprint: str


class HoldCheckout(Struct, frozen=True):
    """Nobody else can use these coupons and points until then. The order number is the idempotency record.

    Raises what completing raises for coupons and points, HoldDiffers, HoldOver until what is over was
    released, or OrderNumberReused if the order was paid.
    """

    runner: Runner[Repositories]

    def __call__(self, actor: KeyHolder, request: HoldRequest, *, dry_run: bool = False) -> Hold:
        actor.require_scope(Scope.COUPONS_WRITE)
        actor.require_store(request.basket.store_id)
        request.basket.check()
        request.wish.check()
        if not request.wish.coupon_codes and request.wish.points == NO_POINTS:
            raise invalid("coupon_codes", "required", "Name coupons or points that are to be held.")

        def plan(repositories: Repositories, now: datetime) -> Plan[Hold]:
            check_known(repositories, actor, request.basket.store_id)
            before, is_paid = repositories.holds.and_order(request.order_id)
            if before is not None and before.state is not HoldState.RELEASED:
                return Plan(_same(before, request, now))
            if is_paid:
                raise OrderNumberReused
            counter = Counter(
                repositories, actor, request.basket, request.wish.reference, now, is_condition=False
            )
            return _hold(counter, request, before, actor.caller)

        return self.runner.run(actor.tenant_id, plan, dry_run=dry_run)


def _same(before: Hold, request: HoldRequest, now: datetime) -> Hold:
    """Raises HoldDiffers, HoldOver, or OrderNumberReused once it was paid."""
    if not before.is_open:
        raise OrderNumberReused
    if before.fingerprint != request.fingerprint:
        raise HoldDiffers
    if before.until <= now:
        raise HoldOver
    return before


def _hold(counter: Counter, request: HoldRequest, before: Hold | None, caller: str) -> Plan[Hold]:
    slip, now = counter.slip(), counter.now
    chosen = counter.fitting(counter.held(request.wish.coupon_codes), slip)
    priced = counter.price(slip, chosen, request.wish.points)
    store_id = request.basket.store_id
    entry = take_points(counter.book, request.order_id, store_id, priced.points) if priced.points else None
    coupons = [each.fitting.held.coupon for each in priced.taken_off]
    # No coupon is held beyond its last day.
    ends = [end_of(coupon.valid_through) for coupon in coupons]
    hold = Hold(
        order_id=request.order_id,
        store_id=store_id,
        member_id=counter.book.account.member_id,
        coupon_codes=request.wish.coupon_codes,
        points=priced.points,
        entry_sequence=entry.sequence if entry else None,
        to_pay=priced.to_pay,
        fingerprint=request.fingerprint,
        at=now,
        until=min([now + timedelta(minutes=request.minutes), *ends]),
        by=caller,
        version=before.version + 1 if before else 1,
    )
    lock = Lock(request.order_id, store_id, now, hold.until)
    points = (*counter.book.changes(), *held(counter.who.way)) if entry else ()
    changes: tuple[Change, ...] = (
        Changed(before, hold) if before else Created(hold),
        *points,
        *(Changed(coupon, coupon.locked(lock)) for coupon in coupons),
        *counter.found.rests_on,
        Absent(OrderPlace(request.order_id)),
    )
    return Plan(hold, changes)


def take_points(book: Book, order_id: OrderId, store_id: str, points: Points) -> Entry:
    """Points pay a part of an order."""
    cause = Cause("checkout", order_id=order_id, store_id=store_id, occurred_at=book.at)
    return book.take(points, cause, EntryKind.REDEEM, first=None, may_owe=False)


def open_hold(repositories: Repositories, order_id: OrderId) -> Hold:
    """Raises HoldNotFound or HoldOver."""
    found = repositories.holds.find(order_id)
    if found is None:
        raise HoldNotFound
    if not found.is_open:
        raise HoldOver
    return found


def captured(hold: Hold | None, now: datetime) -> Iterator[Change]:
    """What was held is paid for."""
    if hold is not None:
        yield Changed(hold, hold.ended(HoldState.CAPTURED, now))


class ReleaseHold(Struct, frozen=True):
    """The guest pays otherwise, or not at all; again, nothing changes.

    Raises HoldNotFound, or HoldCaptured if the order was paid.
    """

    runner: Runner[Repositories]

    def __call__(self, actor: KeyHolder, order_id: OrderId, store_id: str) -> Hold:
        actor.require_scope(Scope.COUPONS_WRITE)
        actor.require_store(store_id)

        def plan(repositories: Repositories, now: datetime) -> Plan[Hold]:
            found = repositories.holds.find(order_id)
            if found is None or found.store_id != store_id:
                raise HoldNotFound
            if found.state is HoldState.CAPTURED:
                raise HoldCaptured
            return release(repositories, found, actor.caller, now)

        return self.runner.run(actor.tenant_id, plan)


def release(repositories: Repositories, hold: Hold, caller: str, now: datetime) -> Plan[Hold]:
    """Coupons that are still locked for it can be used again, and its points go back to their lots."""
    if not hold.is_open:
        return Plan(hold)
    after = hold.ended(HoldState.RELEASED, now)
    found = repositories.coupons.those(hold.coupon_codes) if hold.coupon_codes else {}
    if len(found) != len(hold.coupon_codes):
        raise MovedMeanwhile  # They were locked with it.
    unlocked = [(coupon, coupon.unlocked(hold.order_id)) for coupon in found.values()]
    coupons = (Changed(before, free) for before, free in unlocked if free is not before)
    return Plan(after, (Changed(hold, after), *_points_back(repositories, hold, caller, now), *coupons))


def _points_back(repositories: Repositories, hold: Hold, caller: str, now: datetime) -> tuple[Change, ...]:
    if hold.entry_sequence is None:
        return ()
    paid = repositories.entries.get(hold.member_id, hold.entry_sequence)
    if paid is None:
        raise MovedMeanwhile  # It was written with the hold.
    way = repositories.accounts.way(hold.member_id)
    book = Book(way[-1], now, caller, repositories.programmes.current())
    give_back(book, paid, hold.points, checkout_back(book, hold.order_id, hold.member_id))
    return (*book.changes(), *held(way))


def checkout_back(book: Book, order_id: OrderId, member_id: str, refund_number: str | None = None) -> Cause:
    """Why points that paid a part of an order come back."""
    return Cause(
        "checkout_refund" if refund_number else "checkout_release",
        order_id=order_id,
        refund_number=refund_number,
        other_member_id=member_id if member_id != book.account.member_id else None,
    )


class Released(Struct, frozen=True):
    """What one run of the job did. `more`: the limit was reached, the next run goes on."""

    holds: int
    failed: int
    more: bool


class ReleaseHolds(Struct, frozen=True):
    """Of all tenants what is over; one that fails is reported and skipped."""

    runner: Runner[Repositories]
    due: DueHolds
    clock: Clock
    report_failure: Callable[[DueHold, Exception], None]

    def __call__(self, limit: int) -> Released:
        released, failed = 0, 0
        for due in self.due.before(self.clock()):
            if released >= limit:
                return Released(released, failed, more=True)
            try:
                self._release(due)
                released += 1
            except Exception as problem:  # noqa: BLE001  # one broken hold must not stop all the others
                self.report_failure(due, problem)
                failed += 1
        return Released(released, failed, more=False)

    def _release(self, due: DueHold) -> None:
        def plan(repositories: Repositories, now: datetime) -> Plan[Hold | None]:
            found = repositories.holds.find(due.order_id)
            if found is None or now < found.until:
                return Plan(found)
            plan: Plan[Hold | None] = release(repositories, found, CALLER, now)  # type: ignore[assignment]
            return plan

        self.runner.run(due.tenant_id, plan)
