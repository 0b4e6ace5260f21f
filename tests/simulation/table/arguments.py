"""Which arguments each call takes, and which of them are not modelled here."""

from collections.abc import Mapping
from typing import Any

from tests.simulation.table.refusals import Invalid, InvalidForItem, malformed, missing_table
from tests.simulation.table.storage import Key, Storage
from tests.simulation.table.values import FORMS, Item, text_bytes

NAMES_AND_VALUES = frozenset({"ExpressionAttributeNames", "ExpressionAttributeValues"})
CONDITIONAL = (
    frozenset({"TableName", "ConditionExpression", "ReturnValuesOnConditionCheckFailure"}) | NAMES_AND_VALUES
)
SINGLE = CONDITIONAL | {"ReturnValues", "ReturnConsumedCapacity"}
READING = frozenset({"ConsistentRead", "ProjectionExpression", "ExpressionAttributeNames"})
PAGED = (
    READING
    | NAMES_AND_VALUES
    | {
        "TableName",
        "IndexName",
        "Select",
        "Limit",
        "FilterExpression",
        "ExclusiveStartKey",
        "ReturnConsumedCapacity",
    }
)
TAKEN: dict[str, frozenset[str]] = {
    "put_item": SINGLE | {"Item"},
    "delete_item": SINGLE | {"Key"},
    "update_item": SINGLE | {"Key", "UpdateExpression"},
    "get_item": READING | {"TableName", "Key", "ReturnConsumedCapacity"},
    "query": PAGED | {"KeyConditionExpression", "ScanIndexForward"},
    "scan": PAGED | {"Segment", "TotalSegments"},
    "batch_get_item": frozenset({"RequestItems", "ReturnConsumedCapacity"}),
    "Keys": READING | {"Keys"},
    "transact_write_items": frozenset({"TransactItems", "ClientRequestToken", "ReturnConsumedCapacity"}),
    "TransactItem": frozenset({"Put", "Update", "Delete", "ConditionCheck"}),
    "transact_get_items": frozenset({"TransactItems", "ReturnConsumedCapacity"}),
    "TransactGetItem": frozenset({"Get"}),
    "Get": frozenset({"TableName", "Key", "ProjectionExpression", "ExpressionAttributeNames"}),
    "Put": CONDITIONAL | {"Item"},
    "Delete": CONDITIONAL | {"Key"},
    "Update": CONDITIONAL | {"Key", "UpdateExpression"},
    "ConditionCheck": CONDITIONAL | {"Key"},
}
REQUIRED: dict[str, tuple[str, ...]] = {
    "put_item": ("TableName", "Item"),
    "delete_item": ("TableName", "Key"),
    "update_item": ("TableName", "Key"),
    "get_item": ("TableName", "Key"),
    "query": ("TableName",),
    "scan": ("TableName",),
    "batch_get_item": ("RequestItems",),
    "Keys": ("Keys",),
    "transact_write_items": ("TransactItems",),
    "TransactItem": (),
    "transact_get_items": ("TransactItems",),
    "TransactGetItem": ("Get",),
    "Get": ("TableName", "Key"),
    "Put": ("TableName", "Item"),
    "Delete": ("TableName", "Key"),
    "Update": ("TableName", "Key", "UpdateExpression"),
    "ConditionCheck": ("TableName", "Key", "ConditionExpression"),
}
NOT_MODELLED = frozenset(
    {
        "AttributesToGet",
        "AttributeUpdates",
        "ConditionalOperator",
        "Expected",
        "KeyConditions",
        "QueryFilter",
        "ReturnItemCollectionMetrics",
        "ScanFilter",
    }
)
PARTITION_KEY_BYTES_MAX = 2048
SORT_KEY_BYTES_MAX = 1024
ALWAYS_SHORT = SORT_KEY_BYTES_MAX // 4
"""No text of so few characters is too long in bytes."""


