"""Orders and refunds. A long list of lines is an item of its own, so that the order stays below 1 KB."""

import json
from datetime import date
from fractions import Fraction
from typing import Any

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute

from adapters.dynamodb.item import Item, Mapping, Tenancy, day, day_number, instant, ms
from adapters.dynamodb.keys import tenant_and_thing
from adapters.dynamodb.outcome import RawItem
from adapters.dynamodb.table import Table
from domain.clock import epoch_seconds, from_epoch
from domain.money import Money, Points, Rounding
from domain.order.model import (
    Award,
    Bill,
    CouponLeg,
    Granted,
    Line,
    Order,
    OrderId,
    OrderPlace,
    Payment,
    PaymentMethod,
    PointsLeg,
    Refund,
    Tender,
)

LINES_BESIDE_BYTES = 350
"""Longer lines leave the order's item."""


class OrderItem(Item, discriminator="order"):
    """m member, w store, t paid at, l lines, y payments, a total, f fingerprint, p points, x exact points,
    c counted fen, g bonus counts, u last day, e programme, q entry, b balance, o recorded at, k by,
    i refunded, j clawed, v version, h rounding if not down, z lines stand beside,
    n benefits [[id, name, last day]], r held through, s tier reached, d what a checkout paid beside money:
    [coupons [[code, fen]], points or null [points, fen, member, entry, given back]]."""

    member_id = UnicodeAttribute(attr_name="m")
    store_id = UnicodeAttribute(attr_name="w")
    paid_at = NumberAttribute(attr_name="t")
    lines = UnicodeAttribute(attr_name="l", null=True)
    payments = UnicodeAttribute(attr_name="y")
    total_fen = NumberAttribute(attr_name="a")
    fingerprint = UnicodeAttribute(attr_name="f")
    points = NumberAttribute(attr_name="p")
    exact_points = UnicodeAttribute(attr_name="x")
    counted_fen = NumberAttribute(attr_name="c")
    bonus_counts = BooleanAttribute(attr_name="g")
    valid_through = NumberAttribute(attr_name="u")
    programme_version = NumberAttribute(attr_name="e")
    entry_sequence = NumberAttribute(attr_name="q")
    balance = NumberAttribute(attr_name="b")
    recorded_at = NumberAttribute(attr_name="o")
    recorded_by = UnicodeAttribute(attr_name="k")
    refunded = UnicodeAttribute(attr_name="i")
    clawed = NumberAttribute(attr_name="j")
    version = NumberAttribute(attr_name="v")
    rounding = UnicodeAttribute(attr_name="h", null=True)
    lines_beside = BooleanAttribute(attr_name="z", null=True)
    granted = UnicodeAttribute(attr_name="n", null=True)
    tender = UnicodeAttribute(attr_name="d", null=True)
    held_through = NumberAttribute(attr_name="r", null=True)
    tier_reached = UnicodeAttribute(attr_name="s", null=True)


class LinesItem(Item, discriminator="order-lines"):
    """The lines of a long bill."""

    lines = UnicodeAttribute(attr_name="l")


class RefundItem(Item, discriminator="refund"):
    """One refund of an order; names as in `OrderItem`, n entitlements that went with it, x that were used."""

    member_id = UnicodeAttribute(attr_name="m")
    payments = UnicodeAttribute(attr_name="y")
    total_fen = NumberAttribute(attr_name="a")
    fingerprint = UnicodeAttribute(attr_name="f")
    points = NumberAttribute(attr_name="p")
    entry_sequence = NumberAttribute(attr_name="q")
    balance = NumberAttribute(attr_name="b")
    refunded_at = NumberAttribute(attr_name="t")
    recorded_at = NumberAttribute(attr_name="o")
    recorded_by = UnicodeAttribute(attr_name="k")
    revoked = UnicodeAttribute(attr_name="n", null=True)
    used = UnicodeAttribute(attr_name="x", null=True)
    given_back = NumberAttribute(null=True)
    coupons = UnicodeAttribute(null=True)


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _lines_text(lines: tuple[Line, ...]) -> str:
    return _text([[line.sku, line.category, line.quantity, line.amount.fen] for line in lines])


def _payments_text(payments: tuple[Payment, ...]) -> str:
    return _text([[payment.method.value, payment.amount.fen] for payment in payments])


