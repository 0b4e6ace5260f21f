"""Point reads, alone and in batches, and parts of items."""

from typing import Any

from tests.simulation.table.cases.case import (
    RICH,
    SS,
    Case,
    Differs,
    L,
    M,
    N,
    S,
    at_once,
    batch,
    dynoxide,
    get,
    item,
    key,
    local,
    put,
    repeated,
    using,
)

CONFLICT = local("Dynoxide takes the same thing for a list and for a map until it evaluates.")
ORDER = dynoxide(
    "DynamoDB Local reads a batch in an order of its own; which keys are left over is not promised."
)
KEYS_TOO = local("Dynoxide adds the key to a part that does not ask for it.")
NO_REASONS = dynoxide("DynamoDB Local cancels without the documented reasons.")
EMPTY_KEY = local("Dynoxide cancels for what is wrong by itself and refused before anything is looked at.")
UNMEASURED = local("Dynoxide does not measure what is read at once.")

DEEP = item(
    a=S("x"), n=N(5), l=L(S("x"), N(1), N(2)), d=M(a=L(N(0), M(x=S("y"), z=S("w")), N(2), N(3))), ss=SS("x")
)


def part(name: str, projection: str, names: Any = None, differs: Differs | None = None) -> Case:
    call = get(ProjectionExpression=projection, **using(names=names))
    return Case(f"Part of an item: {name}", [DEEP], [call], differs)


def parts() -> list[Case]:
    return [
        part("one attribute", "a"),
        part("two attributes", "a, n"),
        part("the key", "pk, sk"),
        part("something missing", "gone"),
        part("something there and something missing", "a, gone"),
        part("a map", "d"),
        part("a member", "d.a"),
        part("an element", "d.a[0]"),
        part("elements close ranks and keep their order", "d.a[2], d.a[0]"),
        part("an element behind the end", "d.a[9]"),
        part("a member of an element", "d.a[1].x"),
        part("two members of one element", "d.a[1].x, d.a[1].z"),
        part("an element and a member of another that has none", "d.a[1], d.a[3].q"),
        part("a missing member", "d.gone"),
        part("a member of a text", "a.b"),
        part("an element of a map", "d[0]"),
        part("an element of a set", "ss[0]"),
        part("parts of two attributes", "l[1], d.a[1].z"),
        part("an attribute twice", "a, a"),
        part("an attribute and a member of it", "d, d.a"),
        part("a member and its element", "d.a[0], d.a"),
        part("the same thing as a list and as a map", "d.a[0], d.a.b", None, CONFLICT),
        part("an attribute by two names", "#a, a", {"#a": "a"}),
        part("placeholders along a path", "#d.#a[1]", {"#d": "d", "#a": "a"}),
        part("a placeholder that nobody uses", "a", {"#d": "d"}),
        part("a placeholder that nobody defined", "#a"),
        part("a reserved word", "name"),
        part("nothing", ""),
        part("a comma at the end", "a,"),
        part("no comma", "a b"),
        part("a value", ":v"),
        part("a function", "size(a)"),
        part("in parentheses", "(a)"),
        Case("Part of an item: names without an expression", [DEEP], [get(**using(names={"#a": "a"}))]),
        Case("Part of an item: read strongly", [DEEP], [get(ConsistentRead=True, ProjectionExpression="a")]),
        Case("Part of an item that is not there", [], [get(ProjectionExpression="a")]),
    ]


