"""Use case: a checkout goes back, whole or in part, exactly (C-92, D-21, D-26).

Each part of the bill goes back in proportion to what is left of it, so that many refunds end exactly where
one ends. First the points that were spent come back, then what was earned is taken; coupons come back with
the last fen.
"""

from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from domain.actor import KeyHolder
from domain.api_key.model import Scope
from domain.checkout.hold import checkout_back
from domain.checkout.ports import Repositories
from domain.coupon.read import held_of
from domain.errors import RuleBroken
from domain.money import NO_MONEY, NO_POINTS, Money, Points, total_money
from domain.order.model import Order, OrderId, PaymentMethod, Refund
from domain.points.book import Book
from domain.points.claw_back import RefundRequest, order_of, recorded, take_back
from domain.points.give_back import give_back
from domain.points.model import Account
from domain.unit_of_work import Change, Changed, Created, MovedMeanwhile, Plan, Receipt, Runner, Unchanged


class NotCheckedOut(RuleBroken):
    code = "order-not-checked-out"
    title = "This order was reported, not checked out with us; report a refund of it instead."
    message = "该订单未通过收银结算，请使用退款接口"


class NothingLeft(RuleBroken):
    code = "order-wholly-refunded"
    title = "The whole order went back before."
    message = "该订单已全部退款"


class ReversalRequest(Struct, frozen=True):
    """How much of the bill goes back, at the price of its lines; None: all that is left."""

    order_id: OrderId
    store_id: str
    number: str
    amount: Money | None
    refunded_at: datetime
    fingerprint: str


class ReverseCheckout(Struct, frozen=True):
    """The refund under the order is the idempotency record.

    Raises OrderNotFound, NotCheckedOut, NothingLeft, RefundTooLarge, RefundNumberReused or
    PointsAlreadySpent.
    """

    runner: Runner[Repositories]

    def __call__(self, actor: KeyHolder, request: ReversalRequest, *, dry_run: bool = False) -> Refund:
        actor.require_scope(Scope.COUPONS_WRITE)
        actor.require_scope(Scope.ORDERS_WRITE)
        actor.require_store(request.store_id)
        asked = _asked(request)

        def plan(repositories: Repositories, now: datetime) -> Plan[Refund]:
            before = order_of(repositories, asked, now)
            if before.tender is None:
                raise NotCheckedOut
            way = repositories.accounts.way(before.member_id)
            payers = _payers(repositories, before, way)
            programme = repositories.programmes.current()
            book = Book(way[-1], now, actor.caller, programme)
            is_one = payers[-1].member_id == way[-1].member_id
            payer = book if is_one else Book(payers[-1], now, actor.caller, programme)
            shared = _shared(before, request, asked)
            after, points = _points_back(repositories, before, shared, payer)
            taken = take_back(repositories, after, shared, book, programme.terms.clawback)
            coupons = tuple(_coupons_back(repositories, taken.order, actor.caller, now))
            codes = tuple(code for code, _ in coupons)
            refund = replace(taken.refund, given_back=points, coupons=codes)
            changes: tuple[Change, ...] = (Created(refund), Changed(before, taken.order))
            return Plan(
                refund,
                (
                    *changes,
                    *book.changes(),
                    *(() if is_one or points == NO_POINTS else payer.changes()),
                    *_on_the_way(way, payers),
                    *taken.benefits,
                    *(change for _, change in coupons),
                ),
            )

        receipt: Receipt[Repositories, Refund] = Receipt(lambda stores: recorded(stores, asked))
        return self.runner.run(actor.tenant_id, plan, receipt, dry_run=dry_run)


def _on_the_way(*ways: tuple[Account, ...]) -> Iterator[Unchanged]:
    """They must still lead there at the commit."""
    passed = {account.member_id: account for way in ways for account in way[:-1]}
    return (Unchanged(account) for account in passed.values())


def _asked(request: ReversalRequest) -> RefundRequest:
    """Its shares are known once the order is."""
    return RefundRequest(
        order_id=request.order_id,
        store_id=request.store_id,
        number=request.number,
        payments=(),
        total=request.amount or NO_MONEY,
        refunded_at=request.refunded_at,
        fingerprint=request.fingerprint,
    )


def _shared(order: Order, request: ReversalRequest, asked: RefundRequest) -> RefundRequest:
    """Raises NothingLeft or RefundTooLarge."""
    left = total_money([each.amount for each in order.left_by_method()])
    if left == NO_MONEY:
        raise NothingLeft
    amount = request.amount or left
    return replace(asked, payments=order.share(amount), total=amount)


def _payers(repositories: Repositories, order: Order, way: tuple[Account, ...]) -> tuple[Account, ...]:
    """The way to whose points paid; mostly it is who the order belongs to.

    Somebody else, if the bill was held before two people were merged, completed, and they were parted again.
    """
    leg = order.tender.points if order.tender else None
    if leg is None or leg.member_id == order.member_id:
        return way
    return repositories.accounts.way(leg.member_id)


def _points_back(
    repositories: Repositories, order: Order, shared: RefundRequest, book: Book
) -> tuple[Order, Points]:
    """The order with what is given back of the points that paid for it."""
    leg = order.tender.points if order.tender else None
    part = next((each.amount for each in shared.payments if each.method is PaymentMethod.POINTS), NO_MONEY)
    if order.tender is None or leg is None or part == NO_MONEY:
        return order, NO_POINTS
    refunded = order.refunded.get(PaymentMethod.POINTS, NO_MONEY) + part
    due = leg.due_back(refunded) - leg.given_back
    if due != NO_POINTS:
        paid = repositories.entries.get(leg.member_id, leg.entry_sequence)
        if paid is None:
            raise MovedMeanwhile  # It was written with the order, or before.
        cause = checkout_back(book, order.bill.order_id, order.member_id, shared.number)
        give_back(book, paid, due, cause, before=leg.given_back)
    tender = replace(order.tender, points=replace(leg, given_back=leg.given_back + due))
    return replace(order, tender=tender), due


def _coupons_back(
    repositories: Repositories, order: Order, caller: str, now: datetime
) -> Iterator[tuple[str, Changed]]:
    """With the last fen, those whose template lets them; what is over by now comes back and is over."""
    legs = order.tender.coupons if order.tender else ()
    if not legs or not order.is_wholly_refunded:
        return
    found = repositories.coupons.those([leg.code for leg in legs])
    if len(found) != len(legs):
        raise MovedMeanwhile  # They were redeemed with it.
    for each in held_of(repositories, found.values()):
        if each.form.returns_on_refund and each.coupon.can_return:
            after = each.coupon.returned(order.bill.order_id, now, caller)
            yield after.code, Changed(each.coupon, after)
