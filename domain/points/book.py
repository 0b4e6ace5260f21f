"""An account while it is being written: each call adds one entry and moves the snapshot with it."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime

from msgspec.structs import replace

from domain.clock import shop_date
from domain.money import NO_POINTS, Points, total_points
from domain.months import month_of
from domain.points.chain import sealed
from domain.points.model import (
    EARNING,
    LOTS_MAX,
    NO_TALLY,
    Account,
    AccountFrozen,
    Cause,
    Converting,
    Entry,
    EntryKind,
    Given,
    LedgerBroken,
    LotKey,
    Posting,
    Tally,
)
from domain.points.standing import Months, Standing, TierChange, TierReason, counted, steps
from domain.points.streak import Streak
from domain.points.usage import Usages
from domain.programme.model import Programme
from domain.unit_of_work import Appended, Change, Changed, Created

EXPIRY = Cause("expiry")
RELEASE = Cause("release")
MERGING = frozenset({EntryKind.MERGE_OUT, EntryKind.MERGE_IN})
"""What these move was counted before, in its own months."""


class Book:
    """Points that are over by now are booked out first, so that every rule sees live lots only. What was held
    until now is released.

    In the same way every rule sees the tier that holds today: reviews that are due come first, and each entry
    may raise the tier. Without a programme, tiers are left as they are. Raises AccountFrozen on opening.
    """

    def __init__(
        self, account: Account, at: datetime, caller: str, programme: Programme | None = None
    ) -> None:
        if account.is_frozen:
            raise AccountFrozen
        self._before = account
        self.account = account
        self.entries: list[Entry] = []
        self.tier_changes: list[TierChange] = []
        self.at = at
        self._caller = caller
        self.programme = programme
        self.step()  # Before anything is written: that may forget months which a late review asks for.
        self.expire()
        self._release()

    def changes(self) -> tuple[Change, ...]:
        """The account first, then its entries; nothing if nothing was written."""
        if self.account is self._before:
            return ()
        check(self.account)
        return (Changed(self._before, self._revised()), *self._lines())

    def creation(self) -> tuple[Change, ...]:
        """The same for an account that is not stored yet."""
        check(self.account)
        return (Created(self.account), *self._lines())

    def _revised(self) -> Account:
        """A write without an entry has to be told from what was read, too."""
        if self.entries:
            return self.account
        return replace(self.account, revision=self._before.revision + 1)

    def _lines(self) -> Iterator[Change]:
        yield from (Appended(entry) for entry in self.entries)
        yield from (Created(change) for change in self.tier_changes)

    def earn(
        self,
        points: Points,
        lot: LotKey,
        cause: Cause,
        kind: EntryKind = EntryKind.EARN,
        tally: Tally = NO_TALLY,
        given: Given | None = None,
        on: date | None = None,
    ) -> Entry:
        """Adds points: they pay the debt first, the rest becomes part of the lot. `on`: when they count."""
        paid = min(points, self.account.debt)
        rest = points - paid
        return self._write(kind, [Posting(lot, rest)] if rest else [], -paid, cause, tally, given, on)

    def take(
        self,
        points: Points,
        cause: Cause,
        kind: EntryKind,
        *,
        first: LotKey | None,
        may_owe: bool,
        tally: Tally = NO_TALLY,
        on: date | None = None,
    ) -> Entry:
        """Takes points from the lot `first`, then by earliest expiry; the rest is owed or forgone.

        `on`: when what is taken back had counted.
        """
        taken: list[Posting] = []
        left = points
        for lot in self._turns(first):
            part = min(left, self.account.lots[lot])
            if part:
                taken.append(Posting(lot, -part))
                left = left - part
        owed = left if may_owe else NO_POINTS
        return self._write(kind, taken, owed, cause, tally, on=on)

    def post(
        self,
        postings: Iterable[Posting],
        debt: Points,
        cause: Cause,
        kind: EntryKind,
        tally: Tally = NO_TALLY,
    ) -> Entry:
        """Books exactly these lots and this debt, settled so that debt and lots never stand together."""
        lots = dict(self.account.lots)
        for posting in postings:
            lots[posting.lot] = lots.get(posting.lot, NO_POINTS) + posting.points
        owed = self.account.debt + debt
        for lot in sorted(lots, key=lambda key: key.turn):
            paid = min(owed, lots[lot])
            lots[lot] = lots[lot] - paid
            owed = owed - paid
        moved = [
            Posting(lot, lots[lot] - self.account.lots.get(lot, NO_POINTS))
            for lot in sorted(lots, key=lambda key: key.turn)
            if lots[lot] != self.account.lots.get(lot, NO_POINTS)
        ]
        return self._write(kind, moved, owed - self.account.debt, cause, tally)

    def redirect(self, member_id: str | None) -> None:
        """Points the account at another one, or at none, in the same write as the entries."""
        self.account = replace(self.account, redirect_to=member_id)

    def use(self, used: Usages) -> None:
        """Sets what rules with caps have given, in the same write as the entries."""
        self.account = replace(self.account, used=used)

    def check_in(self, streak: Streak) -> None:
        """Sets the days in a row, in the same write as the entries."""
        self.account = replace(self.account, streak=streak)

    def stand(self, standing: Standing | None, months: Months, reason: TierReason) -> None:
        """Sets tier and months, for a merge and its undoing, in the same write as the entries."""
        today = shop_date(self.at)
        if _tier_of(standing) != _tier_of(self.account.standing):
            self._log(standing, reason, today, 0)
        self.account = replace(self.account, standing=standing, months=months)

    def step(self) -> None:
        """Whatever is due of the tier by now; of nobody who was merged away."""
        if self.programme is None or self.account.redirect_to is not None:
            return
        for step in list(steps(self.account, self.programme.terms.ladder, shop_date(self.at))):
            if _tier_of(step.standing) != _tier_of(self.account.standing):
                self._log(step.standing, step.reason, step.on, step.value)
            self.account = replace(self.account, standing=step.standing)

    def _count(self, month: int, tally: Tally) -> None:
        if self.programme is None:
            return
        today, ladder = shop_date(self.at), self.programme.terms.ladder
        months = counted(self.account.months, month, tally.counts, ladder, today)
        self.account = replace(self.account, months=months)
        self.step()

    def _log(self, after: Standing | None, reason: TierReason, on: date, value: int) -> None:
        self.account = replace(self.account, tier_changes=self.account.tier_changes + 1)
        change = TierChange(
            member_id=self.account.member_id,
            number=self.account.tier_changes,
            before=_tier_of(self.account.standing),
            after=_tier_of(after),
            reason=reason,
            on=on,
            value=value,
            programme_version=self.programme.version if self.programme else 0,
            caller=self._caller,
            at=self.at,
        )
        self.tier_changes.append(change)

    def expire(self) -> None:
        """Books out what is over by now."""
        today = shop_date(self.at)
        over = [Posting(lot, -points) for lot, points in self.account.lots.items() if lot.is_over(today)]
        if over:
            self._write(EntryKind.EXPIRE, over, NO_POINTS, EXPIRY, NO_TALLY)
            self._convert(over)

    def _convert(self, over: list[Posting]) -> None:
        """What is over becomes coupons, if the programme says so; they are issued by a job."""
        conversion = self.programme.terms.conversion if self.programme else None
        if conversion is None:
            return
        by_day: dict[date | None, Points] = {}
        for posting in over:
            day = posting.lot.valid_through
            by_day[day] = by_day.get(day, NO_POINTS) - posting.points
        coupons = conversion.coupons(by_day.values())
        if coupons:
            cause = Cause("conversion", template_id=conversion.template_id, coupons=coupons)
            entry = self._write(EntryKind.CONVERT, [], NO_POINTS, cause, NO_TALLY)
            waiting = (*self.account.converting, Converting(entry.sequence, coupons))
            self.account = replace(self.account, converting=waiting)

    def _release(self) -> None:
        """What is no longer held joins the other points with the same last day."""
        today = shop_date(self.at)
        due = {
            lot: points
            for lot, points in self.account.lots.items()
            if lot.held_through is not None and not lot.is_held(today)
        }
        if due:
            gone = [Posting(lot, -points) for lot, points in due.items()]
            come = [Posting(lot.released(today), points) for lot, points in due.items()]
            self._write(EntryKind.RELEASE, gone + come, NO_POINTS, RELEASE, NO_TALLY)

    def _turns(self, first: LotKey | None) -> list[LotKey]:
        turns = sorted(self.account.lots, key=lambda lot: lot.turn)
        if first is not None and first in self.account.lots:
            turns.remove(first)
            turns.insert(0, first)
        return turns

    def _write(
        self,
        kind: EntryKind,
        postings: list[Posting],
        debt: Points,
        cause: Cause,
        tally: Tally,
        given: Given | None = None,
        on: date | None = None,
    ) -> Entry:
        account, today = self.account, shop_date(self.at)
        month = month_of(on or today)
        lots = _posted(account.lots, postings)
        points = total_points([posting.points for posting in postings]) - debt
        if kind in EARNING:
            tally = replace(tally, earned=points)
        entry = sealed(
            Entry(
                member_id=account.member_id,
                sequence=account.version + 1,
                kind=kind,
                points=points,
                balance=account.balance + points,
                postings=tuple(postings),
                debt=debt,
                cause=cause,
                caller=self._caller,
                at=self.at,
                previous=account.head,
                hash=b"",
                tally=tally,
                month=month if month != month_of(today) else None,
                given=given,
            )
        )
        self.entries.append(entry)
        self.account = _after(account, entry, lots)
        if kind not in MERGING:
            self._count(month, tally)
        return entry


def _after(account: Account, entry: Entry, lots: Mapping[LotKey, Points]) -> Account:
    totals = {**account.totals, entry.kind: account.totals.get(entry.kind, NO_POINTS) + entry.points}
    return replace(
        account,
        version=entry.sequence,
        lots=lots,
        debt=account.debt + entry.debt,
        head=entry.hash,
        totals={kind: total for kind, total in totals.items() if total},
        order_count=account.order_count + entry.tally.orders,
        spend=account.spend + entry.tally.spend,
        earned=account.earned + entry.tally.earned,
        activities=account.activities + entry.tally.activities,
    )


def _tier_of(standing: Standing | None) -> str | None:
    return standing.tier_id if standing else None


def _posted(lots: Mapping[LotKey, Points], postings: list[Posting]) -> dict[LotKey, Points]:
    after = dict(lots)
    for posting in postings:
        after[posting.lot] = after.get(posting.lot, NO_POINTS) + posting.points
    return {lot: after[lot] for lot in sorted(after, key=lambda key: key.turn) if after[lot]}


def check(account: Account) -> None:
    """The promises that hold at every commit. Raises LedgerBroken."""
    if account.debt < NO_POINTS or any(points <= NO_POINTS for points in account.lots.values()):
        raise LedgerBroken("A lot or the debt would become negative.")
    if account.debt and account.lots:
        raise LedgerBroken("There would be lots beside a debt.")
    if total_points(list(account.totals.values())) != account.balance:
        raise LedgerBroken("The totals by kind would not add up to the balance.")
    if len(account.lots) > LOTS_MAX:
        raise LedgerBroken("The account would hold more lots than it may.")
