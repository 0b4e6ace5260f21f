"""The promises of a points account, kept by every history; figures by an independent reckoning."""

from collections import Counter
from collections.abc import Collection
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.clock import SHOP_TIME, shop_date
from domain.money import NO_POINTS, Money, Points
from domain.points.book import Book, check
from domain.points.chain import hash_of, sealed
from domain.points.model import (
    LOTS_MAX,
    NO_HEAD,
    Account,
    AccountFrozen,
    Cause,
    EntryKind,
    LedgerBroken,
    LotKey,
    Posting,
    Tally,
)
from domain.points.prove import prove
from domain.unit_of_work import Appended, Changed
from tests.domain.builders import (
    CAUSE,
    LOTS,
    NOON,
    TODAY,
    Step,
    act,
    counts,
    earned,
    histories,
    live_through,
    lot,
    steady,
)


class Reckoning:
    """The same rules a second time, told with a list of single points."""

    def __init__(self) -> None:
        self.points: list[LotKey] = []
        self.debt = 0

    def act(self, step: Step, today: date) -> None:
        self.points = [point.released(today) for point in self.points if not point.is_over(today)]
        match step.what:
            case "earn" | "bring":
                self.points += [step.lot] * step.count
            case "bring_debt":
                self.debt += step.count
            case "take_first":
                self.take(step.count, step.lot, may_owe=True)
            case "take":
                usable = [point for point in self.points if not point.is_held(today)]
                self.take(min(step.count, len(usable)), None, may_owe=False)
            case _:
                self.take(step.count, None, may_owe=True)
        self.points.sort(key=lambda point: point.turn)
        if step.what == "earn":
            self.pay(step.count, step.lot)
        else:
            self.settle()

    def take(self, count: int, first: LotKey | None, *, may_owe: bool) -> None:
        self.points.sort(key=lambda point: (point != first, point.turn))
        self.debt += max(count - len(self.points), 0) if may_owe else 0
        self.points = self.points[count:]

    def pay(self, count: int, arrived: LotKey) -> None:
        """What was earned just now pays the debt."""
        paid = min(count, self.debt)
        self.debt -= paid
        for _ in range(paid):
            self.points.remove(arrived)

    def settle(self) -> None:
        paid = min(len(self.points), self.debt)
        self.debt, self.points = self.debt - paid, self.points[paid:]

    def lots(self) -> dict[LotKey, int]:
        return {point: self.points.count(point) for point in self.points}


@given(histories)
@steady
def test_every_history_ends_as_a_second_reckoning_says(history: list[Step]) -> None:
    reckoning, account, at = Reckoning(), Account("m_1"), NOON
    for step in history:
        at += timedelta(days=step.after)
        account, _, _ = live_through([replace(step, after=0)], account, at)
        reckoning.act(step, shop_date(at))

        assert counts(account) == reckoning.lots()
        assert account.debt == Points(reckoning.debt)
        assert account.balance.count == len(reckoning.points) - reckoning.debt


@given(histories)
@steady
def test_every_history_keeps_the_promises_of_an_account(history: list[Step]) -> None:
    account, at = Account("m_1"), NOON
    for step in history:
        at += timedelta(days=step.after)
        account, _, _ = live_through([replace(step, after=0)], account, at)

        assert account.balance == Points(sum(counts(account).values())) - account.debt
        assert all(count > 0 for count in counts(account).values())
        assert account.debt >= NO_POINTS
        assert not (account.debt and account.lots)
        assert sum(total.count for total in account.totals.values()) == account.balance.count
        assert list(account.lots) == sorted(account.lots, key=lambda key: key.turn)


@given(histories)
@steady
def test_every_history_is_proved_by_folding_its_entries(history: list[Step]) -> None:
    account, entries, _ = live_through(history, Account("m_1"))

    assert prove(account, entries) == []
    assert [entry.sequence for entry in entries] == list(range(1, account.version + 1))
    assert [entry.previous for entry in entries] == [NO_HEAD, *(entry.hash for entry in entries)][:-1]
    assert all(entry.hash == hash_of(entry) for entry in entries)
    balance = 0
    for entry in entries:
        balance += entry.points.count
        assert entry.balance == Points(balance)


