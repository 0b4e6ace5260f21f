"""Update expressions: from the parsed expression to one closure that makes the new image."""

from collections.abc import Callable
from functools import reduce
from typing import Any

from msgspec import Struct

from tests.simulation.table import numbers, syntax
from tests.simulation.table.conditions import ARITIES, OPERATORS_MAX
from tests.simulation.table.paths import (
    Operand,
    Scope,
    Steps,
    Values,
    check_apart,
    inner,
    projector,
    reader,
)
from tests.simulation.table.refusals import Invalid, InvalidForItem
from tests.simulation.table.values import (
    DEPTH_MAX,
    Image,
    Item,
    Value,
    copied,
    depth_of,
    name_bytes,
    united,
    value_bytes,
)

SETS = frozenset({"SS", "NS", "BS"})
NUMBER = frozenset({"N"})
LIST = frozenset({"L"})
GONE: Value = {}
"""Keeps the place of a removed list element until all other places have been used."""


class Update(Struct, frozen=True):
    """What an update expression does."""

    apply: Callable[[Image, Values], Image]
    top_names: frozenset[str]
    touched: Callable[[Item], Item]
    """The parts that ReturnValues calls updated."""


def update(text: str, scope: Scope) -> Update:
    actions: tuple[syntax.Action, ...] = syntax.parse_update(text)
    operands = [action.operand for action in actions if action.operand is not None]
    parts = [part for node in operands for part in syntax.walk(node)]
    if sum(isinstance(part, syntax.Arithmetic | syntax.Call) for part in parts) > OPERATORS_MAX:
        raise Invalid("The expression contains too many operators")
    compiled = [(scope.steps(action.path), _outcome(action, scope)) for action in actions]
    paths = [path for path, _ in compiled]
    check_apart(paths)
    simple = [(str(path[0]), outcome) for path, outcome in compiled if len(path) == 1]
    # From the front, so that elements added behind the end of a list keep their order.
    nested = sorted(((path, outcome) for path, outcome in compiled if len(path) > 1), key=_place)
    top_names = frozenset(str(path[0]) for path in paths)
    return Update(_applied(simple, nested, top_names), top_names, projector(_shown(paths)))


def _place(compiled: tuple[Steps, Operand]) -> Any:
    return compiled[0]


def _shown(paths: list[Steps]) -> list[Steps]:
    """Of a list, the whole is shown, whichever element was touched."""
    cut = [_before_element(path) for path in paths]
    # A whole list hides what is asked of its own elements: of paths that overlap, the shortest stays.
    return [
        path for path in dict.fromkeys(cut) if not any(path[: len(other)] == other != path for other in cut)
    ]


def _before_element(path: Steps) -> Steps:
    for place, step in enumerate(path):
        if isinstance(step, int):
            return path[:place]
    return path


def _applied(
    simple: list[tuple[str, Operand]], nested: list[tuple[Steps, Operand]], top_names: frozenset[str]
) -> Callable[[Image, Values], Image]:
    def apply(old: Image, values: Values) -> Image:
        new = Image(old)
        for name, outcome in simple:
            value = outcome(old, values)
            if value is not None:
                new[name] = value
            elif name in new:
                del new[name]
        if nested:
            _apply_nested(old, new, values, nested)
        new.size_bytes = old.size_bytes + _growth(old, new, top_names)
        return new

    return apply


def _growth(old: Item, new: Item, names: frozenset[str]) -> int:
    """How many bytes more the new image has, when only these attributes differ."""
    growth = 0
    for name in names:
        if name in new:
            growth += name_bytes(name) + value_bytes(new[name])
        if name in old:
            growth -= name_bytes(name) + value_bytes(old[name])
    return growth


def _apply_nested(old: Item, new: Item, values: Values, nested: list[tuple[Steps, Operand]]) -> None:
    placed = [(path, outcome(old, values)) for path, outcome in nested]
    for name in dict.fromkeys(str(path[0]) for path, _ in placed):
        if name not in new:
            raise _bad_path()
        new[name] = copied(new[name])
    shortened: list[list[Value]] = []
    for path, value in placed:
        _put(new, path, value, shortened)
    for elements in shortened:
        elements[:] = [element for element in elements if element is not GONE]
    if any(depth_of(new[str(path[0])]) > DEPTH_MAX for path, _ in placed):
        raise InvalidForItem("Nesting Levels have exceeded supported limits")


def _bad_path() -> InvalidForItem:
    return InvalidForItem("The document path provided in the update expression is invalid for update")


