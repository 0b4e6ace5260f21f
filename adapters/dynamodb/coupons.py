"""Coupons, found by code, by owner, and once they are over; and gifts, which lead to one."""

import json
from collections.abc import Iterable, Iterator
from collections.abc import Mapping as Mapped
from datetime import date
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from adapters.dynamodb.item import (
    Item,
    Mapping,
    Tenancy,
    day,
    day_number,
    instant,
    moment,
    ms,
    whole,
)
from adapters.dynamodb.keys import coupon_shard, tenant_and_thing
from adapters.dynamodb.outcome import RawItem
from adapters.dynamodb.schema import DUE_INDEX, OWNER_INDEX
from adapters.dynamodb.table import Range, Table
from domain.clock import epoch_seconds, from_epoch
from domain.coupon.model import Coupon, CouponState, Gift, GiftOffer, Lock, Source, Use
from domain.coupon.ports import DueCoupon
from domain.money import Money
from domain.order.model import OrderId


class CouponItem(Item, discriminator="coupon"):
    """The code stands in the partition key. `held`: the lock, or the offer to a friend."""

    owner = UnicodeAttribute()
    template_id = UnicodeAttribute()
    template_version = NumberAttribute()
    source = UnicodeAttribute()
    issued_at = NumberAttribute()
    issued_by = UnicodeAttribute(null=True)
    state = UnicodeAttribute()
    valid_from = NumberAttribute()
    valid_through = NumberAttribute()
    bucket = NumberAttribute(null=True)
    origin = UnicodeAttribute(null=True)
    claimed_at = NumberAttribute(null=True)
    held = UnicodeAttribute(null=True)
    uses = UnicodeAttribute(null=True)
    ended_at = NumberAttribute(null=True)
    ended_by = UnicodeAttribute(null=True)
    note = UnicodeAttribute(null=True)
    version = NumberAttribute()


class GiftItem(Item, discriminator="coupon-gift"):
    """The mark of the token stands in the partition key."""

    code = UnicodeAttribute()


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _coupon_items(coupon: Coupon, tenancy: Tenancy) -> tuple[Item, ...]:
    pk, sk = tenancy.keys.coupon(coupon.code)
    due = tenancy.keys.coupon_due(coupon.valid_through, coupon.code) if coupon.is_live else (None, None)
    item = CouponItem(
        pk=pk,
        sk=sk,
        gsi1pk=tenancy.keys.owner(coupon.owner),
        gsi1sk=tenancy.keys.coupon_of_owner(coupon.is_live, coupon.place),
        gsi2pk=due[0],
        gsi2sk=due[1],
        owner=coupon.owner,
        template_id=coupon.template_id,
        template_version=coupon.template_version,
        source=coupon.source.value,
        issued_at=ms(coupon.issued_at),
        issued_by=coupon.issued_by,
        state=coupon.state.value,
        valid_from=day_number(coupon.valid_from),
        valid_through=day_number(coupon.valid_through),
        bucket=coupon.bucket,
        origin=coupon.origin,
        claimed_at=ms(coupon.claimed_at) if coupon.claimed_at else None,
        held=_held_text(coupon.held),
        uses=_text([_use_parts(use) for use in coupon.uses]) if coupon.uses else None,
        ended_at=ms(coupon.ended_at) if coupon.ended_at else None,
        ended_by=coupon.ended_by,
        note=coupon.note,
        version=coupon.version,
    )
    return (item,)


def _held_text(held: Lock | GiftOffer | None) -> str | None:
    match held:
        case Lock(order_id, store_id, at, until):
            return _text(["lock", order_id.source, order_id.number, store_id, ms(at), ms(until)])
        case GiftOffer(mark, until):
            return _text(["offer", mark, ms(until)])
    return None


def _to_held(text: str | None) -> Lock | GiftOffer | None:
    match json.loads(text) if text else []:
        case ["lock", source, number, store_id, at, until]:
            return Lock(OrderId(source, number), store_id, instant(at), instant(until))
        case ["offer", mark, until]:
            return GiftOffer(mark, instant(until))
    return None


def _use_parts(use: Use) -> list[Any]:
    """As a list, because a coupon stays below 1 KB."""
    order_id = use.order_id
    returned = [ms(use.returned_at), use.returned_by] if use.returned_at else []
    parts = [order_id.source, order_id.number, use.store_id, ms(use.at), use.by, use.off.fen, use.sales.fen]
    return [*parts, use.is_checkout, *returned]


def _to_use(parts: list[Any]) -> Use:
    source, number, store_id, at, by, off, sales, is_checkout, *returned = parts
    return Use(
        order_id=OrderId(source, number),
        store_id=store_id,
        at=instant(at),
        by=by,
        off=Money(off),
        sales=Money(sales),
        is_checkout=is_checkout,
        returned_at=instant(returned[0]) if returned else None,
        returned_by=returned[1] if returned else None,
    )


