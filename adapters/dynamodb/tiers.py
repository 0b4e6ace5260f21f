"""Where members stand on the ladder of tiers, as an account keeps it, and the history of it."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from adapters.dynamodb.item import Item, Mapping, Tenancy, day, day_number, instant, ms
from adapters.dynamodb.keys import tenant_and_thing
from adapters.dynamodb.outcome import RawItem
from adapters.dynamodb.table import Range, Table
from domain.points.standing import Counts, Months, Standing, TierChange, TierReason

LAST = "TL#~"


class TierChangeItem(Item, discriminator="tier-change"):
    """One line of the history of somebody's tiers."""

    before = UnicodeAttribute(null=True)
    after = UnicodeAttribute(null=True)
    reason = UnicodeAttribute()
    on = NumberAttribute()
    value = NumberAttribute()
    programme_version = NumberAttribute()
    caller = UnicodeAttribute()
    at = NumberAttribute()


def months_parts(months: Months) -> list[list[int]]:
    return [
        [month, counts.spend_fen, counts.points, counts.orders, counts.activity]
        for month, counts in months.items()
    ]


def to_months(parts: Iterable[Sequence[int]] | None) -> Months:
    return {int(month): Counts(*map(int, counts)) for month, *counts in parts or ()}


def standing_parts(standing: Standing | None) -> list[Any] | None:
    if standing is None:
        return None
    days = (day_number(standing.since), day_number(standing.until))
    return [standing.tier_id, standing.rank, *days, int(standing.is_grace)]


def to_standing(parts: Sequence[Any] | None) -> Standing | None:
    if not parts:
        return None
    tier_id, rank, since, until, grace = parts
    return Standing(str(tier_id), int(rank), day(since) or date.min, day(until), bool(grace))


def _tier_change_items(change: TierChange, tenancy: Tenancy) -> tuple[Item, ...]:
    pk, sk = tenancy.keys.tier_change(change.member_id, change.number)
    item = TierChangeItem(
        pk=pk,
        sk=sk,
        before=change.before,
        after=change.after,
        reason=change.reason.value,
        on=day_number(change.on),
        value=change.value,
        programme_version=change.programme_version,
        caller=change.caller,
        at=ms(change.at),
    )
    return (item,)


def _to_tier_change(raw: RawItem) -> TierChange:
    item = TierChangeItem.from_raw_data(raw)
    return TierChange(
        member_id=tenant_and_thing(item.pk)[1],
        number=int(item.sk.rsplit("#", 1)[1]),
        before=item.before,
        after=item.after,
        reason=TierReason(item.reason),
        on=day(item.on) or date.min,
        value=int(item.value),
        programme_version=int(item.programme_version),
        caller=item.caller,
        at=instant(item.at),
    )


MAPPINGS: dict[type, Mapping[Any]] = {
    TierChange: Mapping(_tier_change_items, lambda change: TierChangeItem.at == ms(change.at)),
}


class DynamoTierChanges:
    """Implements `domain.points.ports.TierChanges`."""

    def __init__(self, table: Table, tenancy: Tenancy) -> None:
        self._table, self._tenancy = table, tenancy

    def newest(
        self, member_id: str, below: int | None, limit: int, *, strong: bool = False
    ) -> list[TierChange]:
        pk, first = self._tenancy.keys.tier_change(member_id, 0)
        last = self._tenancy.keys.tier_change(member_id, below - 1)[1] if below is not None else LAST
        part = Range(pk, first=first, last=last, backwards=True)
        return [_to_tier_change(raw) for raw in self._table.query(part, limit, strong=strong)]
