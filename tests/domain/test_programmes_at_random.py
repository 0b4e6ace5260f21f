"""Ten thousand programmes with an order each: exact, explained, tried before, refunded to nothing.

The gains are held against the simulation's model, which shares no code with the product. All ten thousand are
played with TONGKA_THOROUGH=1, a tenth of them otherwise.
"""

import os
import random
from collections.abc import Mapping
from datetime import datetime, timedelta
from fractions import Fraction
from types import SimpleNamespace

import pytest

from domain.actor import Till
from domain.clock import SHOP_TIME, shop_date
from domain.entitlement.model import Entitlement, EntitlementState
from domain.member.find import Reference, ReferenceKind
from domain.member.model import Member, MemberState, Profile
from domain.money import Money, Points, Rounding
from domain.order.model import Bill, Line, Order, OrderId, Payment, PaymentMethod, Refund
from domain.points.claw_back import RefundOrder, RefundRequest
from domain.points.earn import EarnFromOrder
from domain.points.explain import ExplainEntry
from domain.points.model import Account, Entry, EntryRef
from domain.points.prove import prove
from domain.points.usage import Usage
from domain.programme.event import OrderPaid
from domain.programme.model import Programme, Terms
from domain.tenant.model import Settings
from domain.unit_of_work import Appended, Change, Changed, Counted, Created
from tests.domain.memory import MemoryRunner
from tests.simulation.merchant import CATALOGUE, written
from tests.simulation.model.rules import Paid, Rule, grants, price

