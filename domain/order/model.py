"""An order, its refunds, and which part of the money counts for points."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from fractions import Fraction

from msgspec import Struct, field
from msgspec.structs import replace

from domain.errors import Conflict, NotFound, RuleBroken, invalid
from domain.money import NO_MONEY, NO_POINTS, Money, Points, Rounding, apportion, total_money

LINES_MAX = 200


class OrderNotFound(NotFound):
    code = "order-not-found"
    title = "There is no order with this number in this store."
    message = "未找到该订单"


class OrderNumberReused(RuleBroken):
    code = "order-number-reused"
    title = "This order number was sent before with other contents."
    message = "订单号已被使用且内容不一致"


class RefundNumberReused(RuleBroken):
    code = "refund-number-reused"
    title = "This refund number was sent before with other contents."
    message = "退款单号已被使用且内容不一致"


class RefundTooLarge(Conflict):
    code = "refund-too-large"
    title = "More would be refunded than was paid in this way."
    message = "退款金额超过可退金额"


class PaymentMethod(StrEnum):
    """How a part of the bill was paid."""

    CASH = "cash"
    BANK_CARD = "bank_card"
    WECHAT_PAY = "wechat_pay"
    ALIPAY = "alipay"
    STORED_PRINCIPAL = "stored_principal"
    STORED_BONUS = "stored_bonus"
    DISCOUNT = "discount"
    """The price of the tier, or of the first order."""
    COUPON = "coupon"
    POINTS = "points"
    OTHER = "other"


class SaleChannel(StrEnum):
    """How an order came in."""

    COUNTER = "counter"
    SELF_ORDER = "self_order"
    """At the table, by the guest's own phone."""
    TAKEAWAY = "takeaway"
    ONLINE = "online"


NEVER_COUNT = frozenset({PaymentMethod.DISCOUNT, PaymentMethod.COUPON, PaymentMethod.POINTS})
"""What the member did not really pay earns nothing (decision D-23)."""


class Line(Struct, frozen=True):
    """One line of the bill; the amount is that of the whole line."""

    sku: str
    category: str
    quantity: int
    amount: Money


class Payment(Struct, frozen=True):
    """One part of the payment."""

    method: PaymentMethod
    amount: Money


class OrderId(Struct, frozen=True, order=True):
    """A number is unique within its source: the store, unless the till's key says otherwise."""

    source: str
    number: str


class OrderPlace(Struct, frozen=True):
    """Where an order of that number lies, if there is one."""

    order_id: OrderId


class Bill(Struct, frozen=True):
    """What the till sends. The lines and the payments each add up to the total."""

    order_id: OrderId
    store_id: str
    paid_at: datetime
    lines: tuple[Line, ...]
    payments: tuple[Payment, ...]
    total: Money
    fingerprint: str

    def check(self) -> None:
        """Raises InvalidInput."""
        if total_money(tuple(line.amount for line in self.lines)) != self.total:
            raise invalid("lines", "sum-differs", "The lines do not add up to total_fen.")
        check_payments(self.payments, self.total)


def check_payments(payments: tuple[Payment, ...], total: Money) -> None:
    """Raises InvalidInput unless the payments add up and name each method once."""
    if total_money(tuple(payment.amount for payment in payments)) != total:
        raise invalid("payments", "sum-differs", "The payments do not add up to total_fen.")
    if len({payment.method for payment in payments}) != len(payments):
        raise invalid("payments", "duplicate", "Name each payment method once.")


def counting(payments: tuple[Payment, ...], bonus_counts: bool) -> Money:
    """The money among the payments that earns points."""
    left_out = NEVER_COUNT if bonus_counts else NEVER_COUNT | {PaymentMethod.STORED_BONUS}
    return total_money(tuple(payment.amount for payment in payments if payment.method not in left_out))


class Granted(Struct, frozen=True):
    """A benefit that came with an order."""

    entitlement_id: str
    benefit_id: str
    name: str
    valid_through: date


class Award(Struct, frozen=True):
    """What an order earned, and what is needed to take it back exactly."""

    points: Points
    exact: Fraction
    """Before rounding down, so that what is left after a refund is worth what it would have earned."""
    counted: Money
    """The money that earned it."""
    bonus_counts: bool
    valid_through: date | None
    programme_version: int
    entry_sequence: int
    balance: Points
    rounding: Rounding = Rounding.DOWN
    granted: tuple[Granted, ...] = ()
    held_through: date | None = None
    """The last business day on which the points could not be used yet."""
    tier_reached: str | None = None
    """If the order raised the tier: to which one."""

    @property
    def usable_from(self) -> date | None:
        """None: at once."""
        return self.held_through + timedelta(days=1) if self.held_through else None


