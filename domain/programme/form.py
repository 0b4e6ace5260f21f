"""How a rule is written down: the one description behind the API, the tenant file and the table.

A struct annotates each of its fields with a form, such as `Annotated[int, Whole(1, 7)]`. `load`
turns JSON (or TOML) into it, `dump` turns it back, `schema` says in JSON Schema what is accepted.
"""

import json
from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum
from typing import Annotated, Any, Protocol, TypeVar, get_origin, get_type_hints
from unicodedata import category

from msgspec import NODEFAULT, Struct

from domain.clock import parse_instant
from domain.errors import FieldProblem, InvalidInput
from domain.money import AMOUNT_MAX, Money

T = TypeVar("T")

TEXT_MAX = 64
BAD_CATEGORIES = frozenset({"Cc", "Cs", "Co", "Cn"})
UNSEEN_CATEGORIES = frozenset({"Zs", "Zl", "Zp", "Cf"})
"""Spaces, and what only says how others are shown."""
"""Control characters, halves of characters, and what means nothing."""


class Form(Protocol):
    """One kind of value; a problem is raised as InvalidInput with the path of the field."""

    def load(self, raw: object, path: str) -> Any: ...

    def dump(self, value: Any) -> object: ...

    def schema(self) -> dict[str, Any]: ...


def _refused(path: str, code: str) -> InvalidInput:
    return InvalidInput(fields=(FieldProblem(path, code),))


class Whole(Struct, frozen=True):
    """A whole number within limits."""

    least: int
    most: int

    def load(self, raw: object, path: str) -> int:
        if not isinstance(raw, int) or isinstance(raw, bool):
            raise _refused(path, "invalid-type")
        if not self.least <= raw <= self.most:
            raise _refused(path, "out-of-range")
        return raw

    def dump(self, value: int) -> object:
        return value

    def schema(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": self.least, "maximum": self.most}


class Fen(Struct, frozen=True):
    """An amount of money in whole fen."""

    least: int = 0

    def load(self, raw: object, path: str) -> Money:
        return Money(Whole(self.least, AMOUNT_MAX).load(raw, path))

    def dump(self, value: Money) -> object:
        return value.fen

    def schema(self) -> dict[str, Any]:
        return Whole(self.least, AMOUNT_MAX).schema()


class YesNo(Struct, frozen=True):
    """true or false."""

    def load(self, raw: object, path: str) -> bool:
        if not isinstance(raw, bool):
            raise _refused(path, "invalid-type")
        return raw

    def dump(self, value: bool) -> object:
        return value

    def schema(self) -> dict[str, Any]:
        return {"type": "boolean"}


class Words(Struct, frozen=True):
    """A text that people or systems wrote, of which something is to be seen; no control characters."""

    longest: int = TEXT_MAX

    def load(self, raw: object, path: str) -> str:
        if not isinstance(raw, str):
            raise _refused(path, "invalid-type")
        if not 1 <= len(raw) <= self.longest:
            raise _refused(path, "too-long" if raw else "too-short")
        categories = {category(character) for character in raw}
        if categories & BAD_CATEGORIES:
            raise _refused(path, "invalid-format")
        if categories <= UNSEEN_CATEGORIES:
            raise _refused(path, "too-short")
        return raw

    def dump(self, value: str) -> object:
        return value

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "minLength": 1, "maxLength": self.longest}


IDENT_MAX = 32
IDENT_MARKS = "._:-"


class Ident(Struct, frozen=True):
    """An id: up to 32 letters, digits and `._:-`; it becomes part of keys and addresses."""

    def load(self, raw: object, path: str) -> str:
        text = Words(IDENT_MAX).load(raw, path)
        if not (text.isascii() and all(each.isalnum() or each in IDENT_MARKS for each in text)):
            raise _refused(path, "invalid-format")
        return text

    def dump(self, value: str) -> object:
        return value

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "minLength": 1, "maxLength": IDENT_MAX, "pattern": "^[A-Za-z0-9._:-]+$"}


