"""Fields whose messages are codes, and whose values are the domain's."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime
from enum import Enum
from typing import Any, TypeVar

from flask import current_app, g
from marshmallow import Schema, ValidationError, fields

from domain.clock import SHOP_TIME, parse_instant
from domain.errors import InvalidInput
from domain.member.phone import normalise
from domain.money import AMOUNT_MAX, Money, Points

IMAGES = "tongka-image-url"
"""Under which an app knows where images are found."""
E = TypeVar("E", bound=Enum)
T = TypeVar("T")

CODES: dict[str, Any] = {
    "required": "required",
    "null": "null-not-allowed",
    "invalid": "invalid-type",
    "validator_failed": "invalid-format",
}
SCHEMA_CODES = {"unknown": "unknown-field", "type": "invalid-type"}
PART_CODES: dict[str, Any] = {**CODES, "type": "invalid-type"}
BAD_CATEGORIES = frozenset({"Cc", "Cs", "Co", "Cn"})
DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


class StrictSchema(Schema):
    """Unknown fields are refused; nothing is assigned that is not declared."""

    error_messages = SCHEMA_CODES


class Coded(fields.Field[T]):
    """A field whose messages are codes."""

    default_error_messages = CODES


class Text(Coded[str]):
    """A text without control characters, of a length in characters."""

    def __init__(self, *, longest: int, shortest: int = 1, pattern: str | None = None, **more: Any) -> None:
        super().__init__(**more)
        self.longest, self.shortest = longest, shortest
        self.pattern = re.compile(pattern, re.ASCII) if pattern else None

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> str:
        if not isinstance(value, str):
            raise ValidationError("invalid-type")
        if len(value) > self.longest:
            raise ValidationError("too-long")
        if len(value) < self.shortest:
            raise ValidationError("too-short")
        if any(unicodedata.category(character) in BAD_CATEGORIES for character in value):
            raise ValidationError("invalid-format")
        if self.pattern and not self.pattern.fullmatch(value):
            raise ValidationError("invalid-format")
        return value


class Identifier(Text):
    """An id, a number or a code as systems write them."""

    def __init__(self, *, longest: int = 64, **more: Any) -> None:
        super().__init__(longest=longest, pattern=r"[A-Za-z0-9._:-]+", **more)


class WholeNumber(Coded[int]):
    """An integer and nothing that looks like one: no float, no exponent, no text, no boolean."""

    def __init__(self, *, least: int, most: int, **more: Any) -> None:
        super().__init__(**more)
        self.least, self.most = least, most

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise ValidationError("invalid-type")
        if not self.least <= value <= self.most:
            raise ValidationError("out-of-range")
        return value


class QueryNumber(WholeNumber):
    """The same in a query string: digits only."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> int:
        if not isinstance(value, str) or not re.fullmatch(r"\d{1,9}", value, re.ASCII):
            raise ValidationError("invalid-type")
        return super()._deserialize(int(value), attr, data)


class MoneyField(WholeNumber):
    """Whole fen on the wire, `Money` inside."""

    def __init__(self, *, least: int = 1, **more: Any) -> None:
        super().__init__(least=least, most=AMOUNT_MAX, **more)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> Money:  # type: ignore[override]  # the domain's value
        return Money(super()._deserialize(value, attr, data))

    def _serialize(self, value: Any, attr: str | None, obj: Any, **more: Any) -> int | None:
        return value.fen if isinstance(value, Money) else None


class PointsField(Coded[Points]):
    """Answers only."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **more: Any) -> int | None:
        return value.count if isinstance(value, Points) else None


class ImageUrl(Coded[str]):
    """Answers only: where people's phones find the image with that id; null where images have no place."""

    def __init__(self, **more: Any) -> None:
        super().__init__(allow_none=True, dump_only=True, **more)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **more: Any) -> str | None:
        find: Callable[[str, str], str | None] = current_app.extensions[IMAGES]
        return find(g.actor.tenant_id, value) if value else None


class Instant(Coded[datetime]):
    """RFC 3339 with offset; whole seconds are kept."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> datetime:
        if not isinstance(value, str):
            raise ValidationError("invalid-type")
        try:
            return parse_instant(value)
        except ValueError as odd:
            raise ValidationError("invalid-format") from odd

    def _serialize(self, value: Any, attr: str | None, obj: Any, **more: Any) -> str | None:
        return value.astimezone(SHOP_TIME).isoformat(timespec="seconds") if value else None


class Day(Coded[date]):
    """`2026-11-22`."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> date:
        if not isinstance(value, str):
            raise ValidationError("invalid-type")
        if not DAY.fullmatch(value):
            raise ValidationError("invalid-format")
        try:
            return date.fromisoformat(value)
        except ValueError as odd:
            raise ValidationError("invalid-format") from odd

    def _serialize(self, value: Any, attr: str | None, obj: Any, **more: Any) -> str | None:
        return value.isoformat() if value else None


class Choice(Coded[E]):
    """One of an enumeration's values."""

    def __init__(self, choices: type[E], **more: Any) -> None:
        super().__init__(**more)
        self.choices = choices

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> E:
        if not isinstance(value, str):
            raise ValidationError("invalid-type")
        try:
            return self.choices(value)
        except ValueError as other:
            raise ValidationError("invalid-choice") from other

    def _serialize(self, value: Any, attr: str | None, obj: Any, **more: Any) -> str | None:
        return str(value.value) if isinstance(value, Enum) else None


class PhoneField(Coded[str]):
    """A number as typed; E.164 inside."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> str:
        if not isinstance(value, str):
            raise ValidationError("invalid-type")
        try:
            return normalise(value)
        except InvalidInput as odd:
            raise ValidationError("invalid-format") from odd


class Flag(Coded[bool]):
    """true or false."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> bool:
        if not isinstance(value, bool):
            raise ValidationError("invalid-type")
        return value


class Described(Coded[Any]):
    """Goes through as it is: the domain knows its form, and `schema` tells it in JSON Schema when asked."""

    def __init__(self, schema: Callable[[], dict[str, Any]], **more: Any) -> None:
        super().__init__(**more)
        self.schema = schema


class QueryFlag(Flag):
    """The same in a query string."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> bool:
        if value not in {"true", "false"}:
            raise ValidationError("invalid-type")
        return bool(value == "true")


class Part(fields.Nested):
    """An object inside of an object."""

    default_error_messages = PART_CODES


class Parts(fields.List[Any]):
    """A list of at least one, unless it may be empty, and at most so many."""

    default_error_messages = CODES

    def __init__(self, inner: Any, *, most: int, least: int = 1, **more: Any) -> None:
        super().__init__(inner, **more)
        self.most, self.least = most, least

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> list[Any]:
        if not isinstance(value, list):
            raise ValidationError("invalid-type")
        if len(value) < self.least:
            raise ValidationError("too-short")
        if len(value) > self.most:
            raise ValidationError("too-long")
        return super()._deserialize(value, attr, data, **more)


def only_one(given: Mapping[str, Any], names: tuple[str, ...]) -> str:
    """The one name among them that is given. Raises ValidationError on none or several."""
    found = [name for name in names if given.get(name) is not None]
    if not found:
        raise ValidationError({name: ["required"] for name in names})
    if len(found) > 1:
        raise ValidationError({name: ["choose-one"] for name in found})
    return found[0]
