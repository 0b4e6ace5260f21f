"""The only place that calls DynamoDB: reads, single writes and transactions on the one table."""

from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from adapters.dynamodb import meter
from adapters.dynamodb.keys import Key
from adapters.dynamodb.outcome import Busy, RawItem, outcome_of

BATCH_MAX = 100
TRANSACTION_MAX = 100
PAGE_ITEMS_MAX = 1000
NOWHERE = (" ", " ")
"""No item has this key."""


ACTIONS = {"put": "Put", "update": "Update", "delete": "Delete", "check": "ConditionCheck"}


class Write(Struct, frozen=True):
    """One action on one item, with the expressions that belong to it; `check` only holds it as it is."""

    action: str
    key: Key
    arguments: dict[str, Any]
    condition: dict[str, Any] = field(default_factory=dict)
    """The condition among the arguments, with the names and values that it needs."""

    def as_check(self) -> "Write":
        """Writes nothing, and holds or fails exactly when this would."""
        return Write("check", self.key, {"Key": raw_key(self.key), **self.condition}, self.condition)

    def for_transaction(self, table: str) -> dict[str, Any]:
        return {ACTIONS[self.action]: self._body(table)}

    def _body(self, table: str) -> dict[str, Any]:
        return {"TableName": table, "ReturnValuesOnConditionCheckFailure": "ALL_OLD", **self.arguments}

    def alone(self, table: str) -> tuple[str, dict[str, Any]]:
        return f"{self.action}_item", self._body(table)


class Range(Struct, frozen=True):
    """A stretch of one partition of the table or of an index."""

    pk: str
    index: str | None = None
    first: str = " "
    last: str = "~"
    """Both ends belong to the stretch; sort keys are visible ASCII."""
    backwards: bool = False
    start: dict[str, Any] | None = None


class Stretch(Struct, frozen=True):
    """Items, and the key to go on from (None at the end)."""

    items: list[RawItem]
    last_key: dict[str, Any] | None


class Lag(Struct):
    """Whether reads of one attempt may be a moment old, and whether any was."""

    is_allowed: bool
    was_used: bool = False

    def take(self) -> bool:
        self.was_used = self.was_used or self.is_allowed
        return self.is_allowed