def _put(new: Item, path: Steps, value: Value | None, shortened: list[list[Value]]) -> None:
    parent: Value | None = new[str(path[0])]
    for step in path[1:-1]:
        parent = inner(parent, step) if parent is not None else None
    last = path[-1]
    if parent is None or ("L" if isinstance(last, int) else "M") not in parent:
        raise _bad_path()
    if isinstance(last, str):
        members: Item = parent["M"]
        if value is not None:
            members[last] = value
        else:
            members.pop(last, None)
        return
    elements: list[Value] = parent["L"]
    if value is None:
        if last < len(elements):
            elements[last] = GONE
            shortened.append(elements)
    elif last < len(elements):
        elements[last] = value
    else:
        elements.append(value)


def _outcome(action: syntax.Action, scope: Scope) -> Operand:
    """The value that an action leaves at its path, or None where it leaves nothing."""
    if action.word == "SET" and action.operand is not None:
        return _assigned(action.operand, scope)
    if isinstance(action.operand, syntax.Literal):
        types = SETS | NUMBER if action.word == "ADD" else SETS
        operand = scope.literal(action.operand.name, types=types, user=action.word)
        change = _added if action.word == "ADD" else _taken_away
        return _changed(reader(scope.steps(action.path)), operand, change)
    return lambda _item, _values: None


def _changed(
    current: Operand, operand: Operand, change: Callable[[Value | None, Value], Value | None]
) -> Operand:
    return lambda item, values: change(current(item, values), operand(item, values) or {})


def _wrong_type() -> InvalidForItem:
    return InvalidForItem("An operand in the update expression has an incorrect data type")


def _added(current: Value | None, operand: Value) -> Value | None:
    if current is None:
        return operand
    if current.keys() != operand.keys():
        raise _wrong_type()
    for tag, content in operand.items():
        if tag == "N":
            return {"N": numbers.total(current["N"], content, "+")}
        return united(tag, {*current[tag], *content})
    raise AssertionError


def _taken_away(current: Value | None, operand: Value) -> Value | None:
    if current is None:
        return None
    if current.keys() != operand.keys():
        raise _wrong_type()
    for tag, content in operand.items():
        left = set(current[tag]) - set(content)
        return united(tag, left) if left else None
    raise AssertionError


def _assigned(node: syntax.Node, scope: Scope) -> Operand:
    if isinstance(node, syntax.Parentheses):
        return _assigned(node.inner, scope)
    if isinstance(node, syntax.Arithmetic):
        left = _term(node.left, scope, NUMBER, node.sign)
        right = _term(node.right, scope, NUMBER, node.sign)
        return _sum(left, right, node.sign)
    return _term(node, scope)


def _sum(left: Operand, right: Operand, sign: str) -> Operand:
    def total(item: Item, values: Values) -> Value:
        first, second = left(item, values) or {}, right(item, values) or {}
        if "N" not in first or "N" not in second:
            raise _wrong_type()
        return {"N": numbers.total(first["N"], second["N"], sign)}

    return total


def _term(node: syntax.Node, scope: Scope, types: frozenset[str] | None = None, user: str = "") -> Operand:
    match node:
        case syntax.Path():
            return _present(reader(scope.steps(node)))
        case syntax.Literal(name):
            return scope.literal(name, types=types, user=user)
        case syntax.Parentheses(within):
            return _term(within, scope, types, user)
        case syntax.Call("if_not_exists", arguments):
            _check_two("if_not_exists", arguments)
            path, other = arguments
            if not isinstance(path, syntax.Path):
                raise Invalid(
                    "Operator or function requires a document path; operator or function: if_not_exists"
                )
            find, instead = reader(scope.steps(path)), _term(other, scope, types, user)
            return lambda item, values: find(item, values) or instead(item, values)
        case syntax.Call("list_append", arguments):
            _check_two("list_append", arguments)
            if types is not None and "L" not in types:
                raise Invalid("The function is not allowed to be used this way; function: list_append")
            return _appended([_term(each, scope, LIST, "list_append") for each in arguments])
        case syntax.Call(function):
            known = "The function is not allowed in an update expression"
            raise Invalid(
                f"{known if function in ARITIES else 'Invalid function name'}; function: {function}"
            )
        case _:
            raise Invalid("Syntax error; arithmetic is not an operand")


def _check_two(function: str, arguments: tuple[syntax.Node, ...]) -> None:
    if len(arguments) != 2:
        raise Invalid(
            "Incorrect number of operands for operator or function; "
            f"operator or function: {function}, number of operands: {len(arguments)}"
        )


def _present(find: Operand) -> Operand:
    def value(item: Item, values: Values) -> Value:
        found = find(item, values)
        if found is None:
            raise InvalidForItem(
                "The provided expression refers to an attribute that does not exist in the item"
            )
        return found

    return value


def _appended(operands: list[Operand]) -> Operand:
    def joined(item: Item, values: Values) -> Value:
        lists = [operand(item, values) or {} for operand in operands]
        if not all("L" in each for each in lists):
            raise _wrong_type()
        return {"L": reduce(list.__add__, (each["L"] for each in lists))}

    return joined
