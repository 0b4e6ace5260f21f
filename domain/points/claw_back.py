"""Use case: a till reports a refund, and what the order earned is taken back, exactly (D-21, D-26)."""

from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from domain.actor import KeyHolder
from domain.api_key.model import Scope
from domain.clock import shop_date
from domain.entitlement.model import Entitlement
from domain.errors import RuleBroken, invalid
from domain.money import Money
from domain.order.model import (
    Order,
    OrderId,
    OrderNotFound,
    Payment,
    Refund,
    RefundNumberReused,
    check_payments,
)
from domain.points.book import Book
from domain.points.earn import CLOCK_TOLERANCE
from domain.points.model import Cause, EntryKind, LotKey, Tally
from domain.points.ports import Repositories
from domain.programme.model import ClawbackPolicy
from domain.unit_of_work import (
    Change,
    Changed,
    Created,
    MovedMeanwhile,
    Plan,
    Receipt,
    Runner,
    Unchanged,
    held,
)


class PointsAlreadySpent(RuleBroken):
    code = "points-already-spent"
    title = "The points that this order earned are spent; by the programme it cannot be refunded."
    message = "该订单积分已被使用，无法退款"


class OrderCheckedOut(RuleBroken):
    code = "order-checked-out"
    title = "This order was checked out with coupons and points; reverse it instead."
    message = "该订单通过收银结算，请使用撤销接口"


class RefundRequest(Struct, frozen=True):
    """What the till sends; the payments add up to the total."""

    order_id: OrderId
    store_id: str
    number: str
    payments: tuple[Payment, ...]
    total: Money
    refunded_at: datetime
    fingerprint: str


class RefundOrder(Struct, frozen=True):
    """The refund under the order is the idempotency record."""

    runner: Runner[Repositories]

    def __call__(self, actor: KeyHolder, request: RefundRequest, *, dry_run: bool = False) -> Refund:
        """Raises OrderNotFound, RefundTooLarge, RefundNumberReused or PointsAlreadySpent."""
        actor.require_scope(Scope.ORDERS_WRITE)
        actor.require_store(request.store_id)
        check_payments(request.payments, request.total)

        def plan(repositories: Repositories, now: datetime) -> Plan[Refund]:
            before = order_of(repositories, request, now)
            if before.tender is not None:
                raise OrderCheckedOut
            way = repositories.accounts.way(before.member_id)
            programme = repositories.programmes.current()
            book = Book(way[-1], now, actor.caller, programme)
            taken = take_back(repositories, before, request, book, programme.terms.clawback)
            changes = (Created(taken.refund), Changed(before, taken.order), *book.changes(), *held(way))
            return Plan(taken.refund, (*changes, *taken.benefits))

        receipt: Receipt[Repositories, Refund] = Receipt(lambda stores: recorded(stores, request))
        return self.runner.run(actor.tenant_id, plan, receipt, dry_run=dry_run)


def order_of(repositories: Repositories, request: RefundRequest, now: datetime) -> Order:
    """The order that is to be refunded. Raises OrderNotFound or InvalidInput."""
    if request.refunded_at > now + CLOCK_TOLERANCE:
        raise invalid("refunded_at", "in-the-future", "The refund was made later than now.")
    found = repositories.orders.find(request.order_id)
    if found is None or found.bill.store_id != request.store_id:
        raise OrderNotFound
    if request.refunded_at < found.bill.paid_at:
        raise invalid("refunded_at", "too-old", "The refund was made before the order was paid.")
    return found


class TakenBack(Struct, frozen=True):
    """What a refund makes of an order; the points stand in the book."""

    order: Order
    refund: Refund
    benefits: tuple[Change, ...]


def take_back(
    repositories: Repositories, before: Order, request: RefundRequest, book: Book, policy: ClawbackPolicy
) -> TakenBack:
    """What the order earned with the money that goes back. Raises RefundTooLarge or PointsAlreadySpent."""
    order, refund = _refund(before, request, book, policy)
    granted = _granted(repositories, order)
    gone = [each for each in granted if each.after_refund(order) is not each]
    used = [each for each in granted if each.is_used_for_nothing(order)]
    refund = replace(refund, revoked=_ids(gone), used=_ids(used))
    # What was used stays used: that must still be so.
    benefits: tuple[Change, ...] = (
        *(Changed(each, each.after_refund(order)) for each in gone),
        *(Unchanged(each) for each in used),
    )
    return TakenBack(order, refund, benefits)


def _refund(
    before: Order, request: RefundRequest, book: Book, policy: ClawbackPolicy
) -> tuple[Order, Refund]:
    order = before.refund(request.payments)
    award = order.award
    due = award.points - order.worth() - order.clawed
    if policy is ClawbackPolicy.DENY and due > book.account.balance:
        raise PointsAlreadySpent
    cause = Cause(
        "order_refund",
        order_id=request.order_id,
        refund_number=request.number,
        store_id=request.store_id,
        other_member_id=before.member_id if before.member_id != book.account.member_id else None,
        occurred_at=request.refunded_at,
    )
    may_owe = policy is not ClawbackPolicy.FLOOR
    lot = LotKey(award.valid_through, held_through=award.held_through).released(shop_date(book.at))
    uncounted = order.counted_refund() - before.counted_refund()
    tally = Tally(-1 if order.is_wholly_refunded else 0, -uncounted)
    paid_on = shop_date(order.bill.paid_at)
    entry = book.take(due, cause, EntryKind.CLAW_BACK, first=lot, may_owe=may_owe, tally=tally, on=paid_on)
    refund = Refund(
        order_id=request.order_id,
        number=request.number,
        payments=request.payments,
        total=request.total,
        fingerprint=request.fingerprint,
        member_id=entry.member_id,
        points=entry.points,
        entry_sequence=entry.sequence,
        balance=entry.balance,
        refunded_at=request.refunded_at,
        recorded_at=book.at,
        recorded_by=book.entries[-1].caller,
    )
    return replace(order, clawed=order.clawed + due), refund


def _granted(repositories: Repositories, order: Order) -> list[Entitlement]:
    """What came with the order beside points."""
    if not order.award.granted:
        return []
    found = repositories.entitlements.of_entry(order.member_id, order.award.entry_sequence)
    if len(found) != len(order.award.granted):
        raise MovedMeanwhile  # They were written with the order.
    return found


def _ids(entitlements: list[Entitlement]) -> tuple[str, ...]:
    return tuple(each.entitlement_id for each in entitlements)


def recorded(repositories: Repositories, request: RefundRequest) -> Refund | None:
    """The refund as it was first recorded. Raises RefundNumberReused."""
    refund = repositories.orders.find_refund(request.order_id, request.number)
    if refund is not None and refund.fingerprint != request.fingerprint:
        raise RefundNumberReused
    return refund
