"""Random calls on a few items: the double and the engine answer the same and end with the same items.

The calls keep away from what `vectors.jsonl` says the engines answer otherwise.
"""

from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.dynamodb.schema import definition
from scripts.local.engine import Engine
from tests.simulation.table.cases.case import L, M, N, S, item, key
from tests.simulation.table.client import Client
from tests.simulation.table.engines import new_table, open_patient_client
from tests.simulation.table.storage import Storage
from tests.simulation.table.vectors import comparable, in_order, normal, outcome_of, prefix_of, spelt_out

KEYS = [("@p", "1"), ("@p", "2"), ("@q", "1")]
CASES = count()

numbers = st.sampled_from([-7, 0, 1, 2, "1.5", "0.1", "9999999999"])
steps = st.sampled_from([-7, 0, 1, 2, 9999999999]).map(N)
"""Added to numbers; fractions would make sums that one engine writes with a zero at the end."""
scalars = st.one_of(numbers.map(N), st.sampled_from(["", "a", "ab", "b"]).map(S), st.just({"BOOL": True}))
nested = st.one_of(
    st.lists(st.sampled_from([N(1), S("a"), M(k=N(2))]), max_size=3).map(lambda each: L(*each)),
    st.dictionaries(st.sampled_from(["k", "j"]), st.sampled_from([N(1), S("a")])).map(
        lambda each: {"M": each}
    ),
)
sets = st.sets(st.sampled_from(["a", "b", "c"]), min_size=1).map(lambda each: {"SS": sorted(each)})
attributes = st.fixed_dictionaries(
    {},
    optional={
        "n": numbers.map(N),
        "a": scalars,
        "c": st.one_of(scalars, nested, sets),
        "l": nested,
        "ss": sets,
        "gsi1pk": st.just(S("@g")),
        "gsi1sk": st.sampled_from(["x", "y"]).map(S),
    },
)
keys = st.sampled_from(KEYS)
FAILURES = st.sampled_from([{}, {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}])


@st.composite
def conditions(draw: st.DrawFn) -> dict[str, Any]:
    """Nothing, or one or two tests joined."""
    tests = draw(st.lists(st.sampled_from(list(TESTS)), max_size=2, unique=True))
    if not tests:
        return {}
    text = draw(st.sampled_from([" AND ", " OR ", " AND NOT "])).join(f"({test})" for test in tests)
    if draw(st.booleans()):
        text = f"NOT ({text})" if len(tests) > 1 else f"NOT {text}"
    values = {name: draw(values) for test in tests for name, values in TESTS[test].items()}
    return {"ConditionExpression": text, **({"ExpressionAttributeValues": values} if values else {})}


TESTS: dict[str, dict[str, Any]] = {
    "attribute_exists(pk)": {},
    "attribute_not_exists(n)": {},
    "n = :n": {":n": numbers.map(N)},
    "n <> :m": {":m": numbers.map(N)},
    "n < :o": {":o": numbers.map(N)},
    "a >= :a": {":a": st.sampled_from(["a", "ab"]).map(S)},
    "n BETWEEN :low AND :high": {":low": st.just(N(0)), ":high": numbers.map(lambda _: N(5))},
    "a IN (:i, :j)": {":i": scalars, ":j": scalars},
    "begins_with(a, :b)": {":b": st.sampled_from(["a", "b"]).map(S)},
    "contains(c, :c)": {":c": scalars},
    "size(c) > :s": {":s": st.integers(0, 3).map(N)},
    "attribute_type(c, :t)": {":t": st.sampled_from(["S", "N", "L", "M", "SS"]).map(S)},
    "l[0] = :e": {":e": scalars},
    "c.k = :k": {":k": scalars},
}
ALWAYS_FINE: dict[str, dict[str, Any]] = {
    "SET u = :u": {":u": st.one_of(scalars, nested)},
    "SET v = if_not_exists(v, :zero) + :one": {":zero": st.just(N(0)), ":one": steps},
    "REMOVE a, c": {},
    "REMOVE l": {},
    "ADD v :one": {":one": steps},
    "SET gsi1pk = :g, gsi1sk = :h": {":g": st.just(S("@g")), ":h": st.sampled_from(["x", "z"]).map(S)},
    "REMOVE gsi1sk SET w = :u": {":u": scalars},
    "SET x = list_append(if_not_exists(x, :e), :l) ADD v :one": {
        ":e": st.just(L()),
        ":l": st.sampled_from([L(N(1)), L(S("a"), N(2))]),
        ":one": steps,
    },
}
SOMETIMES_REFUSED: dict[str, dict[str, Any]] = {
    "SET n = n + :n": {":n": steps},
    "SET a = c": {},
    "SET c.k = :u": {":u": scalars},
    "SET l[0] = :u": {":u": scalars},
    "ADD n :n": {":n": steps},
    "ADD c :ss": {":ss": sets},
    "DELETE ss :ss": {":ss": sets},
    "SET l = list_append(l, :l)": {":l": st.just(L(S("z")))},
}
RETURNS = st.sampled_from(["NONE", "ALL_NEW"])


