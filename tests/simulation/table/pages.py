"""Queries and scans: a page of the table or of an index, and the key from which the next one goes on."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from tests.simulation.table import arguments as given
from tests.simulation.table.expressions import Expressions, expressions_of
from tests.simulation.table.key_conditions import Entry
from tests.simulation.table.refusals import Invalid, InvalidForItem
from tests.simulation.table.storage import Index, Key, Storage, entry_of, place_of
from tests.simulation.table.values import Item, Value, size_of

SEGMENTS_MAX = 1_000_000
SELECTS = ("", "ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES", "SPECIFIC_ATTRIBUTES", "COUNT")
Place = tuple[str, Entry]
"""The partition and the entry in it."""


class Bounds(Struct, frozen=True):
    """Where a page ends at the latest."""

    items: int | None
    size_bytes: int


class Request(Struct, frozen=True):
    """What queries and scans have in common."""

    storage: Storage
    index: Index | None
    expressions: Expressions
    values: Mapping[str, Value]
    select: str
    bounds: Bounds

    @property
    def schema(self) -> Key:
        return self.storage.schema if self.index is None else self.index.schema

    def page(self, places: Iterable[Place]) -> dict[str, Any]:
        """Looks at one item after the other until a bound is reached."""
        test, projection = self.expressions.condition, self.expressions.projection
        found: list[Item] = []
        scanned, size = 0, 0
        last: dict[str, Value] | None = None
        for pk, entry in places:
            item = self.storage.seen(self.index, entry[2])
            scanned += 1
            size += size_of(item)
            if test is None or test(item, self.values):
                found.append(projection(item) if projection else dict(item))
            if size >= self.bounds.size_bytes or scanned == self.bounds.items:
                last = self._start_key(pk, entry)
                break
        answer: dict[str, Any] = {"Count": len(found), "ScannedCount": scanned}
        if self.select != "COUNT":
            answer["Items"] = found
        if last is not None:
            answer["LastEvaluatedKey"] = last
        return answer

    def _start_key(self, pk: str, entry: Entry) -> dict[str, Value]:
        table = self.storage.schema
        key = {table[0]: {"S": entry[2][0]}, table[1]: {"S": entry[2][1]}}
        if self.index is not None:
            key |= {self.index.schema[0]: {"S": pk}, self.index.schema[1]: {"S": entry[0]}}
        return key

    def start(self, arguments: Mapping[str, Any]) -> Place | None:
        """Where the last page ended; the item itself need not be there any more."""
        start = arguments.get("ExclusiveStartKey")
        if start is None:
            return None
        if start.keys() != {*self.storage.schema, *self.schema}:
            raise Invalid("The provided starting key is invalid")
        try:
            key = given.key_in(self.storage, start)
            if self.index is None:
                return key[0], (key[1], 0, key)
            given.check_index_keys(self.storage, start)
        except InvalidForItem as wrong:
            raise Invalid(f"The provided starting key is invalid: {wrong.message}") from None
        pk, sk = (start[name]["S"] for name in self.index.schema)
        return pk, entry_of(sk, key)


def query(storage: Storage, arguments: Mapping[str, Any], bounds: Bounds) -> dict[str, Any]:
    given.check("query", arguments)
    if "KeyConditionExpression" not in arguments:
        raise Invalid("Either the KeyConditions or KeyConditionExpression parameter must be specified")
    request = _request(storage, arguments, bounds, is_query=True)
    expressions, values = request.expressions, request.values
    condition = expressions.key_condition
    if condition is None:
        raise AssertionError("A query has a key condition.")
    filtered_keys = expressions.condition_names & set(request.schema)
    if filtered_keys:
        raise Invalid(
            "Filter Expression can only contain non-primary key attributes: "
            f"Primary key attribute: {min(filtered_keys)}"
        )
    pk = condition.partition_key(values)
    entries = storage.view(request.index).partitions.get(pk, ())
    first, behind = condition.stretch(entries, values)
    start = request.start(arguments)
    is_forward = arguments.get("ScanIndexForward", True)
    if start is not None:
        # As a one-item stretch, the start key tells whether it lies within the condition.
        if start[0] != pk or condition.stretch((start[1],), values) != (0, 1):
            raise Invalid("The provided starting key does not match the range key predicate")
        if is_forward:
            first = bisect_right(entries, start[1])
        else:
            behind = bisect_left(entries, start[1])
    places = range(first, behind) if is_forward else range(behind - 1, first - 1, -1)
    return request.page((pk, entries[place]) for place in places)


def scan(storage: Storage, arguments: Mapping[str, Any], bounds: Bounds) -> dict[str, Any]:
    given.check("scan", arguments)
    segment, segments = _segment(arguments)
    request = _request(storage, arguments, bounds, is_query=False)
    start = request.start(arguments)
    if start is not None and _segment_of(start[0], segments) != segment:
        raise Invalid(
            "The provided starting key is invalid: Please use ExclusiveStartKey with correct Segment"
        )
    return request.page(_scanned(request, segment, segments, start))


def _scanned(request: Request, segment: int, segments: int, start: Place | None) -> Iterator[Place]:
    view = request.storage.view(request.index)
    for pk in view.in_order():
        if _segment_of(pk, segments) != segment:
            continue
        entries = view.partitions[pk]
        first = 0
        if start is not None:
            if (place_of(pk), pk) < (place_of(start[0]), start[0]):
                continue
            first = bisect_right(entries, start[1]) if pk == start[0] else 0
        for entry in entries[first:]:
            yield pk, entry


def _segment(arguments: Mapping[str, Any]) -> tuple[int, int]:
    segment, segments = given.at_least(arguments, "Segment", 0), given.at_least(arguments, "TotalSegments", 1)
    if segment is None and segments is None:
        return 0, 1
    if segment is None or segments is None:
        raise Invalid("Segment and TotalSegments are required together")
    if segments > SEGMENTS_MAX:
        raise Invalid("TotalSegments: Member must have value less than or equal to 1000000")
    if segment >= segments:
        raise Invalid("The Segment parameter is zero-based and must be less than parameter TotalSegments")
    return segment, segments


def _segment_of(pk: str, segments: int) -> int:
    return place_of(pk) * segments >> 32


def _request(storage: Storage, arguments: Mapping[str, Any], bounds: Bounds, *, is_query: bool) -> Request:
    given.check_table(storage, arguments)
    index = _index(storage, arguments)
    schema = (storage.schema if index is None else index.schema) if is_query else None
    expressions, values = expressions_of(arguments, schema)
    limit = given.at_least(arguments, "Limit", 1)
    limits = [each for each in (limit, bounds.items) if each is not None]
    select = _select(arguments, index)
    _check_projected(index, expressions, is_query=is_query)
    bounds = Bounds(min(limits, default=None), bounds.size_bytes)
    return Request(storage, index, expressions, values, select, bounds)


def _index(storage: Storage, arguments: Mapping[str, Any]) -> Index | None:
    name = arguments.get("IndexName")
    if name is None:
        return None
    if name not in storage.indexes:
        raise Invalid(f"The table does not have the specified index: {name}")
    if arguments.get("ConsistentRead"):
        raise Invalid("Consistent reads are not supported on global secondary indexes")
    return storage.indexes[name]


def _select(arguments: Mapping[str, Any], index: Index | None) -> str:
    select = given.choice(arguments, "Select", *SELECTS)
    is_projected = "ProjectionExpression" in arguments
    if is_projected and select not in {"", "SPECIFIC_ATTRIBUTES"}:
        raise Invalid(f"Cannot specify the ProjectionExpression when choosing to get {select}")
    if select == "SPECIFIC_ATTRIBUTES" and not is_projected:
        raise Invalid("Must specify the ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES")
    if select == "ALL_PROJECTED_ATTRIBUTES" and index is None:
        raise Invalid("ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName")
    if select == "ALL_ATTRIBUTES" and index is not None and index.names is not None:
        raise Invalid(f"Select type ALL_ATTRIBUTES is not supported for global secondary index {index.name}")
    return select


def _check_projected(index: Index | None, expressions: Expressions, *, is_query: bool) -> None:
    """Nothing may be asked of an index that it does not have."""
    if index is None or index.names is None:
        return
    absent = sorted(expressions.projected_names - index.names)
    if absent:
        raise Invalid(f"Global secondary index {index.name} does not project {absent}")
    absent = sorted(expressions.condition_names - index.names)
    if absent and not is_query:
        raise NotImplementedError("A scan of an index with a filter on what it does not project.")
    if absent:
        raise Invalid(
            "One or more parameter values were invalid: "
            f"Secondary index {index.name} does not project one or more filter attributes: {absent}"
        )
