"""A points account with its lots, and the entries that explain its balance."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from fractions import Fraction

from msgspec import Struct, field
from msgspec.structs import replace

from domain.errors import Conflict, Unavailable
from domain.money import NO_MONEY, NO_POINTS, Money, Points, Rounding, total_points
from domain.order.model import OrderId
from domain.points.standing import Counts, Months, Standing
from domain.points.streak import NO_STREAK, Streak
from domain.points.usage import Usages
from domain.programme.event import Person

LOTS_MAX = 500
"""A year of last days, and as many days as points may be held."""
LONG_AGO = date(1970, 1, 1)
NO_HEAD = b"\0" * 32
"""Stands before the first entry in the chain of hashes."""


class AccountFrozen(Conflict):
    code = "account-frozen"
    title = "This points account is frozen because its records disagree; staff must look at it."
    message = "积分账户异常已冻结，请联系客服"


class LedgerBroken(Unavailable):
    """A write was about to break a promise of the ledger; it is refused and somebody is woken."""

    code = "ledger-broken"
    title = "The points ledger refused a write that would not add up."
    message = "积分账目异常，操作已停止"


class EntryKind(StrEnum):
    """Every reason why a balance moves."""

    EARN = "earn"
    REDEEM = "redeem"
    REFUND_REDEEM = "refund_redeem"
    CLAW_BACK = "claw_back"
    EXPIRE = "expire"
    ADJUST = "adjust"
    CONVERT = "convert"
    MERGE_OUT = "merge_out"
    MERGE_IN = "merge_in"
    RELEASE = "release"
    """What was held can be used now; moves no points."""


EARNING = frozenset({EntryKind.EARN, EntryKind.CLAW_BACK})
"""What counts as earned, by its points."""


class LotKey(Struct, frozen=True):
    """Points with the same last day, the same source and the same hold are one lot."""

    valid_through: date | None
    """The last business day on which they can be used; None: for ever."""
    source: str = "order"
    held_through: date | None = None
    """The last business day on which they cannot be used yet; None: they can."""

    @property
    def turn(self) -> tuple[date, date, str]:
        """Earlier turns are spent first; what is held comes last."""
        return (self.held_through or date.min, self.valid_through or date.max, self.source)

    def is_over(self, today: date) -> bool:
        return self.valid_through is not None and self.valid_through < today

    def is_held(self, today: date) -> bool:
        return self.held_through is not None and self.held_through >= today

    @property
    def usable_from(self) -> date | None:
        """The first business day on which they can be used; None: they are not held."""
        return self.held_through + timedelta(days=1) if self.held_through else None

    def released(self, today: date) -> "LotKey":
        """The lot in which these points are on that day."""
        return self if self.is_held(today) else replace(self, held_through=None)


class Posting(Struct, frozen=True):
    """What an entry did to one lot."""

    lot: LotKey
    points: Points


class Converting(Struct, frozen=True):
    """What is left of one entry that turned points into coupons."""

    sequence: int
    coupons: int


class Account(Struct, frozen=True):
    """The snapshot of a member's points: `version` is the sequence of the last entry.

    Balance = sum of the lots - debt; while there is debt there are no lots.
    """

    member_id: str
    version: int = 0
    lots: Mapping[LotKey, Points] = field(default_factory=dict)
    """In the order in which they are spent."""
    debt: Points = NO_POINTS
    head: bytes = NO_HEAD
    """Hash of the last entry."""
    totals: Mapping[EntryKind, Points] = field(default_factory=dict)
    """Sum of the entries by kind; together they are the balance."""
    order_count: int = 0
    """Orders that were not wholly refunded."""
    spend: Money = NO_MONEY
    """Counted money of the orders, less refunds."""
    used: Usages = field(default_factory=dict)
    """By rule with a cap for each member, and by reward with a limit."""
    streak: Streak = NO_STREAK
    """Days in a row of checking in."""
    earned: Points = NO_POINTS
    """Points that rules gave, less what refunds took back."""
    activities: int = 0
    """Check-ins, shares and comments."""
    months: Months = field(default_factory=dict)
    """What was counted in the last months, while the ladder of tiers has a window."""
    standing: Standing | None = None
    """The tier, as last written down."""
    tier_changes: int = 0
    """How many there ever were."""
    converting: tuple["Converting", ...] = ()
    """Coupons that points have become, and that are not issued yet."""
    revision: int = 0
    """Counts the writes without an entry: `version` does not tell these."""
    redirect_to: str | None = None
    is_frozen: bool = False

    @property
    def balance(self) -> Points:
        """Everything booked, lots included that are over but not yet swept."""
        return total_points(list(self.lots.values())) - self.debt

    def available(self, today: date) -> Points:
        """What can be used today: an expired lot is gone, swept or not; what is held is not there yet."""
        live = [
            points for lot, points in self.lots.items() if not lot.is_over(today) and not lot.is_held(today)
        ]
        return total_points(live) - self.debt

    def held(self, today: date) -> Points:
        """What can be used later."""
        later = [points for lot, points in self.lots.items() if lot.is_held(today) and not lot.is_over(today)]
        return total_points(later)

    def live(self, today: date) -> Points:
        """The balance as the next entry will find it: both together."""
        return self.available(today) + self.held(today)

    @property
    def next_due(self) -> date | None:
        """The earliest last day, of a lot or of the tier; long ago if coupons have to be issued."""
        if self.converting:
            return LONG_AGO
        days = [lot.valid_through for lot in self.lots if lot.valid_through]
        if self.standing is not None and self.standing.until is not None:
            days.append(self.standing.until)
        return min(days, default=None)

    def issued_one(self) -> "Account":
        """One of the coupons that points have become is there."""
        first, *others = self.converting
        left = [Converting(first.sequence, first.coupons - 1)] if first.coupons > 1 else []
        return replace(self, converting=(*left, *others), revision=self.revision + 1)

    @property
    def tally(self) -> "Tally":
        """Everything counted so far."""
        return Tally(self.order_count, self.spend, self.earned, self.activities)


class Cause(Struct, frozen=True):
    """What an entry refers to."""

    reason: str
    """`order`, `order_refund`, `expiry`, `release`, `merge`, `merge_undone`, `exchange` and so on."""
    order_id: OrderId | None = None
    refund_number: str | None = None
    merge_id: str | None = None
    other_member_id: str | None = None
    """The other side of a merge, or whose order it was before a merge."""
    programme_version: int | None = None
    store_id: str | None = None
    occurred_at: datetime | None = None
    """When it happened in the shop, if not when it was written."""
    note: str | None = None
    """What staff wrote about it, for staff."""
    reward_id: str | None = None
    """For what points were exchanged."""
    reward_name: str | None = None
    """The same, as it was called then."""
    exchange_id: str | None = None
    """Of the exchange that was refunded; the one that was made bears the id of its entry."""
    template_id: str | None = None
    """Of the coupons that points became."""
    coupons: int | None = None
    """How many of them."""


class Tally(Struct, frozen=True):
    """How an entry moves what an account counts beside points."""

    orders: int = 0
    spend: Money = NO_MONEY
    earned: Points = NO_POINTS
    """Of an entry that gives or claws back: its points."""
    activities: int = 0

    def __neg__(self) -> "Tally":
        return Tally(-self.orders, -self.spend, -self.earned, -self.activities)

    def plus(self, other: "Tally") -> "Tally":
        return Tally(
            self.orders + other.orders,
            self.spend + other.spend,
            self.earned + other.earned,
            self.activities + other.activities,
        )

    @property
    def counts(self) -> Counts:
        """As a ladder of tiers counts it."""
        return Counts(self.spend.fen, self.earned.count, self.orders, self.activities)


NO_TALLY = Tally()


class Gain(Struct, frozen=True):
    """What one rule gave, before rounding."""

    rule_id: str
    rule_version: int
    exact: Fraction


class Given(Struct, frozen=True):
    """Why an entry gave what it gave: the rules, and what they knew, so that it can be told later.

    The version of the programme stands in the entry's cause.
    """

    gains: tuple[Gain, ...]
    """They add up to the exact points; the entry holds these rounded."""
    rounding: Rounding
    person: Person
    left: Mapping[str, int] = field(default_factory=dict)
    """Of budgets that ran short, what was left."""
    was_over: bool = False
    """The points would have been over on arrival, so none were given."""
    granted: tuple[Gain, ...] = ()
    """Rules that granted a benefit; their number in this row names it."""

    @property
    def exact(self) -> Fraction:
        return sum((gain.exact for gain in self.gains), Fraction(0))


class EntryRef(Struct, frozen=True):
    """An entry by its member and its place; also what it paid for."""

    member_id: str
    sequence: int

    @classmethod
    def parse(cls, text: str) -> "EntryRef":
        """The reverse of `text`."""
        member_id, _, sequence = text.partition(":")
        return cls(member_id, int(sequence))

    def text(self) -> str:
        return f"{self.member_id}:{self.sequence}"


class Entry(Struct, frozen=True):
    """One line of an account's history. Written once, never changed."""

    member_id: str
    sequence: int
    kind: EntryKind
    points: Points
    balance: Points
    """After this entry."""
    postings: tuple[Posting, ...]
    debt: Points
    """By how much the debt grew (or shrank, negative)."""
    cause: Cause
    caller: str
    at: datetime
    previous: bytes
    hash: bytes
    tally: Tally = NO_TALLY
    given: Given | None = None
    """For what a programme gave."""
    month: int | None = None
    """In which it counts (202611), if not in that in which it was written."""

    @property
    def ref(self) -> EntryRef:
        return EntryRef(self.member_id, self.sequence)

    @property
    def released(self) -> Points:
        """How many points can be used since this entry."""
        if self.kind is not EntryKind.RELEASE:
            return NO_POINTS
        return total_points([posting.points for posting in self.postings if posting.points > NO_POINTS])