CASES = 10_000 if os.environ.get("TONGKA_THOROUGH") else 1_000
SLICES = 10
TILL = Till("t", "till", frozenset({"orders.write"}), frozenset({"east"}))
REFERENCE = Reference(ReferenceKind.MEMBER_ID, "m_1")
START = datetime(2026, 1, 1, tzinfo=SHOP_TIME)
ROUNDED = {
    Rounding.DOWN: lambda exact: exact // 1,
    Rounding.UP: lambda exact: -(-exact // 1),
    Rounding.HALF_UP: lambda exact: (exact + Fraction(1, 2)) // 1,
}


class Desk:
    """One person, one programme, what was written, and what is left of each budget."""

    def __init__(self, chance: random.Random, programme: Programme) -> None:
        self.now = START + timedelta(minutes=chance.randrange(365 * 24 * 60))
        self.programme = programme
        self.things: dict[object, object] = {}
        self.counts: dict[str, int] = {}
        self.left: Mapping[str, tuple[int, ...]] = {}
        born = (START - timedelta(days=chance.randrange(10_000))).date()
        self.member = Member(
            "m_1",
            chance.choice((MemberState.FAN, MemberState.MEMBER)),
            START,
            "wx",
            joined_at=chance.choice((None, START)),
            profile=Profile(birthday=chance.choice((None, born))),
        )
        used = {
            rule.rule_id: Usage(shop_date(self.now) - timedelta(days=chance.choice((0, 1))), today, ever)
            for rule in programme.rules
            if rule.limits.counts_persons
            for today, ever in [(chance.randrange(50), chance.randrange(50, 99))]
        }
        self.account = Account("m_1", order_count=chance.randrange(7), used=used)
        self.first = self.account
        self.accounts = SimpleNamespace(
            way=lambda _: (self.account,),
            get=lambda _: self.account,
            person=lambda _: ((self.account,), self.member),
        )
        self.programmes = SimpleNamespace(current=lambda: self.programme, find=lambda _: self.programme)
        self.budgets = SimpleNamespace(left=lambda _: self.left)
        self.tenants = SimpleNamespace(settings=Settings)
        self.entries = SimpleNamespace(get=lambda _, sequence: self.things.get(("entry", sequence)))
        self.orders = SimpleNamespace(find=self.things.get)
        self.entitlements = SimpleNamespace(
            of_entry=lambda *_: [each for each in self.things.values() if isinstance(each, Entitlement)]
        )

    def commit(self, changes: tuple[Change, ...]) -> None:
        for change in changes:
            match change:
                case Counted(counter, by):
                    self.counts[counter] = self.counts.get(counter, 0) + by
                case Changed(_, Account() as account):
                    self.account = account
                case Created(Order() as order) | Changed(_, Order() as order):
                    self.things[order.bill.order_id] = order
                case Created(Entitlement() as one) | Changed(_, Entitlement() as one):
                    self.things[one.ref] = one
                case Appended(Entry() as entry):
                    self.things["entry", entry.sequence] = entry


def some_rule(chance: random.Random, name: str) -> Rule:
    return chance.choice(CATALOGUE[name])


def some_programme(chance: random.Random) -> tuple[dict[str, Rule], Programme]:
    names = chance.sample(list(CATALOGUE), chance.randrange(len(CATALOGUE) + 1))
    base = Rule("spend", chance.choice((0, 1, 3, 7)), per_fen=chance.choice((1, 100, 333, 1000)))
    rules = {"base": base, **{name: some_rule(chance, name) for name in names}}
    terms = Terms(rounding=chance.choice(list(Rounding)))
    made = tuple(written(name, rules[name]).follow(None) for name in sorted(rules))
    return rules, Programme(1, terms, made)


def some_bill(chance: random.Random, now: datetime) -> Bill:
    methods = chance.sample([PaymentMethod.CASH, PaymentMethod.COUPON, PaymentMethod.STORED_BONUS], 2)
    fens = [chance.choice((1, 99, 100, 4999, 5000, 9900, 33_333)) for _ in methods]
    cups = chance.randrange(1, 3)  # What they earn fits into a whole budget.
    total = Money(sum(fens))
    return Bill(
        OrderId("east", "N-1"),
        "east",
        now - timedelta(minutes=chance.choice((0, 60, 24 * 60))),
        (Line("latte", "coffee", cups, total),),
        tuple(Payment(method, Money(fen)) for method, fen in zip(methods, fens, strict=True)),
        total,
        "print",
    )


@pytest.mark.no_cover
@pytest.mark.parametrize("part", range(SLICES))
def test_programmes_and_orders_at_random(part: int) -> None:
    chance = random.Random(f"programmes {part}")
    for _ in range(CASES // SLICES):
        rules, programme = some_programme(chance)
        desk = Desk(chance, programme)
        bill = some_bill(chance, desk.now)
        desk.left = {
            rule.rule_id: (chance.randrange(200),)
            for rule in programme.rules
            if rule.limits.budget and chance.random() < 0.5
        }

        dry = EarnFromOrder(MemoryRunner(desk, desk.now))(TILL, bill, REFERENCE, dry_run=True)
        assert desk.account is desk.first
        order = EarnFromOrder(MemoryRunner(desk, desk.now))(TILL, bill, REFERENCE)

        assert dry == order
        paid = as_paid(desk, bill, rules)
        expected, granted = price(rules, paid), grants(rules, paid)
        exact = sum(expected.values(), Fraction(0))
        assert order.award.exact == exact
        assert order.award.points.count == ROUNDED[programme.terms.rounding](exact)
        assert len(order.award.granted) == len(granted)
        check_explanation(desk, order, expected, granted)
        check_budgets(desk, rules, expected | granted)
        refund_all(chance, desk, order)


def as_paid(desk: Desk, bill: Bill, rules: Mapping[str, Rule]) -> Paid:
    counted = sum(part.amount.fen for part in bill.payments if part.method is PaymentMethod.CASH)
    day, today = shop_date(bill.paid_at), shop_date(desk.now)
    born = desk.member.profile.birthday
    return Paid(
        counted,
        bill.lines[0].quantity,
        int(f"{day:%Y%m%d}"),
        desk.first.order_count,
        is_member=desk.member.joined_at is not None,
        has_birthday=born is not None and born.month == day.month,
        used={
            name: (usage.today if usage.on == today else 0, usage.ever)
            for name, usage in desk.first.used.items()
        },
        spent={name: rules[name].budget - left[0] for name, left in desk.left.items()},
    )


def check_explanation(
    desk: Desk, order: Order, expected: Mapping[str, Fraction], granted: Mapping[str, Fraction]
) -> None:
    """Adds up to the entry, and names every rule once."""
    explain = ExplainEntry(MemoryRunner(desk, desk.now))
    told = explain(TILL, "m_1", EntryRef("m_1", order.award.entry_sequence))

    assert {gain.rule_id: gain.exact for gain in told.gains} == expected
    assert told.rounded + sum((gain.exact for gain in told.gains), Fraction(0)) == told.entry.points.count
    assert {gain.rule_id for gain in told.benefits} == set(granted)
    named = [each.rule_id for each in (*told.gains, *told.benefits)]
    named += [other.rule_id for other in told.others]
    asked = [rule.rule_id for rule in desk.programme.rules if OrderPaid in rule.settings.answers]
    assert sorted(named) == asked


def check_budgets(desk: Desk, rules: Mapping[str, Rule], expected: Mapping[str, Fraction]) -> None:
    spent = {f"budget#{name}#00": -(-gain // 1) for name, gain in expected.items() if rules[name].budget}
    assert desk.counts == spent


def refund_all(chance: random.Random, desk: Desk, order: Order) -> None:
    """In parts, in any order: nothing is left of it, and nothing is missing."""
    left = {payment.method: payment.amount.fen for payment in order.bill.payments}
    count = 0
    while any(left.values()):
        count += 1
        parts = {
            method: fen if count > 3 else chance.randrange(fen + 1) for method, fen in left.items() if fen
        }
        parts = {method: fen for method, fen in parts.items() if fen}
        if parts:
            refund(desk, order, parts, f"R-{count}")
            left = {method: fen - parts.get(method, 0) for method, fen in left.items()}
    assert desk.account.balance == Points(0)
    held = [each.state for each in desk.things.values() if isinstance(each, Entitlement)]
    assert held == [EntitlementState.REVOKED] * len(order.award.granted)
    assert (desk.account.order_count, desk.account.spend) == (desk.first.order_count, Money(0))
    entries = [entry for key, entry in desk.things.items() if isinstance(entry, Entry)]
    start = Account("m_1", order_count=0)
    findings = prove(desk.account, entries)
    assert [each.what for each in findings if "counted for tiers" not in each.what] == []
    assert start.balance == desk.account.balance


def refund(desk: Desk, order: Order, parts: Mapping[PaymentMethod, int], number: str) -> Refund:
    payments = tuple(Payment(method, Money(fen)) for method, fen in parts.items())
    total = Money(sum(parts.values()))
    request = RefundRequest(order.bill.order_id, "east", number, payments, total, desk.now, "print")
    return RefundOrder(MemoryRunner(desk, desk.now))(TILL, request)
