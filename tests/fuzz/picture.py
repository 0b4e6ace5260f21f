"""A picture of the table for the fuzz: it answers reads, and says aloud that somebody wants to write.

Not a double of the store: nothing is ever stored in it. What is refused must not even try to write; what
is accepted has been accepted by the time it tries, and that is all a fuzz wants to know.
"""

from typing import Any

from adapters.dynamodb.keys import Key
from adapters.dynamodb.outcome import RawItem
from adapters.dynamodb.table import key_of

KEYS = {None: ("pk", "sk"), "by_owner": ("gsi1pk", "gsi1sk"), "due": ("gsi2pk", "gsi2sk")}


class Written(BaseException):
    """The request was accepted and is about to change something. Not an Exception: nobody may catch it."""


class Picture:
    """What botocore's client is to the adapters."""

    def __init__(self, items: list[RawItem]) -> None:
        self.items: dict[Key, RawItem] = {key_of(item): item for item in items}

    def get_item(self, **asked: Any) -> dict[str, Any]:
        item = self.items.get(key_of(asked["Key"]))
        return {"Item": item} if item else {}

    def batch_get_item(self, **asked: Any) -> dict[str, Any]:
        ((table, request),) = asked["RequestItems"].items()
        found = [self.items[key_of(key)] for key in request["Keys"] if key_of(key) in self.items]
        return {"Responses": {table: found}}

    def transact_get_items(self, **asked: Any) -> dict[str, Any]:
        return {"Responses": [self.get_item(**each["Get"]) for each in asked["TransactItems"]]}

    def query(self, **asked: Any) -> dict[str, Any]:
        pk, sk = KEYS[asked.get("IndexName")]
        wanted, first, last = (
            asked["ExpressionAttributeValues"][name]["S"] for name in (":pk", ":first", ":last")
        )
        found = [
            item
            for item in self.items.values()
            if item.get(pk, {}).get("S") == wanted and first <= item.get(sk, {}).get("S", "") <= last
        ]
        found.sort(key=lambda item: str(item[sk]["S"]), reverse=not asked["ScanIndexForward"])
        return {"Items": found[: asked["Limit"]]}

    def put_item(self, **asked: Any) -> dict[str, Any]:
        if asked["Item"]["kind"]["S"] == "nonce":
            return {}  # Every signed question uses one up, and then goes on.
        raise Written("put_item")

    def update_item(self, **_: Any) -> dict[str, Any]:
        raise Written("update_item")

    def delete_item(self, **_: Any) -> dict[str, Any]:
        raise Written("delete_item")

    def transact_write_items(self, **_: Any) -> dict[str, Any]:
        raise Written("transact_write_items")