def check(call: str, arguments: Mapping[str, Any]) -> None:
    """The client's own check: nothing unknown, nothing missing."""
    if not arguments.keys() <= TAKEN[call]:
        for name in arguments.keys() - TAKEN[call]:
            if name in NOT_MODELLED:
                raise NotImplementedError(f"{call} with {name}")
            raise malformed(f'Unknown parameter in input: "{name}"')
    for name in REQUIRED[call]:
        if name not in arguments:
            raise malformed(f'Missing required parameter in input: "{name}"')


def check_table(storage: Storage, arguments: Mapping[str, Any]) -> None:
    if arguments["TableName"] != storage.name:
        raise missing_table()


def choice(arguments: Mapping[str, Any], name: str, *allowed: str) -> str:
    """One of a few words; the first one where nothing is said."""
    chosen: str = arguments.get(name, allowed[0])
    if chosen not in allowed:
        raise Invalid(f"Value '{chosen}' at '{name}' failed to satisfy constraint: one of {allowed}")
    return chosen


def at_least(arguments: Mapping[str, Any], name: str, least: int) -> int | None:
    number = arguments.get(name)
    if number is None:
        return None
    if not isinstance(number, int) or isinstance(number, bool) or number < least:
        raise malformed(f"Invalid value for parameter {name}, value: {number}, valid min value: {least}")
    return number


def key_of(storage: Storage, given: Mapping[str, Any]) -> Key:
    """Exactly the table's key."""
    if len(given) != 2:
        raise InvalidForItem("The provided key element does not match the schema")
    return key_in(storage, given)


def key_in(storage: Storage, given: Mapping[str, Any]) -> Key:
    """The key of an item; there may be more in it."""
    pk, sk = storage.schema
    if pk not in given or sk not in given:
        raise InvalidForItem("One or more parameter values were invalid: Missing a key in the item")
    return _key_text(pk, given[pk], PARTITION_KEY_BYTES_MAX), _key_text(sk, given[sk], SORT_KEY_BYTES_MAX)


def _key_text(name: str, given: Mapping[str, Any], bytes_max: int) -> str:
    if len(given) != 1:
        raise Invalid("Supplied AttributeValue must contain exactly one of the supported datatypes")
    text = given.get("S")
    if text.__class__ is not str:
        if not given.keys() <= FORMS.keys() or "S" in given:
            raise malformed(f"Invalid value for the key {name}: {given}")
        raise InvalidForItem(
            f"One or more parameter values were invalid: Type mismatch for key {name} expected: S"
        )
    if not text:
        raise Invalid(
            "One or more parameter values are not valid. "
            f"The AttributeValue for a key attribute cannot contain an empty string value. Key: {name}"
        )
    if len(text) > ALWAYS_SHORT and text_bytes(text) > bytes_max:
        raise InvalidForItem(
            f"One or more parameter values were invalid: Size of the key {name} has exceeded the maximum"
        )
    return str(text)


def check_index_keys(storage: Storage, item: Item) -> None:
    """Where an item has the attribute of an index's key, it must be fit to be one."""
    for name, index, is_sort_key in storage.index_keys:
        if name not in item:
            continue
        text = item[name].get("S")
        if text is None:
            raise InvalidForItem(
                "One or more parameter values were invalid: "
                f"Type mismatch for Index Key {name} Expected: S IndexName: {index}"
            )
        if not text:
            raise Invalid(
                "One or more parameter values are not valid. A value specified for a secondary index key "
                "is not supported. The AttributeValue for a key attribute cannot contain an empty string. "
                f"IndexName: {index}, IndexKey: {name}"
            )
        bytes_max = SORT_KEY_BYTES_MAX if is_sort_key else PARTITION_KEY_BYTES_MAX
        if len(text) > ALWAYS_SHORT and text_bytes(text) > bytes_max:
            raise InvalidForItem(
                "One or more parameter values were invalid: "
                f"Size of the index key {name} has exceeded the maximum"
            )
