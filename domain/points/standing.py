"""Where somebody stands on the ladder of tiers: worked out from what an account has counted. Pure.

A review that is due has taken place, whether or not the job has written it down yet, exactly as points
whose last day is over are gone. So nothing depends on when the job runs.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from domain.months import after_months, month_of, months_before
from domain.programme.ladder import Ladder, Metric, Tier

if TYPE_CHECKING:
    from domain.points.model import Account

DAY = timedelta(days=1)


class Counts(Struct, frozen=True):
    """What is counted to reach a tier."""

    spend_fen: int = 0
    points: int = 0
    orders: int = 0
    activity: int = 0

    def plus(self, other: "Counts") -> "Counts":
        return Counts(
            self.spend_fen + other.spend_fen,
            self.points + other.points,
            self.orders + other.orders,
            self.activity + other.activity,
        )

    def minus(self, other: "Counts") -> "Counts":
        return self.plus(Counts(-other.spend_fen, -other.points, -other.orders, -other.activity))

    def at_least_nothing(self) -> "Counts":
        """Of an order that was never counted here, a refund takes nothing away."""
        return Counts(max(self.spend_fen, 0), max(self.points, 0), max(self.orders, 0), max(self.activity, 0))

    def of(self, metric: Metric) -> int:
        """The one that a ladder asks for."""
        return {
            Metric.SPEND: self.spend_fen,
            Metric.POINTS: self.points,
            Metric.ORDERS: self.orders,
            Metric.ACTIVITY: self.activity,
        }[metric]


NO_COUNTS = Counts()
Months = Mapping[int, Counts]
"""By month as 202611: what was counted in it."""


def together(one: Months, other: Months) -> Months:
    """Of two people who are one."""
    return _filled(
        {month: one.get(month, NO_COUNTS).plus(other.get(month, NO_COUNTS)) for month in {*one, *other}}
    )


def apart(both: Months, part: Months) -> Months:
    """Without the one who goes again; a month that was forgotten meanwhile stays forgotten."""
    left = {month: counts.minus(part.get(month, NO_COUNTS)) for month, counts in both.items()}
    return _filled({month: counts.at_least_nothing() for month, counts in left.items()})


def counted(months: Months, month: int, counts: Counts, ladder: Ladder | None, today: date) -> Months:
    """With one more thing that happened in that month; what no window reaches any more is forgotten."""
    if ladder is None or ladder.window_months is None:
        return months  # They count again when a window comes back.
    after = {**months, month: months.get(month, NO_COUNTS).plus(counts).at_least_nothing()}
    first = months_before(month_of(today), ladder.window_months - 1)
    return _filled({each: of for each, of in after.items() if each >= first})


def _filled(months: Months) -> Months:
    return {month: months[month] for month in sorted(months) if months[month] != NO_COUNTS}


class Standing(Struct, frozen=True):
    """A tier that somebody has."""

    tier_id: str
    rank: int
    """Its place on the ladder when it was written down."""
    since: date
    until: date | None = None
    """The last day before it is looked at again; None: it cannot be lost."""
    is_grace: bool = False
    """A review was missed, and the days until the next one are a last chance."""


class TierReason(StrEnum):
    """Why a tier changed."""

    REACHED = "reached"
    REVIEW = "review"
    LADDER = "ladder"
    """The programme has no such tier any more."""
    MERGE = "merge"
    MERGE_UNDONE = "merge_undone"


class TierChange(Struct, frozen=True):
    """One line of the history of somebody's tiers. Written once, never changed."""

    member_id: str
    number: int
    """1 for the first."""
    before: str | None
    after: str | None
    reason: TierReason
    on: date
    """The business day from which it holds."""
    value: int
    """What was counted then; 0 where that did not matter."""
    programme_version: int
    caller: str
    at: datetime


class Step(Struct, frozen=True):
    """How a standing changes, and why."""

    standing: Standing | None
    reason: TierReason
    on: date
    value: int


def value_on(account: "Account", ladder: Ladder, day: date) -> int:
    """What counts on that day, in the unit of the ladder's metric."""
    if ladder.window_months is None:
        return account.tally.counts.of(ladder.metric)
    last = month_of(day)
    first = months_before(last, ladder.window_months - 1)
    return sum(counts.of(ladder.metric) for month, counts in account.months.items() if first <= month <= last)


