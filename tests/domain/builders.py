"""Small builders for the tests of the rules, and histories of one account."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Final

from hypothesis import settings
from hypothesis import strategies as st
from msgspec import Struct

from adapters.secrets.keyring import TenantKeyring
from domain.clock import SHOP_TIME, shop_date
from domain.money import NO_POINTS, Money, Points
from domain.points.book import Book
from domain.points.model import Account, Cause, Entry, EntryKind, LotKey, Posting, Tally

NOON: Final = datetime(2026, 3, 15, 12, tzinfo=SHOP_TIME)
TODAY: Final = NOON.date()
KEYRING: Final = TenantKeyring(bytes(range(64)))
CAUSE: Final = Cause("order")

steady = settings(derandomize=True, deadline=None, database=None, max_examples=80)
"""Always the same examples, so that a test fails for everybody or for nobody."""


def day(text: str) -> date:
    return date.fromisoformat(text)


def lot(text: str | None, source: str = "order") -> LotKey:
    return LotKey(day(text) if text else None, source)


def counts(account: Account) -> dict[LotKey, int]:
    """What lies in the lots, as plain numbers."""
    return {key: points.count for key, points in account.lots.items()}


class Step(Struct, frozen=True):
    """Something that happens to an account, `after` days of waiting."""

    what: str
    count: int
    lot: LotKey
    after: int


LOTS = [LotKey(TODAY + timedelta(days=number)) for number in (0, 1, 3, 10)] + [
    LotKey(None),
    LotKey(TODAY + timedelta(days=3), "gift"),
    LotKey(TODAY + timedelta(days=10), held_through=TODAY),
    LotKey(TODAY + timedelta(days=3), held_through=TODAY + timedelta(days=2)),
]

steps = st.builds(
    Step,
    what=st.sampled_from(["earn", "earn", "earn", "take", "owe", "take_first", "bring", "bring_debt"]),
    count=st.integers(0, 60),
    lot=st.sampled_from(LOTS),
    after=st.sampled_from([0, 0, 0, 1, 2]),
)
histories = st.lists(steps, max_size=14)


def act(book: Book, step: Step) -> Entry:
    """Carries out a step on an open book."""
    points = Points(step.count)
    match step.what:
        case "earn":
            return book.earn(points, step.lot, CAUSE, tally=Tally(1, Money(step.count * 100)))
        case "take":
            usable = max(book.account.available(shop_date(book.at)), NO_POINTS)
            return book.take(min(points, usable), CAUSE, EntryKind.REDEEM, first=None, may_owe=False)
        case "owe":
            tally = Tally(-1, Money(-step.count))
            return book.take(points, CAUSE, EntryKind.CLAW_BACK, first=None, may_owe=True, tally=tally)
        case "take_first":
            return book.take(points, CAUSE, EntryKind.CLAW_BACK, first=step.lot, may_owe=True)
        case "bring":
            return book.post([Posting(step.lot, points)], NO_POINTS, CAUSE, EntryKind.MERGE_IN)
        case _:
            return book.post([], points, CAUSE, EntryKind.MERGE_IN)


def live_through(
    history: list[Step], account: Account, at: datetime = NOON
) -> tuple[Account, list[Entry], datetime]:
    """The account after a history, every entry of it, and when it ended."""
    entries: list[Entry] = []
    for step in history:
        at += timedelta(days=step.after)
        book = Book(account, at, "till")
        act(book, step)
        book.changes()
        account, entries = book.account, entries + book.entries
    return account, entries, at


def earned(member_id: str, lots: Mapping[LotKey, int], at: datetime = NOON) -> Account:
    """An account that earned these lots, one entry each."""
    account = Account(member_id)
    for key, count in lots.items():
        book = Book(account, at, "till")
        book.earn(Points(count), key, CAUSE)
        account = book.account
    return account
