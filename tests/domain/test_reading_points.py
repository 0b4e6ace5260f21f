"""Lists of entries across merges, page by page; balances; the job that books what is over."""

from datetime import date, timedelta
from types import SimpleNamespace

import pytest

from domain.actor import MemberSelf, Operator
from domain.errors import Unavailable
from domain.money import NO_POINTS, Points
from domain.points.expire import CALLER, Expired, ExpirePoints
from domain.points.model import Account, Cause, Entry, EntryKind, LotKey
from domain.points.ports import Due
from domain.points.read import STREAMS_MAX, Balance, ListEntries, ReadBalance
from domain.programme.model import Programme
from domain.unit_of_work import Appended
from tests.domain.builders import NOON, TODAY, earned
from tests.domain.memory import MemoryRunner

OFFICE = Operator("t", "office", frozenset({"admin"}))
MYSELF = MemberSelf("t", "m_1", "s", "wx", "wx:o1", NOON)
YESTERDAY = TODAY - timedelta(days=1)


def entry(member_id: str, sequence: int, minute: int, cause: Cause, kind: EntryKind) -> Entry:
    at = NOON + timedelta(minutes=minute)
    return Entry(member_id, sequence, kind, Points(1), Points(1), (), NO_POINTS, cause, "till", at, b"", b"")


class Shelf:
    """Entries of several people, and how often they were asked for."""

    def __init__(self) -> None:
        self.entries_of: dict[str, list[Entry]] = {}
        self.asked: list[tuple[str, int | None, int]] = []
        self.led: dict[str, str] = {}
        self.entries = SimpleNamespace(newest=self.newest)
        self.accounts = SimpleNamespace(get=self.account)

    def account(self, member_id: str) -> Account:
        return Account(self.led.get(member_id, member_id))

    def add(
        self, member_id: str, minute: int, cause: Cause | None = None, kind: EntryKind = EntryKind.EARN
    ) -> None:
        known = self.entries_of.setdefault(member_id, [])
        known.append(entry(member_id, len(known) + 1, minute, cause or Cause("order"), kind))

    def newest(self, member_id: str, below: int | None, limit: int) -> list[Entry]:
        self.asked.append((member_id, below, limit))
        known = [
            each for each in self.entries_of.get(member_id, []) if below is None or each.sequence < below
        ]
        return known[::-1][:limit]

    def page(
        self, limit: int, position: str | None = None, member_id: str = "m_1", actor: object = OFFICE
    ) -> tuple[list[str], str | None]:
        """Member and sequence of each entry, and where the list goes on."""
        page = ListEntries(MemoryRunner(self, NOON))(actor, member_id, limit, position)  # type: ignore[arg-type]  # either kind of actor
        return [f"{each.member_id[2:]}.{each.sequence}" for each in page.items], page.next_position

    def pages(self, limit: int) -> list[list[str]]:
        """The whole list."""
        items, position = self.page(limit)
        found = [items]
        while position is not None:
            items, position = self.page(limit, position)
            found.append(items)
        return found


def ledger(count: int) -> Shelf:
    shelf = Shelf()
    for minute in range(count):
        shelf.add("m_1", minute)
    return shelf


def test_a_page_is_one_call_and_knows_whether_there_is_more() -> None:
    shelf = ledger(7)

    assert shelf.page(3) == (["1.7", "1.6", "1.5"], "m_1=5;")
    assert shelf.asked == [("m_1", None, 4)]
    assert shelf.page(3, "m_1=5;") == (["1.4", "1.3", "1.2"], "m_1=2;")
    assert shelf.asked[1:] == [("m_1", 5, 4)]
    assert shelf.page(3, "m_1=2;") == (["1.1"], None)


@pytest.mark.parametrize(
    "count, pages", [(0, [[]]), (2, [["1.2", "1.1"]]), (4, [["1.4", "1.3"], ["1.2", "1.1"]])]
)
def test_a_full_last_page_is_the_last_one(count: int, pages: list[list[str]]) -> None:
    assert ledger(count).pages(2) == pages


