"""The calls of botocore's client: reads, which answer, and writes in two steps, prepared and committed."""

from collections.abc import Container, Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from tests.simulation.table import arguments as given
from tests.simulation.table.arguments import choice
from tests.simulation.table.pages import Bounds, query, scan
from tests.simulation.table.reads import Look, get, get_at_once, get_batch
from tests.simulation.table.refusals import Refusal, conflict
from tests.simulation.table.storage import Key, Storage, Token
from tests.simulation.table.transactions import (
    TOKEN_SECONDS,
    actions_of,
    check_request,
    images_of,
    repeated,
    token_of,
)
from tests.simulation.table.values import Item
from tests.simulation.table.writes import action_of, returned

WRITES = frozenset({"put_item", "update_item", "delete_item", "transact_write_items"})
READS = frozenset({"get_item", "batch_get_item", "transact_get_items", "query", "scan"})
KINDS = {"put_item": "Put", "update_item": "Update", "delete_item": "Delete"}
OLD_ONLY = ("NONE", "ALL_OLD")
ANY = (*OLD_ONLY, "UPDATED_OLD", "ALL_NEW", "UPDATED_NEW")
PAGE_BYTES = 1_048_576


class Prepared(Struct, frozen=True):
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
    locked: Container[Key] = (),
    items_max: int | None = None,
    page_bytes: int = PAGE_BYTES,
) -> dict[str, Any]:
    """`look` is what point reads see instead of the storage; the bounds cut pages short.

    A transaction holds what is `locked`: only a read of several items at one moment minds it.
    """
    try:
        if operation == "get_item":
            return get(storage, arguments, look or storage.get)
        if operation == "batch_get_item":
            return get_batch(storage, arguments, look or storage.get)
        if operation == "transact_get_items":
            return get_at_once(storage, arguments, locked)
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
