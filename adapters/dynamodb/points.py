"""Points accounts with their lots, and entries. Attribute names are short: these items are written most."""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

from pynamodb.attributes import (
    BinaryAttribute,
    BooleanAttribute,
    ListAttribute,
    NumberAttribute,
    UnicodeAttribute,
)
from pynamodb.expressions.condition import Condition

from adapters.dynamodb.cache import Cache
from adapters.dynamodb.item import Item, Mapping, Tenancy, day, day_number, instant, ms
from adapters.dynamodb.keys import due_shard, tenant_and_thing
from adapters.dynamodb.members import to_member
from adapters.dynamodb.outcome import RawItem
from adapters.dynamodb.schema import DUE_INDEX
from adapters.dynamodb.table import Lag, Range, Table
from adapters.dynamodb.tiers import months_parts, standing_parts, to_months, to_standing
from domain.clock import epoch_seconds, from_epoch
from domain.member.model import REDIRECTS_MAX, Member, MemberNotFound
from domain.money import Money, Points, Rounding
from domain.order.model import OrderId
from domain.points.chain import given_parts
from domain.points.model import (
    EARNING,
    Account,
    Cause,
    Converting,
    Entry,
    EntryKind,
    Gain,
    Given,
    LotKey,
    Posting,
    Tally,
)
from domain.points.ports import Due
from domain.points.streak import NO_STREAK, Streak
from domain.points.usage import Usage, Usages
from domain.programme.event import Birthday, Person, Used

ENTRIES_FIRST = "L#PTS#"
ENTRIES_LAST = "L#PTS#~"


class AccountItem(Item, discriminator="account"):
    """v version, d debt, l lots [[last day, source, points, held through]], h head, t totals, n orders,
    s spend in fen,
    u what is used of caps and limits [[rule or reward, day, on that day, ever]],
    k [last check-in, days in a row], e earned, y activities,
    m months [[month, spend, points, orders, activities]],
    g tier [id, rank, since, until, in grace], c tier changes, o coupons to be issued [[entry, how many]],
    x revision, r redirect, z frozen."""

    version = NumberAttribute(attr_name="v")
    debt = NumberAttribute(attr_name="d")
    lots: ListAttribute[list[Any]] = ListAttribute(attr_name="l")
    head = BinaryAttribute(attr_name="h", legacy_encoding=False)
    totals = UnicodeAttribute(attr_name="t")
    order_count = NumberAttribute(attr_name="n")
    spend_fen = NumberAttribute(attr_name="s")
    used: ListAttribute[list[Any]] = ListAttribute(attr_name="u", null=True)
    streak: ListAttribute[int] = ListAttribute(attr_name="k", null=True)
    earned = NumberAttribute(attr_name="e", null=True)
    activities = NumberAttribute(attr_name="y", null=True)
    months: ListAttribute[list[int]] = ListAttribute(attr_name="m", null=True)
    standing: ListAttribute[Any] = ListAttribute(attr_name="g", null=True)
    tier_changes = NumberAttribute(attr_name="c", null=True)
    converting: ListAttribute[list[int]] = ListAttribute(attr_name="o", null=True)
    revision = NumberAttribute(attr_name="x", null=True)
    redirect_to = UnicodeAttribute(attr_name="r", null=True)
    is_frozen = BooleanAttribute(attr_name="z", null=True)