class OneOf(Struct, frozen=True):
    """A value of an enumeration."""

    choices: type[Enum]

    def load(self, raw: object, path: str) -> Enum:
        if not isinstance(raw, str):
            raise _refused(path, "invalid-type")
        try:
            return self.choices(raw)
        except ValueError as other:
            raise _refused(path, "invalid-choice") from other

    def dump(self, value: Enum) -> object:
        return value.value

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "enum": [choice.value for choice in self.choices]}


class Moment(Struct, frozen=True):
    """An instant: RFC 3339 with offset; whole seconds are kept."""

    def load(self, raw: object, path: str) -> datetime:
        if not isinstance(raw, str | datetime):
            raise _refused(path, "invalid-type")
        try:
            return parse_instant(raw.isoformat() if isinstance(raw, datetime) else raw)
        except ValueError as odd:
            raise _refused(path, "invalid-format") from odd

    def dump(self, value: datetime) -> object:
        return value.isoformat(timespec="seconds")

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "date-time"}


class Day(Struct, frozen=True):
    """A business day: `2026-02-28`."""

    def load(self, raw: object, path: str) -> date:
        if isinstance(raw, date) and not isinstance(raw, datetime):
            return raw
        if not isinstance(raw, str):
            raise _refused(path, "invalid-type")
        try:
            day = date.fromisoformat(raw)
        except ValueError as odd:
            raise _refused(path, "invalid-format") from odd
        if day.isoformat() != raw:
            raise _refused(path, "invalid-format")
        return day

    def dump(self, value: date) -> object:
        return value.isoformat()

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "date"}


class TimeOfDay(Struct, frozen=True):
    """`08:30`, kept as minutes since midnight; `24:00` ends the day."""

    def load(self, raw: object, path: str) -> int:
        if not isinstance(raw, str):
            raise _refused(path, "invalid-type")
        hour, colon, minute = raw.partition(":")
        is_plain = len(hour) == len(minute) == 2 and (hour + minute).isascii() and (hour + minute).isdigit()
        if not (colon and is_plain):
            raise _refused(path, "invalid-format")
        minutes = int(hour) * 60 + int(minute)
        if int(minute) > 59 or minutes > 24 * 60:
            raise _refused(path, "out-of-range")
        return minutes

    def dump(self, value: int) -> object:
        return f"{value // 60:02}:{value % 60:02}"

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": "^([01][0-9]|2[0-4]):[0-5][0-9]$"}


class ListOf(Struct, frozen=True):
    """Several of one kind, each once."""

    inner: Form
    most: int
    least: int = 0

    def load(self, raw: object, path: str) -> tuple[Any, ...]:
        if not isinstance(raw, list | tuple):
            raise _refused(path, "invalid-type")
        if not self.least <= len(raw) <= self.most:
            raise _refused(path, "too-short" if len(raw) < self.least else "too-long")
        values = tuple(self.inner.load(each, f"{path}.{place}") for place, each in enumerate(raw))
        if len(set(values)) != len(values):
            raise _refused(path, "duplicate")
        return values

    def dump(self, value: tuple[Any, ...]) -> object:
        return [self.inner.dump(each) for each in value]

    def schema(self) -> dict[str, Any]:
        return {
            "type": "array",
            "items": self.inner.schema(),
            "minItems": self.least,
            "maxItems": self.most,
            "uniqueItems": True,
        }


class Part(Struct, frozen=True):
    """An object inside of an object."""

    kind: type[Any]

    def load(self, raw: object, path: str) -> Any:
        return load(self.kind, raw, path)

    def dump(self, value: Any) -> object:
        return dump(value)

    def schema(self) -> dict[str, Any]:
        return schema(self.kind)


