"""A till's desk: one account, one order at most, and what was written last."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from msgspec.structs import replace

from domain.actor import Till
from domain.keyring import Keyring
from domain.member.find import Reference, ReferenceKind
from domain.money import Money
from domain.order.model import (
    Bill,
    Line,
    Order,
    OrderId,
    Payment,
    PaymentMethod,
    Refund,
)
from domain.points.claw_back import RefundOrder, RefundRequest
from domain.points.earn import EarnFromOrder
from domain.points.model import Account, Entry, Tally
from domain.programme.model import Programme
from domain.tenant.model import Settings
from domain.unit_of_work import Change
from tests.domain.builders import NOON
from tests.domain.memory import MemoryRunner
from tests.programmes import programme as plain

TILL = Till("t", "till-1", frozenset({"orders.write"}), frozenset({"east"}))
MOMENT = timedelta(microseconds=1)
REFERENCE = Reference(ReferenceKind.MEMBER_ID, "m_1")


def bill(**changed: Any) -> Bill:
    """68 yuan at noon."""
    total = changed.pop("total", Money(6800))
    plain = Bill(
        OrderId("east", "N-1"),
        "east",
        NOON,
        (Line("latte", "coffee", 1, total),),
        (Payment(PaymentMethod.CASH, total),),
        total,
        "print",
    )
    return replace(plain, **changed)


def back(fen: int = 6800, **changed: Any) -> RefundRequest:
    total = Money(fen)
    payments = (Payment(PaymentMethod.CASH, total),)
    request = RefundRequest(OrderId("east", "N-1"), "east", "R-1", payments, total, NOON, "print")
    return replace(request, **changed)


class Desk:
    """Repositories with one account, one order at most, and what was written last."""

    def __init__(
        self,
        account: Account | None = None,
        settings: Settings | None = None,
        programme: Programme | None = None,
    ) -> None:
        self.account = account or Account("m_1")
        self.order: Order | None = None
        self.refund: Refund | None = None
        self.changes: list[Change] = []
        kept = settings or Settings()
        self.accounts = SimpleNamespace(way=lambda _: (self.account,))
        self.tenants = SimpleNamespace(settings=lambda: kept)
        in_force = programme or plain()
        self.programmes = SimpleNamespace(current=lambda: in_force)
        self.budgets = SimpleNamespace(left=lambda _: {})
        self.stores = SimpleNamespace(is_known={"east"}.__contains__)
        self.keyring: Keyring | None = None
        self.identities = SimpleNamespace()
        self.orders = SimpleNamespace(
            find=lambda order_id: self.order if order_id == OrderId("east", "N-1") else None,
            find_refund=lambda order_id, number: self.refund,
        )

    def commit(self, changes: Iterable[Change]) -> None:
        self.changes = list(changes)
        for change in self.changes:
            thing = getattr(change, "after", None) or getattr(change, "thing", None)
            match thing:
                case Account():
                    self.account = thing
                case Order():
                    self.order = thing
                case Refund():
                    self.refund = thing

    def entry(self) -> Entry:
        things = (getattr(change, "thing", None) for change in self.changes)
        (entry,) = (thing for thing in things if isinstance(thing, Entry))
        return entry

    def tally(self) -> Tally:
        """Orders and money; what was earned follows from the entries."""
        return Tally(self.account.order_count, self.account.spend)

    def earn(self, bill: Bill, till: Till = TILL, now: datetime = NOON) -> Order:
        return EarnFromOrder(MemoryRunner(self, now))(till, bill, REFERENCE)

    def give_back(self, request: RefundRequest, till: Till = TILL, now: datetime = NOON) -> Refund:
        return RefundOrder(MemoryRunner(self, now))(till, request)
