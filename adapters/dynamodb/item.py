"""What all items share, and how a change of the domain becomes a write with its condition.

PynamoDB declares the attributes, turns values into DynamoDB's form and back, and builds the
expressions; its own calls are not used (docs/decisions/0005).
"""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any, Generic, TypeVar

from msgspec import Struct
from pynamodb.attributes import DiscriminatorAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.expressions.condition import Condition
from pynamodb.models import Model

from adapters.dynamodb.keys import Key, Keys
from adapters.dynamodb.outcome import RawItem
from adapters.dynamodb.table import Write, raw_key
from domain.clock import SHOP_TIME, epoch_milliseconds
from domain.keyring import Sealed, Vault

T = TypeVar("T")
I = TypeVar("I", bound="Item")  # noqa: E741  # the item of a thing


class Item(Model):
    """An item of the one table; `kind` says which class it is."""

    class Meta:
        """Never used for calls: the table's name is known to `Table` alone."""

        table_name = "tongka"

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    kind = DiscriminatorAttribute()
    ttl = NumberAttribute(null=True)
    gsi1pk = UnicodeAttribute(null=True)
    gsi1sk = UnicodeAttribute(null=True)
    gsi2pk = UnicodeAttribute(null=True)
    gsi2sk = UnicodeAttribute(null=True)

    @property
    def key(self) -> Key:
        return self.pk, self.sk


class Tenancy(Struct, frozen=True):
    """What turning things into items needs to know of the tenant."""

    keys: Keys
    vault: Callable[[], Vault]
    """Opened when the first personal field is touched."""


class StoredSealed(Struct, frozen=True):
    """A personal field as it lies in an item; remembers its place, which is part of the encryption."""

    context: str
    ciphertext: bytes
    vault: Callable[[], Vault]

    def open(self) -> str:
        return self.vault().open(self.context, self.ciphertext)


def context_of(key: Key, field: str) -> str:
    """Binds a ciphertext to its item and field."""
    return f"{key[0]}|{key[1]}|{field}"


def whole(number: float | None) -> int | None:
    """A number that may be missing."""
    return int(number) if number is not None else None


def moment(number: float | None) -> datetime | None:
    """An instant that may be missing."""
    return instant(number) if number is not None else None


def seal(tenancy: Tenancy, key: Key, field: str, value: Sealed | None) -> bytes | None:
    """The ciphertext of a field; one that was read from this very place is kept as it is."""
    if value is None:
        return None
    context = context_of(key, field)
    if isinstance(value, StoredSealed) and value.context == context:
        return value.ciphertext
    return tenancy.vault().seal(context, value.open())


def stored(tenancy: Tenancy, key: Key, field: str, ciphertext: bytes | None) -> StoredSealed | None:
    """The reverse of `seal`."""
    return StoredSealed(context_of(key, field), ciphertext, tenancy.vault) if ciphertext is not None else None


class Mapping(Struct, Generic[T], frozen=True):
    """How one kind of thing is stored."""

    to_items: Callable[[T, Tenancy], tuple["Item", ...]]
    """The first one carries the guard; more are only for things that are written once."""
    guard: Callable[[T], Condition]
    """What must still hold of the stored item when the thing is changed or removed."""
    replaceable: Callable[[T], Condition] | None = None
    """When an item that is there may be written over as if it were not: its time is over."""


def creation(mapping: Mapping[Any], thing: object, tenancy: Tenancy) -> list[Write]:
    """Puts that succeed only where nothing is (or what is there has had its time)."""
    free = Item.pk.does_not_exist()
    condition = free | mapping.replaceable(thing) if mapping.replaceable else free
    guard = _conditional(condition, {}, {})
    return [
        Write("put", item.key, {"Item": item.serialize(), **guard}, guard)
        for item in mapping.to_items(thing, tenancy)
    ]


