"""Conditions and filters: from the parsed expression to one closure that says yes or no."""

from collections.abc import Callable
from typing import Any

from tests.simulation.table import numbers, syntax
from tests.simulation.table.paths import Check, Operand, Scope, Values, reader
from tests.simulation.table.refusals import Invalid
from tests.simulation.table.values import TYPES, Item, Value

Test = Callable[[Item, Values], bool]

OPERATORS_MAX = 300
OPTIONS_MAX = 100
ORDERED = frozenset({"S", "N", "B"})
SIZED = TYPES - {"N", "BOOL", "NULL"}
PREFIXED = frozenset({"S", "B"})
ARITIES = {
    "attribute_exists": 1,
    "attribute_not_exists": 1,
    "attribute_type": 2,
    "begins_with": 2,
    "contains": 2,
    "size": 1,
}
UPDATE_FUNCTIONS = frozenset({"if_not_exists", "list_append"})


def condition(text: str, scope: Scope) -> Test:
    node = syntax.parse_condition(text)
    operators = sum(_operators(each) for each in syntax.walk(node))
    if operators > OPERATORS_MAX:
        raise Invalid(f"The expression contains too many operators; operator count: {operators}")
    return _test(node, scope)


def _operators(node: syntax.Node) -> int:
    match node:
        case syntax.Junction(_, parts):
            return len(parts) - 1
        case syntax.Comparison() | syntax.Negation() | syntax.Call():
            return 1
        case _:
            return 0


def _test(node: syntax.Node, scope: Scope) -> Test:
    match node:
        case syntax.Parentheses(inner):
            return _test(inner, scope)
        case syntax.Junction(word, parts):
            return _junction(word, [_test(part, scope) for part in parts])
        case syntax.Negation(part):
            test = _test(part, scope)
            return lambda item, values: not test(item, values)
        case syntax.Comparison(operator, operands):
            return _comparison(operator, operands, scope)
        case syntax.Call(function, arguments) if function != "size":
            return _call(function, arguments, scope)
        case _:
            raise Invalid("Syntax error; an operand is not a condition")


def _junction(word: str, tests: list[Test]) -> Test:
    if len(tests) == 2:
        first, second = tests
        if word == "AND":
            return lambda item, values: first(item, values) and second(item, values)
        return lambda item, values: first(item, values) or second(item, values)
    if word == "AND":
        return lambda item, values: all(test(item, values) for test in tests)
    return lambda item, values: any(test(item, values) for test in tests)


def _operand(node: syntax.Node, scope: Scope, types: frozenset[str] | None = None, user: str = "") -> Operand:
    match node:
        case syntax.Path():
            return reader(scope.steps(node))
        case syntax.Literal(name):
            return scope.literal(name, types=types, user=user)
        case syntax.Parentheses(inner):
            return _operand(inner, scope, types, user)
        case syntax.Call("size", arguments):
            if types is not None and "N" not in types:
                raise Invalid(f"Incorrect operand type; operator or function: {user}, operand type: N")
            _check_arity("size", arguments)
            return _size(_operand(arguments[0], scope, SIZED, "size"))
        case syntax.Call(function):
            raise Invalid(f"The function is not allowed to be used this way; function: {function}")
        case _:
            raise Invalid("Syntax error; a condition is not an operand")


