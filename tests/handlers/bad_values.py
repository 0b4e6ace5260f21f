"""What can be wrong with a field, as raw JSON or as text of a query, by the kind of the field."""

import json
from collections.abc import Iterator, Mapping

from marshmallow import Schema, fields
from msgspec import Struct

from handlers.schemas.auth import PhoneRequest
from handlers.schemas.fields import (
    Choice,
    Day,
    Described,
    Flag,
    Identifier,
    Instant,
    Part,
    Parts,
    PhoneField,
    QueryFlag,
    QueryNumber,
    Text,
    WholeNumber,
)
from handlers.schemas.members import ReferenceQuery

Path = tuple[str | int, ...]

HUGE = '"' + "x" * 300_000 + '"'
DEEP_INSIDE = "[" * 12 + "]" * 12
FALSE_NUMBERS = ("1.0", "1e30", "-1e30", "1E2", "1e400", str(10**30), str(-(10**30)), "-1")
NOT_NUMBERS = (
    "NaN",
    "Infinity",
    "-Infinity",
    "1" * 5000,
    "01",
    "+1",
    "0x10",
    "1_000",
    ".5",
    "'1'",
    "undefined",
)
"""Not JSON at all."""
OBJECTS = ("[]", "{}", "[null]", '["x"]', '{"a": 1}', DEEP_INSIDE)
FALSE_TEXTS = ('""', r'"\u0000"', r'"a\u0007b"', r'"\ud800"', r'"\udc00\ud800"', r'"\ufdd0"', r'"\ue000"')
FALSE_DAYS = (
    "2023-02-29",
    "2023-13-01",
    "0000-01-01",
    "20230101",
    "2023-1-1",
    "2023-01-01T00:00:00Z",
    "２０２３-01-01",
)
FALSE_INSTANTS = (
    "2026-01-01T00:00:00",
    "2026-01-01",
    "2026-01-01 00:00:00Z",
    "2026-02-30T00:00:00Z",
    "2026-01-01T25:00:00Z",
    "2026-01-01T00:00:60Z",
    "2026-01-01T00:00:00+99:00",
    "9999-12-31T23:59:59Z",
    "0001-01-01T00:00:00+14:00",
    "1764000000",
    "now",
)
FALSE_PHONES = (
    "12345678901",
    "1380013800",
    "138001380000",
    "１３８００１３８０００",
    "+8612345678901",
    "+0123456789",
    "abc",
    "13800138000; --",
    "1" * 25,
)
FALSE_IDS = ("a b", "a#b", "a/b", "ä", "a\nb", "T#x", "{}", "😀")
UNKNOWN = ("balance", "version", "tenant_id", "level", "role", "points", "state", "__class__", "$ne", "")
ONE_OF: Mapping[type[Schema], frozenset[str]] = {
    ReferenceQuery: frozenset({"member_id", "member_code", "card_number", "phone"}),
    PhoneRequest: frozenset({"code", "response", "sms_code"}),
}
"""Fields that exclude each other: a bad one is sent in the place of the good one."""


class Place(Struct, frozen=True):
    """A field with its path, and the fields that must not stand beside it."""

    path: Path
    field: fields.Field  # type: ignore[type-arg]  # of any value
    rivals: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        return ".".join(str(part) for part in self.path)

    @property
    def is_container(self) -> bool:
        """What is wrong with it may lie in its parts."""
        return isinstance(self.field, Part | Parts | Described)


def places(schema: Schema, at: Path = ()) -> Iterator[Place]:
    """Every field of a schema, nested ones too; of a list the first element."""
    rivals = ONE_OF.get(type(schema), frozenset())
    for name, field in schema.fields.items():
        yield from _within(field, (*at, name), rivals if name in rivals else frozenset())


def _within(field: fields.Field, path: Path, rivals: frozenset[str]) -> Iterator[Place]:  # type: ignore[type-arg]
    yield Place(path, field, rivals)
    if isinstance(field, Part):
        yield from places(field.schema, path)
    elif isinstance(field, Parts):
        yield from _within(field.inner, (*path, 0), frozenset())


def objects(schema: Schema, at: Path = ()) -> Iterator[tuple[Path, Schema]]:
    """The root and every object inside: where unknown fields might stand."""
    yield at, schema
    for place in places(schema, at):
        if isinstance(place.field, Part):
            yield place.path, place.field.schema


def bad_json(field: fields.Field) -> Iterator[tuple[str, int]]:  # type: ignore[type-arg]
    """Raw JSON that the field must refuse, and the status."""
    if not field.allow_none:
        yield "null", 422
    for raw in NOT_NUMBERS:
        yield raw, 400
    yield HUGE, 413
    if isinstance(field, Described):
        for raw in ('"x"', "1", "-1", "1.5", "true", "[]", "[null]", '{"a": 1}', DEEP_INSIDE):
            yield raw, 422
        return
    may_be = {"[]"} if isinstance(field, Parts) and not field.least else set()
    if isinstance(field, Parts) and isinstance(field.inner, Identifier):
        may_be.add('["x"]')
    if isinstance(field, WholeNumber) and field.least < 0:
        may_be.add("-1")
    for raw in (*FALSE_NUMBERS, *OBJECTS, *_of_kind(field)):
        if raw not in may_be:
            yield raw, 422


def _of_kind(field: fields.Field) -> Iterator[str]:  # type: ignore[type-arg]
    if not isinstance(field, Flag):
        yield from ("true", "false")
    if isinstance(field, WholeNumber):
        yield from ('"1"', '""', str(field.least - 1), str(field.most + 1))
        return
    yield from ("1", "0")
    if isinstance(field, Part):
        yield '"x"'
    elif isinstance(field, Parts):
        yield '"x"'
        yield '[{"a": [1]}]'
        yield json.dumps([{}] * (field.most + 1))
    else:
        yield from _texts(field)


def _texts(field: fields.Field) -> Iterator[str]:  # type: ignore[type-arg]
    yield from FALSE_TEXTS
    yield from (json.dumps(text) for text in bad_texts(field))


def bad_texts(field: fields.Field) -> Iterator[str]:  # type: ignore[type-arg]
    """Texts that the field must refuse, wherever it stands."""
    yield ""
    yield "a\u0000b"
    if isinstance(field, QueryNumber):
        yield from (str(field.least - 1), str(field.most + 1), str(10**30))
        yield from ("-1", "1.0", "1e1", "NaN", "٣", " 1", "+1", "true", "0x1", "1,0", "null")
    elif isinstance(field, QueryFlag):
        yield from ("TRUE", "1", "0", "yes", " true", "null")
    elif isinstance(field, Text):
        yield "x" * (field.longest + 1)
        yield "会" * (field.longest + 1)
        if isinstance(field, Identifier):
            yield from FALSE_IDS
        elif field.pattern:
            yield from ("12345", "12345a", "１２３４５６", "123 56", "-12345")
    elif isinstance(field, Instant):
        yield from FALSE_INSTANTS
    elif isinstance(field, Day):
        yield from FALSE_DAYS
    elif isinstance(field, PhoneField):
        yield from FALSE_PHONES
    elif isinstance(field, Choice):
        yield from ("unknown", "x" * 300)
        yield from (str(choice.value).upper() for choice in field.choices)
    else:
        yield "x"
