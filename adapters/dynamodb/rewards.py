"""The catalogue, codes of virtual rewards, and exchanges. The stock lies in the counters of `Counted`."""

from collections.abc import Callable, Iterable
from typing import Any

from pynamodb.attributes import (
    BinaryAttribute,
    BooleanAttribute,
    ListAttribute,
    NumberAttribute,
    UnicodeAttribute,
)

from adapters.dynamodb.item import Item, Mapping, Tenancy, instant, moment, ms, seal, stored, whole
from adapters.dynamodb.keys import tenant_and_thing
from adapters.dynamodb.outcome import RawItem
from adapters.dynamodb.table import Range, Table
from domain.keyring import Keyring
from domain.money import Points
from domain.page import Page
from domain.points.model import EntryRef
from domain.reward.model import (
    CodeMark,
    Exchange,
    ExchangeState,
    Offer,
    Reward,
    RewardCode,
    RewardKind,
)


class RewardItem(Item, discriminator="reward"):
    """The id stands in the sort key."""

    name = UnicodeAttribute()
    description = UnicodeAttribute(null=True)
    what = UnicodeAttribute()
    points = NumberAttribute()
    is_counted = BooleanAttribute()
    is_shown = BooleanAttribute()
    starts_at = NumberAttribute(null=True)
    ends_at = NumberAttribute(null=True)
    per_member = NumberAttribute(null=True)
    is_members_only = BooleanAttribute()
    tier_ids: ListAttribute[str] = ListAttribute(null=True)
    template_id = UnicodeAttribute(null=True)
    stock = NumberAttribute()
    buckets = NumberAttribute()
    changed_at = NumberAttribute()
    changed_by = UnicodeAttribute()
    version = NumberAttribute()


class CodeItem(Item, discriminator="code"):
    """A code that nobody has yet; its blind index stands in the sort key."""

    code = BinaryAttribute(legacy_encoding=False)


class MarkItem(Item, discriminator="code-mark"):
    """The blind index stands in the partition key; of which tenant, too."""


class ExchangeItem(Item, discriminator="exchange"):
    """The sequence of the entry stands in the sort key."""

    reward_id = UnicodeAttribute()
    name = UnicodeAttribute()
    what = UnicodeAttribute()
    points = NumberAttribute()
    at = NumberAttribute()
    state = UnicodeAttribute()
    bucket = NumberAttribute(null=True)
    is_limited = BooleanAttribute(null=True)
    code = BinaryAttribute(legacy_encoding=False, null=True)
    coupon_code = UnicodeAttribute(null=True)
    fulfilled_at = NumberAttribute(null=True)
    fulfilled_by = UnicodeAttribute(null=True)
    store_id = UnicodeAttribute(null=True)
    refunded_at = NumberAttribute(null=True)
    refund_entry = UnicodeAttribute(null=True)
    refunded_by = UnicodeAttribute(null=True)
    version = NumberAttribute()


def _reward_items(reward: Reward, tenancy: Tenancy) -> tuple[Item, ...]:
    pk, sk = tenancy.keys.reward(reward.reward_id)
    offer = reward.offer
    item = RewardItem(
        pk=pk,
        sk=sk,
        name=offer.name,
        description=offer.description,
        what=offer.kind.value,
        points=offer.points.count,
        is_counted=offer.is_counted,
        is_shown=offer.is_shown,
        starts_at=ms(offer.starts_at) if offer.starts_at else None,
        ends_at=ms(offer.ends_at) if offer.ends_at else None,
        per_member=offer.per_member,
        is_members_only=offer.is_members_only,
        tier_ids=list(offer.tier_ids) or None,
        template_id=offer.template_id,
        stock=reward.stock,
        buckets=reward.buckets,
        changed_at=ms(reward.changed_at),
        changed_by=reward.changed_by,
        version=reward.version,
    )
    return (item,)


def _to_reward(raw: RawItem) -> Reward:
    item = RewardItem.from_raw_data(raw)
    offer = Offer(
        name=item.name,
        description=item.description,
        kind=RewardKind(item.what),
        points=Points(int(item.points)),
        is_counted=bool(item.is_counted),
        is_shown=bool(item.is_shown),
        starts_at=moment(item.starts_at),
        ends_at=moment(item.ends_at),
        per_member=whole(item.per_member),
        is_members_only=bool(item.is_members_only),
        tier_ids=tuple(item.tier_ids or ()),
        template_id=item.template_id,
    )
    return Reward(
        reward_id=item.sk.removeprefix("R#"),
        offer=offer,
        changed_at=instant(item.changed_at),
        changed_by=item.changed_by,
        stock=int(item.stock),
        buckets=int(item.buckets),
        version=int(item.version),
    )


def _code_items(code: RewardCode, tenancy: Tenancy) -> tuple[Item, ...]:
    key = tenancy.keys.free_code(code.reward_id, code.index)
    return (CodeItem(pk=key[0], sk=key[1], code=seal(tenancy, key, "code", code.code)),)


def _mark_items(mark: CodeMark, tenancy: Tenancy) -> tuple[Item, ...]:
    pk, sk = tenancy.keys.code_mark(mark.index)
    return (MarkItem(pk=pk, sk=sk),)