@given(histories)
@steady
def test_nothing_takes_from_a_later_lot_while_an_earlier_one_has_points(history: list[Step]) -> None:
    account, at = Account("m_1"), NOON
    for step in history:
        at += timedelta(days=step.after)
        book = Book(account, at, "till")
        before = counts(book.account)
        entry = act(book, step)
        taken = [posting.lot for posting in entry.postings if posting.points < NO_POINTS]
        touched = max((key.turn for key in taken if key != step.lot), default=None)
        if step.what in {"take", "owe"}:
            touched = max((key.turn for key in taken), default=None)
        for key in before:
            if touched is not None and key.turn < touched:
                assert key not in book.account.lots
        account = book.account


def ends(account: Account, without: Collection[LotKey] = ()) -> Counter[tuple[date | None, str]]:
    """How many points last until when, held or not."""
    found: Counter[tuple[date | None, str]] = Counter()
    for key, count in counts(account).items():
        if key not in without:
            found[key.valid_through, key.source] += count
    return found


@given(histories, st.sampled_from([1, 2, 4, 11]))
@steady
def test_no_point_is_there_after_its_last_day_and_none_leaves_before(history: list[Step], days: int) -> None:
    account, _, at = live_through(history, Account("m_1"))
    later = at + timedelta(days=days)

    book = Book(account, later, "till")

    over = {key: count for key, count in counts(account).items() if key.is_over(shop_date(later))}
    assert ends(book.account) == ends(account, over)
    kinds = [entry.kind for entry in book.entries if entry.kind is not EntryKind.RELEASE]
    assert kinds == ([EntryKind.EXPIRE] if over else [])
    assert account.available(shop_date(later)) == book.account.available(shop_date(later))
    assert account.held(shop_date(later)) == book.account.held(shop_date(later))
    assert Book(book.account, later, "till").entries == [], "each expiry is booked once"


def test_a_lot_is_good_through_the_last_second_of_its_last_day_in_shop_time() -> None:
    account = earned("m_1", {lot("2026-03-31"): 5})

    last = Book(account, datetime(2026, 3, 31, 23, 59, 59, tzinfo=SHOP_TIME), "till")
    next_day = Book(account, datetime(2026, 4, 1, tzinfo=SHOP_TIME), "till")

    assert (last.account.balance, last.changes()) == (Points(5), ())
    assert next_day.account.balance == NO_POINTS
    assert next_day.entries[0].postings == (Posting(lot("2026-03-31"), Points(-5)),)


def test_points_are_taken_from_the_earliest_expiry_first_and_from_the_permanent_last() -> None:
    account = earned("m_1", {lot(None): 10, lot("2026-06-30"): 10, lot("2026-04-30"): 10})
    book = Book(account, NOON, "till")

    entry = book.take(Points(25), CAUSE, EntryKind.REDEEM, first=None, may_owe=False)

    assert entry.postings == (
        Posting(lot("2026-04-30"), Points(-10)),
        Posting(lot("2026-06-30"), Points(-10)),
        Posting(lot(None), Points(-5)),
    )
    assert counts(book.account) == {lot(None): 5}


def test_a_take_back_starts_with_the_lot_that_the_points_went_to() -> None:
    account = earned("m_1", {lot("2026-04-30"): 10, lot("2026-06-30"): 10, lot("2026-05-31"): 10})
    book = Book(account, NOON, "till")

    entry = book.take(Points(15), CAUSE, EntryKind.CLAW_BACK, first=lot("2026-06-30"), may_owe=True)

    assert entry.postings == (
        Posting(lot("2026-06-30"), Points(-10)),
        Posting(lot("2026-04-30"), Points(-5)),
    )


HELD = LotKey(TODAY + timedelta(days=30), held_through=TODAY + timedelta(days=2))


