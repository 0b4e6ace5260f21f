"""Bills that are held, each beside its order."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from adapters.dynamodb.item import Item, Mapping, Tenancy, instant, moment, ms, whole
from adapters.dynamodb.keys import hold_shard, tenant_and_thing, time_key
from adapters.dynamodb.orders import order_id_of
from adapters.dynamodb.outcome import RawItem
from adapters.dynamodb.schema import DUE_INDEX
from adapters.dynamodb.table import Range, Table
from domain.checkout.model import Hold, HoldPlace, HoldState
from domain.checkout.ports import DueHold
from domain.money import Money, Points
from domain.order.model import OrderId


class HoldItem(Item, discriminator="hold"):
    """In GSI-2 until it is captured or released."""

    store_id = UnicodeAttribute()
    member_id = UnicodeAttribute()
    coupon_codes = UnicodeAttribute()
    points = NumberAttribute()
    entry_sequence = NumberAttribute(null=True)
    to_pay_fen = NumberAttribute()
    fingerprint = UnicodeAttribute()
    at = NumberAttribute()
    until = NumberAttribute()
    by = UnicodeAttribute()
    state = UnicodeAttribute()
    ended_at = NumberAttribute(null=True)
    version = NumberAttribute()


def _hold_items(hold: Hold, tenancy: Tenancy) -> tuple[Item, ...]:
    order_id = hold.order_id
    pk, sk = tenancy.keys.hold(order_id.source, order_id.number)
    due = tenancy.keys.hold_due(hold.until, order_id.source, order_id.number)
    item = HoldItem(
        pk=pk,
        sk=sk,
        gsi2pk=due[0] if hold.is_open else None,
        gsi2sk=due[1] if hold.is_open else None,
        store_id=hold.store_id,
        member_id=hold.member_id,
        coupon_codes=json.dumps(hold.coupon_codes),
        points=hold.points.count,
        entry_sequence=hold.entry_sequence,
        to_pay_fen=hold.to_pay.fen,
        fingerprint=hold.fingerprint,
        at=ms(hold.at),
        until=ms(hold.until),
        by=hold.by,
        state=hold.state.value,
        ended_at=ms(hold.ended_at) if hold.ended_at else None,
        version=hold.version,
    )
    return (item,)


def to_hold(raw: RawItem) -> Hold:
    item = HoldItem.from_raw_data(raw)
    return Hold(
        order_id=order_id_of(item.pk),
        store_id=item.store_id,
        member_id=item.member_id,
        coupon_codes=tuple(json.loads(item.coupon_codes)),
        points=Points(int(item.points)),
        entry_sequence=whole(item.entry_sequence),
        to_pay=Money(int(item.to_pay_fen)),
        fingerprint=item.fingerprint,
        at=instant(item.at),
        until=instant(item.until),
        by=item.by,
        state=HoldState(item.state),
        ended_at=moment(item.ended_at),
        version=int(item.version),
    )


def _hold_place(place: HoldPlace, tenancy: Tenancy) -> tuple[Item, ...]:
    pk, sk = tenancy.keys.hold(place.order_id.source, place.order_id.number)
    return (HoldItem(pk=pk, sk=sk),)


MAPPINGS: dict[type, Mapping[Any]] = {
    Hold: Mapping(_hold_items, lambda hold: HoldItem.version == hold.version),
    HoldPlace: Mapping(_hold_place, lambda _: HoldItem.pk.exists()),
}


class DynamoHolds:
    """Implements `domain.checkout.ports.Holds`."""

    def __init__(self, table: Table, tenancy: Tenancy) -> None:
        self._table, self._tenancy = table, tenancy

    def find(self, order_id: OrderId) -> Hold | None:
        raw = self._table.get(self._tenancy.keys.hold(order_id.source, order_id.number))
        return to_hold(raw) if raw else None

    def and_order(self, order_id: OrderId) -> tuple[Hold | None, bool]:
        keys = self._tenancy.keys
        hold, order = (where(order_id.source, order_id.number) for where in (keys.hold, keys.order))
        found = self._table.get_many([hold, order])
        return to_hold(found[hold]) if hold in found else None, order in found


class DynamoDueHolds:
    """Implements `domain.checkout.ports.DueHolds`: one range query a shard, however many there are."""

    def __init__(self, table: Table, shards: int) -> None:
        self._table, self._shards = table, shards

    def before(self, now: datetime) -> Iterator[DueHold]:
        for shard in range(self._shards):
            part = Range(hold_shard(shard), index=DUE_INDEX, first="0", last=f"{time_key(now)}#~")
            for raw in self._table.query_all(part):
                pk = raw["pk"]["S"]
                yield DueHold(tenant_and_thing(pk)[0], order_id_of(pk))