class EntryItem(Item, discriminator="entry"):
    """o kind, p points, b balance, l postings, d debt, c cause, w caller, a at, q previous hash, h hash,
    n orders, s spend in fen, e earned (of a merge), y activities, m the month in which it counts,
    g what rules gave and what they knew."""

    entry_kind = UnicodeAttribute(attr_name="o")
    points = NumberAttribute(attr_name="p")
    balance = NumberAttribute(attr_name="b")
    postings: ListAttribute[list[Any]] = ListAttribute(attr_name="l")
    debt = NumberAttribute(attr_name="d")
    cause = UnicodeAttribute(attr_name="c")
    caller = UnicodeAttribute(attr_name="w")
    at = NumberAttribute(attr_name="a")
    previous = BinaryAttribute(attr_name="q", legacy_encoding=False)
    hash = BinaryAttribute(attr_name="h", legacy_encoding=False)
    orders = NumberAttribute(attr_name="n", null=True)
    spend_fen = NumberAttribute(attr_name="s", null=True)
    earned = NumberAttribute(attr_name="e", null=True)
    activities = NumberAttribute(attr_name="y", null=True)
    month = NumberAttribute(attr_name="m", null=True)
    given = UnicodeAttribute(attr_name="g", null=True)


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _account_items(account: Account, tenancy: Tenancy) -> tuple[Item, ...]:
    pk, sk = tenancy.keys.account(account.member_id)
    due = tenancy.keys.due(account.next_due, account.member_id) if account.next_due else (None, None)
    item = AccountItem(
        pk=pk,
        sk=sk,
        gsi2pk=due[0],
        gsi2sk=due[1],
        version=account.version,
        debt=account.debt.count,
        lots=[_lot_parts(lot, points) for lot, points in account.lots.items()],
        head=account.head,
        totals=_text({kind.value: points.count for kind, points in account.totals.items()}),
        order_count=account.order_count,
        spend_fen=account.spend.fen,
        used=used_parts(account.used) or None,
        streak=streak_parts(account.streak),
        earned=account.earned.count or None,
        activities=account.activities or None,
        months=months_parts(account.months) or None,
        standing=standing_parts(account.standing),
        tier_changes=account.tier_changes or None,
        converting=[[each.sequence, each.coupons] for each in account.converting] or None,
        revision=account.revision or None,
        redirect_to=account.redirect_to,
        is_frozen=True if account.is_frozen else None,
    )
    return (item,)


def _lot_parts(lot: LotKey, points: Points) -> list[Any]:
    """The last part stands only where points are held."""
    held = [day_number(lot.held_through)] if lot.held_through else []
    return [day_number(lot.valid_through), lot.source, points.count, *held]


def _to_posting(parts: Sequence[Any]) -> Posting:
    number, source, count, *held = parts
    return Posting(LotKey(day(number), source, day(held[0]) if held else None), Points(int(count)))


def used_parts(used: Usages) -> list[list[Any]]:
    return [[rule, day_number(each.on), each.today, each.ever] for rule, each in sorted(used.items())]


def to_used(parts: Iterable[list[Any]]) -> Usages:
    return {str(rule): Usage(day(on) or date.min, int(today), int(ever)) for rule, on, today, ever in parts}


def streak_parts(streak: Streak) -> list[int] | None:
    return [day_number(streak.last_on), streak.days] if streak.last_on else None


def to_streak(parts: Sequence[int] | None) -> Streak:
    return Streak(day(parts[0]), int(parts[1])) if parts else NO_STREAK


def to_account(raw: RawItem) -> Account:
    item = AccountItem.from_raw_data(raw)
    return Account(
        member_id=tenant_and_thing(item.pk)[1],
        version=int(item.version),
        lots={posting.lot: posting.points for posting in map(_to_posting, item.lots)},
        debt=Points(int(item.debt)),
        head=item.head,
        totals={EntryKind(kind): Points(int(count)) for kind, count in json.loads(item.totals).items()},
        order_count=int(item.order_count),
        spend=Money(int(item.spend_fen)),
        used=to_used(item.used or ()),
        streak=to_streak(item.streak),
        earned=Points(int(item.earned or 0)),
        activities=int(item.activities or 0),
        months=to_months(item.months),
        standing=to_standing(item.standing),
        tier_changes=int(item.tier_changes or 0),
        converting=tuple(Converting(int(each[0]), int(each[1])) for each in item.converting or ()),
        revision=int(item.revision or 0),
        redirect_to=item.redirect_to,
        is_frozen=bool(item.is_frozen),
    )


