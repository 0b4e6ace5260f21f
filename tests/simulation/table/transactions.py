"""Transactions: all actions or none, a reason for each position, and requests known by their token."""

import copy
from collections.abc import Container, Mapping
from typing import Any

from tests.simulation.table import arguments as given
from tests.simulation.table.refusals import (
    CONFLICT,
    ConditionFailed,
    Invalid,
    InvalidForItem,
    Reason,
    cancelled,
    malformed,
    other_request,
)
from tests.simulation.table.storage import Key, Storage, Token
from tests.simulation.table.values import Item
from tests.simulation.table.writes import Action, action_of, payload_bytes

ACTIONS_MAX = 100
PAYLOAD_BYTES_MAX = 4 * 1024 * 1024
TOKEN_LENGTH_MAX = 36
TOKEN_SECONDS = 600.0

Images = tuple[tuple[Key, Item | None], ...]


def repeated(storage: Storage, arguments: Mapping[str, Any]) -> bool:
    """Whether this very request has been done under its token before. Raises for another one."""
    token = arguments.get("ClientRequestToken")
    known = storage.tokens.get(token) if token is not None else None
    if known is None or known.ends_at <= storage.seconds:
        return False
    if known.request != arguments["TransactItems"]:
        raise other_request()
    return True


def token_of(arguments: Mapping[str, Any]) -> Token | None:
    """What is remembered once the transaction is done; a copy, as the caller may change its request."""
    token = arguments.get("ClientRequestToken")
    return None if token is None else Token(token, copy.deepcopy(arguments["TransactItems"]), 0.0)


def check_request(arguments: Mapping[str, Any]) -> None:
    given.check("transact_write_items", arguments)
    if not arguments["TransactItems"]:
        raise malformed("Invalid length for parameter TransactItems, value: 0, valid min length: 1")
    token = arguments.get("ClientRequestToken")
    if token is not None and not token:
        raise malformed("Invalid length for parameter ClientRequestToken, value: 0, valid min length: 1")
    if token is not None and len(token) > TOKEN_LENGTH_MAX:
        raise Invalid("ClientRequestToken: Member must have length less than or equal to 36")
    if len(arguments["TransactItems"]) > ACTIONS_MAX:
        raise Invalid("Member must have length less than or equal to 100")


def actions_of(storage: Storage, arguments: Mapping[str, Any]) -> list[Action]:
    actions, payload = [], 0
    for entry in arguments["TransactItems"]:
        given.check("TransactItem", entry)
        if len(entry) != 1:
            raise Invalid("TransactItems can only contain one of Check, Put, Update or Delete")
        for kind, body in entry.items():
            given.check(kind, body)
            action = action_of(storage, kind, body)
            actions.append(action)
            payload += payload_bytes(action, body)
    keys = [action.key for action in actions if action.key is not None]
    if len(set(keys)) != len(keys):
        raise Invalid("Transaction request cannot include multiple operations on one item")
    if payload > PAYLOAD_BYTES_MAX:
        raise Invalid(f"Transaction payload size cannot exceed 4MB. Payload Size: {payload}")
    return actions


def images_of(storage: Storage, actions: list[Action], locked: Container[Key]) -> Images:
    """Raises the cancellation, with what each position has to say."""
    images: list[tuple[Key, Item | None]] = []
    reasons = [_attempt(storage, action, locked, images) for action in actions]
    if any(reason is not None for reason in reasons):
        raise cancelled([reason or {"Code": "None"} for reason in reasons])
    return tuple(images)


def _attempt(
    storage: Storage, action: Action, locked: Container[Key], images: list[tuple[Key, Item | None]]
) -> Reason | None:
    """The reason why not; otherwise the image has been added."""
    if action.key is None or action.problem is not None:
        return action.problem.reason if action.problem is not None else None
    if action.key in locked:
        return CONFLICT
    old = storage.get(action.key)
    try:
        action.check(old)
        if action.kind != "ConditionCheck":
            images.append((action.key, action.image(storage, old)))
    except (ConditionFailed, InvalidForItem) as refused:
        return refused.reason
    return None