def change(mapping: Mapping[Any], before: object, after: object, tenancy: Tenancy) -> Write:
    """An update of exactly the attributes that differ, if the guard still holds."""
    old, new = mapping.to_items(before, tenancy)[0], mapping.to_items(after, tenancy)[0]
    if old.key != new.key:
        raise ValueError("A change keeps the key.")
    raw_old, raw_new = old.serialize(), new.serialize()
    names: dict[str, str] = {}
    values: dict[str, Any] = {}
    guard = _conditional(mapping.guard(before), names, values)
    clauses = _clauses(raw_old, raw_new, names, values)
    # The names of both grow together: they use one set of placeholders.
    arguments = {
        **guard,
        "Key": raw_key(old.key),
        "UpdateExpression": clauses,
        "ExpressionAttributeNames": {short: name for name, short in names.items()},
        "ExpressionAttributeValues": values,
    }
    return Write("update", old.key, arguments, guard)


def removal(mapping: Mapping[Any], thing: object, tenancy: Tenancy) -> Write:
    """A delete, if the guard still holds."""
    item = mapping.to_items(thing, tenancy)[0]
    guard = _conditional(mapping.guard(thing), {}, {})
    return Write("delete", item.key, {"Key": raw_key(item.key), **guard}, guard)


def check(mapping: Mapping[Any], thing: object, tenancy: Tenancy) -> Write:
    """Writes nothing; the transaction fails unless the guard still holds."""
    item = mapping.to_items(thing, tenancy)[0]
    guard = _conditional(mapping.guard(thing), {}, {})
    return Write("check", item.key, {"Key": raw_key(item.key), **guard}, guard)


def absence(mapping: Mapping[Any], thing: object, tenancy: Tenancy) -> Write:
    """Writes nothing; the transaction fails if there is something in that place."""
    item = mapping.to_items(thing, tenancy)[0]
    guard = _conditional(Item.pk.does_not_exist(), {}, {})
    return Write("check", item.key, {"Key": raw_key(item.key), **guard}, guard)


def addition(mapping: Mapping[Any], thing: object, tenancy: Tenancy) -> Write:
    """Numbers are added to what is there, nothing being zero; everything else is written as it is."""
    item = mapping.to_items(thing, tenancy)[0]
    names: dict[str, str] = {}
    values: dict[str, Any] = {}
    sets, adds = [], []
    for place, (name, value) in enumerate(sorted(item.serialize().items())):
        if name in {"pk", "sk"}:
            continue
        names[f"#{place}"], values[f":{place}"] = name, value
        if "N" in value:
            adds.append(f"#{place} :{place}")
        else:
            sets.append(f"#{place} = :{place}")
    arguments = {
        "Key": raw_key(item.key),
        "UpdateExpression": f"SET {', '.join(sets)} ADD {', '.join(adds)}",
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
    }
    return Write("update", item.key, arguments)


def _clauses(old: RawItem, new: RawItem, names: dict[str, str], values: dict[str, Any]) -> str:
    sets, removes = [], []
    for attribute in sorted(old.keys() | new.keys()):
        if old.get(attribute) == new.get(attribute):
            continue
        name = names.setdefault(attribute, f"#{len(names)}")
        if attribute in new:
            value = f":{len(values)}"
            values[value] = new[attribute]
            sets.append(f"{name} = {value}")
        else:
            removes.append(name)
    parts = [("SET ", sets), ("REMOVE ", removes)]
    return " ".join(word + ", ".join(clauses) for word, clauses in parts if clauses)


def _conditional(condition: Condition, names: dict[str, str], values: dict[str, Any]) -> dict[str, Any]:
    text = condition.serialize(names, values)
    arguments: dict[str, Any] = {
        "ConditionExpression": text,
        "ExpressionAttributeNames": {short: name for name, short in names.items()},
    }
    if values:
        arguments["ExpressionAttributeValues"] = dict(values)
    return arguments


def ms(instant: datetime) -> int:
    """How instants are stored: milliseconds since 1970."""
    return epoch_milliseconds(instant)


def instant(stored_ms: float) -> datetime:
    """The reverse of `ms`."""
    return datetime.fromtimestamp(int(stored_ms) / 1000, SHOP_TIME)


def day_number(day: date | None) -> int:
    """How days are stored: 20260228; 0 for never."""
    return int(f"{day:%Y%m%d}") if day else 0


def day(number: float) -> date | None:
    """The reverse of `day_number`."""
    whole = int(number)
    return date(whole // 10000, whole // 100 % 100, whole % 100) if whole else None
