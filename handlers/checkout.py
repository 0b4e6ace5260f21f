"""Checkout over HTTP: a bill is quoted, held, completed and reversed."""

from typing import Any, Protocol

from flask import Blueprint

from domain.actor import ScopeMissing, StoreNotAllowed, Till
from domain.checkout.complete import CheckoutRequest, CompleteCheckout, PriceChanged
from domain.checkout.counter import Basket, Wish
from domain.checkout.hold import HoldCheckout, HoldRequest, ReleaseHold
from domain.checkout.model import Hold, HoldCaptured, HoldDiffers, HoldNotFound, HoldOver, OrderIsHeld
from domain.checkout.price import PointsPayNothing
from domain.checkout.quote import Quote, QuoteCheckout
from domain.checkout.read import Checkout, ReadCheckout
from domain.checkout.reverse import NotCheckedOut, NothingLeft, ReversalRequest, ReverseCheckout
from domain.coupon.refusals import NotCombinable
from domain.errors import Conflict
from domain.member.card import CodeNotValid
from domain.member.model import MemberNotFound
from domain.money import Points
from domain.order.model import (
    Order,
    OrderId,
    OrderNotFound,
    OrderNumberReused,
    Refund,
    RefundNumberReused,
    RefundTooLarge,
)
from domain.points.adjust import NotEnoughPoints
from domain.points.claw_back import PointsAlreadySpent
from domain.points.earn import DailyCapReached
from domain.points.model import AccountFrozen
from domain.programme.deduct import TooManyPoints
from domain.tenant.model import StoreNotFound
from handlers.coupons import NOT_USABLE
from handlers.operation import Call, Operation, operation
from handlers.orders import order_id_of
from handlers.redemptions import NOT_APPLICABLE
from handlers.schemas import checkout as shapes
from handlers.schemas.dry_run import DryRunQuery

PRICING = (
    *NOT_USABLE,
    *NOT_APPLICABLE,
    NotCombinable,
    PointsPayNothing,
    TooManyPoints,
    NotEnoughPoints,
    MemberNotFound,
    CodeNotValid,
    StoreNotFound,
    StoreNotAllowed,
    ScopeMissing,
    AccountFrozen,
    Conflict,
)
QUOTE = Operation(
    "What would this bill cost?",
    actor=Till,
    takes=shapes.QuoteRequest,
    gives=shapes.QuoteView,
    refuses=PRICING,
)
COMPLETE = Operation(
    "Complete a checkout: coupons, points and money pay one bill",
    actor=Till,
    query=DryRunQuery,
    takes=shapes.CompleteRequest,
    gives=shapes.CheckoutView,
    status=201,
    natural_key="order_number",
    refuses=(
        *PRICING,
        PriceChanged,
        OrderNumberReused,
        DailyCapReached,
        OrderIsHeld,
        HoldNotFound,
        HoldDiffers,
        HoldOver,
    ),
)
READ = Operation(
    "Where a checkout stands: held, paid, gone back",
    actor=Till,
    path=shapes.HoldPath,
    query=shapes.StoreQuery,
    gives=shapes.StandingView,
    refuses=(OrderNotFound, NotCheckedOut, StoreNotAllowed, ScopeMissing, Conflict),
)
REVERSE = Operation(
    "Reverse a checkout, whole or in part",
    actor=Till,
    path=shapes.HoldPath,
    query=DryRunQuery,
    takes=shapes.ReversalRequest,
    gives=shapes.ReversalView,
    status=201,
    natural_key="refund_number",
    refuses=(
        OrderNotFound,
        NotCheckedOut,
        NothingLeft,
        RefundTooLarge,
        RefundNumberReused,
        PointsAlreadySpent,
        StoreNotAllowed,
        ScopeMissing,
        AccountFrozen,
        Conflict,
    ),
)
HOLD = Operation(
    "Hold coupons and points for a bill",
    actor=Till,
    query=DryRunQuery,
    takes=shapes.HoldRequest,
    gives=shapes.HoldView,
    status=201,
    natural_key="order_number",
    refuses=(*PRICING, HoldDiffers, HoldOver, OrderNumberReused),
)
RELEASE = Operation(
    "Release what is held for a bill",
    actor=Till,
    path=shapes.HoldPath,
    takes=shapes.ReleaseHoldRequest,
    gives=shapes.HoldView,
    status=201,
    refuses=(HoldNotFound, HoldCaptured, StoreNotAllowed, ScopeMissing, AccountFrozen, Conflict),
)


