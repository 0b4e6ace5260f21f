"""All expressions of one request: compiled together, kept by their text, checked against its values."""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from msgspec import Struct

from tests.simulation.table import syntax
from tests.simulation.table.conditions import Test, condition
from tests.simulation.table.key_conditions import KeyCondition, key_condition
from tests.simulation.table.paths import Check, Scope, check_apart, projector
from tests.simulation.table.refusals import Invalid
from tests.simulation.table.updates import Update, update
from tests.simulation.table.values import Image, Item, stored_item

VALUE_PLACEHOLDER = re.compile(r":[A-Za-z0-9_]+")
ARGUMENTS = ("ConditionExpression", "UpdateExpression", "FilterExpression", "ProjectionExpression")
NO_VALUES = stored_item({})


class Expressions(Struct, frozen=True):
    """What one request asks with. A request has a condition or a filter, never both."""

    condition: Test | None
    update: Update | None
    projection: Callable[[Item], Item] | None
    key_condition: KeyCondition | None
    condition_names: frozenset[str]
    """The top-level attributes that the condition or the filter looks at."""
    projected_names: frozenset[str]
    values: frozenset[str]
    checks: tuple[Check, ...]


def expressions_of(
    arguments: Mapping[str, Any], schema: tuple[str, str] | None = None
) -> tuple[Expressions, Image]:
    """The compiled expressions and the values that go with them; `schema` names the keys of a query."""
    names = arguments.get("ExpressionAttributeNames")
    texts = tuple(map(arguments.get, ARGUMENTS))
    compiled = _compiled(
        texts,
        None if names is None else tuple(names.items()),
        arguments["KeyConditionExpression"] if schema else None,
        schema,
    )
    given = arguments.get("ExpressionAttributeValues")
    if given is None and not compiled.values:
        return compiled, NO_VALUES
    return compiled, _values(given, compiled)


def _values(given: Mapping[str, Any] | None, compiled: Expressions) -> Image:
    if given is not None and not given:
        raise Invalid("ExpressionAttributeValues must not be empty")
    values = stored_item(given or {})
    if values.keys() != compiled.values:
        _refuse_names(values.keys(), compiled.values)
    for check in compiled.checks:
        check(values)
    return values


def _refuse_names(given: Any, wanted: frozenset[str]) -> None:
    for name in given:
        if not VALUE_PLACEHOLDER.fullmatch(name):
            raise Invalid(f'ExpressionAttributeValues contains invalid key: Syntax error; key: "{name}"')
    undefined = sorted(wanted - given)
    if undefined:
        raise Invalid(
            "An expression attribute value used in expression is not defined; "
            f"attribute value: {undefined[0]}"
        )
    unused = ", ".join(sorted(given - wanted))
    raise Invalid(f"Value provided in ExpressionAttributeValues unused in expressions: keys: {{{unused}}}")


@lru_cache(maxsize=8192)
def _compiled(
    texts: tuple[str | None, ...],
    names: tuple[tuple[str, str], ...] | None,
    key_text: str | None,
    schema: tuple[str, str] | None,
) -> Expressions:
    if names is not None and not any(text is not None for text in (*texts, key_text)):
        raise Invalid("ExpressionAttributeNames can only be specified when using expressions")
    scope = Scope(None if names is None else dict(names))
    conditional, changing, filtering, projecting = texts
    tested = conditional if conditional is not None else filtering
    projected: list[tuple[str | int, ...]] = []
    if projecting is not None:
        projected = [scope.steps(path) for path in syntax.parse_projection(projecting)]
        check_apart(projected)
    compiled = Expressions(
        condition=None if tested is None else condition(tested, scope),
        update=None if changing is None else update(changing, scope),
        projection=projector(projected) if projected else None,
        key_condition=key_condition(key_text, scope, schema) if key_text is not None and schema else None,
        condition_names=frozenset() if tested is None else _top_names(tested, scope),
        projected_names=frozenset(str(path[0]) for path in projected),
        values=frozenset(scope.used_values),
        checks=tuple(scope.checks),
    )
    scope.check_names()
    return compiled


def _top_names(text: str, scope: Scope) -> frozenset[str]:
    nodes = syntax.walk(syntax.parse_condition(text))
    return frozenset(str(scope.steps(node)[0]) for node in nodes if isinstance(node, syntax.Path))
