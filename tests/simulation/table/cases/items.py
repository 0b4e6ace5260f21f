"""Items: what may stand in one, how numbers and sets are kept, keys, sizes."""

from typing import Any

from tests.simulation.table.cases.case import (
    NS,
    NULL,
    SS,
    TRUE,
    B,
    Case,
    Differs,
    L,
    M,
    N,
    S,
    delete,
    dynoxide,
    get,
    item,
    key,
    local,
    put,
    repeated,
    update,
)

AS_WRITTEN = dynoxide("DynamoDB Local keeps numbers inside lists and maps as they were written.")
NAMELESS = local("Dynoxide takes empty attribute names.")
UNMEASURED = local("Dynoxide does not measure the keys of indexes.")


def kept(name: str, value: Any, differs: Differs | None = None) -> Case:
    return Case(f"Item: {name}", [], [put(item(v=value)), get()], differs)


def numbers() -> list[Case]:
    most, least = "9.9999999999999999999999999999999999999E+125", "1E-130"
    good = {
        "as it is": "1",
        "with a plus": "+1",
        "negative": "-1",
        "with a zero in front": "01",
        "with a zero behind": "1.0",
        "with an exponent": "1e2",
        "with a capital exponent": "1.50E+3",
        "with a negative exponent": "15E-1",
        "with nothing before the point": ".5",
        "with nothing behind the point": "5.",
        "zero": "0.0",
        "negative zero": "-0",
        "zero with an exponent": "0E200",
        "of 38 digits": "9" * 38,
        "of 38 digits on both sides of the point": "123456789012345678901234567890.12345678",
        "of one digit and 38 zeros": "1" + "0" * 38,
        "of one digit and 50 zeros behind the point": "1." + "0" * 50,
        "the largest": most,
        "the largest negative": f"-{most}",
        "the smallest": least,
        "the smallest negative": f"-{least}",
        "small, of four digits": "1.234E-127",
    }
    bad = {
        "of 39 digits": "9" * 39,
        "of 39 digits on both sides of the point": "123456789012345678901234567890.123456789",
        "too large": "1E126",
        "too large and negative": "-1E126",
        "too small": "9.9E-131",
        "empty": "",
        "of letters": "abc",
        "with a space before it": " 1",
        "with a space behind it": "1 ",
        "with a line": "1_0",
        "NaN": "NaN",
        "infinite": "Infinity",
        "hexadecimal": "0x1",
        "with an unfinished exponent": "1e",
        "a sign alone": "-",
        "with two points": "1.2.3",
        "with a comma": "1,5",
    }
    return [
        *[kept(f"a number {how}", N(text)) for how, text in good.items()],
        *[kept(f"not a number: {how}", N(text)) for how, text in bad.items()],
        kept("numbers in lists and maps", L(N("01"), M(a=N("1.0"))), AS_WRITTEN),
        kept("numbers in a set", NS("1.0", "02")),
        kept("a number that is not a text", {"N": 5}),
    ]


def values() -> list[Case]:
    deep: dict[str, Any] = S("x")
    for level in range(31):
        deep = L(deep) if level % 2 else M(a=deep)
    return [
        kept("an empty text", S("")),
        kept("empty bytes", B("")),
        kept("an empty list", L()),
        kept("an empty map", M()),
        kept("NULL", NULL),
        kept("a NULL that is false", {"NULL": False}),
        kept("a truth that is false", {"BOOL": False}),
        kept("a truth that is a text", {"BOOL": "x"}),
        kept("a text that is a number", S(5)),
        kept("an unknown type", {"X": S("x")}),
        kept("no type", {}),
        kept("two types", {**S("x"), **N(1)}),
        kept("no type inside a map", M(a={})),
        kept("a set of texts", SS("b", "a", "")),
        kept("an empty set of texts", SS()),
        kept("an empty set of numbers", NS()),
        kept("an empty set of bytes", {"BS": []}),
        kept("an empty set in a list", L(SS())),
        kept("a set with a text twice", SS("a", "b", "a")),
        kept("a set with a number written in two ways", NS("1", "1.0")),
        kept("a set with bytes twice", {"BS": [{"$bytes": "YQ=="}, {"$bytes": "YQ=="}]}),
        kept("a set of bytes", {"BS": [{"$bytes": "Yg=="}, {"$bytes": "YQ=="}]}),
        kept("31 lists and maps inside each other", deep),
        kept("32 lists and maps inside each other", M(a=deep)),
        kept("a map with an empty name", {"M": {"": S("x")}}, NAMELESS),
        Case("Item: an empty name", [], [put({**item(), "": S("x")})], NAMELESS),
        Case(
            "Item: names with dots, spaces and foreign letters",
            [],
            [put({**item(), "a.b c": S("x"), "点": N(1)}), get()],
        ),
        Case("Item: a put replaces everything", [item(a=N(1), b=N(2))], [put(item(c=N(3)))]),
        Case("Item: nothing is there", [], [get()]),
        Case("Item: deleted, and deleted again", [item(a=N(1))], [delete(ReturnValues="ALL_OLD")] * 2),
        *[
            Case(f"Item: {what} hands back {wanted}", [item(a=N(1))], [call])
            for wanted in ("NONE", "ALL_OLD", "UPDATED_OLD", "ALL_NEW", "UPDATED_NEW", "BAD")
            for what, call in (
                ("a put", put(item(b=N(2)), ReturnValues=wanted)),
                ("a delete", delete(ReturnValues=wanted)),
            )
        ],
    ]


