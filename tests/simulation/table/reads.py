"""Reads by key: one item, a batch of them, or several at one moment."""

from collections.abc import Callable, Container, Mapping
from typing import Any

from tests.simulation.table import arguments as given
from tests.simulation.table.arguments import key_of
from tests.simulation.table.expressions import expressions_of
from tests.simulation.table.refusals import (
    CONFLICT,
    Invalid,
    InvalidForItem,
    Reason,
    cancelled,
    malformed,
    missing_table,
)
from tests.simulation.table.storage import Key, Storage
from tests.simulation.table.values import Item, size_of

Look = Callable[[Key], Item | None]
Projection = Callable[[Item], Item]

BATCH_BYTES_MAX = 16 * 1024 * 1024
BATCH_KEYS_MAX = 100
AT_ONCE_MAX = 100
AT_ONCE_BYTES_MAX = 4 * 1024 * 1024


def get(storage: Storage, arguments: Mapping[str, Any], look: Look) -> dict[str, Any]:
    given.check("get_item", arguments)
    given.check_table(storage, arguments)
    key = key_of(storage, arguments["Key"])
    projection = _projection(arguments)
    item = look(key)
    return {} if item is None else {"Item": projection(item)}


def _projection(arguments: Mapping[str, Any]) -> Callable[[Item], Item]:
    if "ProjectionExpression" not in arguments and "ExpressionAttributeNames" not in arguments:
        return dict
    return expressions_of(arguments)[0].projection or dict


def get_batch(storage: Storage, arguments: Mapping[str, Any], look: Look) -> dict[str, Any]:
    given.check("batch_get_item", arguments)
    if not arguments["RequestItems"]:
        raise Invalid("RequestItems: Member must have length greater than or equal to 1")
    if arguments["RequestItems"].keys() != {storage.name}:
        raise missing_table()
    request = arguments["RequestItems"][storage.name]
    given.check("Keys", request)
    if not request["Keys"]:
        raise malformed("Invalid length for parameter Keys, value: 0, valid min length: 1")
    if len(request["Keys"]) > BATCH_KEYS_MAX:
        raise Invalid("Too many items requested for the BatchGetItem call")
    keys = [key_of(storage, each) for each in request["Keys"]]
    if len(set(keys)) != len(keys):
        raise Invalid("Provided list of item keys contains duplicates")
    projection = _projection(request)
    fit, found = _fitting(keys, look)
    answer: dict[str, Any] = {"Responses": {storage.name: [projection(item) for item in found]}}
    left = {**request, "Keys": [dict(each) for each in request["Keys"][fit:]]}
    answer["UnprocessedKeys"] = {storage.name: left} if left["Keys"] else {}
    return answer


def _fitting(keys: list[Key], look: Look) -> tuple[int, list[Item]]:
    """How many keys one answer has room for, and their items."""
    found: list[Item] = []
    size = 0
    for place, key in enumerate(keys):
        item = look(key)
        if item is None:
            continue
        size += size_of(item)
        if size > BATCH_BYTES_MAX:
            return place, found
        found.append(item)
    return len(keys), found


def get_at_once(storage: Storage, arguments: Mapping[str, Any], locked: Container[Key]) -> dict[str, Any]:
    """Several items as they are at one moment; refused while another transaction holds one of them."""
    given.check("transact_get_items", arguments)
    if not arguments["TransactItems"]:
        raise malformed("Invalid length for parameter TransactItems, value: 0, valid min length: 1")
    if len(arguments["TransactItems"]) > AT_ONCE_MAX:
        raise Invalid("Member must have length less than or equal to 100")
    wanted = [_wanted(storage, entry) for entry in arguments["TransactItems"]]
    keys = [key for key, _, _ in wanted if key is not None]
    if len(set(keys)) != len(keys):
        raise Invalid("Transaction request cannot include multiple operations on one item")
    reasons = [reason or (CONFLICT if key in locked else None) for key, _, reason in wanted]
    if any(reasons):
        raise cancelled([reason or {"Code": "None"} for reason in reasons])
    found = [storage.get(key) for key in keys]
    if sum(size_of(item) for item in found if item is not None) > AT_ONCE_BYTES_MAX:
        raise Invalid("The items of one transaction are larger than 4 MB together")
    projections = [projection for _, projection, _ in wanted]
    return {"Responses": [_response(*each) for each in zip(found, projections, strict=True)]}


def _wanted(storage: Storage, entry: Mapping[str, Any]) -> tuple[Key | None, Projection, Reason | None]:
    """What is to be read and which part of it, or why it cannot be."""
    given.check("TransactGetItem", entry)
    body = entry["Get"]
    given.check("Get", body)
    given.check_table(storage, body)
    projection = _projection(body)
    try:
        return key_of(storage, body["Key"]), projection, None
    except InvalidForItem as refused:
        return None, projection, refused.reason


def _response(item: Item | None, projection: Projection) -> dict[str, Any]:
    return {} if item is None else {"Item": projection(item)}