def _entry_items(entry: Entry, tenancy: Tenancy) -> tuple[Item, ...]:
    pk, sk = tenancy.keys.entry(entry.member_id, entry.sequence)
    item = EntryItem(
        pk=pk,
        sk=sk,
        entry_kind=entry.kind.value,
        points=entry.points.count,
        balance=entry.balance.count,
        postings=[_lot_parts(posting.lot, posting.points) for posting in entry.postings],
        debt=entry.debt.count,
        cause=_text(_cause_parts(entry.cause)),
        caller=entry.caller,
        at=ms(entry.at),
        previous=entry.previous,
        hash=entry.hash,
        orders=entry.tally.orders or None,
        spend_fen=entry.tally.spend.fen or None,
        earned=(entry.tally.earned.count or None) if entry.kind not in EARNING else None,
        activities=entry.tally.activities or None,
        month=entry.month,
        given=_text(given_parts(entry.given)) if entry.given else None,
    )
    return (item,)


def _cause_parts(cause: Cause) -> dict[str, Any]:
    parts = {
        "r": cause.reason,
        "o": [cause.order_id.source, cause.order_id.number] if cause.order_id else None,
        "f": cause.refund_number,
        "g": cause.merge_id,
        "m": cause.other_member_id,
        "v": cause.programme_version,
        "s": cause.store_id,
        "t": epoch_seconds(cause.occurred_at) if cause.occurred_at else None,
        "n": cause.note,
        "w": cause.reward_id,
        "y": cause.reward_name,
        "x": cause.exchange_id,
        "k": cause.template_id,
        "c": cause.coupons,
    }
    return {name: value for name, value in parts.items() if value is not None}


def to_entry(raw: RawItem) -> Entry:
    item = EntryItem.from_raw_data(raw)
    parts, kind = json.loads(item.cause), EntryKind(item.entry_kind)
    return Entry(
        member_id=tenant_and_thing(item.pk)[1],
        sequence=int(item.sk.rsplit("#", 1)[1]),
        kind=kind,
        points=Points(int(item.points)),
        balance=Points(int(item.balance)),
        postings=tuple(map(_to_posting, item.postings)),
        debt=Points(int(item.debt)),
        cause=Cause(
            reason=parts["r"],
            order_id=OrderId(*parts["o"]) if "o" in parts else None,
            refund_number=parts.get("f"),
            merge_id=parts.get("g"),
            other_member_id=parts.get("m"),
            programme_version=int(parts["v"]) if "v" in parts else None,
            store_id=parts.get("s"),
            occurred_at=from_epoch(int(parts["t"])) if "t" in parts else None,
            note=parts.get("n"),
            reward_id=parts.get("w"),
            reward_name=parts.get("y"),
            exchange_id=parts.get("x"),
            template_id=parts.get("k"),
            coupons=parts.get("c"),
        ),
        caller=item.caller,
        at=instant(item.at),
        previous=item.previous,
        hash=item.hash,
        tally=Tally(
            int(item.orders or 0),
            Money(int(item.spend_fen or 0)),
            Points(int((item.points if kind in EARNING else item.earned) or 0)),
            int(item.activities or 0),
        ),
        month=int(item.month) if item.month else None,
        given=_to_given(json.loads(item.given)) if item.given else None,
    )


def _to_given(parts: dict[str, Any]) -> Given:
    facts = parts.get("person", {})
    person = Person(
        is_member=not facts.get("fan", False),
        tier_id=facts.get("tier"),
        birthday=Birthday(facts.get("birthday", Birthday.UNKNOWN)),
        order_count=facts.get("orders", 0),
        streak=facts.get("streak", 0),
        used={rule_id: Used(*counts) for rule_id, counts in facts.get("used", {}).items()},
    )
    return Given(
        gains=_to_gains(parts.get("gains", ())),
        rounding=Rounding(parts.get("rounding", Rounding.DOWN)),
        person=person,
        left=parts.get("left", {}),
        was_over=parts.get("over", False),
        granted=_to_gains(parts.get("granted", ())),
    )


def _to_gains(parts: Iterable[Sequence[Any]]) -> tuple[Gain, ...]:
    return tuple(Gain(rule_id, version, Fraction(exact)) for rule_id, version, exact in parts)