def _size(measured: Operand) -> Operand:
    def size(item: Item, values: Values) -> Value | None:
        value = measured(item, values)
        for tag, content in (value or {}).items():
            if tag == "S":
                # Counted as Java counts: characters outside the basic plane are two.
                return {"N": str(len(content.encode("utf-16-le")) // 2)}
            if tag in SIZED:
                return {"N": str(len(content))}
        return None

    return size


def _check_arity(function: str, arguments: tuple[syntax.Node, ...]) -> None:
    if function in UPDATE_FUNCTIONS or function not in ARITIES:
        raise Invalid(f"Invalid function name; function: {function}")
    if len(arguments) != ARITIES[function]:
        raise Invalid(
            "Incorrect number of operands for operator or function; "
            f"operator or function: {function}, number of operands: {len(arguments)}"
        )


def _check_distinct(user: str, operands: tuple[syntax.Node, ...], scope: Scope) -> None:
    first, *rest = (scope.steps(node) if isinstance(node, syntax.Path) else None for node in operands)
    if first is not None and first in rest:
        raise Invalid(
            "The first operand must be distinct from the remaining operands for this operator or function; "
            f"operator: {user}, first operand: {list(first)}"
        )


def _comparison(operator: str, nodes: tuple[syntax.Node, ...], scope: Scope) -> Test:
    _check_distinct(operator, nodes, scope)
    if operator == "IN" and len(nodes) - 1 > OPTIONS_MAX:
        raise Invalid(
            f"The IN operator is provided with too many operands; number of operands: {len(nodes) - 1}"
        )
    types = None if operator in {"=", "<>", "IN"} else ORDERED
    operands = [_operand(node, scope, types, operator) for node in nodes]
    if operator == "BETWEEN":
        scope.checks += _bounds_checks(nodes)
    return COMPARISONS[operator](*operands)


def _bounds_checks(nodes: tuple[syntax.Node, ...]) -> list[Check]:
    _, lower, upper = nodes
    if not isinstance(lower, syntax.Literal) or not isinstance(upper, syntax.Literal):
        return []
    return [lambda values: check_bounds(values[lower.name], values[upper.name])]


def check_bounds(lower: Value, upper: Value) -> None:
    if lower.keys() != upper.keys():
        raise Invalid("The BETWEEN operator requires same data type for lower and upper bounds")
    if _rank(upper) < _rank(lower):
        raise Invalid("The BETWEEN operator requires upper bound to be greater than or equal to lower bound")


def _rank(value: Value) -> Any:
    """Comparable among values of the same ordered type."""
    for tag, content in value.items():
        return numbers.value(content) if tag == "N" else content
    raise AssertionError


def _equal(left: Operand, right: Operand) -> Test:
    def test(item: Item, values: Values) -> bool:
        value = left(item, values)
        return value is not None and value == right(item, values)

    return test


def _unequal(left: Operand, right: Operand) -> Test:
    equal = _equal(left, right)
    return lambda item, values: not equal(item, values)


def _ordered(is_so: Callable[[Any, Any], bool]) -> Callable[[Operand, Operand], Test]:
    def compare(left: Operand, right: Operand) -> Test:
        def test(item: Item, values: Values) -> bool:
            first, second = left(item, values), right(item, values)
            return _comparable(first, second) and is_so(_rank(first or {}), _rank(second or {}))

        return test

    return compare


def _comparable(left: Value | None, right: Value | None) -> bool:
    if left is None or right is None:
        return False
    return left.keys() == right.keys() and not ORDERED.isdisjoint(left)


def _between(operand: Operand, lower: Operand, upper: Operand) -> Test:
    from_below = COMPARISONS[">="](operand, lower)
    from_above = COMPARISONS["<="](operand, upper)
    return lambda item, values: from_below(item, values) and from_above(item, values)


def _among(operand: Operand, *options: Operand) -> Test:
    tests = [_equal(operand, option) for option in options]
    return lambda item, values: any(test(item, values) for test in tests)


COMPARISONS: dict[str, Callable[..., Test]] = {
    "=": _equal,
    "<>": _unequal,
    "<": _ordered(lambda left, right: left < right),
    "<=": _ordered(lambda left, right: left <= right),
    ">": _ordered(lambda left, right: left > right),
    ">=": _ordered(lambda left, right: left >= right),
    "BETWEEN": _between,
    "IN": _among,
}


def _call(function: str, arguments: tuple[syntax.Node, ...], scope: Scope) -> Test:
    _check_arity(function, arguments)
    if function in {"attribute_exists", "attribute_not_exists"}:
        return _existence(function, _unwrapped(arguments[0]), scope)
    _check_distinct(function, arguments, scope)
    if function == "attribute_type":
        return _type(arguments, scope)
    types = PREFIXED if function == "begins_with" else None
    left, right = (_operand(node, scope, types, function) for node in arguments)
    return _begins_with(left, right) if function == "begins_with" else _contains(left, right)


def _unwrapped(node: syntax.Node) -> syntax.Node:
    return node.inner if isinstance(node, syntax.Parentheses) else node


def _existence(function: str, node: syntax.Node, scope: Scope) -> Test:
    if not isinstance(node, syntax.Path):
        raise Invalid(f"Operator or function requires a document path; operator or function: {function}")
    find = reader(scope.steps(node))
    if function == "attribute_exists":
        return lambda item, values: find(item, values) is not None
    return lambda item, values: find(item, values) is None


def _type(arguments: tuple[syntax.Node, ...], scope: Scope) -> Test:
    wanted = _unwrapped(arguments[1])
    if not isinstance(wanted, syntax.Literal):
        raise Invalid("Incorrect operand type for operator or function; operator or function: attribute_type")
    name = wanted.name
    subject = _operand(arguments[0], scope)
    scope.literal(name, types=frozenset({"S"}), user="attribute_type")
    scope.checks.append(lambda values: _check_type_name(values[name]["S"]))
    return lambda item, values: values[name]["S"] in (subject(item, values) or {})


def _check_type_name(name: str) -> None:
    if name not in TYPES:
        raise Invalid(f"Invalid attribute type name found; type: {name}, valid types: {sorted(TYPES)}")


def _begins_with(subject: Operand, prefix: Operand) -> Test:
    def test(item: Item, values: Values) -> bool:
        whole, start = subject(item, values), prefix(item, values)
        if whole is None or start is None or whole.keys() != start.keys():
            return False
        return any(tag in PREFIXED and whole[tag].startswith(content) for tag, content in start.items())

    return test


def _contains(subject: Operand, part: Operand) -> Test:
    def test(item: Item, values: Values) -> bool:
        whole, wanted = subject(item, values), part(item, values)
        if whole is None or wanted is None:
            return False
        for tag, content in whole.items():
            if tag == "L":
                return wanted in content
            if tag in {"S", "B"}:
                return tag in wanted and wanted[tag] in content
            if tag in {"SS", "NS", "BS"}:
                return any(f"{kind}S" == tag and member in content for kind, member in wanted.items())
        return False

    return test
