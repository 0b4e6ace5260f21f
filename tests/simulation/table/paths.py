"""Document paths: what the names in one stand for, reading along it, and two that get in each other's way."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path as File
from typing import Any

from tests.simulation.table import syntax
from tests.simulation.table.refusals import Invalid
from tests.simulation.table.values import Item, Value

Steps = tuple[str | int, ...]
Values = Mapping[str, Value]
Operand = Callable[[Item, Values], Value | None]
Check = Callable[[Values], None]

NAME_PLACEHOLDER = re.compile(r"#[A-Za-z0-9_]+")
RESERVED = frozenset(File(__file__).with_name("reserved_words.txt").read_text().split())


class Scope:
    """The names of one request; notes what its expressions use and what to check in the values."""

    def __init__(self, names: Mapping[str, str] | None) -> None:
        if names is not None and not names:
            raise Invalid("ExpressionAttributeNames must not be empty")
        self.names = names or {}
        for placeholder, name in self.names.items():
            if not NAME_PLACEHOLDER.fullmatch(placeholder):
                raise Invalid(
                    f'ExpressionAttributeNames contains invalid key: Syntax error; key: "{placeholder}"'
                )
            if not name:
                raise Invalid(f"Empty attribute name for key {placeholder}")
        self.used_names: set[str] = set()
        self.used_values: set[str] = set()
        self.checks: list[Check] = []

    def steps(self, path: syntax.Path) -> Steps:
        return tuple(step if isinstance(step, int) else self._name(step) for step in path.steps)

    def _name(self, written: str) -> str:
        if not written.startswith("#"):
            if written.upper() in RESERVED:
                raise Invalid(f"Attribute name is a reserved keyword; reserved keyword: {written}")
            return written
        if written not in self.names:
            raise Invalid(
                "An expression attribute name used in the document path is not defined; "
                f"attribute name: {written}"
            )
        self.used_names.add(written)
        return self.names[written]

    def literal(self, name: str, *, types: frozenset[str] | None = None, user: str = "") -> Operand:
        """The value behind a placeholder; `types` are those that its user takes."""
        self.used_values.add(name)
        if types is not None:
            self.checks.append(lambda values: _check_type(values[name], types, user))
        return lambda _, values: values[name]

    def check_names(self) -> None:
        if len(self.used_names) != len(self.names):
            unused = ", ".join(sorted(self.names.keys() - self.used_names))
            raise Invalid(
                f"Value provided in ExpressionAttributeNames unused in expressions: keys: {{{unused}}}"
            )


def _check_type(value: Value, types: frozenset[str], user: str) -> None:
    for tag in value:
        if tag not in types:
            raise Invalid(
                f"Incorrect operand type for operator or function; operator or function: {user}, "
                f"operand type: {tag}"
            )


def reader(steps: Steps) -> Operand:
    """Follows a path through an item; None where it leads nowhere."""
    first, rest = str(steps[0]), steps[1:]
    if not rest:
        return lambda item, _: item.get(first)

    def read(item: Item, _: Values) -> Value | None:
        value = item.get(first)
        for step in rest:
            if value is None:
                return None
            value = inner(value, step)
        return value

    return read


def inner(value: Value, step: str | int) -> Value | None:
    """What lies one step further down."""
    found: Value | None = None
    if isinstance(step, int):
        elements: list[Value] = value.get("L", [])
        found = elements[step] if step < len(elements) else None
    else:
        found = value.get("M", {}).get(step)
    return found


def check_apart(paths: list[Steps]) -> None:
    """Two paths of one expression may neither overlap nor treat the same thing as a list and as a map."""
    if all(len(path) == 1 for path in paths) and len(set(paths)) == len(paths):
        return
    for place, one in enumerate(paths):
        for other in paths[:place]:
            verb = _trouble(one, other)
            if verb:
                raise Invalid(
                    f"Two document paths {verb} with each other; must remove or rewrite one of these paths; "
                    f"path one: {list(other)}, path two: {list(one)}"
                )


def _trouble(one: Steps, other: Steps) -> str | None:
    for left, right in zip(one, other, strict=False):
        if left != right:
            return "conflict" if isinstance(left, int) != isinstance(right, int) else None
    return "overlap"


def projector(paths: list[Steps]) -> Callable[[Item], Item]:
    """Takes these parts out of an item; parts that are not there are left out without a trace."""
    if all(len(path) == 1 for path in paths):
        names = [str(path[0]) for path in paths]
        return lambda item: {name: item[name] for name in names if name in item}
    tree: dict[Any, Any] = {}
    for path in paths:
        branch = tree
        for step in path[:-1]:
            branch = branch.setdefault(step, {})
        branch[path[-1]] = None
    return lambda item: _part_of_map(item, tree)


def _part_of_map(members: Item, tree: dict[Any, Any]) -> Item:
    parts = {name: _part(members[name], branch) for name, branch in tree.items() if name in members}
    return {name: part for name, part in parts.items() if part is not None}


def _part(value: Value, tree: dict[Any, Any] | None) -> Value | None:
    """The elements of a list close ranks."""
    if tree is None:
        return value
    if all(isinstance(step, int) for step in tree):
        found = [(inner(value, step), tree[step]) for step in sorted(tree)]
        parts = [_part(element, branch) for element, branch in found if element is not None]
        elements = [part for part in parts if part is not None]
        return {"L": elements} if elements else None
    members = _part_of_map(value.get("M", {}), tree)
    return {"M": members} if members else None