def to_coupon(raw: RawItem) -> Coupon:
    """Also as an index shows it, without what only a change of it needs."""
    owner = raw.get("owner") or {"S": tenant_and_thing(raw["gsi1pk"]["S"])[1]}
    item = CouponItem.from_raw_data({**raw, "owner": owner})
    first, last = day(item.valid_from), day(item.valid_through)
    if first is None or last is None:
        raise ValueError("A coupon has a first and a last day.")
    return Coupon(
        code=tenant_and_thing(item.pk)[1],
        owner=item.owner,
        template_id=item.template_id,
        template_version=int(item.template_version),
        source=Source(item.source),
        issued_at=instant(item.issued_at),
        issued_by=item.issued_by or "",
        state=CouponState(item.state),
        valid_from=first,
        valid_through=last,
        bucket=whole(item.bucket),
        origin=item.origin,
        claimed_at=moment(item.claimed_at),
        held=_to_held(item.held),
        uses=tuple(_to_use(parts) for parts in json.loads(item.uses or "[]")),
        ended_at=moment(item.ended_at),
        ended_by=item.ended_by,
        note=item.note,
        version=int(item.version),
    )


def _gift_items(gift: Gift, tenancy: Tenancy) -> tuple[Item, ...]:
    pk, sk = tenancy.keys.gift(gift.mark)
    return (GiftItem(pk=pk, sk=sk, ttl=epoch_seconds(gift.until), code=gift.code),)


MAPPINGS: dict[type, Mapping[Any]] = {
    Coupon: Mapping(_coupon_items, lambda coupon: CouponItem.version == coupon.version),
    Gift: Mapping(_gift_items, lambda gift: GiftItem.code == gift.code),
}


class DynamoCoupons:
    """Implements `domain.coupon.ports.Coupons`."""

    def __init__(self, table: Table, tenancy: Tenancy) -> None:
        self._table, self._tenancy = table, tenancy

    def find(self, code: str) -> Coupon | None:
        raw = self._table.get(self._tenancy.keys.coupon(code))
        return to_coupon(raw) if raw else None

    def those(self, codes: Iterable[str]) -> Mapped[str, Coupon]:
        found = self._table.get_many([self._tenancy.keys.coupon(code) for code in codes])
        coupons = [to_coupon(raw) for raw in found.values()]
        return {coupon.code: coupon for coupon in coupons}

    def live(self, owner: str, first: date | None, after: str | None, limit: int) -> list[Coupon]:
        keys = self._tenancy.keys
        start = f"{after}!" if after else f"{first:%Y%m%d}" if first else ""
        part = Range(
            keys.owner(owner),
            index=OWNER_INDEX,
            first=keys.coupon_of_owner(is_live=True, place=start),
            last=keys.coupon_of_owner(is_live=True, place="~"),
        )
        return [to_coupon(raw) for raw in self._table.query(part, limit)]

    def ended(self, owner: str, after: str | None, limit: int) -> list[Coupon]:
        keys = self._tenancy.keys
        part = Range(
            keys.owner(owner),
            index=OWNER_INDEX,
            first=keys.coupon_of_owner(is_live=False, place=""),
            last=keys.coupon_of_owner(is_live=False, place=after or "~"),
            backwards=True,
        )
        # The place itself belongs to the stretch, but was shown already.
        found = self._table.query(part, limit + 1 if after else limit)
        coupons = [to_coupon(raw) for raw in found]
        return [coupon for coupon in coupons if coupon.place != after][:limit]


class DynamoGifts:
    """Implements `domain.coupon.ports.Gifts`."""

    def __init__(self, table: Table, tenancy: Tenancy) -> None:
        self._table, self._tenancy = table, tenancy

    def find(self, mark: str) -> Gift | None:
        raw = self._table.get(self._tenancy.keys.gift(mark))
        if raw is None:
            return None
        item = GiftItem.from_raw_data(raw)
        return Gift(mark, item.code, from_epoch(int(item.ttl or 0)))


class DynamoDueCoupons:
    """Implements `domain.coupon.ports.DueCoupons`: one range query a shard, however many coupons exist."""

    def __init__(self, table: Table, shards: int) -> None:
        self._table, self._shards = table, shards

    def before(self, today: date) -> Iterator[DueCoupon]:
        for shard in range(self._shards):
            part = Range(coupon_shard(shard), index=DUE_INDEX, first="0", last=f"{today:%Y%m%d}")
            for raw in self._table.query_all(part):
                yield DueCoupon(*tenant_and_thing(raw["pk"]["S"]))
