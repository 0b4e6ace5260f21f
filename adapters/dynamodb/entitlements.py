"""Entitlements. What the benefit is stands with it: rules and tiers may change later."""

import json
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from adapters.dynamodb.item import Item, Mapping, Tenancy, day, day_number, instant, moment, ms
from adapters.dynamodb.keys import tenant_and_thing
from adapters.dynamodb.outcome import RawItem
from adapters.dynamodb.table import Range, Table
from domain.entitlement.model import Entitlement, EntitlementRef, EntitlementState
from domain.money import Money
from domain.order.model import OrderId
from domain.programme import form
from domain.programme.ladder import Benefit
from domain.programme.model import BENEFITS_MAX


class EntitlementItem(Item, discriminator="entitlement"):
    """Entry and number stand in the sort key; v version, s state."""

    benefit = UnicodeAttribute()
    rule_id = UnicodeAttribute()
    order_source = UnicodeAttribute()
    order_number = UnicodeAttribute()
    at_least_fen = NumberAttribute()
    granted_at = NumberAttribute()
    valid_through = NumberAttribute()
    state = UnicodeAttribute(attr_name="s")
    used_at = NumberAttribute(null=True)
    used_by = UnicodeAttribute(null=True)
    store_id = UnicodeAttribute(null=True)
    reopened_at = NumberAttribute(null=True)
    reopened_by = UnicodeAttribute(null=True)
    version = NumberAttribute(attr_name="v")


def _entitlement_items(entitlement: Entitlement, tenancy: Tenancy) -> tuple[Item, ...]:
    ref = entitlement.ref
    pk, sk = tenancy.keys.entitlement(ref.member_id, ref.sequence, ref.number)
    item = EntitlementItem(
        pk=pk,
        sk=sk,
        benefit=json.dumps(form.dump(entitlement.benefit), ensure_ascii=False),
        rule_id=entitlement.rule_id,
        order_source=entitlement.order_id.source,
        order_number=entitlement.order_id.number,
        at_least_fen=entitlement.at_least.fen,
        granted_at=ms(entitlement.granted_at),
        valid_through=day_number(entitlement.valid_through),
        state=entitlement.state.value,
        used_at=ms(entitlement.used_at) if entitlement.used_at else None,
        used_by=entitlement.used_by,
        store_id=entitlement.store_id,
        reopened_at=ms(entitlement.reopened_at) if entitlement.reopened_at else None,
        reopened_by=entitlement.reopened_by,
        version=entitlement.version,
    )
    return (item,)


def to_entitlement(raw: RawItem) -> Entitlement:
    item = EntitlementItem.from_raw_data(raw)
    sequence, _, number = item.sk.removeprefix("EN#").partition(":")
    last_day = day(item.valid_through)
    if last_day is None:
        raise ValueError("An entitlement has a last day.")
    return Entitlement(
        ref=EntitlementRef(tenant_and_thing(item.pk)[1], int(sequence), int(number)),
        benefit=form.load(Benefit, json.loads(item.benefit)),
        rule_id=item.rule_id,
        order_id=OrderId(item.order_source, item.order_number),
        at_least=Money(int(item.at_least_fen)),
        granted_at=instant(item.granted_at),
        valid_through=last_day,
        state=EntitlementState(item.state),
        used_at=moment(item.used_at),
        used_by=item.used_by,
        store_id=item.store_id,
        reopened_at=moment(item.reopened_at),
        reopened_by=item.reopened_by,
        version=int(item.version),
    )


MAPPINGS: dict[type, Mapping[Any]] = {
    Entitlement: Mapping(
        _entitlement_items, lambda entitlement: EntitlementItem.version == entitlement.version
    ),
}


class DynamoEntitlements:
    """Implements `domain.entitlement.ports.Entitlements`."""

    def __init__(self, table: Table, tenancy: Tenancy) -> None:
        self._table, self._tenancy = table, tenancy

    def find(self, ref: EntitlementRef) -> Entitlement | None:
        raw = self._table.get(self._tenancy.keys.entitlement(ref.member_id, ref.sequence, ref.number))
        return to_entitlement(raw) if raw else None

    def of_entry(self, member_id: str, sequence: int) -> list[Entitlement]:
        pk, first = self._tenancy.keys.entitlement(member_id, sequence, 0)
        part = Range(pk, first=first, last=f"{first.partition(':')[0]}:~")
        return [to_entitlement(raw) for raw in self._table.query(part, BENEFITS_MAX, strong=True)]

    def newest(self, member_id: str, below: str | None, limit: int) -> list[Entitlement]:
        sequence, _, number = (below or "0:0").partition(":")
        pk, last = self._tenancy.keys.entitlement(member_id, int(sequence), int(number) - 1)
        part = Range(pk, first="EN#", last=last if below else "EN#~", backwards=True)
        return [to_entitlement(raw) for raw in self._table.query(part, limit, strong=True)]
