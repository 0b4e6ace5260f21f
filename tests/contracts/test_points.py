"""Accounts, entries and the queue of what is due, under eight hands at once (C-29, C-38)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest

from adapters.dynamodb.points import DynamoDueAccounts
from domain.clock import shop_date
from domain.errors import Conflict, Unavailable
from domain.money import Points
from domain.points.book import Book
from domain.points.model import Account, Cause, Entry, EntryKind, LotKey
from domain.points.ports import Due
from domain.points.prove import prove
from domain.unit_of_work import Created, Plan
from tests.contracts.things import Place

THREADS, EACH = 8, 12


def earn(place: Place, count: int, lot: LotKey, member_id: str = "m_1") -> int:
    """The balance afterwards; a conflict is tried again, as a client would.

    On a busy machine an answer may get lost. No two orders of a member earn the same, so it can be looked up.
    """

    def plan(stores: Any, now: Any) -> Plan[int]:
        book = Book(stores.accounts.get(member_id), now, "test")
        entry = book.earn(Points(count), lot, Cause("order"))
        return Plan(entry.balance.count, book.changes())

    while True:
        try:
            return place.services.runner.run(place.tenant_id, plan)
        except Conflict:
            continue
        except Unavailable:
            for entry in entries(place, member_id):
                if entry.points.count == count:
                    return entry.balance.count


def entries(place: Place, member_id: str = "m_1") -> list[Entry]:
    found: list[Entry] = place.read(lambda stores: list(stores.entries.all(member_id)))
    return found


@pytest.fixture
def account_place(place: Place) -> Place:
    place.write(Created(Account("m_1")))
    return place


@pytest.mark.capability("C-29")
def test_a_balance_read_straight_after_the_award_includes_it(account_place: Place) -> None:
    for count in (5, 7, 11):
        said = earn(account_place, count, LotKey(None))
        assert account_place.read(lambda stores: stores.accounts.get("m_1")).balance.count == said

    assert said == 23


@pytest.mark.capability("C-38")
def test_eight_hands_on_one_account_lose_nothing_and_leave_no_gap(account_place: Place) -> None:
    lots = [LotKey(None), LotKey(date(2099, 1, 31)), LotKey(date(2099, 2, 28), "gift")]
    with ThreadPoolExecutor(THREADS) as pool:
        balances = list(pool.map(lambda n: earn(account_place, n, lots[n % 3]), range(1, THREADS * EACH + 1)))

    account = account_place.read(lambda stores: stores.accounts.exact("m_1"))
    written = entries(account_place)
    total = sum(range(1, THREADS * EACH + 1))
    assert (account.balance.count, account.version) == (total, THREADS * EACH)
    assert [entry.sequence for entry in written] == list(range(1, THREADS * EACH + 1))
    assert sorted(entry.points.count for entry in written) == list(range(1, THREADS * EACH + 1))
    assert sorted(balances) == [entry.balance.count for entry in written], "each was told its own balance"
    assert prove(account, written) == []


def test_entries_are_listed_newest_first_and_page_by_page(account_place: Place) -> None:
    for count in range(1, 8):
        earn(account_place, count, LotKey(None))

    seen: list[int] = []
    below: int | None = None
    while page := account_place.read(lambda stores, at=below: stores.entries.newest("m_1", at, 3)):
        assert len(page) <= 3
        seen += [entry.sequence for entry in page]
        below = page[-1].sequence

    assert seen == [7, 6, 5, 4, 3, 2, 1]
    assert account_place.read(lambda stores: stores.entries.newest("m_1", 1, 3)) == []
    assert account_place.read(lambda stores: stores.entries.newest("nobody", None, 3)) == []


def test_entries_of_members_with_similar_ids_stay_apart(account_place: Place) -> None:
    account_place.write(Created(Account("m_10")))
    earn(account_place, 1, LotKey(None))
    earn(account_place, 2, LotKey(None), "m_10")

    assert [entry.points.count for entry in entries(account_place)] == [1]
    assert [entry.points.count for entry in entries(account_place, "m_10")] == [2]


def test_one_entry_is_found_by_its_number(account_place: Place) -> None:
    earn(account_place, 5, LotKey(None))

    found = account_place.read(lambda stores: stores.entries.get("m_1", 1))

    assert (found.kind, found.points, found.caller) == (EntryKind.EARN, Points(5), "test")
    assert account_place.read(lambda stores: stores.entries.get("m_1", 2)) is None


def due(place: Place, today: date) -> list[Due]:
    shards = place.services.store.shards
    queue = DynamoDueAccounts(place.services.table, shards)
    return [each for each in queue.before(today) if each.tenant_id == place.tenant_id]


@pytest.mark.capability("C-36")
def test_an_account_is_due_the_day_after_its_earliest_last_day_and_until_that_is_booked(place: Place) -> None:
    today = shop_date(place.services.clock())
    days = {"m_1": 0, "m_2": 1, "m_3": 400}
    for member_id, wait in days.items():
        place.write(Created(Account(member_id)))
        earn(place, 5, LotKey(today + timedelta(days=wait)), member_id)
    place.write(Created(Account("m_4")))
    earn(place, 5, LotKey(None), "m_4")

    assert due(place, today) == []
    assert due(place, today + timedelta(days=1)) == [Due(place.tenant_id, "m_1")]
    assert {each.member_id for each in due(place, today + timedelta(days=2))} == {"m_1", "m_2"}
    assert {each.member_id for each in due(place, today + timedelta(days=401))} == {"m_1", "m_2", "m_3"}

    def empty(stores: Any, now: Any) -> Plan[None]:
        book = Book(stores.accounts.get("m_1"), now, "test")
        book.take(Points(5), Cause("order"), EntryKind.REDEEM, first=None, may_owe=False)
        return Plan(None, book.changes())

    place.services.runner.run(place.tenant_id, empty)
    assert {each.member_id for each in due(place, today + timedelta(days=401))} == {"m_2", "m_3"}


def test_a_counter_of_accounts_due_works_over_pages(place: Place) -> None:
    today = shop_date(place.services.clock())
    for number in range(30):
        place.write(Created(Account(f"m_{number}", 0, {LotKey(today): Points(1)})))

    found = due(place, today + timedelta(days=1))

    assert {each.member_id for each in found} == {f"m_{number}" for number in range(30)}