def merged() -> Shelf:
    """m_2 came in at minute 10, with entries from before."""
    shelf = Shelf()
    for member_id, minute in (("m_1", 1), ("m_2", 2), ("m_1", 3), ("m_2", 4), ("m_3", 5)):
        shelf.add(member_id, minute)
    shelf.add("m_2", 10, Cause("merge", merge_id="g_1", other_member_id="m_1"), EntryKind.MERGE_OUT)
    shelf.add("m_1", 10, Cause("merge", merge_id="g_1", other_member_id="m_2"), EntryKind.MERGE_IN)
    shelf.add("m_1", 12)
    return shelf


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 100])
def test_a_merge_brings_in_the_others_history_in_order_of_time(limit: int) -> None:
    together = [each for page in merged().pages(limit) for each in page]

    # At one moment the larger sequence comes first.
    assert together == ["1.4", "1.3", "2.3", "2.2", "1.2", "2.1", "1.1"]


def test_a_position_tells_each_history_apart() -> None:
    assert merged().page(2) == (["1.4", "1.3"], "m_1=3,m_2=;")
    assert merged().page(4) == (["1.4", "1.3", "2.3", "2.2"], "m_1=3,m_2=2;")
    assert merged().page(2, "m_1=3,m_2=2;") == (["1.2", "2.1"], "m_1=2,m_2=1;")
    assert merged().page(9, "m_1=3,m_2=;") == (["2.3", "2.2", "1.2", "2.1", "1.1"], None)


def undone() -> Shelf:
    shelf = merged()
    shelf.add("m_1", 20, Cause("merge_undone", merge_id="g_1", other_member_id="m_2"), EntryKind.MERGE_OUT)
    return shelf


@pytest.mark.parametrize("limit", [1, 2, 100])
def test_a_merge_that_was_undone_brings_in_nothing(limit: int) -> None:
    together = [each for page in undone().pages(limit) for each in page]

    assert together == ["1.5", "1.4", "1.3", "1.2", "1.1"]


def test_what_was_undone_is_remembered_until_its_merge_is_passed() -> None:
    assert undone().page(1) == (["1.5"], "m_1=5;g_1")
    assert undone().page(2, "m_1=5;g_1") == (["1.4", "1.3"], "m_1=3;")


def test_two_undoings_are_remembered_apart() -> None:
    shelf = merged()
    shelf.add("m_1", 15, Cause("merge", merge_id="g_2", other_member_id="m_3"), EntryKind.MERGE_IN)
    for merge_id, minute in (("g_1", 20), ("g_2", 21)):
        shelf.add("m_1", minute, Cause("merge_undone", merge_id=merge_id), EntryKind.MERGE_OUT)

    assert shelf.page(2) == (["1.7", "1.6"], "m_1=6;g_1,g_2")
    assert shelf.page(9, "m_1=6;g_1,g_2") == (["1.5", "1.4", "1.3", "1.2", "1.1"], None)


def test_who_joins_in_the_middle_of_a_page_is_asked_for_what_is_left_of_it() -> None:
    shelf = merged()
    shelf.page(4)

    assert shelf.asked == [("m_1", None, 5), ("m_2", None, 3)]


def test_a_merge_after_an_undoing_of_the_same_two_counts() -> None:
    shelf = undone()
    shelf.add("m_1", 30, Cause("merge", merge_id="g_2", other_member_id="m_2"), EntryKind.MERGE_IN)

    together = shelf.pages(2)
    assert together[0] == ["1.6", "1.5"]
    assert {each for page in together for each in page} >= {"2.1", "2.2", "2.3"}


def test_so_many_histories_are_followed_and_no_more() -> None:
    shelf = Shelf()
    for number in range(STREAMS_MAX + 5):
        shelf.add(f"m_x{number}", 0)
    for number in range(STREAMS_MAX + 5):
        cause = Cause("merge", merge_id=f"g_{number}", other_member_id=f"m_x{number}")
        shelf.add("m_1", number + 1, cause, EntryKind.MERGE_IN)

    items, position = shelf.page(200)

    assert position is None
    assert len(items) == STREAMS_MAX + 5 + STREAMS_MAX - 1


