"""Queries and scans: stretches of a partition, pages, indexes, filters, segments."""

from typing import Any

from tests.simulation.table.cases.case import (
    Case,
    Differs,
    N,
    S,
    delete,
    dynoxide,
    item,
    local,
    query,
    repeated,
    scan,
    update,
)

OUTSIDE = local("Dynoxide goes on from a key that lies outside of what is asked.")
UNTYPED = local("Dynoxide finds nothing where a key is asked for with a value that no key can have.")
AT_THE_END = dynoxide(
    "DynamoDB Local knows that nothing follows; the cloud only knows that the page is full."
)
PK_FIRST = local("Dynoxide wants the partition key's condition first.")
UNPROJECTED = local("Dynoxide sees nothing where an index does not project what is asked for.")
UNFILTERED_BYTES = Differs(
    "Documented is that 1 MB is read and then filtered: Dynoxide ends before the item that makes the page "
    "full, DynamoDB Local counts only what passes the filter.",
    None,
    {0: {"answer": {"Count": 0, "ScannedCount": 3, "LastEvaluatedKey": {"pk": S("@p"), "sk": S("2")}}}},
)
PAGE_END = local("Dynoxide ends a page before the item that makes it full.")

ITEMS = [
    item(
        str(number),
        n=N(number),
        kind=S("k"),
        big=S("b"),
        gsi1pk=S("@g"),
        gsi1sk=S(f"{9 - number}"),
        gsi2pk=S("@d"),
        gsi2sk=S("x"),
    )
    for number in range(6)
]
HALF = [item(f"z{number}", gsi1pk=S("@h"), m=N(number)) for number in range(2)]
"""With only one of an index's keys: in no index."""
ALL = [*ITEMS, *HALF]
P = {":p": S("@p")}
G = {":p": S("@g")}


def asked(name: str, condition: str, values: Any = None, differs: Differs | None = None, **more: Any) -> Case:
    return Case(f"Query: {name}", ALL, [query(condition, {**P, **(values or {})}, **more)], differs)


def shown(
    name: str, condition: str = "gsi1pk = :p", values: Any = None, differs: Differs | None = None, **more: Any
) -> Case:
    call = query(condition, {**G, **(values or {})}, **{"IndexName": "by_owner", **more})
    return Case(f"Query of an index: {name}", ALL, [call], differs)


def stretches() -> list[Case]:
    at = {":s": S("3")}
    two = {":s": S("1"), ":t": S("3")}
    return [
        asked("a partition, in the order of its sort keys", "pk = :p"),
        Case("Query: a partition of nothing", ALL, [query("pk = :p", {":p": S("@nobody")})]),
        *[
            asked(f"sort keys {sign} 3", f"pk = :p AND sk {sign} :s", at)
            for sign in ("=", "<", "<=", ">", ">=")
        ],
        asked("sort keys between two", "pk = :p AND sk BETWEEN :s AND :t", two),
        asked(
            "sort keys between two that are not there",
            "pk = :p AND sk BETWEEN :s AND :t",
            {":s": S("20"), ":t": S("39")},
        ),
        asked(
            "sort keys between one and the same",
            "pk = :p AND sk BETWEEN :s AND :t",
            {":s": S("3"), ":t": S("3")},
        ),
        asked("sort keys between, the wrong way round", "pk = :p AND sk BETWEEN :t AND :s", two),
        asked("sort keys between two types", "pk = :p AND sk BETWEEN :s AND :t", {":s": S("3"), ":t": N(4)}),
        asked(
            "sort keys that begin alike, with others behind them",
            "pk = :p AND begins_with(sk, :s)",
            {":s": S("1")},
        ),
        asked("sort keys that begin alike", "pk = :p AND begins_with(sk, :s)", {":s": S("z")}),
        asked("sort keys that begin with the whole", "pk = :p AND begins_with(sk, :s)", {":s": S("z1")}),
        asked("sort keys that begin as none does", "pk = :p AND begins_with(sk, :s)", {":s": S("zz")}),
        asked("sort keys that begin with nothing", "pk = :p AND begins_with(sk, :s)", {":s": S("")}, UNTYPED),
        asked("sort keys that begin with a number", "pk = :p AND begins_with(sk, :s)", {":s": N(1)}, UNTYPED),
        asked("conditions in parentheses", "(pk = :p) AND (sk = :s)", at),
        asked("parentheses around both", "(pk = :p AND sk = :s)", at),
    ]