def test_held_points_are_there_but_cannot_be_used_and_are_taken_last() -> None:
    account = earned("m_1", {HELD: 10, lot("2026-12-31"): 5})
    book = Book(account, NOON, "till")

    entry = book.take(Points(7), CAUSE, EntryKind.CLAW_BACK, first=None, may_owe=True)

    assert (account.available(TODAY), account.held(TODAY), account.balance) == (
        Points(5),
        Points(10),
        Points(15),
    )
    assert entry.postings == (Posting(lot("2026-12-31"), Points(-5)), Posting(HELD, Points(-2)))


def test_what_is_no_longer_held_is_released_by_an_entry_that_moves_no_points() -> None:
    plain = LotKey(HELD.valid_through)
    account = earned("m_1", {HELD: 10, plain: 5})

    same = Book(account, NOON + timedelta(days=2), "till")
    later = Book(account, NOON + timedelta(days=3), "till")

    assert same.entries == []
    (entry,) = later.entries
    assert (entry.kind, entry.points, entry.released) == (EntryKind.RELEASE, NO_POINTS, Points(10))
    assert entry.postings == (Posting(HELD, Points(-10)), Posting(plain, Points(10)))
    assert later.account.lots == {plain: Points(15)}
    assert later.account.available(TODAY + timedelta(days=3)) == Points(15)


def test_an_exchange_that_used_what_was_held_is_found() -> None:
    book = Book(Account("m_1"), NOON, "till")
    book.earn(Points(10), HELD, CAUSE)
    book.take(Points(7), CAUSE, EntryKind.REDEEM, first=None, may_owe=False)

    assert [each.what for each in prove(book.account, book.entries)] == ["entry 2: uses points that are held"]


@pytest.mark.parametrize(
    "to, day", [(LotKey(None), 3), (LotKey(HELD.valid_through, "gift"), 3), (LotKey(HELD.valid_through), 2)]
)
def test_a_release_to_elsewhere_or_before_its_day_is_found(to: LotKey, day: int) -> None:
    book = Book(Account("m_1"), NOON, "till")
    book.earn(Points(10), HELD, CAUSE)
    later = Book(book.account, NOON + timedelta(days=3), "till")
    moved = (Posting(HELD, Points(-10)), Posting(to, Points(10)))
    forged = sealed(replace(later.entries[0], postings=moved, at=NOON + timedelta(days=day)))
    account = replace(later.account, lots={to: Points(10)}, head=forged.hash)

    assert prove(later.account, [*book.entries, *later.entries]) == []
    assert [each.what for each in prove(account, [*book.entries, forged])] == [
        "entry 2: releases what is held, or something else"
    ]


def test_held_points_that_are_over_lapse_and_are_not_released() -> None:
    short = LotKey(TODAY + timedelta(days=1), held_through=TODAY + timedelta(days=1))
    book = Book(earned("m_1", {short: 10}), NOON + timedelta(days=2), "till")

    assert [entry.kind for entry in book.entries] == [EntryKind.EXPIRE]


@pytest.mark.parametrize("may_owe, debt", [(True, 7), (False, 0)])
def test_what_is_not_there_is_owed_or_forgone(may_owe: bool, debt: int) -> None:
    book = Book(earned("m_1", {lot("2026-04-30"): 3}), NOON, "till")

    entry = book.take(Points(10), CAUSE, EntryKind.CLAW_BACK, first=None, may_owe=may_owe)

    assert (entry.points, entry.balance) == (Points(-3 - debt), Points(-debt))
    assert (book.account.debt, counts(book.account)) == (Points(debt), {})


def test_new_points_pay_the_debt_first() -> None:
    book = Book(Account("m_1"), NOON, "till")
    book.take(Points(10), CAUSE, EntryKind.CLAW_BACK, first=None, may_owe=True)

    some = book.earn(Points(4), lot("2026-04-30"), CAUSE)
    rest = book.earn(Points(20), lot("2026-04-30"), CAUSE)

    assert (some.postings, some.debt, some.balance) == ((), Points(-4), Points(-6))
    assert (rest.postings, rest.debt) == ((Posting(lot("2026-04-30"), Points(14)),), Points(-6))
    assert (book.account.debt, counts(book.account)) == (NO_POINTS, {lot("2026-04-30"): 14})


