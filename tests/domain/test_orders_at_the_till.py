"""What a till may report, to the last moment and the last fen, and what it is told when it may not."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace

from domain.actor import ScopeMissing, StoreNotAllowed
from domain.errors import FieldProblem, InvalidInput
from domain.member.card import CodeNotValid, check_digit, member_code
from domain.member.find import Reference, ReferenceKind
from domain.money import Money, Points
from domain.order.model import (
    Order,
    OrderId,
    OrderNotFound,
    OrderNumberReused,
    Payment,
    PaymentMethod,
    RefundNumberReused,
)
from domain.points.claw_back import PointsAlreadySpent, RefundOrder
from domain.points.earn import DailyCapReached, EarnFromOrder
from domain.points.model import Account, Cause, EntryKind, LotKey, Tally
from domain.programme.model import ClawbackPolicy, Validity, ValidityKind
from domain.tenant.model import StoreNotFound
from domain.unit_of_work import Changed, Counted, Created, Receipt, Unchanged
from tests.domain.builders import KEYRING, NOON, TODAY, counts, earned
from tests.domain.desk import REFERENCE, TILL, Desk, back, bill
from tests.domain.memory import MemoryRunner
from tests.programmes import programme as plain

MOMENT = timedelta(microseconds=1)


def refusal_of(refused: pytest.ExceptionInfo[InvalidInput]) -> tuple[FieldProblem, str]:
    (problem,) = refused.value.fields
    return problem, refused.value.detail


def test_an_order_is_recorded_whole() -> None:
    desk = Desk()
    order = desk.earn(bill(), now=NOON + timedelta(minutes=1))

    entry = desk.entry()
    assert (order.member_id, order.recorded_at, order.recorded_by) == (
        "m_1",
        NOON + timedelta(minutes=1),
        "key:till-1",
    )
    award = order.award
    assert (award.points.count, award.exact, award.counted, award.bonus_counts) == (
        68,
        Fraction(68),
        Money(6800),
        False,
    )
    assert (award.programme_version, award.entry_sequence, award.balance.count) == (1, 1, 68)
    assert award.valid_through == next(iter(desk.account.lots)).valid_through
    assert entry.cause == Cause(
        "order", order_id=OrderId("east", "N-1"), store_id="east", programme_version=1, occurred_at=NOON
    )
    assert (entry.kind, entry.caller, entry.at) == (
        EntryKind.EARN,
        "key:till-1",
        NOON + timedelta(minutes=1),
    )
    assert desk.tally() == Tally(1, Money(6800))
    assert [type(change) for change in desk.changes].count(Counted) == 0


def test_an_order_rests_on_every_account_on_the_way_to_the_member() -> None:
    desk = Desk()
    older = Account("m_0", redirect_to="m_1")
    desk.accounts.way = lambda member_id: (older, desk.account)

    assert desk.earn(bill()).member_id == "m_1"
    assert Unchanged(older) in desk.changes

    desk.give_back(back(100))
    assert Unchanged(older) in desk.changes


@pytest.mark.parametrize("paid_at", [NOON + timedelta(minutes=5), NOON - timedelta(days=31)])
def test_an_order_may_be_five_minutes_ahead_and_a_month_late(paid_at: datetime) -> None:
    assert Desk().earn(bill(paid_at=paid_at)).bill.paid_at == paid_at


@pytest.mark.parametrize(
    "paid_at, code, words",
    [
        (NOON + timedelta(minutes=5) + MOMENT, "in-the-future", "The order was paid later than now."),
        (NOON - timedelta(days=31) - MOMENT, "too-old", "Orders older than 31 days are refused."),
    ],
)
def test_an_order_outside_of_its_time_is_refused_by_name(paid_at: datetime, code: str, words: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        Desk().earn(bill(paid_at=paid_at))

    assert refusal_of(refused) == (FieldProblem("paid_at", code), words)


def test_points_that_would_be_over_on_arrival_are_not_given() -> None:
    monthly = plain(validity=Validity(ValidityKind.ROLLING, 1))
    last = Desk(programme=monthly)
    month_end = NOON.replace(day=31)

    assert last.earn(bill(paid_at=NOON), now=month_end).award.points.count == 68
    late = Desk(programme=monthly).earn(bill(paid_at=NOON), now=NOON + timedelta(days=17))

    assert (late.award.points.count, late.award.exact, late.award.counted) == (0, Fraction(0), Money(6800))


def test_a_till_earns_for_its_stores_with_its_scope_and_an_order_that_adds_up() -> None:
    with pytest.raises(ScopeMissing, match=r"'orders.write'"):
        Desk().earn(bill(), replace(TILL, scopes=frozenset({"members.read"})))
    with pytest.raises(StoreNotAllowed, match="'west'"):
        Desk().earn(bill(store_id="west"))
    with pytest.raises(InvalidInput):
        Desk().earn(bill(lines=()))
    with pytest.raises(StoreNotFound):
        Desk().earn(bill(store_id="west"), replace(TILL, store_ids=None))


def test_stored_bonus_earns_where_the_programme_says_so() -> None:
    paid = (Payment(PaymentMethod.STORED_BONUS, Money(6800)),)

    for counts_too in (False, True):
        desk = Desk(programme=plain(bonus_counts=counts_too))
        award = desk.earn(bill(payments=paid)).award
        assert (award.points.count, award.bonus_counts) == (68 if counts_too else 0, counts_too)


def test_a_member_code_is_read_as_of_now() -> None:
    desk = Desk()
    card = "88000000042" + check_digit("88000000042")
    desk.keyring = KEYRING
    desk.identities = SimpleNamespace(holders=lambda identities: dict.fromkeys(identities, "m_1"))
    code, _ = member_code(card, KEYRING, NOON)
    by_code = Reference(ReferenceKind.MEMBER_CODE, code)

    assert EarnFromOrder(MemoryRunner(desk, NOON))(TILL, bill(), by_code).member_id == "m_1"
    with pytest.raises(CodeNotValid):
        EarnFromOrder(MemoryRunner(desk, NOON + timedelta(minutes=2)))(TILL, bill(), by_code)


def test_a_key_with_a_cap_counts_what_it_records_in_a_shop_day() -> None:
    desk = Desk()
    night = NOON.replace(hour=23, minute=59, second=58, microsecond=57).astimezone(UTC)
    desk.earn(bill(), replace(TILL, daily_cap_fen=6800), now=night)

    (counted,) = (change for change in desk.changes if isinstance(change, Counted))
    midnight = NOON.replace(hour=0) + timedelta(days=1)
    assert (counted.counter, counted.by, counted.limit, counted.ends_at) == (
        "key-value#till-1#20260315",
        6800,
        6800,
        midnight,
    )
    assert isinstance(counted.refusal, DailyCapReached)


def test_the_same_order_again_is_found_and_another_one_is_refused() -> None:
    desk = Desk()
    first = desk.earn(bill())
    found: list[Order | None] = []

    class Runner(MemoryRunner):
        def run(
            self,
            tenant_id: str,
            plan: Any,
            receipt: Receipt[Any, Any] | None = None,
            *,
            dry_run: bool = False,
        ) -> Any:
            assert receipt is not None
            found.append(receipt.find(self.memory))
            return found[-1]

    again = EarnFromOrder(Runner(desk, NOON))
    assert again(TILL, bill(), REFERENCE) is first
    with pytest.raises(OrderNumberReused):
        again(TILL, bill(fingerprint="other"), REFERENCE)
    desk.order = None
    assert again(TILL, bill(), REFERENCE) is None

    back_again = RefundOrder(Runner(desk, NOON))
    assert back_again(TILL, back()) is None
    desk.earn(bill())
    refund = desk.give_back(back(100))
    assert back_again(TILL, back(100)) is refund
    with pytest.raises(RefundNumberReused):
        back_again(TILL, back(100, fingerprint="other"))


def test_a_refund_is_recorded_whole() -> None:
    desk = Desk()
    desk.earn(bill())
    refund = desk.give_back(back(1700, refunded_at=NOON + timedelta(minutes=2)), now=NOON + timedelta(1))

    assert (refund.order_id, refund.number, refund.total, refund.fingerprint) == (
        OrderId("east", "N-1"),
        "R-1",
        Money(1700),
        "print",
    )
    assert (refund.member_id, refund.points.count, refund.entry_sequence, refund.balance.count) == (
        "m_1",
        -17,
        2,
        51,
    )
    assert (refund.refunded_at, refund.recorded_at, refund.recorded_by) == (
        NOON + timedelta(minutes=2),
        NOON + timedelta(1),
        "key:till-1",
    )
    assert refund.payments == back(1700).payments
    entry = desk.entry()
    assert entry.kind is EntryKind.CLAW_BACK
    assert entry.cause == Cause(
        "order_refund",
        order_id=OrderId("east", "N-1"),
        refund_number="R-1",
        store_id="east",
        occurred_at=NOON + timedelta(minutes=2),
    )
    assert desk.order is not None
    assert (desk.order.clawed.count, desk.tally()) == (17, Tally(1, Money(5100)))
    assert [type(change) for change in desk.changes][:2] == [Created, Changed]


def test_a_refund_after_a_merge_names_whose_order_it_was() -> None:
    desk = Desk()
    desk.earn(bill())
    desk.account = replace(desk.account, member_id="m_2")

    desk.give_back(back(100))

    assert desk.entry().cause.other_member_id == "m_1"


@pytest.mark.parametrize("at", [NOON, NOON + timedelta(minutes=5)])
def test_a_refund_may_come_with_its_order_and_five_minutes_ahead(at: datetime) -> None:
    desk = Desk()
    desk.earn(bill())

    assert desk.give_back(back(refunded_at=at)).points.count == -68
    assert desk.tally() == Tally(0, Money(0))


@pytest.mark.parametrize(
    "at, code, words",
    [
        (NOON + timedelta(minutes=5) + MOMENT, "in-the-future", "The refund was made later than now."),
        (NOON - MOMENT, "too-old", "The refund was made before the order was paid."),
    ],
)
def test_a_refund_outside_of_its_time_is_refused_by_name(at: datetime, code: str, words: str) -> None:
    desk = Desk()
    desk.earn(bill())

    with pytest.raises(InvalidInput) as refused:
        desk.give_back(back(refunded_at=at))

    assert refusal_of(refused) == (FieldProblem("refunded_at", code), words)


def test_a_refund_needs_its_order_its_store_its_scope_and_a_sum() -> None:
    desk = Desk()
    with pytest.raises(OrderNotFound):
        desk.give_back(back())
    desk.earn(bill())
    with pytest.raises(OrderNotFound):
        desk.give_back(back(store_id="west"), replace(TILL, store_ids=None))
    with pytest.raises(StoreNotAllowed, match="'west'"):
        desk.give_back(back(store_id="west"))
    with pytest.raises(ScopeMissing, match=r"'orders.write'"):
        desk.give_back(back(), replace(TILL, scopes=frozenset()))
    with pytest.raises(InvalidInput):
        desk.give_back(back(total=Money(1)))


@pytest.mark.parametrize(
    "policy, debt, clawed",
    [(ClawbackPolicy.DEBT, 18, -68), (ClawbackPolicy.FLOOR, 0, -50)],
)
def test_what_is_spent_is_owed_or_let_go(policy: ClawbackPolicy, debt: int, clawed: int) -> None:
    desk = spent(policy)

    refund = desk.give_back(back())

    assert (desk.account.debt.count, refund.points.count, counts(desk.account)) == (debt, clawed, {})


def test_where_nothing_may_be_owed_a_refund_of_spent_points_is_denied() -> None:
    with pytest.raises(PointsAlreadySpent):
        spent(ClawbackPolicy.DENY).give_back(back())

    assert spent(ClawbackPolicy.DENY).give_back(back(5000)).points == Points(-50)


def spent(policy: ClawbackPolicy) -> Desk:
    """18 of 68 points are gone."""
    desk = Desk(programme=plain(clawback=policy))
    desk.earn(bill())
    lot = next(iter(desk.account.lots))
    desk.account = earned("m_1", {LotKey(lot.valid_through): 50})
    return desk


def test_the_lot_that_the_order_filled_is_emptied_first() -> None:
    desk = Desk()
    desk.earn(bill())
    own = next(iter(desk.account.lots))
    sooner = LotKey(TODAY + timedelta(days=1))
    desk.account = earned("m_1", {sooner: 70, own: 68})

    desk.give_back(back())

    assert counts(desk.account) == {sooner: 70}