def test_staff_may_come_with_an_older_id_and_a_member_has_the_right_one() -> None:
    shelf = ledger(1)
    shelf.led = {"m_0": "m_1"}

    assert shelf.page(5, member_id="m_0") == (["1.1"], None)
    assert shelf.page(5, member_id="m_0", actor=MYSELF) == ([], None)
    assert shelf.page(5, actor=MYSELF) == (["1.1"], None)
    shelf.led = {"m_1": "m_9"}
    assert shelf.page(5, "m_1=2;") == (["1.1"], None), "the position knows where it goes on"


def test_a_balance_is_as_of_the_shop_day() -> None:
    account = earned("m_1", {LotKey(TODAY): 5})
    asked: list[str] = []

    def get(member_id: str) -> Account:
        asked.append(member_id)
        return account

    memory = SimpleNamespace(accounts=SimpleNamespace(get=get))
    late = NOON.replace(hour=23, minute=59)

    assert ReadBalance(MemoryRunner(memory, late))(OFFICE, "m_1") == Balance(account, TODAY)
    after = ReadBalance(MemoryRunner(memory, late + timedelta(minutes=1)))(OFFICE, "m_1")
    assert after.today == TODAY + timedelta(days=1)
    assert asked == ["m_1", "m_1"]


class Accounts:
    """Accounts that a job works through; `broken` raises."""

    def __init__(self, **points: int) -> None:
        self.known = {
            name: earned(name, {LotKey(YESTERDAY): count, LotKey(None): 1}, NOON - timedelta(days=3))
            for name, count in points.items()
        }
        self.accounts = SimpleNamespace(exact=self.exact)
        self.programmes = SimpleNamespace(current=Programme)
        self.entries: list[Entry] = []
        self.failed: list[tuple[Due, str]] = []
        self.days: list[date] = []

    def exact(self, member_id: str) -> Account | None:
        if member_id == "broken":
            raise Unavailable("away")
        return self.known.get(member_id)

    def commit(self, changes: list[object]) -> None:
        self.entries += [
            each.thing for each in changes if isinstance(each, Appended) and isinstance(each.thing, Entry)
        ]

    def run(self, limit: int, *names: str) -> Expired:
        def before(today: date) -> list[Due]:
            self.days.append(today)
            return [Due("t", name) for name in names]

        def report(due: Due, problem: Exception) -> None:
            self.failed.append((due, str(problem)))

        clock = lambda: NOON  # noqa: E731  # what a clock is
        return ExpirePoints(MemoryRunner(self, NOON), SimpleNamespace(before=before), clock, report)(limit)


def test_the_job_books_what_is_over_and_says_how_much() -> None:
    accounts = Accounts(m_1=7, m_2=20)

    assert accounts.run(10, "m_1", "m_2", "m_gone") == Expired(3, Points(27), 0, more=False)
    assert accounts.days == [TODAY]
    assert [(each.member_id, each.kind, each.points.count, each.caller) for each in accounts.entries] == [
        ("m_1", EntryKind.EXPIRE, -7, CALLER),
        ("m_2", EntryKind.EXPIRE, -20, CALLER),
    ]


def test_a_failing_account_is_reported_and_the_others_go_on() -> None:
    accounts = Accounts(m_1=7)

    assert accounts.run(10, "broken", "m_1", "broken") == Expired(1, Points(7), 2, more=False)
    assert accounts.failed == [(Due("t", "broken"), "away")] * 2


@pytest.mark.parametrize("limit, done, more", [(0, 0, True), (1, 1, True), (2, 2, False), (3, 2, False)])
def test_the_job_stops_at_its_limit_and_says_whether_more_waits(limit: int, done: int, more: bool) -> None:
    assert Accounts(m_1=1, m_2=1).run(limit, "m_1", "m_2") == Expired(done, Points(done), 0, more=more)


def test_what_is_not_over_yet_stays() -> None:
    accounts = Accounts()
    accounts.known["m_1"] = earned("m_1", {LotKey(TODAY): 5})

    assert accounts.run(1, "m_1") == Expired(1, NO_POINTS, 0, more=False)
    assert accounts.entries == []