def test_a_book_hands_over_the_account_first_and_its_entries_in_order() -> None:
    account = earned("m_1", {lot("2026-03-01"): 5}, datetime(2026, 3, 1, tzinfo=SHOP_TIME))
    book = Book(account, NOON, "till")
    book.earn(Points(1), lot(None), CAUSE, tally=Tally(1, Money(100)))
    book.redirect("m_2")

    changes = book.changes()

    assert changes == (Changed(account, book.account), *(Appended(entry) for entry in book.entries))
    assert [entry.kind for entry in book.entries] == [EntryKind.EXPIRE, EntryKind.EARN]
    assert (book.account.order_count, book.account.spend, book.account.version) == (1, Money(100), 3)
    assert (book.account.redirect_to, book.entries[1].tally) == ("m_2", Tally(1, Money(100), Points(1)))


def test_a_book_in_which_nothing_was_written_changes_nothing() -> None:
    assert Book(earned("m_1", {lot(None): 5}), NOON, "till").changes() == ()


def test_a_frozen_account_cannot_be_opened() -> None:
    with pytest.raises(AccountFrozen):
        Book(Account("m_1", is_frozen=True), NOON, "till")


@pytest.mark.parametrize(
    "broken",
    [
        Account("m_1", debt=Points(-1), totals={EntryKind.EARN: Points(1)}),
        Account("m_1", lots={lot(None): Points(-1)}, totals={EntryKind.EARN: Points(-1)}),
        Account("m_1", lots={lot(None): NO_POINTS}),
        Account("m_1", lots={lot(None): Points(2)}, debt=Points(1), totals={EntryKind.EARN: Points(1)}),
        Account("m_1", lots={lot(None): Points(2)}, totals={EntryKind.EARN: Points(1)}),
        Account(
            "m_1",
            lots={LotKey(TODAY + timedelta(days=number)): Points(1) for number in range(LOTS_MAX + 1)},
            totals={EntryKind.EARN: Points(LOTS_MAX + 1)},
        ),
    ],
)
def test_a_write_that_would_break_a_promise_is_refused(broken: Account) -> None:
    with pytest.raises(LedgerBroken):
        check(broken)


def test_a_book_that_breaks_a_promise_hands_over_no_changes() -> None:
    full = earned("m_1", {LotKey(TODAY + timedelta(days=number)): 1 for number in range(LOTS_MAX)})
    book = Book(full, NOON, "till")
    book.earn(Points(1), LotKey(None), CAUSE)

    with pytest.raises(LedgerBroken, match="more lots"):
        book.changes()


def test_an_account_may_hold_as_many_lots_as_the_limit_says() -> None:
    check(earned("m_1", {LotKey(TODAY + timedelta(days=number)): 1 for number in range(LOTS_MAX)}))


def test_each_part_of_an_entry_goes_into_its_hash() -> None:
    book = Book(Account("m_1"), NOON, "till")
    entry = book.earn(Points(5), LOTS[0], Cause("order"))

    assert len(entry.hash) == 32
    assert entry.hash != hash_of(replace(entry, at=NOON + timedelta(milliseconds=1)))
    assert entry.hash == hash_of(replace(entry, at=NOON + timedelta(microseconds=400)))


def test_the_next_due_is_the_earliest_last_day_and_none_for_permanent_points() -> None:
    assert earned("m_1", {lot(None): 1}).next_due is None
    assert earned("m_1", {lot("2026-06-30"): 1, lot(None): 1, lot("2026-05-31"): 1}).next_due == date(
        2026, 5, 31
    )


def test_a_lot_that_only_pays_the_debt_is_not_in_the_entry() -> None:
    book = Book(replace(Account("m_1"), debt=Points(5)), NOON, "till")

    entry = book.post([Posting(lot("2027-01-31"), Points(5))], NO_POINTS, CAUSE, EntryKind.MERGE_IN)

    assert (entry.postings, entry.debt, counts(book.account)) == ((), Points(-5), {})