def keys() -> list[Case]:
    wrong: dict[str, dict[str, Any]] = {
        "an empty partition key": key(pk=""),
        "an empty sort key": key(""),
        "no sort key": {"pk": S("@p")},
        "a sort key that is a number": {"pk": S("@p"), "sk": N(1)},
        "a partition key that is a number": {"pk": N(1), "sk": S("s")},
        "a partition key of 2,049 bytes": key(pk=repeated("x", 2049)),
        "a sort key of 1,025 bytes": key(repeated("x", 1025)),
        "a sort key of 513 letters of two bytes": key(repeated("é", 513)),
        "a sort key of two types": {"pk": S("@p"), "sk": {**S("s"), **N(1)}},
    }
    right = {
        "a partition key of 2,048 bytes": key(pk=repeated("x", 2048)),
        "a sort key of 1,024 bytes": key(repeated("x", 1024)),
        "a sort key of 512 letters of two bytes": key(repeated("é", 512)),
        "keys of one letter": key("x", "y"),
    }
    return [
        *[
            Case(f"Key: {what} in a {verb}", [], [call])
            for what, bad in wrong.items()
            for verb, call in (
                ("put", put(bad)),
                ("get", ("get_item", {"Key": bad})),
                ("delete", ("delete_item", {"Key": bad})),
                ("update", ("update_item", {"Key": bad, "UpdateExpression": "REMOVE a"})),
            )
        ],
        *[Case(f"Key: {what}", [], [put(good), ("get_item", {"Key": good})]) for what, good in right.items()],
        Case("Key: more than the key", [item()], [("get_item", {"Key": item(a=N(1))})]),
        Case("Key: another name", [item()], [("get_item", {"Key": {"pk": S("@p"), "sx": S("s")}})]),
        Case("Key: none at all", [], [("get_item", {})]),
        Case("Key: an argument that does not exist", [], [get(Depth=1)]),
    ]


def index_keys() -> list[Case]:
    return [
        *[
            Case(
                f"Index key: {name} {what}",
                [],
                [put(item(**{name: value}))],
                UNMEASURED if "bytes" in what else None,
            )
            for name, most in (("gsi1pk", 2048), ("gsi2sk", 1024))
            for what, value in (
                ("as a number", N(1)),
                ("as NULL", NULL),
                ("as a truth", TRUE),
                ("empty", S("")),
                ("too long by one of the bytes", S(repeated("x", most + 1))),
            )
        ],
        *[
            Case(f"Index key: {name} as long as it may be", [], [put(item(**{name: S(repeated("x", most))}))])
            for name, most in (("gsi1pk", 2048), ("gsi2sk", 1024))
        ],
        *[
            Case(
                f"A table that is not there: {call[0]}", [], [(call[0], {"TableName": "nowhere", **call[1]})]
            )
            for call in (put(item()), get(), delete(), update("REMOVE a"))
        ],
    ]


def sizes() -> list[Case]:
    """Each kind of value takes so many bytes: with one byte more, the item would be too large."""
    around = 409_600 - len("pk") - len("c0000@p") - len("sk") - len("s") - len("f")
    known: dict[str, tuple[Any, int]] = {
        "a text": (S("abc"), 3),
        "a text of two-byte letters": (S("é€"), 5),
        "bytes": (B("YWJj"), 3),
        "a truth": (TRUE, 1),
        "NULL": (NULL, 1),
        "0": (N(0), 1),
        "1": (N(1), 2),
        "12": (N(12), 2),
        "123": (N(123), 3),
        "-12": (N(-12), 3),
        "100": (N(100), 2),
        "1.5": (N("1.5"), 3),
        "0.01": (N("0.01"), 2),
        "0.001": (N("0.001"), 2),
        "38 digits": (N("9" * 38), 20),
        "an empty list": (L(), 3),
        "a list": (L(S("x"), N(1)), 8),
        "an empty map": (M(), 3),
        "a map": (M(a=S("x"), bc=S("yz")), 11),
        "a set of texts": (SS("a", "bc"), 3),
        "a set of numbers": (NS(1, 123), 5),
        "a list in a map": (M(a=L(S("x"))), 10),
    }
    return [
        Case(
            f"Size: {what} counts {size}",
            [],
            [put(item(f=S(repeated("x", around - len("v") - size + more)), v=value)) for more in (0, 1)],
        )
        for what, (value, size) in known.items()
    ] + [
        Case(
            "Size: 400 KB and one byte more",
            [],
            [put(item(f=S(repeated("x", around + more)))) for more in (0, 1)],
        ),
        Case(
            "Size: names count as well",
            [],
            [put(item(f=S(repeated("x", around - 12)), **{"n" * 10: S("xy")}))],
        ),
        Case(
            "Size: an item that is too large is refused before its condition is asked",
            [item()],
            [put(item(f=S(repeated("x", around + 1))), ConditionExpression="attribute_not_exists(pk)")],
        ),
    ]


def cases() -> list[Case]:
    return [*numbers(), *values(), *keys(), *index_keys(), *sizes()]
