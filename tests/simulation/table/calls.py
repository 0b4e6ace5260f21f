"""The calls of botocore's client: reads, which answer, and writes in two steps, prepared and committed."""

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, replace
from typing import Any

from tests.simulation.table import arguments as given
from tests.simulation.table.arguments import choice, key_of
from tests.simulation.table.expressions import expressions_of
from tests.simulation.table.pages import Bounds, query, scan
from tests.simulation.table.refusals import Invalid, Refusal, conflict, malformed, missing_table
from tests.simulation.table.storage import Key, Storage, Token
from tests.simulation.table.transactions import (
    TOKEN_SECONDS,
    actions_of,
    check_request,
    images_of,
    repeated,
    token_of,
)
from tests.simulation.table.values import Item, size_of
from tests.simulation.table.writes import action_of, returned

Look = Callable[[Key], Item | None]

WRITES = frozenset({"put_item", "update_item", "delete_item", "transact_write_items"})
READS = frozenset({"get_item", "batch_get_item", "query", "scan"})
KINDS = {"put_item": "Put", "update_item": "Update", "delete_item": "Delete"}
OLD_ONLY = ("NONE", "ALL_OLD")
ANY = (*OLD_ONLY, "UPDATED_OLD", "ALL_NEW", "UPDATED_NEW")
PAGE_BYTES = 1_048_576
BATCH_BYTES_MAX = 16 * 1024 * 1024
BATCH_KEYS_MAX = 100


@dataclass(frozen=True, slots=True)
class Prepared:
    """A write that may happen: nothing has been changed yet."""

    keys: tuple[Key, ...]
    """Every item that is written or checked, in the order of the request."""
    changes: tuple[tuple[Key, Item | None], ...]
    answer: dict[str, Any]
    token: Token | None = None
    """Remembered when the write is committed."""


def read(
    storage: Storage,
    operation: str,
    arguments: Mapping[str, Any],
    *,
    look: Look | None = None,
    items_max: int | None = None,
    page_bytes: int = PAGE_BYTES,
) -> dict[str, Any]:
    """`look` is what point reads see instead of the storage; the bounds cut pages short."""
    try:
        if operation == "get_item":
            return _get(storage, arguments, look or storage.get)
        if operation == "batch_get_item":
            return _get_batch(storage, arguments, look or storage.get)
        page = {"query": query, "scan": scan}[operation]
        return page(storage, arguments, Bounds(items_max, page_bytes))
    except Refusal as refused:
        raise refused.to_client_error(operation) from None


def prepare(
    storage: Storage, operation: str, arguments: Mapping[str, Any], *, locked: Container[Key] = ()
) -> Prepared:
    """What the write would do to the storage as it is now; another transaction holds what is `locked`."""
    try:
        if operation == "transact_write_items":
            return _prepare_transaction(storage, arguments, locked)
        return _prepare_single(storage, operation, arguments, locked)
    except Refusal as refused:
        raise refused.to_client_error(operation) from None


def commit(storage: Storage, prepared: Prepared) -> None:
    """Makes it so."""
    storage.apply(prepared.changes)
    if prepared.token is not None:
        token = replace(prepared.token, ends_at=storage.seconds + TOKEN_SECONDS)
        storage.tokens[token.token] = token


def _prepare_single(
    storage: Storage, operation: str, arguments: Mapping[str, Any], locked: Container[Key]
) -> Prepared:
    given.check(operation, arguments)
    wanted = choice(arguments, "ReturnValues", *(ANY if operation == "update_item" else OLD_ONLY))
    action = action_of(storage, KINDS[operation], arguments)
    if action.problem is not None or action.key is None:
        raise action.problem or AssertionError("An action without a problem has a key.")
    if action.key in locked:
        raise conflict()
    old = storage.get(action.key)
    action.check(old)
    new = action.image(storage, old)
    return Prepared((action.key,), ((action.key, new),), returned(action, wanted, old, new))


def _prepare_transaction(storage: Storage, arguments: Mapping[str, Any], locked: Container[Key]) -> Prepared:
    check_request(arguments)
    if repeated(storage, arguments):
        return Prepared((), (), {})
    actions = actions_of(storage, arguments)
    images = images_of(storage, actions, locked)
    keys = tuple(action.key for action in actions if action.key is not None)
    return Prepared(keys, images, {}, token_of(arguments))


def _get(storage: Storage, arguments: Mapping[str, Any], look: Look) -> dict[str, Any]:
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


def _get_batch(storage: Storage, arguments: Mapping[str, Any], look: Look) -> dict[str, Any]:
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