def _payments(text: str) -> tuple[Payment, ...]:
    return tuple(Payment(PaymentMethod(method), Money(fen)) for method, fen in json.loads(text))


def _order_items(order: Order, tenancy: Tenancy) -> tuple[Item, ...]:
    bill, award, order_id = order.bill, order.award, order.bill.order_id
    pk, sk = tenancy.keys.order(order_id.source, order_id.number)
    lines = _lines_text(bill.lines)
    is_long = len(lines.encode()) > LINES_BESIDE_BYTES
    item = OrderItem(
        pk=pk,
        sk=sk,
        member_id=order.member_id,
        store_id=bill.store_id,
        paid_at=epoch_seconds(bill.paid_at),
        lines=None if is_long else lines,
        payments=_payments_text(bill.payments),
        total_fen=bill.total.fen,
        fingerprint=bill.fingerprint,
        points=award.points.count,
        exact_points=str(award.exact),
        counted_fen=award.counted.fen,
        bonus_counts=award.bonus_counts,
        valid_through=day_number(award.valid_through),
        programme_version=award.programme_version,
        entry_sequence=award.entry_sequence,
        balance=award.balance.count,
        recorded_at=ms(order.recorded_at),
        recorded_by=order.recorded_by,
        refunded=_text({method.value: amount.fen for method, amount in order.refunded.items()}),
        clawed=order.clawed.count,
        version=order.version,
        rounding=award.rounding.value if award.rounding is not Rounding.DOWN else None,
        lines_beside=True if is_long else None,
        held_through=day_number(award.held_through) if award.held_through else None,
        tier_reached=award.tier_reached,
        granted=_text([_granted_parts(each) for each in award.granted]) if award.granted else None,
        tender=_text(_tender_parts(order.tender)) if order.tender else None,
    )
    if not is_long:
        return (item,)
    pk, sk = tenancy.keys.order_lines(order_id.source, order_id.number)
    return item, LinesItem(pk=pk, sk=sk, lines=lines)


def _tender_parts(tender: Tender) -> list[object]:
    leg = tender.points
    points = None
    if leg is not None:
        points = [leg.points.count, leg.worth.fen, leg.member_id, leg.entry_sequence, leg.given_back.count]
    return [[[coupon.code, coupon.off.fen] for coupon in tender.coupons], points]


def _to_tender(text: str | None) -> Tender | None:
    if text is None:
        return None
    coupons, points = json.loads(text)
    legs = tuple(CouponLeg(code, Money(fen)) for code, fen in coupons)
    if points is None:
        return Tender(legs)
    count, fen, member_id, sequence, back = points
    return Tender(legs, PointsLeg(Points(count), Money(fen), member_id, sequence, Points(back)))


def _granted_parts(granted: Granted) -> list[object]:
    return [granted.benefit_id, granted.name, granted.valid_through.isoformat()]


def _to_granted(item: OrderItem) -> tuple[Granted, ...]:
    """They are numbered after the entry that granted them."""
    entry = f"{item.member_id}:{int(item.entry_sequence)}"
    return tuple(
        Granted(f"{entry}:{number}", benefit_id, name, date.fromisoformat(last_day))
        for number, (benefit_id, name, last_day) in enumerate(json.loads(item.granted or "[]"), 1)
    )


def order_id_of(pk: str) -> OrderId:
    source, _, number = tenant_and_thing(pk)[1].partition("#")
    return OrderId(source, number)


def to_order(raw: RawItem, lines_beside: str = "[]") -> Order:
    """A long list of lines lies beside and is handed in by whoever needs it."""
    item = OrderItem.from_raw_data(raw)
    refunded = json.loads(item.refunded)
    return Order(
        _to_bill(item, item.lines or lines_beside),
        item.member_id,
        _to_award(item),
        recorded_at=instant(item.recorded_at),
        recorded_by=item.recorded_by,
        refunded={PaymentMethod(method): Money(fen) for method, fen in refunded.items()},
        clawed=Points(int(item.clawed)),
        tender=_to_tender(item.tender),
        version=int(item.version),
    )


