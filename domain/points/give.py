"""What all use cases share in which the programme gives points: price the event, book it, count it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from fractions import Fraction
from zlib import crc32

from msgspec import Struct
from msgspec.structs import replace

from domain.clock import shop_date
from domain.member.model import Member
from domain.points.book import Book
from domain.points.model import NO_TALLY, Account, Cause, Entry, Gain, Given, LotKey, Tally
from domain.points.person import person_of
from domain.points.ports import Repositories
from domain.points.streak import Streak
from domain.points.usage import Usage, Usages, is_limit, together
from domain.points.validity import held_through, last_day
from domain.programme import price as pricing
from domain.programme.event import Event, OrderPaid, Person
from domain.programme.model import Programme, Terms
from domain.programme.price import Price, price
from domain.programme.rule import Rule
from domain.unit_of_work import Change, Counted, held

BUCKETS_AT_ONCE = 24
"""So many parts of budgets that run short are touched by one event, so that it fits into one transaction."""
NOTHING_GONE: Mapping[str, int] = {}


class Occasion(Struct, frozen=True):
    """Something that happened, for which the programme may give points."""

    kind: type[Event]
    event: Callable[[Person], Event]
    at: datetime
    """When it happened."""
    cause: Cause
    name: str
    """Chooses the bucket from which a budget is paid."""
    tally: Tally = NO_TALLY
    streak: Streak | None = None
    """For checking in: the days in a row with this one."""


class Who(Struct, frozen=True):
    """To whom something is given: the accounts that lead there, and the member if that was read."""

    way: tuple[Account, ...]
    member: Member | None = None
    rests_on: tuple[Change, ...] = ()
    """What else has to hold until something is written for them."""

    @property
    def held(self) -> tuple[Change, ...]:
        """That they are still those who were meant."""
        return (*held(self.way), *self.rests_on)


class Gift(Struct, frozen=True):
    """The entry, and all that has to change for it."""

    entry: Entry
    exact: Fraction
    lot: LotKey
    changes: tuple[Change, ...]
    granted: tuple[pricing.Grant, ...]
    """Benefits beside the points; whoever asked for the gift writes them down."""
    tier_reached: str | None
    """If it raised the tier: to which one."""


def give(
    repositories: Repositories, programme: Programme, who: Who, occasion: Occasion, now: datetime, caller: str
) -> Gift:
    """Books what the programme gives. Raises AccountFrozen."""
    return give_in(repositories, programme, Book(who.way[-1], now, caller, programme), who, occasion)


def give_in(
    repositories: Repositories, programme: Programme, book: Book, who: Who, occasion: Occasion
) -> Gift:
    """The same in a book that is open; the changes are those of all that it holds by then."""
    offered = offer(repositories, programme, book, who.member, occasion)
    before = len(book.tier_changes)
    entry, spent = offered.take(book)
    reached = [change.after for change in book.tier_changes[before:]]
    priced, changes = offered.priced, (*book.changes(), *who.held, *spent)
    return Gift(entry, priced.exact, offered.lot, changes, priced.granted, reached[-1] if reached else None)


class Offer(Struct, frozen=True):
    """What the programme gives to an account as it is, not yet booked."""

    programme: Programme
    occasion: Occasion
    person: Person
    priced: Price
    lot: LotKey
    left: Mapping[str, tuple[int, ...]]
    """What is left of budgets that ran short, by bucket."""
    was_over: bool

    def take(self, book: Book) -> tuple[Entry, tuple[Counted, ...]]:
        """Books it; also what it spends of budgets."""
        occasion, priced = self.occasion, self.priced
        entry = book.earn(
            priced.points,
            self.lot,
            replace(occasion.cause, programme_version=self.programme.version),
            tally=occasion.tally,
            given=self._given(),
            on=shop_date(occasion.at),
        )
        book.use(_used(book.account.used, self.programme, priced, shop_date(book.at)))
        if occasion.streak is not None:
            book.check_in(occasion.streak)
        return entry, tuple(
            part for gain in priced.all_gains for part in _spent(gain, self.left, occasion.name)
        )

    def _given(self) -> Given:
        gains, granted = _gains(self.priced.gains), _gains(self.priced.granted)
        rounding = self.programme.terms.rounding
        return Given(gains, rounding, self.person, totals(self.left), self.was_over, granted)


def _gains(gains: Iterable[pricing.Gain]) -> tuple[Gain, ...]:
    return tuple(Gain(gain.rule.rule_id, gain.rule.version, gain.exact) for gain in gains)


def totals(left: Mapping[str, tuple[int, ...]]) -> dict[str, int]:
    """Of each budget, what one event may take: its fullest buckets together."""
    each = max(BUCKETS_AT_ONCE // max(len(left), 1), 1)
    return {rule_id: sum(sorted(buckets)[-each:]) for rule_id, buckets in left.items()}


def offer(
    repositories: Repositories,
    programme: Programme,
    book: Book,
    member: Member | None,
    occasion: Occasion,
    gone: Mapping[str, int] = NOTHING_GONE,
) -> Offer:
    """What would be over on arrival, because the report came late, is not given at all.

    `gone`: by bucket of a budget, what is spent of it in the same unit of work.
    """
    today = shop_date(book.at)
    left = {
        rule_id: tuple(
            max(n - gone.get(bucket_name(rule_id, place), 0), 0) for place, n in enumerate(buckets)
        )
        for rule_id, buckets in repositories.budgets.left(programme.budgeted(occasion.kind)).items()
    }
    person = person_of(book.account, member, occasion.at, today)
    lot = _lot(programme.terms, occasion, today)
    was_over = lot.is_over(today)
    in_force = replace(programme, rules=()) if was_over else programme
    priced = price(in_force, occasion.event(person), totals(left))
    return Offer(programme, occasion, person, priced, lot, left, was_over)


def _lot(terms: Terms, occasion: Occasion, today: date) -> LotKey:
    """Points of an order may be held until it can hardly be refunded any more."""
    on = shop_date(occasion.at)
    held = held_through(terms, on, today) if occasion.kind is OrderPaid else None
    return LotKey(last_day(terms.validity, on), held_through=held)


def whose(repositories: Repositories, programme: Programme, member_id: str, kind: type[Event]) -> Who:
    """The account, and the member only if a rule asks for what stands there. Raises MemberNotFound."""
    if programme.asks_for_person(kind):
        return Who(*repositories.accounts.person(member_id))
    return Who(repositories.accounts.way(member_id))


def _used(before: Usages, programme: Programme, priced: Price, today: date) -> Usages:
    """With what was given now; what no cap asks for any more is forgotten."""
    now = {
        gain.rule.rule_id: Usage(today, gain.count, gain.count)
        for gain in priced.all_gains
        if gain.rule.limits.counts_persons
    }
    after = together(before, now)
    return {
        name: usage
        for name, usage in after.items()
        if is_limit(name) or _counts(programme.rule(name), usage, today)
    }


def _counts(rule: Rule | None, usage: Usage, today: date) -> bool:
    if rule is None or not rule.limits.counts_persons:
        return False
    return rule.limits.per_member is not None or usage.on >= today


def _spent(gain: pricing.Gain, left: Mapping[str, tuple[int, ...]], name: str) -> Iterator[Counted]:
    """From which buckets of its budget a gain is paid: one by chance, or from the fullest on."""
    rule, count = gain.rule, gain.count
    if rule.limits.budget is None:
        return
    buckets = left.get(rule.rule_id)
    if buckets is None:
        yield _from_bucket(rule, crc32(name.encode()) % rule.buckets, count)
        return
    for bucket in sorted(range(len(buckets)), key=lambda each: -buckets[each]):
        part = min(count, buckets[bucket])
        if part:
            yield _from_bucket(rule, bucket, part)
        count -= part


def _from_bucket(rule: Rule, bucket: int, count: int) -> Counted:
    return Counted(bucket_name(rule.rule_id, bucket), count, rule.share(bucket), None, None)


def bucket_name(rule_id: str, bucket: int) -> str:
    """The counter of what one bucket of a rule's budget has given."""
    return f"budget#{rule_id}#{bucket:02}"
