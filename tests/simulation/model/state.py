"""What there is to know at one instant: plain values, never changed, only replaced.

Days are numbers such as 20260228, 0 means for ever; instants are milliseconds since 1970; money is fen.
"""

from collections.abc import Mapping
from fractions import Fraction
from types import MappingProxyType
from typing import Any

from msgspec import Struct, field

from tests.simulation.model.calendar import FOR_EVER, day_later, month_later
from tests.simulation.model.rules import Rules
from tests.simulation.model.tiers import Held, Ladder, Months

NOTHING: Mapping[Any, Any] = MappingProxyType({})


Lot = tuple[int, int]
"""The last day on which points are held (0: they are not), and their last day."""


def turn(lot: Lot) -> tuple[int, int]:
    """Earlier turns are spent first."""
    return lot[0], lot[1] or FOR_EVER


def is_over(lot: Lot, today: int) -> bool:
    return 0 < lot[1] < today


def released(lot: Lot, today: int) -> Lot:
    """The lot in which these points are on that day."""
    return lot if lot[0] >= today else (0, lot[1])


class Programme(Struct, frozen=True):
    """The rules of a tenant, how long points live, and for how many days those of an order are held."""

    rules: Rules = field(default_factory=dict)
    validity: str = "rolling"
    months: int = 12
    clawback: str = "debt"
    hold: int = 0
    worth: int = 0
    """Fen that one point pays at the counter; 0: none."""
    convert: int = 0
    """So many points that are over become a coupon; 0: none does."""
    version: int = 1
    ladder: Ladder | None = None
    since: int = 0
    """When it came into force."""

    def last_day(self, day: int) -> int:
        """D-04, D-05; fixed validity above a year ends with the month."""
        if self.validity == "permanent":
            return 0
        if self.validity == "rolling":
            year, month, days = month_later(day, self.months - 1)
            return year * 10_000 + month * 100 + days
        if self.months > 12:
            year, month, days = month_later(day, self.months)
            return year * 10_000 + month * 100 + days
        return day_later(day, months=self.months)

    def lot(self, paid_on: int, today: int) -> Lot:
        """Where points of an order go."""
        held = day_later(paid_on, days=self.hold - 1) if self.hold else 0
        return released((held, self.last_day(paid_on)), today)


class Account(Struct, frozen=True):
    """Points by lot, in the order of use, and what is owed."""

    lots: tuple[tuple[Lot, int], ...] = ()
    debt: int = 0
    entries: int = 0
    orders: int = 0
    spend: int = 0
    kinds: Mapping[str, int] = field(default_factory=dict)
    used: Mapping[str, tuple[int, int, int]] = field(default_factory=dict)
    """By rule with a cap: the last day, how much it gave then, and ever."""
    streak: tuple[int, int] = (0, 0)
    """The last day that was checked in, and how many in a row."""
    earned: int = 0
    activities: int = 0
    months: Months = field(default_factory=dict)
    """What was counted for tiers, by month: spend, points, orders, activity."""
    tier: Held | None = None
    changes: int = 0
    """Of the tier, ever."""
    converting: tuple[tuple[int, int], ...] = ()
    """By entry: coupons that points became, and that are not issued yet."""

    @property
    def balance(self) -> int:
        return sum(points for _, points in self.lots) - self.debt

    def available(self, today: int) -> int:
        """What can be used."""
        live = (n for lot, n in self.lots if not is_over(lot, today) and lot[0] < today)
        return sum(live) - self.debt


class Person(Struct, frozen=True):
    """A fan or a member; `redirect` when merged into somebody."""

    met_at: int
    joined_at: int = 0
    phone: str = ""
    card: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    """`nickname`, `name` and the like, as far as given."""
    identities: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    redirect: str = ""

    def marks(self) -> tuple[str, ...]:
        """Everything that finds this person."""
        own = [f"phone:{self.phone}"] if self.phone else []
        return (*self.identities, *own, *([f"card:{self.card}"] if self.card else []))


class Tender(Struct, frozen=True):
    """What paid an order beside money: coupons, and points from these lots."""

    offs: tuple[tuple[str, int], ...] = ()
    points: int = 0
    worth: int = 0
    entry: tuple[str, int] = ("", 0)
    lots: tuple[tuple[Lot, int], ...] = ()
    back: int = 0
    """Points that came back so far."""