def with_values(draw: st.DrawFn, condition: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    """Both expressions of a request share their values."""
    drawn = {f"{name}_": draw(strategy) for name, strategy in values.items()}
    both = {**condition.get("ExpressionAttributeValues", {}), **drawn}
    return {**condition, **({"ExpressionAttributeValues": both} if both else {})}


def renamed(expression: str, values: dict[str, Any]) -> str:
    for name in sorted(values, key=len, reverse=True):
        expression = expression.replace(name, f"{name}_")
    return expression


@st.composite
def puts(draw: st.DrawFn) -> dict[str, Any]:
    pk, sk = draw(keys)
    return {"Item": item(sk, pk, **draw(attributes)), **draw(conditions()), **draw(FAILURES)}


@st.composite
def deletes(draw: st.DrawFn) -> dict[str, Any]:
    pk, sk = draw(keys)
    return {"Key": key(sk, pk), **draw(conditions()), **draw(FAILURES)}


@st.composite
def updates(draw: st.DrawFn, expressions: dict[str, dict[str, Any]]) -> dict[str, Any]:
    pk, sk = draw(keys)
    expression = draw(st.sampled_from(list(expressions)))
    condition = draw(conditions()) if draw(st.booleans()) else {}
    more = with_values(draw, condition, expressions[expression])
    text = renamed(expression, expressions[expression])
    return {"Key": key(sk, pk), "UpdateExpression": text, **more, **draw(FAILURES)}


def touched(action: dict[str, Any]) -> tuple[str, str]:
    body = next(iter(action.values()))
    found = body.get("Key") or body["Item"]
    return found["pk"]["S"], found["sk"]["S"]


@st.composite
def transactions(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """Of different items: one engine notices too late that an item stands in a transaction twice."""
    fine = st.one_of(
        puts().map(lambda body: {"Put": body}),
        deletes().map(lambda body: {"Delete": body}),
        updates(ALWAYS_FINE).map(lambda body: {"Update": body}),
        deletes()
        .filter(lambda body: "ConditionExpression" in body)
        .map(lambda body: {"ConditionCheck": body}),
    )
    return "transact_write_items", {
        "TransactItems": draw(st.lists(fine, min_size=1, max_size=4, unique_by=touched))
    }


@st.composite
def queries(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    more: dict[str, Any] = {"ScanIndexForward": draw(st.booleans())}
    more |= draw(st.sampled_from([{}, {"Limit": 1}, {"Limit": 2}, {"ProjectionExpression": "sk, n, l"}]))
    stretch = draw(st.sampled_from(["", " AND sk > :s", " AND sk <= :s", " AND begins_with(sk, :s)"]))
    values = {":p": S("@p"), **({":s": S(draw(st.sampled_from(["1", "2"])))} if stretch else {})}
    if draw(st.booleans()):
        more["FilterExpression"] = "attribute_exists(n)"
    arguments = {"KeyConditionExpression": f"pk = :p{stretch}", "ExpressionAttributeValues": values}
    return "query", {**arguments, **more}


def writing(operation: str, bodies: Any) -> Any:
    returns = RETURNS if operation == "update_item" else st.sampled_from(["NONE", "ALL_OLD"])
    return st.builds(lambda body, wanted: (operation, {**body, "ReturnValues": wanted}), bodies, returns)


some_call = st.one_of(
    writing("put_item", puts()),
    writing("delete_item", deletes()),
    writing("update_item", updates({**ALWAYS_FINE, **SOMETIMES_REFUSED})),
    transactions(),
    queries(),
    keys.map(lambda each: ("get_item", {"Key": key(each[1], each[0])})),
    st.lists(keys, min_size=1, max_size=4).map(
        lambda many: ("batch_get_item", {"RequestItems": {"": {"Keys": [key(sk, pk) for pk, sk in many]}}})
    ),
)


@pytest.fixture(scope="module")
def engine_client(engine: Engine) -> Any:
    return open_patient_client(engine.url)


@pytest.fixture(scope="module")
def table(engine_client: Any) -> str:
    return new_table(engine_client)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None)
@given(laid=st.tuples(attributes, attributes), asked=st.lists(some_call, min_size=2, max_size=12))
def test_the_double_and_the_engine_answer_the_same(
    laid: tuple[Any, Any], asked: list[tuple[str, dict[str, Any]]], engine_client: Any, table: str
) -> None:
    prefix = prefix_of(next(CASES))
    double = Client(Storage(definition(table)))
    items = [item(sk, pk, **each) for (pk, sk), each in zip(KEYS, laid, strict=False)]
    first = ("transact_write_items", {"TransactItems": [{"Put": {"Item": each}} for each in items]})

    for operation, form in [first, *asked]:
        arguments = spelt_out(form, prefix)
        here = outcome_of(double, table, operation, arguments)
        there = outcome_of(engine_client, table, operation, arguments)
        for outcome in (here, there):
            # Whether a page that is just full has one, is where the engines disagree.
            outcome.get("answer", {}).pop("LastEvaluatedKey", None)
        assert here == there, (operation, form)

    assert everything(double, table, prefix) == everything(engine_client, table, prefix)
    assert of_index(double, table, prefix) == of_index(engine_client, table, prefix)


def everything(client: Any, table: str, prefix: str) -> Any:
    wanted = [key(sk, prefix + pk) for pk, sk in KEYS]
    found = client.batch_get_item(RequestItems={table: {"Keys": wanted}})["Responses"][table]
    return comparable({"calls": [], "after": found}, prefix)


def of_index(client: Any, table: str, prefix: str) -> Any:
    answer = client.query(
        TableName=table,
        IndexName="by_owner",
        KeyConditionExpression="gsi1pk = :p",
        ExpressionAttributeValues={":p": S(f"{prefix}@g")},
    )
    return in_order([normal(found) for found in answer["Items"]])
