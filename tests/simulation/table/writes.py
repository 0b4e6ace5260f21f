"""One put, update, delete or check of one item: first the request by itself, then against what is stored."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from tests.simulation.table.arguments import check_index_keys, check_table, choice, key_in, key_of
from tests.simulation.table.expressions import Expressions, expressions_of
from tests.simulation.table.refusals import ConditionFailed, Invalid, InvalidForItem
from tests.simulation.table.storage import Key, Storage
from tests.simulation.table.values import Image, Item, measured, stored_item, text_bytes

ITEM_BYTES_MAX = 400 * 1024
NOTHING: Item = {}


class Action(Struct, frozen=True):
    """A request that is right by itself; a problem with the key is kept until its turn in a transaction."""

    kind: str
    key: Key | None
    problem: InvalidForItem | None
    item: Image | None
    expressions: Expressions
    values: Image
    returns_old: bool
    """Whether a failed condition hands back the stored item."""

    def check(self, old: Item | None) -> None:
        """Raises ConditionFailed."""
        test = self.expressions.condition
        if test is not None and not test(old or NOTHING, self.values):
            raise ConditionFailed(dict(old) if old is not None and self.returns_old else None)

    def image(self, storage: Storage, old: Image | None) -> Image | None:
        """The item as it will be."""
        if self.kind == "Put":
            return self.item
        if self.kind == "Update":
            return self._updated(storage, old)
        return None

    def _updated(self, storage: Storage, old: Image | None) -> Image:
        if self.key is None:
            raise AssertionError("An action with a problem has no image.")
        pk, sk = storage.schema
        base = old or measured(Image({pk: {"S": self.key[0]}, sk: {"S": self.key[1]}}))
        update = self.expressions.update
        if update is None:
            return base
        for name in (pk, sk):
            if name in update.top_names:
                raise InvalidForItem(
                    "One or more parameter values were invalid: "
                    f"Cannot update attribute {name}. This attribute is part of the key"
                )
        image = update.apply(base, self.values)
        check_index_keys(storage, image)
        if image.size_bytes > ITEM_BYTES_MAX:
            raise InvalidForItem("Item size to update has exceeded the maximum allowed size")
        return image


def action_of(storage: Storage, kind: str, body: Mapping[str, Any]) -> Action:
    """Raises Invalid for what is wrong whatever is stored."""
    check_table(storage, body)
    returns_old = choice(body, "ReturnValuesOnConditionCheckFailure", "NONE", "ALL_OLD") == "ALL_OLD"
    expressions, values = expressions_of(body)
    key, problem, item = None, None, None
    if kind == "Put":
        item = stored_item(body["Item"])
    try:
        if item is None:
            key = key_of(storage, body["Key"])
        else:
            key = key_in(storage, item)
            check_index_keys(storage, item)
    except InvalidForItem as found:
        problem = found
    if item is not None and item.size_bytes > ITEM_BYTES_MAX:
        raise Invalid("Item size has exceeded the maximum allowed size")
    return Action(kind, key, problem, item, expressions, values, returns_old)


def payload_bytes(action: Action, body: Mapping[str, Any]) -> int:
    """What an action counts against the limit of a transaction."""
    if action.item is not None:
        return action.item.size_bytes
    texts = (body.get("UpdateExpression", ""), body.get("ConditionExpression", ""))
    total = sum(map(text_bytes, (*(action.key or ()), *body["Key"], *texts)))
    return total + action.values.size_bytes


def returned(action: Action, wanted: str, old: Item | None, new: Item | None) -> dict[str, Any]:
    """The answer of a single write."""
    attributes: Item | None = None
    update = action.expressions.update
    if wanted == "ALL_OLD":
        attributes = old
    elif wanted == "ALL_NEW":
        attributes = new
    elif wanted != "NONE" and update is not None:
        image = old if wanted == "UPDATED_OLD" else new
        attributes = update.touched(image or NOTHING)
    return {"Attributes": dict(attributes)} if attributes else {}