class Tagged(Struct, frozen=True):
    """An object of one of several kinds, each a struct with a `name`; on the wire its `kind` says which."""

    kinds: Mapping[str, type[Any]]

    def load(self, raw: object, path: str) -> Any:
        if not isinstance(raw, Mapping):
            raise _refused(path, "invalid-type")
        name = raw.get("kind")
        kind = self.kinds.get(name) if isinstance(name, str) else None
        if kind is None:
            raise _refused(f"{path}.kind", "required" if name is None else "invalid-choice")
        return load(kind, {key: value for key, value in raw.items() if key != "kind"}, path)

    def dump(self, value: Any) -> object:
        return {"kind": value.name, **dump(value)}

    def schema(self) -> dict[str, Any]:
        return {"oneOf": [self._schema(name) for name in sorted(self.kinds)]}

    def _schema(self, name: str) -> dict[str, Any]:
        of_kind = schema(self.kinds[name])
        properties = {"kind": {"type": "string", "enum": [name]}, **of_kind["properties"]}
        return {**of_kind, "properties": properties, "required": ["kind", *of_kind["required"]]}


def load(kind: type[T], raw: object, path: str = "") -> T:
    """The thing as it is written down. Raises InvalidInput, which names every field that is wrong."""
    if not isinstance(raw, Mapping):
        raise _refused(path or "body", "invalid-type")
    forms = _forms(kind)
    under = f"{path}." if path else ""
    problems = [FieldProblem(f"{under}{name}", "unknown-field") for name in raw if name not in forms]
    values: dict[str, Any] = {}
    for name, (form, default) in forms.items():
        given = raw.get(name)
        if given is None:
            if name in raw and default is not None:
                problems.append(FieldProblem(f"{under}{name}", "null-not-allowed"))
            elif default is NODEFAULT:
                problems.append(FieldProblem(f"{under}{name}", "required"))
            continue
        try:
            values[name] = form.load(given, f"{under}{name}")
        except InvalidInput as odd:
            problems.extend(odd.fields)
    if problems:
        raise InvalidInput(fields=tuple(problems))
    try:
        return kind(**values)
    except InvalidInput as odd:
        named = tuple(FieldProblem(f"{under}{each.field}", each.code) for each in odd.fields)
        raise InvalidInput(odd.detail, fields=named) from odd


def dump(thing: Any) -> dict[str, object]:
    """The reverse of `load`; what is as it would be anyway is left out."""
    return {
        name: form.dump(value)
        for name, (form, default) in _forms(type(thing)).items()
        if (value := getattr(thing, name)) != default
    }


def shown(thing: Any) -> dict[str, object]:
    """For people: what is as usual is there, too; only what is not set is left out."""
    return {
        name: _shown(form, value)
        for name, (form, _) in _forms(type(thing)).items()
        if (value := getattr(thing, name)) is not None
    }


def _shown(form: Form, value: Any) -> object:
    match form:
        case Part():
            return shown(value)
        case Tagged():
            return {"kind": value.name, **shown(value)}
        case _:
            return form.dump(value)


def size(thing: Any) -> int:
    """How many bytes it takes to write the thing down."""
    return len(json.dumps(dump(thing), ensure_ascii=False).encode())


def schema(kind: type[Any]) -> dict[str, Any]:
    """JSON Schema of what `load` takes."""
    forms = _forms(kind)
    return {
        "type": "object",
        "description": (kind.__doc__ or "").strip(),
        "properties": {name: _property(*described) for name, described in forms.items()},
        "required": [name for name, (_, default) in forms.items() if default is NODEFAULT],
        "additionalProperties": False,
    }


def _property(form: Form, default: Any) -> dict[str, Any]:
    if default is NODEFAULT:
        return form.schema()
    if default is None:
        return {"oneOf": [form.schema(), {"type": "null"}]}
    return {**form.schema(), "default": form.dump(default)}


def _forms(kind: type[Any]) -> dict[str, tuple[Form, Any]]:
    """By field of a struct: its form, and what it is unless said; NODEFAULT if it must be given."""
    if kind not in _known:
        hints = get_type_hints(kind, include_extras=True)
        names, defaults = kind.__struct_fields__, kind.__struct_defaults__
        padded = (*[NODEFAULT] * (len(names) - len(defaults)), *defaults)
        _known[kind] = {
            name: (hints[name].__metadata__[0], default)
            for name, default in zip(names, padded, strict=True)
            if get_origin(hints[name]) is Annotated
        }
    return _known[kind]


_known: dict[type[Any], dict[str, tuple[Form, Any]]] = {}
"""Looked up once for each kind of thing."""