class Table:
    """Raises StoreProblem; errors of our own making come through as they are."""

    def __init__(self, client: Any, name: str) -> None:
        self._client = client
        self.name = name

    def touch(self) -> None:
        """Asks for what is not there, so that the connection is open when something is asked for."""
        self.get(NOWHERE, strong=False)

    def get(self, key: Key, *, strong: bool = True) -> RawItem | None:
        answer = self._call("get_item", TableName=self.name, Key=raw_key(key), ConsistentRead=strong)
        item: RawItem | None = answer.get("Item")
        return item

    def get_many(self, keys: Sequence[Key], *, strong: bool = True) -> dict[Key, RawItem]:
        """Absent items are absent from the answer. One call for up to 100 keys."""
        found: dict[Key, RawItem] = {}
        wanted = [raw_key(key) for key in dict.fromkeys(keys)]
        while wanted:
            batch, wanted = wanted[:BATCH_MAX], wanted[BATCH_MAX:]
            request = {self.name: {"Keys": batch, "ConsistentRead": strong}}
            answer = self._call("batch_get_item", RequestItems=request)
            for item in answer["Responses"].get(self.name, []):
                found[key_of(item)] = item
            left = answer.get("UnprocessedKeys", {}).get(self.name, {}).get("Keys", [])
            if len(left) == len(batch):
                raise Busy("UnprocessedKeys", throttled=True)
            wanted = left + wanted
        return found

    def get_at_once(self, keys: Sequence[Key]) -> dict[Key, RawItem]:
        """How they are at one moment, never in the middle of a transaction: Busy while one is under way."""
        found: dict[Key, RawItem] = {}
        for start in range(0, len(keys), TRANSACTION_MAX):
            gets = [
                {"Get": {"TableName": self.name, "Key": raw_key(key)}}
                for key in keys[start : start + TRANSACTION_MAX]
            ]
            answer = self._call("transact_get_items", TransactItems=gets)
            found |= {key_of(each["Item"]): each["Item"] for each in answer["Responses"] if each.get("Item")}
        return found

    def rely_on(self, key: Key, raw: RawItem) -> None:
        """Told of what was taken from a cache, perhaps a while ago; who plans with it may look once more."""

    def query(self, part: Range, limit: int, *, strong: bool = False) -> list[RawItem]:
        """The first `limit` items; one call, unless the store ends a page early."""
        items: list[RawItem] = []
        while True:
            stretch = self._page(part, limit - len(items), strong=strong)
            items += stretch.items
            if stretch.last_key is None or len(items) == limit:
                return items
            part = replace(part, start=stretch.last_key)

    def _page(self, part: Range, limit: int, *, strong: bool) -> Stretch:
        """Indexes are never read strongly."""
        pk, sk = _index_keys(part.index)
        arguments: dict[str, Any] = {
            "TableName": self.name,
            "KeyConditionExpression": "#pk = :pk AND #sk BETWEEN :first AND :last",
            "ExpressionAttributeNames": {"#pk": pk, "#sk": sk},
            "ExpressionAttributeValues": {
                ":pk": {"S": part.pk},
                ":first": {"S": part.first},
                ":last": {"S": part.last},
            },
            "Limit": limit,
            "ScanIndexForward": not part.backwards,
            "ConsistentRead": strong and part.index is None,
        }
        if part.index:
            arguments["IndexName"] = part.index
        if part.start:
            arguments["ExclusiveStartKey"] = part.start
        answer = self._call("query", **arguments)
        return Stretch(answer["Items"], answer.get("LastEvaluatedKey"))

    def query_all(self, part: Range, *, strong: bool = False) -> Iterator[RawItem]:
        """Every item of the stretch, page by page."""
        while True:
            stretch = self._page(part, PAGE_ITEMS_MAX, strong=strong)
            yield from stretch.items
            if stretch.last_key is None:
                return
            part = replace(part, start=stretch.last_key)

    def scan(self, segment: int = 0, segments: int = 1, *, strong: bool = False) -> Iterator[RawItem]:
        """Every item of one segment; for proofs and repairs, never for requests."""
        arguments: dict[str, Any] = {
            "TableName": self.name,
            "Segment": segment,
            "TotalSegments": segments,
            "ConsistentRead": strong,
        }
        while True:
            answer = self._call("scan", **arguments)
            yield from answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return
            arguments["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def write(self, writes: Sequence[Write]) -> None:
        """All of it or nothing. A single write needs no transaction and costs half."""
        if len({write.key for write in writes}) != len(writes):
            raise ValueError("A unit of work writes each item once.")
        if len(writes) > TRANSACTION_MAX:
            raise ValueError(f"A unit of work writes at most {TRANSACTION_MAX} items.")
        if len(writes) == 1 and writes[0].action != "check":
            operation, arguments = writes[0].alone(self.name)
            self._call(operation, **arguments)
        else:
            self._call(
                "transact_write_items", TransactItems=[write.for_transaction(self.name) for write in writes]
            )

    def _call(self, operation: str, **arguments: Any) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = getattr(self._client, operation)(
                ReturnConsumedCapacity="INDEXES", **arguments
            )
        except Exception as error:
            meter.count(operation, {})
            problem = outcome_of(error)
            if problem is error:
                raise
            raise problem from error
        meter.count(operation, answer)
        return answer


def raw_key(key: Key) -> dict[str, Any]:
    return {"pk": {"S": key[0]}, "sk": {"S": key[1]}}


def key_of(item: RawItem) -> Key:
    return item["pk"]["S"], item["sk"]["S"]


def _index_keys(index: str | None) -> tuple[str, str]:
    number = {None: "", "by_owner": "gsi1", "due": "gsi2", "to_tell": "gsi3"}[index]
    return f"{number}pk", f"{number}sk"