def key_conditions() -> list[Case]:
    at = {":s": S("3")}
    two = {":s": S("1"), ":t": S("3")}
    return [
        asked("the sort key's condition first", "sk = :s AND pk = :p", at, PK_FIRST),
        asked("values first", ":p = pk AND :s < sk", at),
        asked("unequal", "pk = :p AND sk <> :s", at),
        asked("OR", "pk = :p OR sk = :s", at),
        asked("NOT", "pk = :p AND NOT sk = :s", at),
        asked("IN", "pk = :p AND sk IN (:s)", at),
        asked("contains", "pk = :p AND contains(sk, :s)", at),
        asked("attribute_exists", "pk = :p AND attribute_exists(sk)"),
        asked("size", "pk = :p AND size(sk) = :s", at),
        asked("a range of partitions", "pk > :p"),
        asked("partitions that begin alike", "begins_with(pk, :p)"),
        asked("no partition", "sk = :s", {":s": S("3")}),
        asked("another attribute", "pk = :p AND n = :s", at),
        asked("the sort key twice", "pk = :p AND sk > :s AND sk < :t", two),
        asked("the partition key twice", "pk = :p AND pk = :p"),
        asked("a key against a key", "pk = :p AND sk = pk"),
        asked("a part of a key", "pk = :p AND sk.a = :s", at),
        asked("an element of a key", "pk = :p AND sk[0] = :s", at),
        asked("nothing", ""),
        asked("a sort key that is a number", "pk = :p AND sk = :s", {":s": N(1)}, UNTYPED),
        asked("an empty sort key", "pk = :p AND sk = :s", {":s": S("")}, UNTYPED),
        Case("Query: an empty partition key", ALL, [query("pk = :p", {":p": S("")})], UNTYPED),
        Case("Query: a partition key that is a number", ALL, [query("pk = :p", {":p": N(1)})], UNTYPED),
        Case("Query: no condition", ALL, [("query", {})]),
        Case("Query: a value that nobody uses", ALL, [query("pk = :p", {**P, ":s": S("3")})]),
        Case("Query: a value that nobody defined", ALL, [query("pk = :p AND sk = :s", P)]),
        Case(
            "Query: keys by placeholders",
            ALL,
            [query("#p = :p AND #s = :s", {**P, ":s": S("3")}, {"#p": "pk", "#s": "sk"})],
        ),
        Case(
            "Query: texts are ordered by their bytes",
            [item(each) for each in ("𝒳", "｡", "a", "é", "Z")],
            [query("pk = :p", P)],
        ),
    ]


def paging() -> list[Case]:
    below = {":s": S("6")}
    return [
        asked("the first three", "pk = :p", Limit=3),
        asked("the last three", "pk = :p", Limit=3, ScanIndexForward=False),
        asked("as many as there are", "pk = :p AND sk < :s", below, Limit=6),
        asked("as many as there are in the partition", "pk = :p", Limit=8),
        asked("as many as there are in the partition, backwards", "pk = :p", Limit=8, ScanIndexForward=False),
        asked("up to the end of the range", "pk = :p AND sk <= :s", {":s": S("2")}, AT_THE_END, Limit=3),
        asked("one more than there are", "pk = :p AND sk < :s", below, Limit=7),
        asked("one fewer than there are", "pk = :p AND sk < :s", below, Limit=5),
        asked("no limit of nothing", "pk = :p", Limit=0),
    ]


def starts() -> list[Case]:
    start: dict[str, Any] = {"pk": S("@p"), "sk": S("3")}
    return [
        asked("on from a key", "pk = :p", ExclusiveStartKey=start),
        asked("on from a key, backwards", "pk = :p", ExclusiveStartKey=start, ScanIndexForward=False),
        asked(
            "on from a key that is not there", "pk = :p", ExclusiveStartKey={**start, "sk": S("33")}, Limit=1
        ),
        asked("on from the last key", "pk = :p", ExclusiveStartKey={**start, "sk": S("z1")}),
        asked("on within a range", "pk = :p AND sk > :s", {":s": S("1")}, ExclusiveStartKey=start, Limit=2),
        asked(
            "on from another partition", "pk = :p", None, OUTSIDE, ExclusiveStartKey={**start, "pk": S("@q")}
        ),
        asked(
            "on from below the range", "pk = :p AND sk > :s", {":s": S("4")}, OUTSIDE, ExclusiveStartKey=start
        ),
        asked(
            "on from above the range", "pk = :p AND sk < :s", {":s": S("2")}, OUTSIDE, ExclusiveStartKey=start
        ),
        asked("on from half a key", "pk = :p", ExclusiveStartKey={"pk": S("@p")}),
        asked("on from more than a key", "pk = :p", ExclusiveStartKey={**start, "n": N(3)}),
        asked("on from a key of another type", "pk = :p", ExclusiveStartKey={**start, "sk": N(3)}),
        Case(
            "Query: page after page, and the last one is empty",
            ITEMS,
            [
                query("pk = :p", P, Limit=3),
                query("pk = :p", P, Limit=3, ExclusiveStartKey={"pk": S("@p"), "sk": S("2")}),
                query("pk = :p", P, Limit=3, ExclusiveStartKey={"pk": S("@p"), "sk": S("5")}),
            ],
        ),
    ]


