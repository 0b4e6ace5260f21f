"""A small table, and short ways to write to it and to read it."""

from collections.abc import Callable, Iterator
from typing import Any

from adapters.dynamodb.schema import definition
from tests.simulation.table import calls
from tests.simulation.table.cases.case import N, S, item
from tests.simulation.table.storage import Storage

TABLE = {"TableName": "tongka"}
ONE, TWO, THREE = ("p", "1"), ("p", "2"), ("p", "3")


def three_items() -> Storage:
    """Of one partition; in no index."""
    made = Storage(definition("tongka"))
    for number in range(1, 4):
        write(made, "put_item", Item=item(str(number), "p", n=N(number)))
    made.refresh()
    return made


def write(storage: Storage, operation: str, **arguments: Any) -> calls.Prepared:
    single = {} if "TransactItems" in arguments else TABLE
    prepared = calls.prepare(storage, operation, {**single, **arguments})
    calls.commit(storage, prepared)
    return prepared


def index_query(storage: Storage, **more: Any) -> dict[str, Any]:
    arguments = {
        "IndexName": "by_owner",
        "KeyConditionExpression": "gsi1pk = :p",
        "ExpressionAttributeValues": {":p": S("g")},
    }
    return calls.read(storage, "query", {**TABLE, **arguments, **more})


def scanned(storage: Storage, **arguments: Any) -> dict[str, Any]:
    return calls.read(storage, "scan", {**TABLE, **arguments}, items_max=3)


def pages(
    read: Callable[..., dict[str, Any]], storage: Storage, arguments: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    start: dict[str, Any] = {}
    for _ in range(100):
        answer = read(storage, **arguments, **start)
        yield answer
        if "LastEvaluatedKey" not in answer:
            return
        start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}
    raise AssertionError("Nothing ends this.")


def indexed(sk: str, place: str) -> dict[str, Any]:
    return item(sk, "p", gsi1pk=S("g"), gsi1sk=S(place))