def steps(account: "Account", ladder: Ladder | None, today: date) -> Iterator[Step]:
    """What is due up to today, one after the other: a tier that is gone, reviews, a tier that is reached."""
    standing = account.standing
    if standing is not None and (ladder is None or ladder.rank(standing.tier_id) < 0):
        standing = None
        yield Step(None, TierReason.LADDER, today, 0)
    if ladder is None:
        return
    while standing is not None and standing.until is not None and standing.until < today:
        value = value_on(account, ladder, standing.until)
        step = Step(_reviewed(standing, ladder, value), TierReason.REVIEW, standing.until + DAY, value)
        standing = step.standing
        yield step
    value = value_on(account, ladder, today)
    rank = ladder.reached(value)
    if rank > (ladder.rank(standing.tier_id) if standing else -1):
        yield Step(_standing(ladder, rank, today), TierReason.REACHED, today, value)


def standing_on(account: "Account", ladder: Ladder | None, today: date) -> Standing | None:
    """The tier that somebody has that day, written down or not."""
    standing = account.standing
    for step in steps(account, ladder, today):
        standing = step.standing
    return standing


def _standing(ladder: Ladder, rank: int, since: date) -> Standing | None:
    """A tier that anybody has who has nothing is never looked at again."""
    if rank < 0:
        return None
    tier = ladder.tiers[rank]
    is_safe = ladder.review_months is None or (rank == 0 and tier.keep_line == 0)
    until = None if is_safe or ladder.review_months is None else after_months(since, ladder.review_months)
    return Standing(tier.tier_id, rank, since, until)


def _reviewed(standing: Standing, ladder: Ladder, value: int) -> Standing | None:
    """Kept, kept for a few days more, or one tier down (C-41)."""
    rank, until = ladder.rank(standing.tier_id), standing.until
    if ladder.review_months is None or until is None:
        return replace(standing, until=None, is_grace=False)
    if value >= ladder.tiers[rank].keep_line:
        return replace(standing, rank=rank, until=after_months(until, ladder.review_months), is_grace=False)
    if ladder.grace_days and not standing.is_grace:
        return replace(standing, rank=rank, until=until + timedelta(days=ladder.grace_days), is_grace=True)
    return _standing(ladder, rank - 1, until + DAY)


def ranked(standing: Standing | None, ladder: Ladder | None) -> Standing | None:
    """With its place on the ladder as that is now."""
    if standing is None or ladder is None:
        return standing
    return replace(standing, rank=ladder.rank(standing.tier_id))


def better(one: Standing | None, other: Standing | None) -> Standing | None:
    """Of two people who are one; of equals the one that holds longer."""
    both = [standing for standing in (one, other) if standing is not None]
    return max(both, key=lambda each: (each.rank, each.until or date.max), default=None)


class Progress(Struct, frozen=True):
    """How far it is to the next tier (C-44), and to keeping the one there is."""

    value: int
    tier: Tier | None
    standing: Standing | None
    """None also for a tier that is reached and not written down yet: the next entry says since when."""
    following: Tier | None
    """None: the highest is reached."""

    @property
    def missing(self) -> int:
        """To the next tier; 0 at the top."""
        return max(self.following.from_value - self.value, 0) if self.following else 0

    @property
    def missing_to_keep(self) -> int:
        """Until the review; 0 if it cannot be lost."""
        if self.tier is None or self.standing is None or self.standing.until is None:
            return 0
        return max(self.tier.keep_line - self.value, 0)


def progress(account: "Account", ladder: Ladder, today: date) -> Progress:
    """As of that day."""
    found = list(steps(account, ladder, today))
    standing = found[-1].standing if found else account.standing
    is_new = bool(found) and found[-1].reason is TierReason.REACHED
    rank = ladder.rank(standing.tier_id) if standing else -1
    following = ladder.tiers[rank + 1] if rank + 1 < len(ladder.tiers) else None
    tier = ladder.tiers[rank] if rank >= 0 else None
    return Progress(value_on(account, ladder, today), tier, None if is_new else standing, following)