def full_pages() -> list[Case]:
    full = [item(str(n), f=S(repeated("x", 400_000))) for n in range(4)]
    taken = sum(map(len, ("pk", "c0000@p", "sk", "0", "f")))
    last = 1_048_576 - 2 * 400_000 - 3 * taken
    exact = [*full[:2], item("2", f=S(repeated("x", last))), item("3", f=S("x"))]
    count: dict[str, Any] = {"Select": "COUNT"}
    return [
        Case(
            "Query: a page ends at 1 MB, with the item that makes it full",
            full,
            [query("pk = :p", P, **count)],
            PAGE_END,
        ),
        Case("Query: a page ends at exactly 1 MB", exact, [query("pk = :p", P, **count)], PAGE_END),
        Case("Query: just below 1 MB everything fits", full[:2], [query("pk = :p", P, **count)]),
        Case(
            "Query: a filter makes no room",
            full,
            [query("pk = :p", P, FilterExpression="attribute_not_exists(f)", **count)],
            UNFILTERED_BYTES,
        ),
    ]


def filters() -> list[Case]:
    three = {":n": N(3)}
    return [
        asked("filtered", "pk = :p", three, FilterExpression="n > :n"),
        asked("filtered after the limit", "pk = :p", three, FilterExpression="n > :n", Limit=2),
        asked("filtered by the sort key", "pk = :p", {":n": S("3")}, FilterExpression="sk > :n"),
        asked("filtered by the partition key", "pk = :p", FilterExpression="attribute_exists(pk)"),
        asked("filtered by an index's key", "pk = :p", FilterExpression="attribute_exists(gsi1sk)"),
        asked("filtered by nothing", "pk = :p", FilterExpression=""),
        asked("only parts", "pk = :p", ProjectionExpression="n, sk", Limit=2),
        asked("only the count", "pk = :p", Select="COUNT"),
        asked(
            "only the count of what is filtered", "pk = :p", three, Select="COUNT", FilterExpression="n > :n"
        ),
        asked("the count and parts", "pk = :p", Select="COUNT", ProjectionExpression="n"),
        asked(
            "parts, said twice", "pk = :p", Select="SPECIFIC_ATTRIBUTES", ProjectionExpression="n", Limit=1
        ),
        asked("parts, but not which", "pk = :p", Select="SPECIFIC_ATTRIBUTES"),
        asked("everything", "pk = :p", Select="ALL_ATTRIBUTES", Limit=1),
        asked("everything and parts", "pk = :p", Select="ALL_ATTRIBUTES", ProjectionExpression="n"),
        asked("what is projected, of the table", "pk = :p", Select="ALL_PROJECTED_ATTRIBUTES"),
        asked("no such choice", "pk = :p", Select="SOME"),
        asked("read strongly", "pk = :p", ConsistentRead=True, Limit=1),
    ]


def indexes() -> list[Case]:
    start: dict[str, Any] = {"pk": S("@p"), "sk": S("4"), "gsi1pk": S("@g"), "gsi1sk": S("5")}
    return [
        shown("in the order of its own sort keys, with what it projects"),
        shown("backwards", ScanIndexForward=False, Limit=2),
        shown("a page, and the key to go on from", Limit=2),
        shown("on from a key", ExclusiveStartKey=start),
        shown("on from a key, backwards", ExclusiveStartKey=start, ScanIndexForward=False),
        shown("on from the table's key alone", ExclusiveStartKey={"pk": S("@p"), "sk": S("2")}),
        shown("on from the index's key alone", ExclusiveStartKey={"gsi1pk": S("@g"), "gsi1sk": S("1")}),
        shown(
            "on from another partition",
            "gsi1pk = :p",
            None,
            OUTSIDE,
            ExclusiveStartKey={**start, "gsi1pk": S("@x")},
        ),
        shown("on from a key of another type", ExclusiveStartKey={**start, "gsi1sk": N(5)}),
        shown("a range", "gsi1pk = :p AND gsi1sk BETWEEN :a AND :b", {":a": S("5"), ":b": S("7")}),
        shown("items with one of its keys are not in it", values={":p": S("@h")}),
        shown("read strongly", ConsistentRead=True),
        shown("not read strongly", ConsistentRead=False, Limit=1),
    ]


