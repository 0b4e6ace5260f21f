"""Orders and refunds over HTTP, from tills."""

from typing import Any, Protocol

from flask import Blueprint

from domain.actor import KeyHolder, ScopeMissing, StoreNotAllowed, Till
from domain.errors import Conflict
from domain.member.card import CodeNotValid
from domain.member.model import MemberNotFound
from domain.order.model import (
    Bill,
    Order,
    OrderId,
    OrderNotFound,
    OrderNumberReused,
    Refund,
    RefundNumberReused,
    RefundTooLarge,
)
from domain.points import claw_back
from domain.points.claw_back import OrderCheckedOut, PointsAlreadySpent, RefundOrder
from domain.points.earn import DailyCapReached, EarnFromOrder
from domain.points.model import AccountFrozen
from domain.tenant.model import StoreNotFound
from handlers.operation import Call, Operation, operation
from handlers.schemas.dry_run import DryRunQuery
from handlers.schemas.orders import OrderPath, OrderRequest, OrderView, RefundRequest, RefundView

RECORD = Operation(
    "Report a paid order; the member earns points",
    actor=Till,
    query=DryRunQuery,
    takes=OrderRequest,
    gives=OrderView,
    status=201,
    natural_key="order_number",
    refuses=(
        MemberNotFound,
        CodeNotValid,
        StoreNotFound,
        StoreNotAllowed,
        ScopeMissing,
        OrderNumberReused,
        DailyCapReached,
        AccountFrozen,
        Conflict,
    ),
)
REFUND = Operation(
    "Report a refund; what the order earned is taken back",
    actor=Till,
    path=OrderPath,
    query=DryRunQuery,
    takes=RefundRequest,
    gives=RefundView,
    status=201,
    natural_key="refund_number",
    refuses=(
        OrderNotFound,
        StoreNotAllowed,
        ScopeMissing,
        RefundNumberReused,
        RefundTooLarge,
        OrderCheckedOut,
        PointsAlreadySpent,
        AccountFrozen,
        Conflict,
    ),
)


class Needs(Protocol):
    @property
    def earn_from_order(self) -> EarnFromOrder: ...

    @property
    def refund_order(self) -> RefundOrder: ...


def order_id_of(actor: KeyHolder, store_id: str, number: str) -> OrderId:
    """A number is unique in its store, or where the key says."""
    return OrderId(actor.order_source or store_id, number)


def _bill(call: Call[Till]) -> Bill:
    body: Any = call.body
    return Bill(
        order_id=order_id_of(call.actor, body["store_id"], body["order_number"]),
        store_id=body["store_id"],
        paid_at=body["paid_at"],
        lines=tuple(body["lines"]),
        payments=tuple(body["payments"]),
        total=body["total"],
        fingerprint=call.fingerprint,
    )


def routes(services: Needs) -> Blueprint:
    bp = Blueprint("till_orders", __name__, url_prefix="/v1/till/orders")

    @bp.post("")
    @operation(RECORD)
    def record(call: Call[Till]) -> Order:
        """Exactly once per order number, however often it is sent."""
        reference = call.body["member"]["reference"]
        return services.earn_from_order(call.actor, _bill(call), reference, dry_run=call.dry_run)

    @bp.post("/<order_number>/refunds")
    @operation(REFUND)
    def refund(call: Call[Till]) -> Refund:
        """Exactly once per refund number, however often it is sent."""
        body = call.body
        request = claw_back.RefundRequest(
            order_id=order_id_of(call.actor, body["store_id"], call.path["order_number"]),
            store_id=body["store_id"],
            number=body["refund_number"],
            payments=tuple(body["payments"]),
            total=body["total"],
            refunded_at=body["refunded_at"],
            fingerprint=call.fingerprint,
        )
        return services.refund_order(call.actor, request, dry_run=call.dry_run)

    return bp
