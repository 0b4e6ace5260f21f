"""Key conditions: one partition, and a stretch of its sort keys."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any

from msgspec import Struct

from tests.simulation.table import syntax
from tests.simulation.table.conditions import check_bounds
from tests.simulation.table.paths import Scope
from tests.simulation.table.refusals import Invalid
from tests.simulation.table.values import Value

Entry = tuple[str, int, tuple[str, str]]
"""A sort key, what orders equal sort keys of an index, and the key of the item."""

MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "="}
sort_key = itemgetter(0)


class KeyCondition(Struct, frozen=True):
    """Where to look, as placeholders of values."""

    partition: str
    operator: str | None
    operands: tuple[str, ...]

    def partition_key(self, values: Mapping[str, Value]) -> str:
        return _text(values[self.partition])

    def stretch(self, entries: Sequence[Entry], values: Mapping[str, Value]) -> tuple[int, int]:
        """The first place that belongs to it, and the first behind it."""
        if self.operator is None:
            return 0, len(entries)
        texts = [_text(values[name]) for name in self.operands]
        first, last = texts[0], texts[-1]
        before, after = bisect_left(entries, first, key=sort_key), bisect_right(entries, last, key=sort_key)
        if self.operator == "begins_with":
            size = len(first)
            return before, bisect_right(entries, first, key=lambda entry: entry[0][:size])
        return {
            "=": (before, after),
            "BETWEEN": (before, after),
            "<": (0, before),
            "<=": (0, after),
            ">": (after, len(entries)),
            ">=": (before, len(entries)),
        }[self.operator]


def _text(value: Value) -> str:
    text = value.get("S")
    if not isinstance(text, str):
        raise Invalid(
            "One or more parameter values were invalid: Condition parameter type does not match schema type"
        )
    if not text:
        raise Invalid(
            "One or more parameter values are not valid. "
            "The AttributeValue for a key attribute cannot contain an empty string value."
        )
    return text


def key_condition(text: str, scope: Scope, schema: tuple[str, str]) -> KeyCondition:
    found: dict[str, tuple[str, tuple[str, ...]]] = {}
    for node in _parts(syntax.parse_condition(text)):
        name, operator, operands = _single(node, scope)
        if name in found:
            raise Invalid("KeyConditionExpressions must only contain one condition per key")
        found[name] = operator, operands
    if schema[0] not in found or not found.keys() <= set(schema):
        raise Invalid("Query condition missed key schema element")
    partition_operator, partition = found[schema[0]]
    if partition_operator != "=":
        raise Invalid("Query key condition not supported")
    if schema[1] not in found:
        return KeyCondition(partition[0], None, ())
    return KeyCondition(partition[0], *found[schema[1]])


def _parts(node: syntax.Node) -> list[syntax.Node]:
    match node:
        case syntax.Parentheses(inner):
            return _parts(inner)
        case syntax.Junction("AND", parts):
            return [inner for part in parts for inner in _parts(part)]
        case syntax.Junction(word, _):
            raise Invalid(f"Invalid operator used in KeyConditionExpression: {word}")
        case syntax.Negation(_):
            raise Invalid("Invalid operator used in KeyConditionExpression: NOT")
        case _:
            return [node]


def _single(node: syntax.Node, scope: Scope) -> tuple[str, str, tuple[str, ...]]:
    """The key attribute, the operator and the placeholders of the operands."""
    match node:
        case syntax.Call("begins_with", (subject, prefix)):
            return _key_name(subject, scope), "begins_with", (_literal(prefix, scope),)
        case syntax.Comparison("BETWEEN", (subject, lower, upper)):
            low, high = _literal(lower, scope), _literal(upper, scope)
            scope.checks.append(lambda values: check_bounds(values[low], values[high]))
            return _key_name(subject, scope), "BETWEEN", (low, high)
        case syntax.Comparison(operator, (syntax.Literal() as left, right)) if operator in MIRRORED:
            return _key_name(right, scope), MIRRORED[operator], (_literal(left, scope),)
        case syntax.Comparison(operator, (left, right)) if operator in MIRRORED:
            return _key_name(left, scope), operator, (_literal(right, scope),)
        case syntax.Comparison(word, _) | syntax.Call(word, _):
            raise Invalid(f"Invalid operator used in KeyConditionExpression: {word}")
        case _:
            raise Invalid("Syntax error; an operand is not a condition")


def _unwrapped(node: Any) -> Any:
    return _unwrapped(node.inner) if isinstance(node, syntax.Parentheses) else node


def _key_name(node: syntax.Node, scope: Scope) -> str:
    path = _unwrapped(node)
    if not isinstance(path, syntax.Path):
        raise Invalid("Invalid condition in KeyConditionExpression: a key attribute comes first")
    steps = scope.steps(path)
    if len(steps) > 1:
        raise Invalid(
            "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed"
        )
    return str(steps[0])


def _literal(node: syntax.Node, scope: Scope) -> str:
    literal = _unwrapped(node)
    if not isinstance(literal, syntax.Literal):
        raise Invalid("Invalid condition in KeyConditionExpression: the other operands are values")
    scope.literal(literal.name)
    return literal.name