class CouponLeg(Struct, frozen=True):
    """What one coupon took off."""

    code: str
    off: Money


class PointsLeg(Struct, frozen=True):
    """What points paid, and which entry took them."""

    points: Points
    worth: Money
    member_id: str
    entry_sequence: int
    given_back: Points = NO_POINTS
    """By refunds so far."""

    def due_back(self, worth_refunded: Money) -> Points:
        """Points that have to be given back in all, once so much of the money was refunded (D-21)."""
        return Points(self.points.count * worth_refunded.fen // self.worth.fen)


class Tender(Struct, frozen=True):
    """How a checkout paid what was not paid by money."""

    coupons: tuple[CouponLeg, ...] = ()
    points: PointsLeg | None = None


class Order(Struct, frozen=True):
    """The order document: written once, then only its refunds move. It is its own idempotency record."""

    bill: Bill
    member_id: str
    award: Award
    recorded_at: datetime
    recorded_by: str
    refunded: Mapping[PaymentMethod, Money] = field(default_factory=dict)
    clawed: Points = NO_POINTS
    """What refunds have taken back so far, as decided, whether or not it was still there."""
    tender: Tender | None = None
    """None: the order was reported, and not checked out with us."""
    version: int = 1

    @property
    def is_wholly_refunded(self) -> bool:
        return total_money(list(self.refunded.values())) == self.bill.total

    def refund(self, payments: tuple[Payment, ...]) -> "Order":
        """The order with so much more refunded; points are settled by the caller. Raises RefundTooLarge."""
        paid = {payment.method: payment.amount for payment in self.bill.payments}
        refunded = dict(self.refunded)
        for payment in payments:
            refunded[payment.method] = refunded.get(payment.method, NO_MONEY) + payment.amount
            if refunded[payment.method] > paid.get(payment.method, NO_MONEY):
                raise RefundTooLarge(f"More than was paid by {payment.method.value} would be refunded.")
        return replace(self, refunded=refunded, version=self.version + 1)

    def left_by_method(self) -> tuple[Payment, ...]:
        """What was paid and not refunded yet."""
        return tuple(
            Payment(each.method, each.amount - self.refunded.get(each.method, NO_MONEY))
            for each in self.bill.payments
        )

    def share(self, amount: Money) -> tuple[Payment, ...]:
        """So much of the order by method, in proportion to what is left of each. Raises RefundTooLarge."""
        left = self.left_by_method()
        if amount > total_money([each.amount for each in left]):
            raise RefundTooLarge
        parts = apportion(amount.fen, [each.amount.fen for each in left])
        return tuple(
            Payment(each.method, Money(part)) for each, part in zip(left, parts, strict=True) if part
        )

    def worth(self) -> Points:
        """The points that the order is still worth: in proportion to the money that counts and was kept.

        Where no money counts, but goods or the order itself earned something, all of the money does.
        """
        award = self.award
        whole, back = award.counted, self.counted_refund()
        if not whole:
            whole, back = self.bill.total, total_money(list(self.refunded.values()))
        return Points(award.rounding.of(award.exact * (whole - back).fen / whole.fen))

    def counted_refund(self) -> Money:
        """How much of the money that earned points was refunded so far."""
        parts = tuple(Payment(method, amount) for method, amount in self.refunded.items())
        return counting(parts, self.award.bonus_counts)


class Refund(Struct, frozen=True):
    """One refund of an order; like the order, its own idempotency record."""

    order_id: OrderId
    number: str
    payments: tuple[Payment, ...]
    total: Money
    fingerprint: str
    member_id: str
    points: Points
    """Zero or negative: what the member lost."""
    entry_sequence: int
    balance: Points
    refunded_at: datetime
    recorded_at: datetime
    recorded_by: str
    revoked: tuple[str, ...] = ()
    """Entitlements that went with it, because they were not used yet."""
    used: tuple[str, ...] = ()
    """Entitlements that the order is no longer worth, but that were used."""
    given_back: Points = NO_POINTS
    """Points that had paid a part of what was refunded."""
    coupons: tuple[str, ...] = ()
    """Coupons that came back with it."""