class Needs(Protocol):
    @property
    def quote_checkout(self) -> QuoteCheckout: ...

    @property
    def complete_checkout(self) -> CompleteCheckout: ...

    @property
    def read_checkout(self) -> ReadCheckout: ...

    @property
    def reverse_checkout(self) -> ReverseCheckout: ...

    @property
    def hold_checkout(self) -> HoldCheckout: ...

    @property
    def release_hold(self) -> ReleaseHold: ...


def _order_id(call: Call[Till]) -> OrderId:
    number = call.path.get("order_number") or call.body["order_number"]
    return order_id_of(call.actor, call.body["store_id"], number)


def _basket(call: Call[Till], order_id: OrderId | None) -> Basket:
    body: Any = call.body
    return Basket(order_id, body["store_id"], body["channel"], tuple(body["lines"]), body["total"])


def _wish(call: Call[Till]) -> Wish:
    body = call.body
    return Wish(body["member"]["reference"], tuple(body["coupon_codes"] or ()), Points(body["points"]))


def routes(services: Needs) -> Blueprint:
    bp = Blueprint("checkout", __name__, url_prefix="/v1/till/checkout")

    @bp.post("/quotes")
    @operation(QUOTE)
    def quote(call: Call[Till]) -> Quote:
        """Nothing is written. Coupons that can be used, best first; those that cannot, with the reason."""
        wants_best = call.body["coupon_codes"] is None
        order_id = _order_id(call) if call.body["order_number"] else None
        basket = _basket(call, order_id)
        return services.quote_checkout(call.actor, basket, _wish(call), wants_best=wants_best)

    @bp.post("/orders")
    @operation(COMPLETE)
    def complete(call: Call[Till]) -> Order:
        """Exactly once per order number, however often it is sent; all of it or nothing."""
        order_id = _order_id(call)
        request = CheckoutRequest(
            order_id=order_id,
            basket=_basket(call, order_id),
            wish=_wish(call),
            payments=tuple(call.body["payments"]),
            paid_at=call.body["paid_at"],
            fingerprint=call.fingerprint,
            is_held=call.body["is_held"],
        )
        return services.complete_checkout(call.actor, request, dry_run=call.dry_run)

    @bp.get("/orders/<order_number>")
    @operation(READ)
    def read(call: Call[Till]) -> Checkout:
        """For a till that was cut off and does not know what came of it."""
        store_id = call.query["store_id"]
        order_id = order_id_of(call.actor, store_id, call.path["order_number"])
        return services.read_checkout(call.actor, order_id, store_id)

    @bp.post("/orders/<order_number>/reversals")
    @operation(REVERSE)
    def reverse(call: Call[Till]) -> Refund:
        """Exactly once per refund number; the answer says what goes back by each way of paying."""
        body = call.body
        request = ReversalRequest(
            order_id=_order_id(call),
            store_id=body["store_id"],
            number=body["refund_number"],
            amount=body["amount"],
            refunded_at=body["refunded_at"],
            fingerprint=call.fingerprint,
        )
        return services.reverse_checkout(call.actor, request, dry_run=call.dry_run)

    @bp.post("/holds")
    @operation(HOLD)
    def hold(call: Call[Till]) -> Hold:
        """Nobody else can use them until then. The same request again gets the same answer."""
        order_id = _order_id(call)
        request = HoldRequest(
            order_id, _basket(call, order_id), _wish(call), call.body["minutes"], call.fingerprint
        )
        return services.hold_checkout(call.actor, request, dry_run=call.dry_run)

    @bp.post("/holds/<order_number>/release")
    @operation(RELEASE)
    def release(call: Call[Till]) -> Hold:
        """Coupons can be used again, points are back; again, nothing changes."""
        return services.release_hold(call.actor, _order_id(call), call.body["store_id"])

    return bp