class Order(Struct, frozen=True):
    """What an order was worth, and how much of it came back."""

    member: str
    store: str
    paid_at: int
    payments: Mapping[str, int]
    fingerprint: str
    cups: int = 1
    points: int = 0
    counted: int = 0
    gains: Mapping[str, Fraction] = field(default_factory=dict)
    """What each rule gave."""
    last_day: int = 0
    held: int = 0
    entry: int = 0
    balance: int = 0
    granted: int = 0
    """How many benefits."""
    tier: str = ""
    """To which it raised the member."""
    refunded: Mapping[str, int] = field(default_factory=dict)
    clawed: int = 0
    tender: Tender | None = None


class Merge(Struct, frozen=True):
    """Two people who are one, or may be."""

    source: str
    target: str
    cause: str
    state: str
    at: int
    prover: str = ""
    phone: str = ""
    identities: tuple[str, ...] = ()
    phone_before: str = ""
    took_phone: str = ""
    filled: tuple[str, ...] = ()
    left: tuple[tuple[Lot, int], ...] = ()
    """What each lot of the source gave."""
    left_debt: int = 0
    came: tuple[tuple[Lot, int], ...] = ()
    """How each lot of the target moved."""
    came_debt: int = 0
    source_entry: int = 0
    target_entry: int = 0
    orders: int = 0
    spend: int = 0
    used: Mapping[str, tuple[int, int, int]] = field(default_factory=dict)
    streak_before: tuple[int, int] = (0, 0)
    brought: Account | None = None
    """The account of the source, as it was."""
    tier_before: Held | None = None


class Code(Struct, frozen=True):
    """The latest code of a phone, and when codes were sent and tried."""

    number: str = ""
    purpose: str = ""
    ends_at: int = 0
    tries: int = 0
    is_used: bool = True
    sent: tuple[int, ...] = ()
    tried: tuple[int, ...] = ()
    grants: int = 0
    """How many codes there ever were."""


class Session(Struct, frozen=True):
    """A login."""

    member: str
    identity: str
    channel: str
    opened_at: int
    ends_at: int
    revoked_at: int = 0
    since: int = 0
    """How many steps there had been when whoever opened it began."""
    steps: int = 0
    """How many there were when it was opened."""


class State(Struct, frozen=True):
    """Everything, by its id."""

    programmes: tuple[Programme, ...] = (Programme(),)
    """Every version, the current one last."""
    spent: Mapping[str, int] = field(default_factory=dict)
    """By rule: how much of its budget is gone."""
    people: Mapping[str, Person] = field(default_factory=dict)
    accounts: Mapping[str, Account] = field(default_factory=dict)
    holders: Mapping[str, str] = field(default_factory=dict)
    orders: Mapping[str, Order] = field(default_factory=dict)
    foreign_claws: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """By account, and by whose order it was before a merge: the last entry that took points back for it."""
    refunds: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """By order and number: the fingerprint, and the facts of the answer."""
    merges: Mapping[str, Merge] = field(default_factory=dict)
    pairs: Mapping[frozenset[str], str] = field(default_factory=dict)
    """The merge on record for two people."""
    codes: Mapping[str, Code] = field(default_factory=dict)
    proofs: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    """Who showed a platform's proof first, and when."""
    keys: Mapping[str, tuple[Mapping[str, Any], int]] = field(default_factory=dict)
    """Answers kept under a caller's key, and since when."""
    counts: Mapping[str, int] = field(default_factory=dict)
    sessions: Mapping[str, Session] = field(default_factory=dict)
    sweeps: tuple[tuple[str, int, str, str], ...] = ()
    """Whose sessions end, if opened in the first so many steps; which one is spared; by which identity
    (empty: any)."""
    steps: int = 0
    """How many commits led here."""
    areas: Mapping[str, Any] = field(default_factory=dict)
    """What later areas keep, by their name."""

    @property
    def programme(self) -> Programme:
        return self.programmes[-1]

    def alive(self, member: str) -> str:
        """The person that an id leads to."""
        while member in self.people and self.people[member].redirect:
            member = self.people[member].redirect
        return member


class Made(Struct, frozen=True):
    """Ids that the product drew, read off what it wrote; empty while nothing was written."""

    member: str = ""
    card: str = ""
    merge: str = ""
    code: str = ""
    secret: str = ""


NOTHING_MADE = Made()


class Refused(Struct, frozen=True):
    """The rules say no."""

    code: str


class Accepted(Struct, frozen=True):
    """The rules say yes: what then holds, and the facts of the answer."""

    state: State
    facts: Mapping[str, Any] = field(default_factory=dict)


Verdict = Refused | Accepted


def without_effect(verdict: Verdict, state: State) -> Verdict:
    """The same answer, and everything stays as it is."""
    return Accepted(state, verdict.facts) if isinstance(verdict, Accepted) else verdict
