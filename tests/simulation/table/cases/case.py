"""How a case is written down, and short words for items and calls."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field

DYNOXIDE, LOCAL = "dynoxide", "dynamodb-local"

Call = tuple[str, dict[str, Any]]


class Differs(Struct, frozen=True):
    """The engines disagree: which one answers as the cloud does, and why the other one does not."""

    why: str
    right: str | None
    """None if neither is: then `by_hand` says what the cloud answers."""
    by_hand: Mapping[int, Any] = field(default_factory=dict)
    after_by_hand: list[Any] | None = None


class Case(Struct, frozen=True):
    """A sentence, what lies there, and what is asked."""

    name: str
    before: list[Any]
    calls: list[Call]
    differs: Differs | None = None
    own_table: bool = False


def local(why: str) -> Differs:
    """DynamoDB Local is as the cloud."""
    return Differs(why, LOCAL)


def dynoxide(why: str) -> Differs:
    """Dynoxide is as the cloud."""
    return Differs(why, DYNOXIDE)


def S(text: Any) -> dict[str, Any]:  # noqa: N802  # named as the type is
    return {"S": text}


def N(number: Any) -> dict[str, Any]:  # noqa: N802  # named as the type is
    return {"N": str(number)}


def B(encoded: str) -> dict[str, Any]:  # noqa: N802  # named as the type is
    return {"B": {"$bytes": encoded}}


def L(*elements: Any) -> dict[str, Any]:  # noqa: N802  # named as the type is
    return {"L": list(elements)}


def M(**members: Any) -> dict[str, Any]:  # noqa: N802  # named as the type is
    return {"M": members}


def SS(*members: str) -> dict[str, Any]:  # noqa: N802  # named as the type is
    return {"SS": list(members)}


def NS(*members: Any) -> dict[str, Any]:  # noqa: N802  # named as the type is
    return {"NS": [str(member) for member in members]}


TRUE: dict[str, Any] = {"BOOL": True}
NULL: dict[str, Any] = {"NULL": True}


def repeated(letter: str, count: int) -> dict[str, Any]:
    return {"$repeat": [letter, count]}


def key(sk: Any = "s", pk: Any = "@p") -> dict[str, Any]:
    return {"pk": S(pk), "sk": S(sk)}


def item(sk: Any = "s", pk: Any = "@p", **attributes: Any) -> dict[str, Any]:
    return {**key(sk, pk), **attributes}


RICH = item(
    a=S("x"),
    n=N(5),
    l=L(S("x"), N(1)),
    m=M(k=S("x"), c=M(d=N(1), e=N(2))),
    b=TRUE,
    z=NULL,
    ss=SS("x", "y"),
    bin=B("YWJj"),
)
"""An attribute of nearly every type."""


def put(what: dict[str, Any], **more: Any) -> Call:
    return "put_item", {"Item": what, **more}


def get(sk: Any = "s", pk: Any = "@p", **more: Any) -> Call:
    return "get_item", {"Key": key(sk, pk), **more}


def delete(sk: Any = "s", pk: Any = "@p", **more: Any) -> Call:
    return "delete_item", {"Key": key(sk, pk), **more}


def update(expression: str, values: Any = None, names: Any = None, sk: Any = "s", **more: Any) -> Call:
    return "update_item", {"Key": key(sk), "UpdateExpression": expression, **using(values, names), **more}


def query(condition: str, values: Any = None, names: Any = None, **more: Any) -> Call:
    return "query", {"KeyConditionExpression": condition, **using(values, names), **more}


def scan(values: Any = None, names: Any = None, **more: Any) -> Call:
    return "scan", {**using(values, names), **more}


def batch(*keys: Any, **more: Any) -> Call:
    return "batch_get_item", {"RequestItems": {"": {"Keys": list(keys), **more}}}


def at_once(*gets: Any, **more: Any) -> Call:
    return "transact_get_items", {"TransactItems": list(gets), **more}


def transact(*actions: Any, **more: Any) -> Call:
    return "transact_write_items", {"TransactItems": list(actions), **more}


def using(values: Any = None, names: Any = None) -> dict[str, Any]:
    """Placeholders, only where there are some."""
    given = {"ExpressionAttributeValues": values, "ExpressionAttributeNames": names}
    return {name: placeholders for name, placeholders in given.items() if placeholders is not None}


OLD = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
