"""Answers kept under the caller's idempotency key, and counters with a limit."""

import json
from collections.abc import Mapping as Mapped
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from pynamodb.attributes import UnicodeAttribute

from adapters.dynamodb.item import Item, Mapping, Tenancy
from adapters.dynamodb.keys import Keys
from adapters.dynamodb.table import Table, Write, raw_key
from domain.clock import epoch_seconds
from domain.unit_of_work import Counted

KEPT = timedelta(days=30)


class Kept(Struct, frozen=True):
    """The answer that a request got, and what the request was."""

    caller: str
    key: str
    fingerprint: str
    answer: Mapped[str, object]
    at: datetime

    def is_over(self, now: datetime) -> bool:
        """TTL deletes late; a record whose time is over counts as gone."""
        return now >= self.at + KEPT


class KeptItem(Item, discriminator="idempotency"):
    """There for 30 days."""

    fingerprint = UnicodeAttribute()
    answer = UnicodeAttribute()


def _items(kept: Kept, tenancy: Tenancy) -> tuple[Item, ...]:
    pk, sk = tenancy.keys.idempotency(kept.caller, kept.key)
    answer = json.dumps(kept.answer, ensure_ascii=False, separators=(",", ":"))
    ttl = epoch_seconds(kept.at + KEPT)
    return (KeptItem(pk=pk, sk=sk, ttl=ttl, fingerprint=kept.fingerprint, answer=answer),)


MAPPINGS: dict[type, Mapping[Any]] = {
    Kept: Mapping(
        _items,
        lambda kept: KeptItem.fingerprint == kept.fingerprint,
        replaceable=lambda kept: KeptItem.ttl <= epoch_seconds(kept.at),
    ),
}


class DynamoKept:
    """The kept answers of one tenant."""

    def __init__(self, table: Table, tenancy: Tenancy) -> None:
        self._table, self._tenancy = table, tenancy

    def find(self, caller: str, key: str, now: datetime) -> Kept | None:
        raw = self._table.get(self._tenancy.keys.idempotency(caller, key))
        if raw is None:
            return None
        item = KeptItem.from_raw_data(raw)
        at = datetime.fromtimestamp(int(item.ttl or 0), now.tzinfo) - KEPT
        kept = Kept(caller, key, item.fingerprint, json.loads(item.answer), at)
        return None if kept.is_over(now) else kept


def counting(counted: Counted, keys: Keys) -> Write:
    """Adds, unless the sum would pass the limit."""
    key = keys.counter(counted.counter)
    names = {"#n": "n", "#kind": "kind"}
    values = {
        ":by": {"N": str(counted.by)},
        ":most": {"N": str(counted.limit - counted.by)},
        ":kind": {"S": "counter"},
    }
    sets = "#kind = :kind"
    if counted.ends_at is not None:
        names["#ttl"], sets = "ttl", f"{sets}, #ttl = :ttl"
        values[":ttl"] = {"N": str(epoch_seconds(counted.ends_at))}
    # A missing counter stands at zero, which is room enough unless one step is too large by itself.
    is_small = counted.by <= counted.limit
    guard = {
        "ConditionExpression": "#n <= :most" + (" OR attribute_not_exists(#n)" if is_small else ""),
        "ExpressionAttributeNames": {"#n": "n"},
        "ExpressionAttributeValues": {":most": values[":most"]},
    }
    arguments = {
        **guard,
        "Key": raw_key(key),
        "UpdateExpression": f"SET {sets} ADD #n :by",
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
    }
    return Write("update", key, arguments, guard)
