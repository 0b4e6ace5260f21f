"""Vectors: calls with the answers that DynamoDB gives, to be run on any table under any key prefix.

Inside them, a text that begins with "@" belongs to the case: running it puts the case's own prefix in front.
Long texts, bytes and long lists have short forms; `spelt_out` knows them.
"""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError, ParamValidationError
from msgspec import Struct, field

FILE = Path(__file__).with_name("vectors.jsonl")
SHORT = 120
"""Longer texts of one letter are written as a repetition."""
BATCH_MAX = 100
SMALL = 10_000
SETS = frozenset({"SS", "NS", "BS"})
READS = frozenset({"get_item", "batch_get_item", "transact_get_items", "query", "scan"})
NOT_COMPARED = frozenset({"ResponseMetadata", "ConsumedCapacity"})

Outcome = dict[str, Any]


class Vector(Struct, frozen=True):
    """One case: what lies there before, what is called, what comes back, and what lies there afterwards."""

    name: str
    before: list[Any]
    calls: list[dict[str, Any]]
    """Each has an operation and arguments, and an `answer` or an `error`."""
    after: list[Any] | None
    """None if nothing changes."""
    own_table: bool = False
    """For scans, which see everything."""
    engines: dict[str, Any] = field(default_factory=dict)
    """Where an engine answers otherwise than the cloud: what, and why."""

    def expected(self, engine: str | None) -> dict[str, Any]:
        """What must come out, on this engine or (None) in the cloud."""
        other = self.engines.get(engine or "", {})
        outcomes = [{key: call[key] for key in ("answer", "error") if key in call} for call in self.calls]
        for place, outcome in other.get("calls", {}).items():
            outcomes[int(place)] = outcome
        after = self.before if self.after is None else self.after
        return {"calls": outcomes, "after": other.get("after", after)}


def load() -> list[Vector]:
    return [Vector(**json.loads(line)) for line in FILE.read_text().splitlines()]


def prefix_of(number: int) -> str:
    """Of the same length for every case, because keys count in the size of an item."""
    return f"c{number:04}"


def spelt_out(form: Any, prefix: str) -> Any:
    """From the form in the file to arguments and answers."""
    match form:
        case {"$repeat": [text, count]}:
            return text * count
        case {"$bytes": text}:
            return base64.b64decode(text)
        case dict():
            return {key: spelt_out(value, prefix) for key, value in form.items()}
        case [*elements]:
            return [each for element in elements for each in _elements(element, prefix)]
        case str() if form.startswith("@"):
            return prefix + form
        case _:
            return form


def _elements(form: Any, prefix: str) -> Iterator[Any]:
    match form:
        case {"$each": count, "of": template}:
            text = json.dumps(template)
            for number in range(count):
                yield spelt_out(json.loads(text.replace("<n>", f"{number:03}")), prefix)
        case _:
            yield spelt_out(form, prefix)


def written(value: Any, prefix: str) -> Any:
    """The reverse of `spelt_out`."""
    match value:
        case dict():
            return {key: written(inner, prefix) for key, inner in value.items()}
        case [*elements]:
            return [written(element, prefix) for element in elements]
        case bytes():
            return {"$bytes": base64.b64encode(value).decode()}
        case str() if value.startswith(f"{prefix}@"):
            return value.removeprefix(prefix)
        case str() if len(value) > SHORT and len(set(value)) == 1:
            return {"$repeat": [value[0], len(value)]}
        case _:
            return value


def run(vector: Vector, client: Any, table: str, prefix: str, *, is_laid: bool = False) -> dict[str, Any]:
    """What really comes out, in the form of `Vector.expected`, spelt out."""
    before = spelt_out(vector.before, prefix)
    if not is_laid:
        _lay(before, client, table)
    calls = [(call["operation"], spelt_out(call["arguments"], prefix)) for call in vector.calls]
    outcomes = [outcome_of(client, table, operation, arguments) for operation, arguments in calls]
    if READS.issuperset(operation for operation, _ in calls):
        return {"calls": outcomes, "after": in_order([normal(item) for item in before])}
    expected = [] if vector.after is None else spelt_out(vector.after, prefix)
    keys = dict.fromkeys(_keys_in([before, [arguments for _, arguments in calls], expected]))
    return {"calls": outcomes, "after": _items(client, table, list(keys))}


def lay_all(vectors: list[Vector], client: Any, table: str) -> None:
    """What lies there before each of them: in few calls, because a call to an engine takes long."""
    _lay(
        [
            item
            for number, vector in enumerate(vectors)
            if not vector.own_table
            for item in spelt_out(vector.before, prefix_of(number))
        ],
        client,
        table,
    )


