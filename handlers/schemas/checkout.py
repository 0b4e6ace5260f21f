"""Checkout: quotes, completed bills, reversals and holds."""

from marshmallow import Schema, fields

from domain.checkout.hold import MINUTES_MAX
from domain.checkout.model import HoldState
from domain.coupon.template import PER_BILL_MAX
from domain.order.model import LINES_MAX, PaymentMethod, SaleChannel
from handlers.schemas.coupons import CouponCode, CouponView
from handlers.schemas.fields import (
    Choice,
    Flag,
    Identifier,
    Instant,
    MoneyField,
    Part,
    Parts,
    PointsField,
    StrictSchema,
    WholeNumber,
)
from handlers.schemas.members import ReferenceQuery
from handlers.schemas.orders import (
    NUMBER_MAX,
    STORE_MAX,
    LineRequest,
    OrderView,
    PaymentRequest,
    RefundView,
)

POINTS_MAX = 100_000_000


class BasketRequest(StrictSchema):
    """A bill before anything is taken off; the lines add up to `total_fen`."""

    store_id = Identifier(longest=STORE_MAX, required=True)
    channel = Choice(SaleChannel, load_default=SaleChannel.COUNTER)
    member = Part(ReferenceQuery, required=True)
    lines = Parts(Part(LineRequest), most=LINES_MAX, required=True)
    total_fen = MoneyField(required=True, attribute="total")
    points = WholeNumber(least=0, most=POINTS_MAX, load_default=0)


class QuoteRequest(BasketRequest):
    """With `coupon_codes` exactly these; without, or with null, those that are best.

    With `order_number` what is held for that order counts as usable.
    """

    order_number = Identifier(longest=NUMBER_MAX, load_default=None, allow_none=True)
    coupon_codes = Parts(CouponCode(), most=PER_BILL_MAX, least=0, load_default=None, allow_none=True)


class ChosenRequest(BasketRequest):
    """A bill with a number of its own, and the coupons that are to be used."""

    order_number = Identifier(longest=NUMBER_MAX, required=True)
    coupon_codes = Parts(CouponCode(), most=PER_BILL_MAX, least=0, load_default=[])


class CompleteRequest(ChosenRequest):
    """`payments`: what is paid by money, which has to be exactly what is left to pay."""

    paid_at = Instant(required=True)
    payments = Parts(Part(PaymentRequest), most=len(PaymentMethod), least=0, required=True)
    is_held = Flag(load_default=False)


class HoldRequest(ChosenRequest):
    """For how long coupons and points are kept for this order."""

    minutes = WholeNumber(least=1, most=MINUTES_MAX, load_default=15)


class UsableView(Schema):
    """A coupon that can be used, and what it would take off by itself."""

    coupon = fields.Nested(CouponView)
    off_fen = MoneyField(least=0, attribute="off")


class UnusableView(Schema):
    """A coupon that cannot be used on this bill, and why."""

    coupon = fields.Nested(CouponView)
    reason = fields.String(attribute="reason.code")
    title = fields.String(attribute="reason.title")
    message = fields.String(attribute="reason.message")


class TakenOffView(Schema):
    """What one coupon takes off."""

    code = fields.String(attribute="fitting.held.coupon.code")
    off_fen = MoneyField(least=0, attribute="off")


class PriceView(Schema):
    """From what the lines cost to what is left to pay by money."""

    total_fen = MoneyField(least=0, attribute="gross")
    discount_fen = MoneyField(least=0, attribute="discount")
    coupons = fields.List(fields.Nested(TakenOffView), attribute="taken_off")
    after_coupons_fen = MoneyField(least=0, attribute="after_coupons")
    points = PointsField()
    points_fen = MoneyField(least=0, attribute="points_worth")
    to_pay_fen = MoneyField(least=0, attribute="to_pay")


class QuoteView(Schema):
    """`usable`: best first; `best`: the combination after which least is left to pay."""

    member_id = fields.String()
    usable = fields.List(fields.Nested(UsableView))
    unusable = fields.List(fields.Nested(UnusableView))
    best = fields.List(fields.String())
    price = fields.Nested(PriceView, attribute="priced")
    points_available = PointsField()
    points_max = PointsField()
    points_to_earn = PointsField()


class PartView(Schema):
    """A part of a bill."""

    method = Choice(PaymentMethod)
    amount_fen = MoneyField(least=0, attribute="amount")


class CouponLegView(Schema):
    """What one coupon took off."""

    code = fields.String()
    off_fen = MoneyField(least=0, attribute="off")


class CheckoutView(OrderView):
    """The order, with how it was paid."""

    total_fen = MoneyField(least=0, attribute="bill.total")
    payments = fields.List(fields.Nested(PartView), attribute="bill.payments")
    coupons = fields.List(fields.Nested(CouponLegView), attribute="tender.coupons")
    points_spent = fields.Function(
        lambda order: order.tender.points.points.count if order.tender.points else 0,
        metadata={"type": "integer"},
    )


class ReversalRequest(StrictSchema):
    """How much of the bill goes back, at the price of its lines; null: all that is left."""

    refund_number = Identifier(longest=NUMBER_MAX, required=True)
    store_id = Identifier(longest=STORE_MAX, required=True)
    refunded_at = Instant(required=True)
    amount_fen = MoneyField(load_default=None, allow_none=True, attribute="amount")


class ReversalView(RefundView):
    """What goes back, part by part: whoever pays out money pays these amounts.

    `given_back`: points that had paid; `coupons`: those that came back, though their days may be over by now.
    """

    total_fen = MoneyField(least=0, attribute="total")
    payments = fields.List(fields.Nested(PartView))
    given_back = PointsField()
    coupons = fields.List(fields.String())


class HoldPath(StrictSchema):
    """The order for which something is held."""

    order_number = Identifier(longest=NUMBER_MAX, required=True)


class StoreQuery(StrictSchema):
    """In which store."""

    store_id = Identifier(longest=STORE_MAX, required=True)


class ReleaseHoldRequest(StrictSchema):
    """Where."""

    store_id = Identifier(longest=STORE_MAX, required=True)


class HoldView(Schema):
    """What is held, until when, and what is left to pay by money."""

    order_number = fields.String(attribute="order_id.number")
    store_id = fields.String()
    member_id = fields.String()
    coupon_codes = fields.List(fields.String())
    points = PointsField()
    to_pay_fen = MoneyField(least=0, attribute="to_pay")
    state = Choice(HoldState)
    until = Instant()


class StandingView(Schema):
    """`order`: null until it is paid; `left`: what of it can go back yet; `hold`: null without any."""

    order = fields.Nested(CheckoutView, allow_none=True)
    left = fields.List(fields.Nested(PartView))
    hold = fields.Nested(HoldView, allow_none=True)
