"""Fold a ledger again from its first entry and compare it with the account: the proof of the books.

Pure; `scripts/reconcile.py` and the nightly job feed it. It shares no code with `Book` beyond the
hash of an entry: what it checks is what was stored, not how it was computed.
"""

from collections.abc import Iterable

from msgspec import Struct

from domain.clock import shop_date
from domain.points.chain import hash_of
from domain.points.model import NO_HEAD, Account, Entry, EntryKind, LotKey


class Finding(Struct, frozen=True):
    """Something in the books that is not as it must be."""

    member_id: str
    what: str


def prove(account: Account, entries: Iterable[Entry]) -> list[Finding]:
    """Empty when account, entries and lots agree."""
    fold = _Fold(account.member_id)
    for entry in entries:
        fold.add(entry)
    fold.compare(account)
    return fold.findings


class _Fold:
    def __init__(self, member_id: str) -> None:
        self.member_id = member_id
        self.findings: list[Finding] = []
        self.sequence = 0
        self.balance = 0
        self.debt = 0
        self.lots: dict[LotKey, int] = {}
        self.totals: dict[str, int] = {}
        self.orders = 0
        self.spend = 0
        self.earned = 0
        self.activities = 0
        self.head = NO_HEAD

    def add(self, entry: Entry) -> None:
        self._expect(entry.sequence == self.sequence + 1, f"entry {entry.sequence} after {self.sequence}")
        self._expect(entry.previous == self.head, f"entry {entry.sequence}: the chain is broken before it")
        self._expect(entry.hash == hash_of(entry), f"entry {entry.sequence}: the hash does not fit")
        self._look_at_holds(entry)
        for posting in entry.postings:
            left = self.lots.pop(posting.lot, 0) + posting.points.count
            self._expect(left >= 0, f"entry {entry.sequence}: a lot becomes negative")
            if left:
                self.lots[posting.lot] = left
        self.debt += entry.debt.count
        self._expect(self.debt >= 0, f"entry {entry.sequence}: the debt becomes negative")
        self._expect(not (self.debt and self.lots), f"entry {entry.sequence}: lots beside a debt")
        balance = sum(self.lots.values()) - self.debt
        moved = balance - self.balance
        self._expect(entry.points.count == moved, f"entry {entry.sequence}: its postings make {moved}")
        self._expect(entry.balance.count == balance, f"entry {entry.sequence}: the balance is {balance}")
        if entry.given is not None:
            given = entry.given.rounding.of(entry.given.exact)
            self._expect(entry.points.count == given, f"entry {entry.sequence}: its rules gave {given}")
        self.totals[entry.kind] = self.totals.get(entry.kind, 0) + entry.points.count
        self.orders += entry.tally.orders
        self.spend += entry.tally.spend.fen
        is_earning = entry.kind in {EntryKind.EARN, EntryKind.CLAW_BACK}
        self.earned += entry.points.count if is_earning else entry.tally.earned.count
        self.activities += entry.tally.activities
        self.sequence, self.balance, self.head = entry.sequence, balance, entry.hash

    def _look_at_holds(self, entry: Entry) -> None:
        """What is held is not used, and is released to where it belongs, not before its day."""
        today = shop_date(entry.at)
        if entry.kind in {EntryKind.REDEEM, EntryKind.ADJUST}:
            used = [each for each in entry.postings if each.points.count < 0 and each.lot.is_held(today)]
            self._expect(not used, f"entry {entry.sequence}: uses points that are held")
        if entry.kind is EntryKind.RELEASE:
            there: dict[LotKey, int] = {}
            for posting in entry.postings:
                lot = posting.lot.released(today)
                there[lot] = there.get(lot, 0) + posting.points.count
            is_moved = any(there.values()) or any(each.lot.is_held(today) for each in entry.postings)
            self._expect(not is_moved, f"entry {entry.sequence}: releases what is held, or something else")

    def compare(self, account: Account) -> None:
        lots = {lot: points.count for lot, points in account.lots.items()}
        totals = {kind.value: total.count for kind, total in account.totals.items()}
        folded = {kind: total for kind, total in self.totals.items() if total}
        self._expect(account.version == self.sequence, f"version {account.version}, entries {self.sequence}")
        self._expect(
            account.balance.count == self.balance, f"balance {account.balance.count}, not {self.balance}"
        )
        self._expect(account.debt.count == self.debt, f"debt {account.debt.count}, not {self.debt}")
        self._expect(lots == self.lots, "the lots are not those of the entries")
        self._expect(totals == folded, "the totals by kind are not those of the entries")
        counted = (account.order_count, account.spend.fen, account.earned.count, account.activities)
        folded_counts = (self.orders, self.spend, self.earned, self.activities)
        self._expect(counted == folded_counts, "what is counted for tiers is not that of the entries")
        self._expect(account.head == self.head, "the head is not the hash of the last entry")
        if account.redirect_to is not None:
            self._expect(not self.lots and not self.debt, "a redirected account holds points or owes them")
        self._expect(not account.is_frozen, "the account is frozen")

    def _expect(self, holds: bool, otherwise: str) -> None:
        if not holds:
            self.findings.append(Finding(self.member_id, otherwise))
