"""What an order is worth, and what refunds take back: exactly, to the last point (C-20, D-21, D-24)."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from fractions import Fraction
from math import floor
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.actor import Till
from domain.errors import InvalidInput
from domain.money import NO_MONEY, NO_POINTS, Money, Points, total_money
from domain.order.model import (
    Bill,
    Line,
    Order,
    OrderId,
    Payment,
    PaymentMethod,
    RefundTooLarge,
    check_payments,
    counting,
)
from domain.points import claw_back
from domain.points.book import Book
from domain.points.claw_back import PointsAlreadySpent, RefundRequest
from domain.points.earn import book_order
from domain.points.give import Who
from domain.points.model import Account, Entry, EntryKind
from domain.points.prove import prove
from domain.programme.model import ClawbackPolicy, Programme, Validity, ValidityKind
from domain.unit_of_work import Appended, Change, Changed
from tests.domain.builders import CAUSE, NOON, counts, lot, steady
from tests.programmes import base, rule
from tests.programmes import programme as plain

TILL = Till("t", "till", frozenset())
WECHAT, CASH, BONUS = PaymentMethod.WECHAT_PAY, PaymentMethod.CASH, PaymentMethod.STORED_BONUS


def bill(paid: Mapping[PaymentMethod, int], number: str = "N-1") -> Bill:
    total = Money(sum(paid.values()))
    return Bill(
        OrderId("store", number),
        "store",
        NOON,
        (Line("latte", "coffee", 1, total),),
        tuple(Payment(method, Money(fen)) for method, fen in paid.items()),
        total,
        "fingerprint",
    )


class Desk:
    """Books orders and refunds of one account, without a store in between."""

    def __init__(self, programme: Programme | None = None) -> None:
        self.programme = programme or plain()
        self.account = Account("m_1")
        self.entries: list[Entry] = []
        self.accounts = SimpleNamespace(way=lambda _: (self.account,))
        self.programmes = SimpleNamespace(current=lambda: self.programme)
        self.budgets = SimpleNamespace(left=lambda _: {})

    def record(self, paid: Mapping[PaymentMethod, int], number: str = "N-1") -> Order:
        book = Book(self.account, NOON, TILL.caller, self.programme)
        stores: Any = self  # Only what a booking reads.
        order, changes = book_order(stores, self.programme, Who((self.account,)), book, bill(paid, number))
        self._keep(changes)
        return order

    def refund(
        self,
        order: Order,
        paid: Mapping[PaymentMethod, int],
        policy: ClawbackPolicy = ClawbackPolicy.DEBT,
        at: datetime = NOON,
    ) -> Order:
        payments = tuple(Payment(method, Money(fen)) for method, fen in paid.items())
        total = total_money([payment.amount for payment in payments])
        request = RefundRequest(order.bill.order_id, "store", "R-1", payments, total, at, "refund")
        book = Book(self.account, at, "key:till")
        after, _ = claw_back._refund(order, request, book, policy)
        self._keep(book.changes())
        return after

    def spend(self, points: int) -> None:
        book = Book(self.account, NOON, "key:till")
        book.take(Points(points), CAUSE, EntryKind.REDEEM, first=None, may_owe=False)
        self._keep(book.changes())

    def _keep(self, changes: Iterable[Change]) -> None:
        for change in changes:
            if isinstance(change, Changed) and isinstance(change.after, Account):
                self.account = change.after
            elif isinstance(change, Appended) and isinstance(change.thing, Entry):
                self.entries.append(change.thing)


@pytest.mark.capability("C-20")
@pytest.mark.parametrize(
    "points, per_fen, fen, earned",
    [
        (1, 100, 8800, 88),
        (1, 1000, 9900, 9),
        (3, 2000, 9900, 14),
        (1, 100, 99, 0),
        (1, 100, 100, 1),
        (1, 100, 19999, 199),
        (0, 100, 8800, 0),
        (1_000_000, 1, 1, 1_000_000),
    ],
)
def test_points_are_rounded_down_once_at_the_end(points: int, per_fen: int, fen: int, earned: int) -> None:
    desk = Desk(plain(base(points, per_fen)))

    order = desk.record({WECHAT: fen})

    assert order.award.points == Points(earned)
    assert order.award.exact == Fraction(fen * points, per_fen)


def test_coupons_and_points_earn_nothing_and_stored_bonus_only_where_the_tenant_says() -> None:
    paid = tuple(Payment(method, Money(100)) for method in PaymentMethod)

    assert counting(paid, bonus_counts=False) == Money(600)
    assert counting(paid, bonus_counts=True) == Money(700)


methods = st.sampled_from([WECHAT, CASH, BONUS, PaymentMethod.COUPON, PaymentMethod.STORED_PRINCIPAL])
payments = st.dictionaries(methods, st.integers(1, 20_000), min_size=1, max_size=4)
programmes = st.builds(
    lambda points, per_fen, bonus_counts: plain(base(points, per_fen), bonus_counts=bonus_counts),
    points=st.integers(0, 30),
    per_fen=st.sampled_from([1, 7, 100, 333, 1000]),
    bonus_counts=st.booleans(),
)


@given(payments, programmes, st.data())
@steady
def test_partial_refunds_take_back_exactly_what_the_rest_is_no_longer_worth(
    paid: dict[PaymentMethod, int], programme: Programme, data: st.DataObject
) -> None:
    desk = Desk(programme)
    order = desk.record(paid)
    earned, exact, counted = order.award.points.count, order.award.exact, order.award.counted.fen
    left = dict(paid)
    while any(left.values()):
        parts = {
            method: fen if len(order.refunded) > 3 else data.draw(st.integers(0, fen))
            for method, fen in left.items()
            if fen
        }
        parts = {method: fen for method, fen in parts.items() if fen} or {
            method: fen for method, fen in left.items() if fen
        }
        order = desk.refund(order, parts)
        left = {method: fen - parts.get(method, 0) for method, fen in left.items()}
        rest = counted - order.counted_refund().fen

        worth = floor(exact * rest / counted) if counted else 0
        assert order.clawed.count == earned - worth
        assert desk.account.balance.count == worth

    assert order.clawed == order.award.points
    assert order.is_wholly_refunded
    assert (desk.account.order_count, desk.account.spend) == (0, NO_MONEY)
    assert counts(desk.account) == {}
    assert prove(desk.account, desk.entries) == []


def test_three_refunds_of_a_third_take_one_point_more_only_when_it_is_due() -> None:
    desk = Desk(plain(base(1, 1000)))
    order = desk.record({WECHAT: 10_000})

    taken = []
    for fen in (3333, 3333, 3334):
        before = order.clawed.count
        order = desk.refund(order, {WECHAT: fen})
        taken.append(order.clawed.count - before)

    assert taken == [4, 3, 3], "6.667 and 3.334 points are left: 6, 3 and 0"


def test_more_than_was_paid_in_one_way_cannot_be_refunded() -> None:
    order = Desk().record({WECHAT: 100, CASH: 50})

    with pytest.raises(RefundTooLarge):
        order.refund((Payment(WECHAT, Money(101)),))
    with pytest.raises(RefundTooLarge):
        order.refund((Payment(BONUS, Money(1)),))
    half = order.refund((Payment(WECHAT, Money(60)),))
    with pytest.raises(RefundTooLarge):
        half.refund((Payment(WECHAT, Money(41)),))
    assert half.refund((Payment(WECHAT, Money(40)),)).refunded == {WECHAT: Money(100)}


def test_a_refund_of_nothing_after_the_whole_counts_no_order_twice() -> None:
    desk = Desk()
    other = desk.record({CASH: 100}, "N-0")
    order = desk.record({WECHAT: 100})
    order = desk.refund(order, {WECHAT: 100})

    with pytest.raises(RefundTooLarge):
        desk.refund(order, {WECHAT: 1})

    assert desk.account.order_count == 1
    assert not other.is_wholly_refunded


@pytest.mark.parametrize(
    "policy, balance, debt", [(ClawbackPolicy.DEBT, -60, 60), (ClawbackPolicy.FLOOR, 0, 0)]
)
def test_spent_points_become_debt_or_are_forgone_by_the_policy(
    policy: ClawbackPolicy, balance: int, debt: int
) -> None:
    desk = Desk()
    order = desk.record({WECHAT: 10_000})
    desk.spend(60)

    order = desk.refund(order, {WECHAT: 10_000}, policy)

    assert (order.clawed, desk.account.balance, desk.account.debt) == (
        Points(100),
        Points(balance),
        Points(debt),
    )


def test_with_the_policy_deny_a_refund_needs_the_points_to_be_there() -> None:
    desk = Desk()
    order = desk.record({WECHAT: 10_000})
    desk.spend(60)
    before = desk.account

    with pytest.raises(PointsAlreadySpent):
        desk.refund(order, {WECHAT: 4001}, ClawbackPolicy.DENY)

    assert desk.account is before
    assert desk.refund(order, {WECHAT: 4000}, ClawbackPolicy.DENY).clawed == Points(40)


def test_what_goods_earned_without_any_money_goes_back_with_the_share_of_the_bill() -> None:
    latte = rule("latte", "item_bonus", {"points_each": 10, "goods": {"skus": ["latte"]}})
    desk = Desk(plain(base(), latte))
    order = desk.record({PaymentMethod.COUPON: 1000})

    half = desk.refund(order, {PaymentMethod.COUPON: 500})
    whole = desk.refund(half, {PaymentMethod.COUPON: 500})

    assert (order.award.points, order.award.counted) == (Points(10), NO_MONEY)
    assert (half.clawed, whole.clawed) == (Points(5), Points(10))
    assert desk.account.balance == NO_POINTS


def test_the_award_remembers_lot_programme_and_entry() -> None:
    desk = Desk(plain(validity=Validity(ValidityKind.FIXED, 12), version=7))

    order = desk.record({WECHAT: 8800})

    award = order.award
    assert (award.valid_through, award.programme_version, award.entry_sequence) == (date(2027, 3, 15), 7, 1)
    assert (award.balance, award.counted) == (Points(88), Money(8800))
    assert counts(desk.account) == {lot("2027-03-15"): 88}
    assert (desk.account.order_count, desk.account.spend) == (1, Money(8800))


def test_lines_and_payments_must_each_add_up_to_the_total() -> None:
    whole = bill({WECHAT: 100, CASH: 50})
    whole.check()

    for wrong, field, code in [
        (Bill(whole.order_id, "s", NOON, (), whole.payments, whole.total, ""), "lines", "sum-differs"),
        (Bill(whole.order_id, "s", NOON, whole.lines, (), whole.total, ""), "payments", "sum-differs"),
    ]:
        with pytest.raises(InvalidInput) as refused:
            wrong.check()
        assert [(each.field, each.code) for each in refused.value.fields] == [(field, code)]


def test_a_payment_method_is_named_once() -> None:
    with pytest.raises(InvalidInput) as refused:
        check_payments((Payment(WECHAT, Money(50)), Payment(WECHAT, Money(50))), Money(100))

    assert [each.code for each in refused.value.fields] == ["duplicate"]