def batches() -> list[Case]:
    three = [item(str(number), n=N(number)) for number in range(3)]
    hundred = {"$each": 100, "of": key("<n>")}
    large = [item(f"{number:03}", f=S(repeated("x", 400_000))) for number in range(45)]
    return [
        Case("Batch: some are there and some are not", three, [batch(key("1"), key("nope"), key("0"))]),
        Case("Batch: none is there", [], [batch(key("1"), key("2"))]),
        Case("Batch: one key twice", three, [batch(key("1"), key("2"), key("1"))]),
        Case("Batch: no keys", three, [batch()]),
        Case("Batch: no tables", three, [("batch_get_item", {"RequestItems": {}})]),
        Case("Batch: a hundred keys", three, [batch(hundred)]),
        Case("Batch: a hundred and one keys", three, [batch(hundred, key("more"))]),
        Case("Batch: parts of items", three, [batch(key("1"), ProjectionExpression="n")]),
        Case(
            "Batch: parts by placeholders",
            three,
            [batch(key("1"), key("2"), ProjectionExpression="#n", **using(names={"#n": "n"}))],
        ),
        Case(
            "Batch: a placeholder that nobody uses",
            three,
            [batch(key("1"), ProjectionExpression="n", **using(names={"#n": "n"}))],
        ),
        Case("Batch: read strongly", [RICH], [batch(key(), ConsistentRead=True)]),
        Case("Batch: half a key", three, [batch({"pk": S("@p")})]),
        Case("Batch: more than a key", three, [batch(item("1", n=N(1)))]),
        Case("Batch: a key of another type", three, [batch({"pk": S("@p"), "sk": N(1)})]),
        Case("Batch: an empty key", three, [batch(key(""))]),
        Case(
            "Batch: a table that is not there",
            three,
            [("batch_get_item", {"RequestItems": {"nowhere": {"Keys": [key("1")]}}})],
        ),
        Case(
            "Batch: beyond 16 MB the rest is left over, with the arguments it came with",
            large,
            [
                batch(
                    {"$each": 45, "of": key("<n>")},
                    ConsistentRead=True,
                    ProjectionExpression="#s",
                    **using(names={"#s": "sk"}),
                ),
                batch({"$each": 41, "of": key("<n>")}, ProjectionExpression="sk"),
            ],
            ORDER,
        ),
    ]


def one(sk: Any = "s", **more: Any) -> dict[str, Any]:
    return {"Get": {"Key": key(sk), **more}}


def other(what: dict[str, Any]) -> dict[str, Any]:
    return {"Get": {"Key": what}}


def at_one_moment() -> list[Case]:
    three = [item(str(number), n=N(number)) for number in range(3)]
    hundred = {"$each": 100, "of": one("<n>")}
    large = [item(f"{number:03}", f=S(repeated("x", 400_000))) for number in range(12)]
    return [
        Case("At once: in the order of the request", three, [at_once(one("2"), one("nope"), one("0"))]),
        Case("At once: none is there", [], [at_once(one("1"), one("2"))]),
        Case("At once: one key twice", three, [at_once(one("1"), one("2"), one("1"))]),
        Case("At once: no keys", three, [at_once()]),
        Case("At once: a hundred keys", three, [at_once(hundred)]),
        Case("At once: a hundred and one keys", three, [at_once(hundred, one("more"))]),
        Case("At once: an item of every type", [RICH], [at_once(one())]),
        Case("At once: after a write", three, [put(item("1", n=N(9))), at_once(one("1"), one("2"))]),
        Case(
            "At once: a part of one and all of another",
            [DEEP, *three],
            [at_once(one(ProjectionExpression="d.a[1].x, n"), one("1"))],
            KEYS_TOO,
        ),
        Case(
            "At once: parts by placeholders",
            three,
            [at_once(one("1", ProjectionExpression="#n", **using(names={"#n": "n"})))],
            KEYS_TOO,
        ),
        Case(
            "At once: a placeholder that nobody uses",
            three,
            [at_once(one("1", ProjectionExpression="n", **using(names={"#n": "n"})))],
        ),
        Case("At once: a part of what is not there", [], [at_once(one("1", ProjectionExpression="n"))]),
        Case("At once: half a key", three, [at_once(one("1"), other({"pk": S("@p")}))], NO_REASONS),
        Case("At once: more than a key", three, [at_once(one("1"), other(item("2", n=N(2))))], NO_REASONS),
        Case(
            "At once: a key of another type",
            three,
            [at_once(one("1"), other({"pk": S("@p"), "sk": N(1)}))],
            NO_REASONS,
        ),
        Case("At once: an empty key", three, [at_once(one("1"), one(""))], EMPTY_KEY),
        Case("At once: no table of that name", three, [at_once(one("1", TableName="nowhere"))]),
        Case("At once: something else than a get", three, [at_once({"Put": {"Item": item("1")}})]),
        Case("At once: strength is not asked for", three, [at_once(one("1", ConsistentRead=True))]),
        Case("At once: 4 MB and more", large, [at_once({"$each": 12, "of": one("<n>")})], UNMEASURED),
        Case("At once: not quite 4 MB", large, [at_once({"$each": 10, "of": one("<n>")})]),
    ]


def cases() -> list[Case]:
    return [*parts(), *batches(), *at_one_moment()]