def _to_bill(item: OrderItem, lines: str) -> Bill:
    return Bill(
        order_id=order_id_of(item.pk),
        store_id=item.store_id,
        paid_at=from_epoch(int(item.paid_at)),
        lines=tuple(
            Line(sku, category, quantity, Money(fen)) for sku, category, quantity, fen in json.loads(lines)
        ),
        payments=_payments(item.payments),
        total=Money(int(item.total_fen)),
        fingerprint=item.fingerprint,
    )


def _to_award(item: OrderItem) -> Award:
    return Award(
        points=Points(int(item.points)),
        exact=Fraction(item.exact_points),
        counted=Money(int(item.counted_fen)),
        bonus_counts=item.bonus_counts,
        valid_through=day(item.valid_through),
        programme_version=int(item.programme_version),
        entry_sequence=int(item.entry_sequence),
        balance=Points(int(item.balance)),
        rounding=Rounding(item.rounding or Rounding.DOWN),
        granted=_to_granted(item),
        held_through=day(item.held_through) if item.held_through else None,
        tier_reached=item.tier_reached,
    )


def _refund_items(refund: Refund, tenancy: Tenancy) -> tuple[Item, ...]:
    pk, sk = tenancy.keys.refund(refund.order_id.source, refund.order_id.number, refund.number)
    item = RefundItem(
        pk=pk,
        sk=sk,
        member_id=refund.member_id,
        payments=_payments_text(refund.payments),
        total_fen=refund.total.fen,
        fingerprint=refund.fingerprint,
        points=refund.points.count,
        entry_sequence=refund.entry_sequence,
        balance=refund.balance.count,
        refunded_at=epoch_seconds(refund.refunded_at),
        recorded_at=ms(refund.recorded_at),
        recorded_by=refund.recorded_by,
        revoked=_text(list(refund.revoked)) if refund.revoked else None,
        used=_text(list(refund.used)) if refund.used else None,
        given_back=refund.given_back.count or None,
        coupons=_text(list(refund.coupons)) if refund.coupons else None,
    )
    return (item,)


def to_refund(raw: RawItem) -> Refund:
    item = RefundItem.from_raw_data(raw)
    return Refund(
        order_id=order_id_of(item.pk),
        number=item.sk.removeprefix("R#"),
        payments=_payments(item.payments),
        total=Money(int(item.total_fen)),
        fingerprint=item.fingerprint,
        member_id=item.member_id,
        points=Points(int(item.points)),
        entry_sequence=int(item.entry_sequence),
        balance=Points(int(item.balance)),
        refunded_at=from_epoch(int(item.refunded_at)),
        recorded_at=instant(item.recorded_at),
        recorded_by=item.recorded_by,
        revoked=tuple(json.loads(item.revoked or "[]")),
        used=tuple(json.loads(item.used or "[]")),
        given_back=Points(int(item.given_back or 0)),
        coupons=tuple(json.loads(item.coupons or "[]")),
    )


def _order_place(place: OrderPlace, tenancy: Tenancy) -> tuple[Item, ...]:
    pk, sk = tenancy.keys.order(place.order_id.source, place.order_id.number)
    return (OrderItem(pk=pk, sk=sk),)


MAPPINGS: dict[type, Mapping[Any]] = {
    Order: Mapping(_order_items, lambda order: OrderItem.version == order.version),
    OrderPlace: Mapping(_order_place, lambda _: OrderItem.pk.exists()),
    Refund: Mapping(_refund_items, lambda refund: RefundItem.fingerprint == refund.fingerprint),
}


class DynamoOrders:
    """Implements `domain.order.ports.Orders`."""

    def __init__(self, table: Table, tenancy: Tenancy) -> None:
        self._table, self._tenancy = table, tenancy

    def find(self, order_id: OrderId) -> Order | None:
        raw = self._table.get(self._tenancy.keys.order(order_id.source, order_id.number))
        if raw is None:
            return None
        return to_order(raw, self._lines_beside(order_id) if "z" in raw else "[]")

    def find_refund(self, order_id: OrderId, number: str) -> Refund | None:
        raw = self._table.get(self._tenancy.keys.refund(order_id.source, order_id.number, number))
        return to_refund(raw) if raw else None

    def _lines_beside(self, order_id: OrderId) -> str:
        raw = self._table.get(self._tenancy.keys.order_lines(order_id.source, order_id.number))
        return LinesItem.from_raw_data(raw).lines if raw else "[]"