def index_choices() -> list[Case]:
    return [
        shown("by the table's key", "pk = :p"),
        shown("filtered by the table's sort key", values={":n": S("3")}, FilterExpression="sk > :n"),
        shown("filtered by its own sort key", values={":n": S("3")}, FilterExpression="gsi1sk > :n"),
        shown("filtered by what it projects", values={":n": S("k")}, FilterExpression="kind = :n", Limit=2),
        shown(
            "filtered by what it does not project",
            differs=UNPROJECTED,
            FilterExpression="attribute_exists(big)",
        ),
        shown("parts that it projects", ProjectionExpression="kind, sk", Limit=2),
        shown("parts that it does not project", differs=UNPROJECTED, ProjectionExpression="big"),
        shown("everything", Select="ALL_ATTRIBUTES"),
        shown("what is projected", Select="ALL_PROJECTED_ATTRIBUTES", Limit=1),
        shown("only the count", Select="COUNT"),
        shown("one that does not exist", IndexName="nowhere"),
        Case(
            "Query of an index: of equal keys one comes after the other, in any order",
            ITEMS,
            [query("gsi2pk = :p", {":p": S("@d")}, IndexName="due", Select="COUNT")],
        ),
        Case(
            "Query of an index: keys only",
            ITEMS[:1],
            [query("gsi2pk = :p", {":p": S("@d")}, IndexName="due")],
        ),
        Case(
            "An item that moves in an index is found at its new place, and at no other",
            [item("1", kind=S("k"), gsi1pk=S("@g"), gsi1sk=S("a"))],
            [
                update("SET gsi1sk = :s", {":s": S("b")}, sk="1"),
                *[
                    query("gsi1pk = :p AND gsi1sk = :s", {**G, ":s": S(place)}, IndexName="by_owner")
                    for place in ("a", "b")
                ],
            ],
        ),
        Case(
            "An item enters an index, moves in it and leaves it",
            [item(kind=S("k"), v=N(1))],
            [
                call
                for change in (
                    update("SET gsi1pk = :g, gsi1sk = :s", {":g": S("@g"), ":s": S("1")}),
                    update("SET gsi1sk = :s, v = :v", {":s": S("2"), ":v": N(2)}),
                    update("REMOVE gsi1sk"),
                    update("SET gsi1sk = :s", {":s": S("3")}),
                    delete(),
                )
                for call in (change, query("gsi1pk = :p", G, IndexName="by_owner"))
            ],
        ),
    ]


def scans() -> list[Case]:
    def seen(name: str, call: Any, differs: Differs | None = None) -> Case:
        return Case(f"Scan: {name}", ALL, [call], differs, own_table=True)

    start: dict[str, Any] = {"pk": S("@p"), "sk": S("3")}
    return [
        seen("everything", scan()),
        seen(
            "filtered, by keys as well",
            scan({":n": N(3), ":p": S("@p")}, FilterExpression="n > :n AND pk = :p"),
        ),
        seen("only parts", scan(ProjectionExpression="sk")),
        seen("only the count", scan(Select="COUNT")),
        seen("as many as there are", scan(Limit=8, Select="COUNT")),
        seen("one more than there are", scan(Limit=9, Select="COUNT")),
        seen("within a partition in the order of its sort keys", scan(Limit=3, ProjectionExpression="sk")),
        seen("on from a key", scan(ExclusiveStartKey=start, ProjectionExpression="sk")),
        seen("on from half a key", scan(ExclusiveStartKey={"pk": S("@p")})),
        seen("on from a key of another type", scan(ExclusiveStartKey={"pk": S("@p"), "sk": N(1)})),
        seen("an index", scan(IndexName="by_owner")),
        seen("an index, read strongly", scan(IndexName="by_owner", ConsistentRead=True)),
        seen("an index, everything", scan(IndexName="by_owner", Select="ALL_ATTRIBUTES")),
        seen("an index that does not exist", scan(IndexName="nowhere")),
        seen("a segment of one", scan(Segment=0, TotalSegments=1, Select="COUNT")),
        seen("a segment without a number of segments", scan(Segment=0)),
        seen("a number of segments without a segment", scan(TotalSegments=2)),
        seen("a segment behind the last", scan(Segment=2, TotalSegments=2)),
        seen("a negative segment", scan(Segment=-1, TotalSegments=2)),
        seen("no segments", scan(Segment=0, TotalSegments=0)),
        seen("too many segments", scan(Segment=0, TotalSegments=1_000_001)),
        seen("no limit of nothing", scan(Limit=0)),
        seen("a value that nobody uses", scan({":v": N(1)})),
    ]


def cases() -> list[Case]:
    return [
        *stretches(),
        *key_conditions(),
        *paging(),
        *starts(),
        *full_pages(),
        *filters(),
        *indexes(),
        *index_choices(),
        *scans(),
    ]