def _as_read(account: Account) -> Condition:
    """Where it leads is not part of its history, and so not of its version."""
    known = AccountItem.revision
    since = known == account.revision if account.revision else known.does_not_exist()
    same: Condition = (AccountItem.version == account.version) & since
    return same & (AccountItem.redirect_to == account.redirect_to) if account.redirect_to else same


MAPPINGS: dict[type, Mapping[Any]] = {
    Account: Mapping(_account_items, _as_read),
    Entry: Mapping(_entry_items, lambda entry: EntryItem.hash == entry.hash),
}


class DynamoAccounts:
    """Implements `domain.points.ports.Accounts`."""

    def __init__(self, table: Table, tenancy: Tenancy, cache: Cache, lag: Lag) -> None:
        self._table, self._tenancy, self._cache, self._lag = table, tenancy, cache, lag

    def get(self, member_id: str) -> Account:
        return self.way(member_id)[-1]

    def way(self, member_id: str) -> tuple[Account, ...]:
        way: list[Account] = []
        while len(way) <= REDIRECTS_MAX and (account := self.exact(member_id)) is not None:
            way.append(account)
            if account.redirect_to is None:
                return tuple(way)
            member_id = account.redirect_to
        raise MemberNotFound

    def person(
        self, member_id: str, *, with_settings: bool = False, is_condition: bool = True
    ) -> tuple[tuple[Account, ...], Member]:
        keys = self._tenancy.keys
        wanted = [keys.account(member_id), keys.member(member_id)]
        wanted += [keys.tenant()] if with_settings else []
        may_lag = is_condition and self._lag.take()
        found = self._table.get_many(wanted, strong=not may_lag)
        self._cache.put_found(keys.tenant(), found)
        raw, member = found.get(keys.account(member_id)), found.get(keys.member(member_id))
        if raw is None:
            raise MemberNotFound
        way: tuple[Account, ...] = (to_account(raw),)
        if way[-1].redirect_to is not None:
            way = self.way(member_id)
            member = self._table.get(keys.member(way[-1].member_id))
        if member is None:
            raise MemberNotFound
        return way, to_member(member, self._tenancy)

    def exact(self, member_id: str) -> Account | None:
        raw = self._table.get(self._tenancy.keys.account(member_id))
        return to_account(raw) if raw else None


class DynamoEntries:
    """Implements `domain.points.ports.Entries`."""

    def __init__(self, table: Table, tenancy: Tenancy) -> None:
        self._table, self._tenancy = table, tenancy

    def newest(self, member_id: str, below: int | None, limit: int, *, strong: bool = False) -> list[Entry]:
        pk, last = self._tenancy.keys.entry(member_id, below - 1) if below is not None else ("", ENTRIES_LAST)
        pk = pk or self._tenancy.keys.entry(member_id, 0)[0]
        part = Range(pk, first=ENTRIES_FIRST, last=last, backwards=True)
        return [to_entry(raw) for raw in self._table.query(part, limit, strong=strong)]

    def get(self, member_id: str, sequence: int) -> Entry | None:
        raw = self._table.get(self._tenancy.keys.entry(member_id, sequence))
        return to_entry(raw) if raw else None

    def all(self, member_id: str) -> Iterator[Entry]:
        pk, _ = self._tenancy.keys.account(member_id)
        part = Range(pk, first=ENTRIES_FIRST, last=ENTRIES_LAST)
        return (to_entry(raw) for raw in self._table.query_all(part, strong=True))


class DynamoDueAccounts:
    """Implements `domain.points.ports.DueAccounts`: one range query a shard, however many accounts exist."""

    def __init__(self, table: Table, shards: int) -> None:
        self._table, self._shards = table, shards

    def before(self, today: date) -> Iterator[Due]:
        for shard in range(self._shards):
            part = Range(due_shard(shard), index=DUE_INDEX, first="0", last=f"{today:%Y%m%d}")
            for raw in self._table.query_all(part):
                yield Due(*tenant_and_thing(raw["pk"]["S"]))
