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
NESTED = frozenset({"L", "M"})
TYPES = frozenset({"S", "N", "B", "SS", "NS", "BS", "L", "M", "BOOL", "NULL"})


class Nested(dict[str, Any]):
    """A list or a map that measures itself once; changed nowhere but in copies."""

    __slots__ = ("size_bytes",)
    size_bytes: int


def stored(given: Mapping[str, Any], depth: int = 0) -> Value:
    """A copy of our own in the one form: numbers plain, sets sorted, so that equal values are equal dicts."""
    try:
        (tag,) = given
    except ValueError:
        many = "has more than one datatypes set" if given else "is empty"
        raise Invalid(
            f"Supplied AttributeValue {many}, must contain exactly one of the supported datatypes"
        ) from None
    content = given[tag]
    if content.__class__ is str:
        if tag == "S":
            return {"S": content}
        if tag == "N":
            return {"N": numbers.written(content)}
    try:
        form = FORMS[tag]
    except KeyError:
        raise malformed(f'Unknown parameter: "{tag}"') from None
    return (Nested if tag in NESTED else dict)({tag: form(content, depth)})


class Image(dict[str, Value]):
    """An item as it is stored: never changed once its size is known."""

    __slots__ = ("size_bytes",)
    size_bytes: int


def stored_item(given: Mapping[str, Mapping[str, Any]]) -> Image:
    """Everything is copied and measured in one go: no other code runs as often."""
    image = Image()
    size = 0
    for name, value in given.items():
        if len(value) == 1:
            (tag,) = value
            content = value[tag]
            if content.__class__ is str:
                if tag == "S":
                    image[name] = {"S": content}
                    size += len(content) if content.isascii() else len(content.encode())
                    continue
                if tag == "N":
                    text, bytes_of_number = numbers.written_and_sized(content)
                    image[name] = {"N": text}
                    size += bytes_of_number
                    continue
        image[name] = kept = stored(value)
        size += value_bytes(kept)
    if "" in image:
        raise Invalid("Empty attribute name")
    image.size_bytes = size + sum(map(name_bytes, image))
    return image


def measured(image: Image) -> Image:
    image.size_bytes = item_bytes(image)
    return image


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
    if content.__class__ is not list and not isinstance(content, tuple):
        raise malformed(f"Invalid type for a list: {content!r}")
    inner = _deeper(depth)
    return [stored(element, inner) for element in content]


def _map(content: Any, depth: int) -> Item:
    if content.__class__ is not dict and not isinstance(content, Mapping):
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
    if isinstance(value, Nested):
        try:
            return value.size_bytes
        except AttributeError:
            value.size_bytes = _measured(value)
            return value.size_bytes
    return _measured(value)


def _measured(value: Value) -> int:
    (tag,) = value
    content = value[tag]
    if tag == "S":
        return len(content) if content.isascii() else len(content.encode())
    if tag == "N":
        return numbers.size_bytes(content)
    return SIZES[tag](content)


def size_of(item: Item) -> int:
    """What counts against the limit of an item and of a page; stored ones know it."""
    return item.size_bytes if isinstance(item, Image) else item_bytes(item)


def item_bytes(item: Mapping[str, Value]) -> int:
    return sum(map(name_bytes, item)) + sum(map(value_bytes, item.values()))


SIZES: dict[str, Callable[[Any], int]] = {
    "S": text_bytes,
    "N": numbers.size_bytes,
    "B": len,
    "BOOL": lambda _: 1,
    "NULL": lambda _: 1,
    "L": lambda content: NESTED_OVERHEAD_BYTES + len(content) + sum(map(value_bytes, content)),
    "M": lambda content: NESTED_OVERHEAD_BYTES + len(content) + item_bytes(content),
    "SS": lambda content: sum(map(text_bytes, content)),
    "NS": lambda content: sum(map(numbers.size_bytes, content)),
    "BS": lambda content: sum(map(len, content)),
}
