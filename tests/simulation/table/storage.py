"""The items of one table, and what its indexes show of them."""

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any
from zlib import crc32

from msgspec import Struct, field

from tests.simulation.table.key_conditions import Entry
from tests.simulation.table.values import Image, Item, measured

Key = tuple[str, str]
Partitions = dict[str, tuple[Entry, ...]]


@lru_cache(maxsize=65536)
def place_of(text: str) -> int:
    """Where a partition stands in a scan: nobody may rely on it, so it follows no order one could guess."""
    return crc32(text.encode())


class Index(Struct, frozen=True):
    """A global secondary index; `names` is None where it projects everything."""

    name: str
    schema: tuple[str, str]
    names: frozenset[str] | None

    def keys_in(self, item: Item | None) -> Key | None:
        """The index's own keys, if the item has both."""
        if item is None:
            return None
        pk, sk = self.schema
        if pk in item and sk in item:
            return item[pk]["S"], item[sk]["S"]
        return None

    def shown(self, item: Item) -> Item:
        if self.names is None:
            return item
        return {name: value for name, value in item.items() if name in self.names}


class Token(Struct, frozen=True):
    """A ClientRequestToken, the request that it stands for, and the second from which it is forgotten."""

    token: str
    request: Any
    ends_at: float


class _View(Struct):
    """Partitions in their order, for the table or for one index. Partitions are replaced, never changed."""

    partitions: Partitions = field(default_factory=dict)
    order: list[str] | None = None

    def copy(self) -> "_View":
        return _View(self.partitions.copy(), self.order)

    def add(self, pk: str, entry: Entry) -> None:
        entries = self.partitions.get(pk)
        if entries is None:
            self.order = None
            self.partitions[pk] = (entry,)
        else:
            more = list(entries)
            insort(more, entry)
            self.partitions[pk] = tuple(more)

    def remove(self, pk: str, entry: Entry) -> None:
        entries = self.partitions[pk]
        if len(entries) == 1:
            self.order = None
            del self.partitions[pk]
        else:
            place = bisect_left(entries, entry)
            self.partitions[pk] = entries[:place] + entries[place + 1 :]

    def in_order(self) -> list[str]:
        """Partition keys as a scan meets them."""
        if self.order is None:
            self.order = sorted(self.partitions, key=lambda pk: (place_of(pk), pk))
        return self.order


class Storage:
    """Changed by `apply` and `refresh` only; items that are in it are never changed in place."""

    def __init__(self, definition: Mapping[str, Any]) -> None:
        self.name: str = definition["TableName"]
        self.schema = _schema(definition, definition["KeySchema"])
        self.indexes = {
            each["IndexName"]: _index(definition, each, self.schema)
            for each in definition.get("GlobalSecondaryIndexes", [])
        }
        if "LocalSecondaryIndexes" in definition:
            raise NotImplementedError("Local secondary indexes.")
        self.index_keys = tuple(
            (name, index.name, place == 1)
            for index in self.indexes.values()
            for place, name in enumerate(index.schema)
        )
        self.index_schemas = tuple(index.schema for index in self.indexes.values())
        self.seconds = 0.0
        self.waiting: dict[Key, float] = {}
        """What no index shows yet, and since when."""
        self.tokens: dict[str, Token] = {}
        self._items: dict[Key, Image] = {}
        self._indexed: dict[Key, Image] = {}
        self._table = _View()
        self._views = {name: _View() for name in self.indexes}

    def copy(self) -> "Storage":
        """Independent from here on; the items are shared, because nobody changes them."""
        other = object.__new__(Storage)
        other.name, other.schema, other.seconds = self.name, self.schema, self.seconds
        other.indexes, other.index_keys = self.indexes, self.index_keys
        other.index_schemas = self.index_schemas
        other.waiting = self.waiting.copy()
        other.tokens = self.tokens.copy()
        other._items = self._items.copy()
        other._indexed = self._indexed.copy()
        other._table = self._table.copy()
        other._views = {name: view.copy() for name, view in self._views.items()}
        return other

    def get(self, key: Key) -> Image | None:
        return self._items.get(key)

    def items(self) -> Iterator[tuple[Key, Item]]:
        """In the order of their keys."""
        return iter([(key, self._items[key]) for key in sorted(self._items)])

    def __len__(self) -> int:
        return len(self._items)

    def apply(self, changes: Iterable[tuple[Key, Item | None]]) -> None:
        """New images; None deletes. An item that no index shows or should show does not wait."""
        for key, item in changes:
            old = self._items.get(key)
            if item is not None:
                self._items[key] = item if isinstance(item, Image) else measured(Image(item))
                if old is None:
                    self._table.add(key[0], (key[1], 0, key))
            elif old is not None:
                del self._items[key]
                self._table.remove(key[0], (key[1], 0, key))
            if key in self._indexed or self._belongs(item):
                self.waiting.setdefault(key, self.seconds)

    def _belongs(self, item: Item | None) -> bool:
        if item is None:
            return False
        return any(pk in item and sk in item for pk, sk in self.index_schemas)

    def refresh(self, keys: Iterable[Key] | None = None) -> None:
        """The indexes show these items as they are now; without keys, all that wait."""
        for key in list(self.waiting if keys is None else keys):
            if key in self.waiting:
                del self.waiting[key]
                self._show(key, self._items.get(key))

    def _show(self, key: Key, item: Image | None) -> None:
        shown = self._indexed.get(key)
        for name, index in self.indexes.items():
            before, after = index.keys_in(shown), index.keys_in(item)
            if before == after:
                continue
            if before is not None:
                self._views[name].remove(before[0], entry_of(before[1], key))
            if after is not None:
                self._views[name].add(after[0], entry_of(after[1], key))
        if item is not None and self._belongs(item):
            self._indexed[key] = item
        else:
            self._indexed.pop(key, None)

    def view(self, index: Index | None) -> _View:
        return self._table if index is None else self._views[index.name]

    def seen(self, index: Index | None, key: Key) -> Item:
        """An item as the table or an index shows it."""
        return self._items[key] if index is None else index.shown(self._indexed[key])


def entry_of(sk: str, key: Key) -> Entry:
    """In an index; items with the same keys there stand in an order that nobody may rely on."""
    return sk, crc32(f"{key[0]}\n{key[1]}".encode()), key


def _schema(definition: Mapping[str, Any], keys: Any) -> tuple[str, str]:
    types = {each["AttributeName"]: each["AttributeType"] for each in definition["AttributeDefinitions"]}
    names = [each["AttributeName"] for each in keys]
    if [each["KeyType"] for each in keys] != ["HASH", "RANGE"] or any(types[name] != "S" for name in names):
        raise NotImplementedError("Keys are a partition key and a sort key, both strings.")
    return names[0], names[1]


def _index(definition: Mapping[str, Any], wanted: Mapping[str, Any], table: tuple[str, str]) -> Index:
    schema = _schema(definition, wanted["KeySchema"])
    projection = wanted["Projection"]
    names = None
    if projection["ProjectionType"] != "ALL":
        names = frozenset({*table, *schema, *projection.get("NonKeyAttributes", [])})
    return Index(wanted["IndexName"], schema, names)
