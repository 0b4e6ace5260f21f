"""The grammar of DynamoDB's expressions, and what a parsed one is made of."""

from collections.abc import Iterator
from functools import lru_cache, partial
from typing import Any

from lark import Lark, Token, Transformer
from lark.exceptions import UnexpectedInput, VisitError
from msgspec import Struct

from tests.simulation.table.refusals import Invalid

EXPRESSION_BYTES_MAX = 4096

GRAMMAR = r"""
condition: disjunction

?disjunction: conjunction (_OR conjunction)*      -> either
?conjunction: negation (_AND negation)*           -> both
?negation: _NOT negation                          -> negated
    | comparison
?comparison: operand
    | operand COMPARATOR operand                  -> compared
    | operand _BETWEEN operand _AND operand       -> between
    | operand _IN "(" operand ("," operand)* ")"  -> among
?operand: path
    | VALUE                                       -> value
    | NAME "(" operand ("," operand)* ")"         -> call
    | "(" disjunction ")"                         -> parentheses

path: (NAME | PLACEHOLDER) step*
?step: "." (NAME | PLACEHOLDER)                   -> member
    | "[" INDEX "]"                               -> element

projection: path ("," path)*

update: section+
section: _SET assignment ("," assignment)*        -> set_section
    | _REMOVE removal ("," removal)*              -> remove_section
    | _ADD change ("," change)*                   -> add_section
    | _DELETE change ("," change)*                -> delete_section
assignment: path "=" sum
removal: path
change: path value_only
value_only: VALUE                                 -> value
?sum: term
    | term SIGN term                              -> arithmetic
?term: path
    | VALUE                                       -> value
    | NAME "(" term ("," term)* ")"               -> call
    | "(" sum ")"                                 -> parentheses

COMPARATOR: "=" | "<>" | "<=" | ">=" | "<" | ">"
SIGN: "+" | "-"
_OR.2: /or(?![a-z0-9_])/i
_AND.2: /and(?![a-z0-9_])/i
_NOT.2: /not(?![a-z0-9_])/i
_BETWEEN.2: /between(?![a-z0-9_])/i
_IN.2: /in(?![a-z0-9_])/i
_SET.2: /set(?![a-z0-9_])/i
_REMOVE.2: /remove(?![a-z0-9_])/i
_ADD.2: /add(?![a-z0-9_])/i
_DELETE.2: /delete(?![a-z0-9_])/i
NAME: /[a-z][a-z0-9_]*/i
PLACEHOLDER: /#[a-z0-9_]+/i
VALUE: /:[a-z0-9_]+/i
INDEX: /0|[1-9][0-9]*/
%ignore /[ \t\r\n]+/
"""


class Path(Struct, frozen=True):
    """Names as they are written, placeholders included, and list indexes."""

    steps: tuple[str | int, ...]


class Literal(Struct, frozen=True):
    """The placeholder of a value."""

    name: str


class Call(Struct, frozen=True):
    function: str
    arguments: tuple["Node", ...]


class Comparison(Struct, frozen=True):
    operator: str
    operands: tuple["Node", ...]


class Junction(Struct, frozen=True):
    word: str
    parts: tuple["Node", ...]


class Negation(Struct, frozen=True):
    part: "Node"


class Arithmetic(Struct, frozen=True):
    sign: str
    left: "Node"
    right: "Node"


class Parentheses(Struct, frozen=True):
    inner: "Node"


class Action(Struct, frozen=True):
    """One change of an update expression; a removal has no operand."""

    word: str
    path: Path
    operand: "Node | None"


Node = Path | Literal | Call | Comparison | Junction | Negation | Arithmetic | Parentheses


def walk(node: Node) -> Iterator[Node]:
    """The node and everything in it."""
    yield node
    children: tuple[Node, ...] = ()
    match node:
        case Junction(_, parts):
            children = parts
        case Negation(part) | Parentheses(part):
            children = (part,)
        case Comparison(_, operands) | Call(_, operands):
            children = operands
        case Arithmetic(_, left, right):
            children = (left, right)
        case _:
            pass
    for child in children:
        yield from walk(child)


def _joined(word: str, children: list[Any]) -> Node:
    node: Node = children[0]
    return node if len(children) == 1 else Junction(word, tuple(children))


def _actions(word: str) -> Any:
    return lambda _, children: (word, [Action(word, path, operand) for path, operand in children])


class _Builder(Transformer[Token, Any]):
    """Turns the parser's tree into nodes."""

    def condition(self, children: list[Any]) -> Node:
        node: Node = children[0]
        return node

    def either(self, children: list[Any]) -> Node:
        return _joined("OR", children)

    def both(self, children: list[Any]) -> Node:
        return _joined("AND", children)

    def negated(self, children: list[Any]) -> Node:
        return Negation(children[0])

    def compared(self, children: list[Any]) -> Node:
        return Comparison(str(children[1]), (children[0], children[2]))

    def between(self, children: list[Any]) -> Node:
        return Comparison("BETWEEN", tuple(children))

    def among(self, children: list[Any]) -> Node:
        return Comparison("IN", tuple(children))

    def value(self, children: list[Any]) -> Node:
        return Literal(str(children[0]))

    def call(self, children: list[Any]) -> Node:
        return Call(str(children[0]), tuple(children[1:]))

    def parentheses(self, children: list[Any]) -> Node:
        if isinstance(children[0], Parentheses):
            raise Invalid("The expression has redundant parentheses;")
        return Parentheses(children[0])

    def arithmetic(self, children: list[Any]) -> Node:
        return Arithmetic(str(children[1]), children[0], children[2])

    def path(self, children: list[Any]) -> Path:
        first, *rest = children
        return Path((str(first), *rest))

    def member(self, children: list[Any]) -> str:
        return str(children[0])

    def element(self, children: list[Any]) -> int:
        return int(children[0])

    def projection(self, children: list[Any]) -> tuple[Path, ...]:
        return tuple(children)

    def assignment(self, children: list[Any]) -> tuple[Path, Node]:
        return children[0], children[1]

    change = assignment

    def removal(self, children: list[Any]) -> tuple[Path, None]:
        return children[0], None

    set_section, remove_section = _actions("SET"), _actions("REMOVE")
    add_section, delete_section = _actions("ADD"), _actions("DELETE")

    def update(self, children: list[Any]) -> tuple[Action, ...]:
        words = [word for word, _ in children]
        for word in words:
            if words.count(word) > 1:
                raise Invalid(f'The "{word}" section can only be used once in an update expression;')
        return tuple(action for _, actions in children for action in actions)


# One parser for each: in a common one, "=" would be a comparator and an assignment in the same state.
PARSERS = {
    start: Lark(GRAMMAR, parser="lalr", start=start) for start in ("condition", "projection", "update")
}
BUILDER = _Builder()


@lru_cache(maxsize=4096)
def _parsed(start: str, text: str) -> Any:
    if not text.strip():
        raise Invalid("The expression can not be empty;")
    size = len(text.encode())
    if size > EXPRESSION_BYTES_MAX:
        raise Invalid(f"Expression size has exceeded the maximum allowed size; expression size: {size}")
    try:
        return BUILDER.transform(PARSERS[start].parse(text))
    except UnexpectedInput as problem:
        raise Invalid(f"Syntax error; {problem.get_context(text).strip()}") from None
    except VisitError as problem:
        raise problem.orig_exc from None


parse_condition = partial(_parsed, "condition")
parse_projection = partial(_parsed, "projection")
parse_update = partial(_parsed, "update")