def _lay(items: list[Any], client: Any, table: str) -> None:
    """Small items a hundred at a time, large ones alone."""
    puts = []
    for item in items:
        if len(items) > 1 and len(repr(item)) < SMALL:
            puts.append({"Put": {"TableName": table, "Item": item}})
        else:
            client.put_item(TableName=table, Item=item)
    for first in range(0, len(puts), BATCH_MAX):
        client.transact_write_items(TransactItems=puts[first : first + BATCH_MAX])


def outcome_of(client: Any, table: str, operation: str, arguments: dict[str, Any]) -> Outcome:
    try:
        answer = getattr(client, operation)(**with_table(operation, arguments, table))
    except ClientError as refused:
        return {"error": _error(refused)}
    except ParamValidationError:
        return {"error": {"code": "ParamValidationError"}}
    return {"answer": _answer(operation, answer, table)}


def with_table(operation: str, arguments: dict[str, Any], table: str) -> dict[str, Any]:
    """Vectors leave the table's name out, unless the name is what they are about."""
    if operation in {"transact_write_items", "transact_get_items"}:
        actions = [
            {kind: {"TableName": table, **body} for kind, body in action.items()}
            for action in arguments["TransactItems"]
        ]
        return {**arguments, "TransactItems": actions}
    if operation == "batch_get_item":
        requests = {table if name == "" else name: body for name, body in arguments["RequestItems"].items()}
        return {**arguments, "RequestItems": requests}
    return {"TableName": table, **arguments}


def _error(refused: ClientError) -> dict[str, Any]:
    response: Any = refused.response
    error: dict[str, Any] = {"code": response["Error"]["Code"]}
    if response["ResponseMetadata"]["HTTPStatusCode"] != 400:
        error["status"] = response["ResponseMetadata"]["HTTPStatusCode"]
    if "CancellationReasons" in response:
        reasons = response["CancellationReasons"]
        error["reasons"] = [_reason(reason) for reason in reasons]
    if "Item" in response:
        error["item"] = normal(response["Item"])
    return error


def _reason(reason: dict[str, Any]) -> Any:
    if "Item" in reason:
        return {"code": reason["Code"], "item": normal(reason["Item"])}
    return reason["Code"]


def _answer(operation: str, answer: dict[str, Any], table: str) -> dict[str, Any]:
    kept = {key: normal(value) for key, value in answer.items() if key not in NOT_COMPARED}
    if operation == "scan" and "Items" in kept:
        kept["Items"] = in_order(kept["Items"])
    if operation == "batch_get_item":
        kept["Responses"] = {
            "" if name == table else name: in_order(found) for name, found in kept["Responses"].items()
        }
        kept["UnprocessedKeys"] = {
            "" if name == table else name: {**left, "Keys": in_order(left["Keys"])}
            for name, left in kept["UnprocessedKeys"].items()
        }
    return kept


def in_order(items: list[Any]) -> list[Any]:
    return sorted(items, key=lambda item: json.dumps(item, sort_keys=True, default=repr))


def normal(value: Any) -> Any:
    """Sets in one order, everything else as it is."""
    match value:
        case dict():
            return {
                key: sorted(inner) if key in SETS and isinstance(inner, list) else normal(inner)
                for key, inner in value.items()
            }
        case [*elements]:
            return [normal(element) for element in elements]
        case _:
            return value


def _keys_in(value: Any) -> Iterator[tuple[str, str]]:
    """Every key that is written down somewhere."""
    match value:
        case {"pk": {"S": str(pk)}, "sk": {"S": str(sk)}} if 0 < len(pk) <= 2048 and 0 < len(sk) <= 512:
            yield pk, sk
        case dict():
            for inner in value.values():
                yield from _keys_in(inner)
        case [*elements]:
            for element in elements:
                yield from _keys_in(element)
        case _:
            pass


def _items(client: Any, table: str, keys: list[tuple[str, str]]) -> list[Any]:
    found: list[Any] = []
    wanted = [{"pk": {"S": pk}, "sk": {"S": sk}} for pk, sk in keys]
    while wanted:
        request = {table: {"Keys": wanted[:BATCH_MAX], "ConsistentRead": True}}
        answer = client.batch_get_item(RequestItems=request)
        found += answer["Responses"].get(table, [])
        left = answer["UnprocessedKeys"].get(table, {}).get("Keys", [])
        wanted = left + wanted[BATCH_MAX:]
    return in_order([normal(item) for item in found])


def comparable(expected: dict[str, Any], prefix: str) -> dict[str, Any]:
    """What the file expects, in the form of what `run` finds."""
    outcome: dict[str, Any] = spelt_out(expected, prefix)
    return {**outcome, "after": in_order([normal(item) for item in outcome["after"]])}
