"""What an order is worth, and what refunds take back: exactly, to the last point (C-20, D-21, D-24)."""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidInput
from domain.money import NO_MONEY, NO_POINTS, Money, Points, total_money
from domain.order.model import (
    Award,
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
from domain.points import claw_back, earn
from domain.points.book import Book
from domain.points.claw_back import PointsAlreadySpent, RefundRequest
from domain.points.model import Account, EntryKind
from domain.points.prove import prove
from domain.tenant.model import ClawbackPolicy, Programme, Validity, ValidityKind
from tests.domain.builders import CAUSE, NOON, counts, lot, steady

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


def record(book: Book, paid: Mapping[PaymentMethod, int], programme: Programme) -> Order:
    return earn._award(bill(paid), book, programme, "key:till", NOON)


def refund(
    book: Book, order: Order, paid: Mapping[PaymentMethod, int], policy: ClawbackPolicy = ClawbackPolicy.DEBT
) -> Order:
    payments = tuple(Payment(method, Money(fen)) for method, fen in paid.items())
    total = total_money([payment.amount for payment in payments])
    request = RefundRequest(order.bill.order_id, "store", "R-1", payments, total, NOON, "refund")
    after, _ = claw_back._refund(order, request, book, policy, NOON)
    return after


def new_book() -> Book:
    return Book(Account("m_1"), NOON, "key:till")


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
    programme = Programme(points=points, per_fen=per_fen)

    order = record(new_book(), {WECHAT: fen}, programme)

    assert order.award.points == Points(earned)
    assert order.award.exact == Fraction(fen * points, per_fen)


def test_coupons_and_points_earn_nothing_and_stored_bonus_only_where_the_tenant_says() -> None:
    paid = tuple(Payment(method, Money(100)) for method in PaymentMethod)

    assert counting(paid, bonus_counts=False) == Money(600)
    assert counting(paid, bonus_counts=True) == Money(700)


methods = st.sampled_from([WECHAT, CASH, BONUS, PaymentMethod.COUPON, PaymentMethod.STORED_PRINCIPAL])
payments = st.dictionaries(methods, st.integers(1, 20_000), min_size=1, max_size=4)
programmes = st.builds(
    Programme,
    points=st.integers(0, 30),
    per_fen=st.sampled_from([1, 7, 100, 333, 1000]),
    bonus_counts=st.booleans(),
)


@given(payments, programmes, st.data())
@steady
def test_partial_refunds_take_back_exactly_what_the_rest_is_no_longer_worth(
    paid: dict[PaymentMethod, int], programme: Programme, data: st.DataObject
) -> None:
    book = new_book()
    order = record(book, paid, programme)
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
        order = refund(book, order, parts)
        left = {method: fen - parts.get(method, 0) for method, fen in left.items()}
        rest = counted - order.counted_refund().fen

        worth = floor(exact * rest / counted) if counted else 0
        assert order.clawed.count == earned - worth
        assert book.account.balance.count == worth

    assert order.clawed == order.award.points
    assert order.is_wholly_refunded
    assert (book.account.order_count, book.account.spend) == (0, NO_MONEY)
    assert counts(book.account) == {}
    assert prove(book.account, book.entries) == []


def test_three_refunds_of_a_third_take_one_point_more_only_when_it_is_due() -> None:
    book = new_book()
    order = record(book, {WECHAT: 10_000}, Programme(points=1, per_fen=1000))

    taken = []
    for fen in (3333, 3333, 3334):
        before = order.clawed.count
        order = refund(book, order, {WECHAT: fen})
        taken.append(order.clawed.count - before)

    assert taken == [4, 3, 3], "6.667 and 3.334 points are left: 6, 3 and 0"


def test_more_than_was_paid_in_one_way_cannot_be_refunded() -> None:
    order = record(new_book(), {WECHAT: 100, CASH: 50}, Programme())

    with pytest.raises(RefundTooLarge):
        order.refund((Payment(WECHAT, Money(101)),))
    with pytest.raises(RefundTooLarge):
        order.refund((Payment(BONUS, Money(1)),))
    half = order.refund((Payment(WECHAT, Money(60)),))
    with pytest.raises(RefundTooLarge):
        half.refund((Payment(WECHAT, Money(41)),))
    assert half.refund((Payment(WECHAT, Money(40)),)).refunded == {WECHAT: Money(100)}


def test_a_refund_of_nothing_after_the_whole_counts_no_order_twice() -> None:
    book = new_book()
    other = record(book, {CASH: 100}, Programme())
    order = record(book, {WECHAT: 100}, Programme())
    order = refund(book, order, {WECHAT: 100})

    with pytest.raises(RefundTooLarge):
        refund(book, order, {WECHAT: 1})

    assert book.account.order_count == 1
    assert not other.is_wholly_refunded


@pytest.mark.parametrize(
    "policy, balance, debt", [(ClawbackPolicy.DEBT, -60, 60), (ClawbackPolicy.FLOOR, 0, 0)]
)
def test_spent_points_become_debt_or_are_forgone_by_the_policy(
    policy: ClawbackPolicy, balance: int, debt: int
) -> None:
    book = new_book()
    order = record(book, {WECHAT: 10_000}, Programme())
    book.take(Points(60), CAUSE, EntryKind.REDEEM, first=None, may_owe=False)

    order = refund(book, order, {WECHAT: 10_000}, policy)

    assert (order.clawed, book.account.balance, book.account.debt) == (
        Points(100),
        Points(balance),
        Points(debt),
    )


def test_with_the_policy_deny_a_refund_needs_the_points_to_be_there() -> None:
    book = new_book()
    order = record(book, {WECHAT: 10_000}, Programme())
    book.take(Points(60), CAUSE, EntryKind.REDEEM, first=None, may_owe=False)
    before = book.account

    with pytest.raises(PointsAlreadySpent):
        refund(book, order, {WECHAT: 4001}, ClawbackPolicy.DENY)

    assert book.account is before
    assert refund(book, order, {WECHAT: 4000}, ClawbackPolicy.DENY).clawed == Points(40)


def test_an_award_of_nothing_is_worth_nothing() -> None:
    award = Award(NO_POINTS, Fraction(0), NO_MONEY, False, date(2026, 3, 31), 1, 1, NO_POINTS)

    assert award.worth(NO_MONEY) == NO_POINTS


def test_the_award_remembers_lot_programme_and_entry() -> None:
    book = new_book()
    programme = Programme(validity=Validity(ValidityKind.FIXED, 12), version=7)

    order = record(book, {WECHAT: 8800}, programme)

    award = order.award
    assert (award.valid_through, award.programme_version, award.entry_sequence) == (date(2027, 3, 15), 7, 1)
    assert (award.balance, award.counted) == (Points(88), Money(8800))
    assert counts(book.account) == {lot("2027-03-15"): 88}
    assert (book.account.order_count, book.account.spend) == (1, Money(8800))


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
