"""Attribute values: the form in which they are stored, and how many bytes they count."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from tests.simulation.table import numbers
from tests.simulation.table.refusals import Invalid, malformed

Value = dict[str, Any]
Item = dict[str, Value]

DEPTH_MAX = 31
"""Lists and maps inside each other; the scalar inside the last one is the 32nd level."""
NESTED_OVERHEAD_BYTES = 3
TYPES = frozenset({"S", "N", "B", "SS", "NS", "BS", "L", "M", "BOOL", "NULL"})


def stored(given: Mapping[str, Any], depth: int = 0) -> Value:
    """A copy of our own in the one form: numbers plain, sets sorted, so that equal values are equal dicts."""
    if len(given) != 1:
        many = "has more than one datatypes set" if given else "is empty"
        raise Invalid(f"Supplied AttributeValue {many}, must contain exactly one of the supported datatypes")
    for tag, content in given.items():
        try:
            form = FORMS[tag]
        except KeyError:
            raise malformed(f'Unknown parameter: "{tag}"') from None
        return {tag: form(content, depth)}
    raise AssertionError


def stored_item(given: Mapping[str, Mapping[str, Any]]) -> Item:
    item = {}
    for name, value in given.items():
        if not name:
            raise Invalid("Empty attribute name")
        item[name] = stored(value)
    return item


def _text(content: Any, _depth: int) -> str:
    if content.__class__ is not str:
        raise malformed(f"Invalid type for a string: {content!r}")
    text: str = content
    return text


def _number(content: Any, depth: int) -> str:
    return numbers.written(_text(content, depth))


def _bytes(content: Any, _depth: int) -> bytes:
    if isinstance(content, str):
        return content.encode()
    if isinstance(content, bytes | bytearray):
        return bytes(content)
    raise NotImplementedError("Binary values are bytes here.")


def _truth(content: Any, _depth: int) -> bool:
    if content is True or content is False:
        truth: bool = content
        return truth
    raise malformed(f"Invalid type for a boolean: {content!r}")


def _null(content: Any, depth: int) -> bool:
    if not _truth(content, depth):
        raise Invalid(
            "One or more parameter values were invalid: "
            "Null attribute value types must have the value of true"
        )
    return True


def _list(content: Any, depth: int) -> list[Value]:
    if not isinstance(content, list | tuple):
        raise malformed(f"Invalid type for a list: {content!r}")
    inner = _deeper(depth)
    return [stored(element, inner) for element in content]


def _map(content: Any, depth: int) -> Item:
    if not isinstance(content, Mapping):
        raise malformed(f"Invalid type for a map: {content!r}")
    inner = _deeper(depth)
    if "" in content:
        raise Invalid("Empty attribute name")
    return {name: stored(value, inner) for name, value in content.items()}


def _deeper(depth: int) -> int:
    if depth >= DEPTH_MAX:
        raise Invalid(
            "Nesting Levels have exceeded supported limits: "
            "Attributes in the item have nested levels beyond supported limit"
        )
    return depth + 1


def _set_of(
    form: Callable[[Any, int], Any], order: Callable[[Any], Any] | None = None
) -> Callable[[Any, int], list[Any]]:
    def members(content: Any, depth: int) -> list[Any]:
        if not isinstance(content, list | tuple | set | frozenset):
            raise malformed(f"Invalid type for a set: {content!r}")
        found = [form(member, depth) for member in content]
        if not found:
            raise Invalid("One or more parameter values were invalid: An set may not be empty")
        if len(set(found)) != len(found):
            raise Invalid("One or more parameter values were invalid: Input collection contains duplicates.")
        return sorted(found, key=order)

    return members


FORMS: dict[str, Callable[[Any, int], Any]] = {
    "S": _text,
    "N": _number,
    "B": _bytes,
    "BOOL": _truth,
    "NULL": _null,
    "L": _list,
    "M": _map,
    "SS": _set_of(_text),
    "NS": _set_of(_number, numbers.value),
    "BS": _set_of(_bytes),
}


def united(tag: str, members: set[Any]) -> Value:
    """A set value in its stored order."""
    return {tag: sorted(members, key=numbers.value if tag == "NS" else None)}


def copied(value: Value) -> Value:
    """A deep copy, to be changed in place."""
    for tag, content in value.items():
        if tag == "M":
            return {"M": {name: copied(inner) for name, inner in content.items()}}
        if tag == "L":
            return {"L": [copied(inner) for inner in content]}
    return value


def depth_of(value: Value) -> int:
    """How many lists and maps lie inside each other."""
    for tag, content in value.items():
        if tag == "M":
            return 1 + max(map(depth_of, content.values()), default=0)
        if tag == "L":
            return 1 + max(map(depth_of, content), default=0)
    return 0


def text_bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


name_bytes = lru_cache(maxsize=65536)(text_bytes)


def value_bytes(value: Value) -> int:
    for tag, content in value.items():
        return SIZES[tag](content)
    raise AssertionError


def item_bytes(item: Mapping[str, Value]) -> int:
    """What counts against the limit of an item and of a page."""
    total = 0
    for name, value in item.items():
        total += name_bytes(name) + value_bytes(value)
    return total


SIZES: dict[str, Callable[[Any], int]] = {
    "S": text_bytes,
    "N": numbers.size_bytes,
    "B": len,
    "BOOL": lambda _: 1,
    "NULL": lambda _: 1,
    "L": lambda content: NESTED_OVERHEAD_BYTES + sum(1 + value_bytes(inner) for inner in content),
    "M": lambda content: NESTED_OVERHEAD_BYTES + len(content) + item_bytes(content),
    "SS": lambda content: sum(map(text_bytes, content)),
    "NS": lambda content: sum(map(numbers.size_bytes, content)),
    "BS": lambda content: sum(map(len, content)),
}