def _exchange_items(exchange: Exchange, tenancy: Tenancy) -> tuple[Item, ...]:
    key = tenancy.keys.exchange(exchange.member_id, exchange.sequence)
    item = ExchangeItem(
        pk=key[0],
        sk=key[1],
        reward_id=exchange.reward_id,
        name=exchange.name,
        what=exchange.kind.value,
        points=exchange.points.count,
        at=ms(exchange.at),
        state=exchange.state.value,
        bucket=exchange.bucket,
        is_limited=True if exchange.is_limited else None,
        code=seal(tenancy, key, "code", exchange.code),
        coupon_code=exchange.coupon_code,
        fulfilled_at=ms(exchange.fulfilled_at) if exchange.fulfilled_at else None,
        fulfilled_by=exchange.fulfilled_by,
        store_id=exchange.store_id,
        refunded_at=ms(exchange.refunded_at) if exchange.refunded_at else None,
        refund_entry=exchange.refund_entry.text() if exchange.refund_entry else None,
        refunded_by=exchange.refunded_by,
        version=exchange.version,
    )
    return (item,)


def to_exchange(raw: RawItem, tenancy: Tenancy) -> Exchange:
    item = ExchangeItem.from_raw_data(raw)
    return Exchange(
        member_id=tenant_and_thing(item.pk)[1],
        sequence=int(item.sk.removeprefix("EX#")),
        reward_id=item.reward_id,
        name=item.name,
        kind=RewardKind(item.what),
        points=Points(int(item.points)),
        at=instant(item.at),
        state=ExchangeState(item.state),
        bucket=whole(item.bucket),
        is_limited=bool(item.is_limited),
        code=stored(tenancy, item.key, "code", item.code),
        coupon_code=item.coupon_code,
        fulfilled_at=moment(item.fulfilled_at),
        fulfilled_by=item.fulfilled_by,
        store_id=item.store_id,
        refunded_at=moment(item.refunded_at),
        refund_entry=EntryRef.parse(item.refund_entry) if item.refund_entry else None,
        refunded_by=item.refunded_by,
        version=int(item.version),
    )


MAPPINGS: dict[type, Mapping[Any]] = {
    Reward: Mapping(_reward_items, lambda reward: RewardItem.version == reward.version),
    RewardCode: Mapping(_code_items, lambda _: CodeItem.code.exists()),
    CodeMark: Mapping(_mark_items, lambda _: MarkItem.pk.exists()),
    Exchange: Mapping(_exchange_items, lambda exchange: ExchangeItem.version == exchange.version),
}


class DynamoRewards:
    """Implements `domain.reward.ports.Rewards`."""

    def __init__(self, table: Table, tenancy: Tenancy) -> None:
        self._table, self._tenancy = table, tenancy

    def find(self, reward_id: str) -> Reward | None:
        raw = self._table.get(self._tenancy.keys.reward(reward_id))
        return _to_reward(raw) if raw else None

    def page(self, limit: int, position: str | None) -> Page[Reward]:
        pk, first = self._tenancy.keys.reward(f"{position}!" if position else "")
        found = self._table.query(Range(pk, first=first, last="R#~"), limit + 1, strong=True)
        rewards = tuple(_to_reward(raw) for raw in found[:limit])
        return Page(rewards, rewards[-1].reward_id if len(found) > limit else None)


class DynamoCodes:
    """Implements `domain.reward.ports.Codes`."""

    def __init__(self, table: Table, tenancy: Tenancy, keyring: Callable[[], Keyring]) -> None:
        self._table, self._tenancy, self._keyring = table, tenancy, keyring

    def next_free(self, reward_id: str, start: str) -> RewardCode | None:
        for first in (start, ""):
            found = self._table.query(self._free(reward_id, first), 1, strong=True)
            if found:
                item = CodeItem.from_raw_data(found[0])
                code = stored(self._tenancy, item.key, "code", item.code)
                return RewardCode(reward_id, item.sk.removeprefix("F#"), code) if code else None
        return None

    def count_free(self, reward_id: str, most: int) -> int:
        return len(self._table.query(self._free(reward_id, ""), most, strong=True))

    def known(self, indexes: Iterable[str]) -> frozenset[str]:
        keys = {self._tenancy.keys.code_mark(index): index for index in indexes}
        return frozenset(keys[key] for key in self._table.get_many(list(keys)))

    def index(self, code: str) -> str:
        return self._keyring().index("code", code)

    def _free(self, reward_id: str, first: str) -> Range:
        pk, start = self._tenancy.keys.free_code(reward_id, first)
        return Range(pk, first=start, last="F#~")


class DynamoExchanges:
    """Implements `domain.reward.ports.Exchanges`."""

    def __init__(self, table: Table, tenancy: Tenancy) -> None:
        self._table, self._tenancy = table, tenancy

    def find(self, member_id: str, sequence: int) -> Exchange | None:
        raw = self._table.get(self._tenancy.keys.exchange(member_id, sequence))
        return to_exchange(raw, self._tenancy) if raw else None

    def newest(self, member_id: str, below: str | None, limit: int) -> list[Exchange]:
        pk, last = self._tenancy.keys.exchange(member_id, int(below) - 1 if below is not None else 0)
        part = Range(pk, first="EX#", last=last if below is not None else "EX#~", backwards=True)
        found = self._table.query(part, limit, strong=True)
        return [to_exchange(raw, self._tenancy) for raw in found]
