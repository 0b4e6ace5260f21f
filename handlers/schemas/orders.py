"""Orders and refunds, as tills send them."""

from typing import Any

from marshmallow import Schema, fields, post_load

from domain.order.model import LINES_MAX, Line, Payment, PaymentMethod
from handlers.schemas.fields import (
    Choice,
    Day,
    Identifier,
    Instant,
    MoneyField,
    Part,
    Parts,
    PointsField,
    StrictSchema,
    Text,
    WholeNumber,
)
from handlers.schemas.members import ReferenceQuery

NUMBER_MAX = 48
STORE_MAX = 32
QUANTITY_MAX = 100_000


class LineRequest(StrictSchema):
    """One line of the bill; the amount is that of the whole line."""

    sku = Text(longest=64, required=True)
    category = Text(longest=64, required=True)
    quantity = WholeNumber(least=1, most=QUANTITY_MAX, required=True)
    amount_fen = MoneyField(least=0, required=True, attribute="amount")

    @post_load
    def to_line(self, data: dict[str, Any], **_: Any) -> Line:
        return Line(**data)


class PaymentRequest(StrictSchema):
    """One part of the payment."""

    method = Choice(PaymentMethod, required=True)
    amount_fen = MoneyField(required=True, attribute="amount")

    @post_load
    def to_payment(self, data: dict[str, Any], **_: Any) -> Payment:
        return Payment(**data)


class OrderRequest(StrictSchema):
    """Lines and payments each add up to `total_fen`."""

    order_number = Identifier(longest=NUMBER_MAX, required=True)
    store_id = Identifier(longest=STORE_MAX, required=True)
    paid_at = Instant(required=True)
    member = Part(ReferenceQuery, required=True)
    lines = Parts(Part(LineRequest), most=LINES_MAX, required=True)
    payments = Parts(Part(PaymentRequest), most=len(PaymentMethod), required=True)
    total_fen = MoneyField(required=True, attribute="total")


class RefundRequest(StrictSchema):
    """Which part of what was paid goes back, by method."""

    refund_number = Identifier(longest=NUMBER_MAX, required=True)
    store_id = Identifier(longest=STORE_MAX, required=True)
    refunded_at = Instant(required=True)
    payments = Parts(Part(PaymentRequest), most=len(PaymentMethod), required=True)
    total_fen = MoneyField(required=True, attribute="total")


class OrderPath(StrictSchema):
    """An order in the address; its number is unique in its store, or where the key says."""

    order_number = Identifier(longest=NUMBER_MAX, required=True)


class GrantedView(Schema):
    """A benefit that came with the order, to be used once."""

    entitlement_id = fields.String()
    benefit_id = fields.String()
    name = fields.String()
    valid_through = Day()


class OrderView(Schema):
    """What the order earned, and to which tier it led. The same order again gets the same answer."""

    order_number = fields.String(attribute="bill.order_id.number")
    store_id = fields.String(attribute="bill.store_id")
    member_id = fields.String()
    points = PointsField(attribute="award.points")
    balance = PointsField(attribute="award.balance")
    valid_through = Day(attribute="award.valid_through", allow_none=True)
    usable_from = Day(attribute="award.usable_from", allow_none=True)
    entry_sequence = fields.Integer(attribute="award.entry_sequence")
    programme_version = fields.Integer(attribute="award.programme_version")
    tier_reached = fields.String(attribute="award.tier_reached", allow_none=True)
    entitlements = fields.List(fields.Nested(GrantedView), attribute="award.granted")
    recorded_at = Instant()


class RefundView(Schema):
    """What the refund took back; `revoked`: entitlements that went with it.

    `used`: those that the order is no longer worth, but that were used; they stay used.
    """

    order_number = fields.String(attribute="order_id.number")
    refund_number = fields.String(attribute="number")
    member_id = fields.String()
    points = PointsField()
    balance = PointsField()
    entry_sequence = fields.Integer()
    revoked = fields.List(fields.String())
    used = fields.List(fields.String())
    recorded_at = Instant()
