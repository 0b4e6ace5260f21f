"""Transactions: all or nothing, the reasons of a cancellation, limits, and tokens."""

from typing import Any

from tests.simulation.table.cases.case import (
    OLD,
    SS,
    TRUE,
    Call,
    Case,
    Differs,
    N,
    S,
    dynoxide,
    item,
    key,
    local,
    repeated,
    transact,
    using,
)

AT_ITS_PLACE = dynoxide("DynamoDB Local refuses the whole request for what is documented as a reason.")
BEFORE_ALL = local("Dynoxide cancels for what is wrong by itself and refused before anything is looked at.")
UNCHECKED = local("Dynoxide does not look at the types of operands before it evaluates.")
KEY_CHANGED = Differs(
    "Dynoxide changes the key attribute; DynamoDB Local leaves out the places that had nothing to say.",
    None,
    {
        0: {
            "error": {
                "code": "TransactionCanceledException",
                "reasons": ["None", "ValidationError"],
            }
        }
    },
)
TWICE = dynoxide("DynamoDB Local asks the conditions before it notices that an item stands there twice.")
TWO_IN_ONE = local("Dynoxide does the first of two actions at one place and forgets the other.")
NOT_LOOKED_AT = Differs(
    "Neither engine looks at this argument within a transaction.",
    None,
    {0: {"error": {"code": "ValidationException"}}},
)
UNMEASURED = Differs(
    "Dynoxide does not measure the keys of indexes; DynamoDB Local refuses the whole request.",
    None,
    {0: {"error": {"code": "TransactionCanceledException", "reasons": ["None", "ValidationError"]}}},
    [],
)


def put(sk: Any, pk: Any = "@p", more: Any = None, **attributes: Any) -> dict[str, Any]:
    return {"Put": {"Item": item(sk, pk, **attributes), **(more or {})}}


def change(sk: Any, expression: str, values: Any = None, **more: Any) -> dict[str, Any]:
    return {"Update": {"Key": key(sk), "UpdateExpression": expression, **using(values), **more}}


def delete(sk: Any, **more: Any) -> dict[str, Any]:
    return {"Delete": {"Key": key(sk), **more}}


def check(sk: Any, condition: str, values: Any = None, **more: Any) -> dict[str, Any]:
    return {"ConditionCheck": {"Key": key(sk), "ConditionExpression": condition, **using(values), **more}}


ABSENT = {"ConditionExpression": "attribute_not_exists(pk)"}
PRESENT = {"ConditionExpression": "attribute_exists(pk)"}
HERE = [item("1", n=N(1)), item("2", n=N(2)), item("3", n=N(3))]


def together(name: str, *actions: Any, differs: Differs | None = None, **more: Any) -> Case:
    return Case(f"Transaction: {name}", HERE, [transact(*actions, **more)], differs)


def outcomes() -> list[Case]:
    return [
        together(
            "one of each kind",
            put("9", a=N(1)),
            change("1", "ADD n :n", {":n": N(1)}),
            delete("2"),
            check("3", "n = :n", {":n": N(3)}),
        ),
        together("a put over an item", put("1", a=N(1))),
        together("an update of nothing makes an item", change("8", "ADD n :n", {":n": N(1)})),
        together("a delete of nothing", delete("8"), put("9")),
        together("only checks", check("1", "n = :n", {":n": N(1)}), check("2", "attribute_exists(pk)")),
        together("a check of nothing", check("8", "attribute_not_exists(pk)"), put("9")),
        together("one action", put("9")),
        together("everything or nothing", put("8"), put("9"), check("1", "attribute_not_exists(pk)")),
        together("reasons at their places", put("8"), put("1", more=ABSENT), put("9"), delete("2", **ABSENT)),
        together(
            "stored items where they are asked for",
            put("1", more={**ABSENT, **OLD}),
            delete("2", **ABSENT),
            change("3", "SET n = :n", {":n": N(9), ":z": N(0)}, ConditionExpression="n = :z", **OLD),
        ),
        together("no stored item where there is none", put("9"), delete("8", **PRESENT, **OLD)),
        together(
            "a check that fails hands back its item", check("1", "n = :n", {":n": N(7)}, **OLD), put("9")
        ),
        together(
            "conditions see the items as they were",
            change("1", "SET n = :n", {":n": N(2)}),
            check("2", "n = :n", {":n": N(2)}),
        ),
        together("a hundred actions", {"$each": 100, "of": put("x<n>")}),
        together("a hundred and one actions", {"$each": 101, "of": put("x<n>")}),
        together("none"),
        together("the last of a hundred fails", {"$each": 99, "of": put("x<n>")}, put("1", more=ABSENT)),
    ]


def refused() -> list[Case]:
    one = {":n": N(1)}
    return [
        together("two puts of one item", put("8"), put("8")),
        together("a put and a check of one item", put("1"), check("1", "attribute_exists(pk)")),
        together("a delete and an update of one item", delete("1"), change("1", "ADD n :n", one)),
        together(
            "two actions on one item, beside a condition that fails",
            put("1"),
            delete("1", **ABSENT),
            differs=TWICE,
        ),
        together("equal sort keys of two partitions", put("1"), put("1", pk="@q")),
        together("an empty action", put("9"), {}, differs=None),
        together("two actions in one place", {**put("8"), **delete("9")}, differs=TWO_IN_ONE),
        together("an action that does not exist", {"Move": {"Key": key("1")}}),
        together("an argument that does not exist", {"Put": {"Item": item("9"), "ReturnValues": "ALL_OLD"}}),
        together("an update without an expression", {"Update": {"Key": key("1")}}),
        together("a check without a condition", {"ConditionCheck": {"Key": key("1")}}),
        together("a missing operand", put("9"), change("1", "SET q = gone"), differs=AT_ITS_PLACE),
        together(
            "a missing operand beside a failed condition",
            check("1", "attribute_not_exists(pk)"),
            change("2", "SET q = gone"),
            differs=AT_ITS_PLACE,
        ),
        together(
            "two missing operands",
            change("1", "SET q = gone"),
            change("2", "SET q = gone"),
            differs=AT_ITS_PLACE,
        ),
        together(
            "a missing operand behind a failed condition of its own",
            change("1", "SET q = gone", ConditionExpression="n = m"),
        ),
        together(
            "an operand of another type",
            put("9"),
            change("1", "ADD n :s", {":s": SS("x")}),
            differs=AT_ITS_PLACE,
        ),
        together("a path without a parent", put("9"), change("1", "SET q.r = :n", one), differs=AT_ITS_PLACE),
        together(
            "a number that becomes too long",
            put("9"),
            change("1", "ADD n :n", {":n": N("1E125")}),
            differs=AT_ITS_PLACE,
        ),
        together(
            "a set taken from a number",
            put("9"),
            change("1", "DELETE n :s", {":s": SS("x")}),
            differs=AT_ITS_PLACE,
        ),
    ]


def wrong_by_themselves() -> list[Case]:
    one = {":n": N(1)}
    return [
        together("a text added", put("9"), change("1", "ADD n :s", {":s": S("x")}), differs=BEFORE_ALL),
        together(
            "a text subtracted", put("9"), change("1", "SET n = n - :s", {":s": S("x")}), differs=BEFORE_ALL
        ),
        together("a truth compared by order", check("1", "n < :b", {":b": TRUE}), differs=UNCHECKED),
        together(
            "an expression that cannot be read", put("9"), change("1", "SET q == :n", one), differs=BEFORE_ALL
        ),
        together("an empty condition", put("9", more={"ConditionExpression": ""}), differs=BEFORE_ALL),
        together("a value that nobody uses", put("9"), change("1", "REMOVE q", one), differs=BEFORE_ALL),
        together("a value that nobody defined", put("9"), change("1", "SET q = :n"), differs=BEFORE_ALL),
        together("a reserved word", put("9"), change("1", "REMOVE name"), differs=BEFORE_ALL),
        together("paths that overlap", put("9"), change("1", "SET a = :n REMOVE a", one), differs=BEFORE_ALL),
        together(
            "an update of the key", put("9"), change("1", "SET sk = :n", {":n": S("7")}), differs=KEY_CHANGED
        ),
        together(
            "what to hand back is NONE or ALL_OLD",
            check("1", "n = n2", ReturnValuesOnConditionCheckFailure="X"),
            differs=NOT_LOOKED_AT,
        ),
        together("a table that is not there", put("9"), {"Put": {"TableName": "nowhere", "Item": item("8")}}),
    ]


def keys_and_sizes() -> list[Case]:
    whole = 409_600 - len("pk") - len("c0000@p") - len("sk") - len("00") - len("f")
    last = 4_194_304 - 10 * 400_000
    rest = 400_000 - (409_600 - whole)

    def filled(sk: str, count: int) -> dict[str, Any]:
        return put(sk, f=S(repeated("x", count)))

    ten = [filled(f"{number:02}", rest) for number in range(10)]
    around = last - (409_600 - whole)
    return [
        together(
            "a put without a sort key", put("9"), {"Put": {"Item": {"pk": S("@p")}}}, differs=AT_ITS_PLACE
        ),
        together("a key of another type", put("9"), {"Put": {"Item": {"pk": S("@p"), "sk": N(1)}}}),
        together(
            "an update by a key of another type",
            put("9"),
            {"Update": {"Key": {"pk": S("@p"), "sk": N(1)}, "UpdateExpression": "REMOVE a"}},
        ),
        together("more than a key", put("9"), {"Delete": {"Key": item("1", n=N(1))}}, differs=AT_ITS_PLACE),
        together("an empty key", put("9"), put("")),
        together("a key that is too long", put("9"), put(repeated("x", 1025))),
        together("an index key of another type", put("9"), put("8", gsi1pk=N(1))),
        together("an empty index key", put("9"), put("8", gsi1pk=S(""))),
        together("an index key made empty", put("9"), change("1", "SET gsi1pk = :v", {":v": S("")})),
        together("an index key made a number", put("9"), change("1", "SET gsi1pk = :v", {":v": N(1)})),
        Case(
            "Transaction: an index key that is too long",
            [],
            [transact(put("9"), put("8", gsi1pk=S(repeated("x", 2049))))],
            UNMEASURED,
        ),
        together("a bad number", put("9"), put("8", n=N("1x"))),
        together("a number of 39 digits", put("9"), put("8", n=N("9" * 39))),
        together("an item of 400 KB", filled("00", whole)),
        together("an item of 400 KB and one byte", put("9"), filled("00", whole + 1)),
        together(
            "an item of 400 KB and one byte beside a failed condition",
            check("1", "attribute_not_exists(pk)"),
            filled("00", whole + 1),
        ),
        together(
            "an item that becomes larger than 400 KB",
            put("9"),
            change("1", "SET f = :f", {":f": S(repeated("x", 409_600))}),
            differs=AT_ITS_PLACE,
        ),
        together("4 MB", *ten, filled("10", around)),
        together("4 MB and one byte", *ten, filled("10", around + 1)),
    ]


def counted(token: str, number: Any = 1, **more: Any) -> Call:
    return transact(change("1", "ADD n :n", {":n": N(number)}, **more), ClientRequestToken=token)


def tokens() -> list[Case]:
    both = (put("8"), put("9"))
    return [
        Case("Token: the same request is done once", HERE, [counted("@same"), counted("@same")]),
        Case(
            "Token: without one it is done twice", HERE, [transact(change("1", "ADD n :n", {":n": N(1)}))] * 2
        ),
        Case("Token: two tokens, done twice", HERE, [counted("@one"), counted("@two")]),
        Case("Token: for another request", HERE, [counted("@other"), counted("@other", 2)]),
        Case(
            "Token: for the same number written otherwise", HERE, [counted("@form"), counted("@form", "1.0")]
        ),
        Case(
            "Token: for the same actions in another order",
            HERE,
            [transact(*each, ClientRequestToken="@order") for each in (both, both[::-1])],
        ),
        Case(
            "Token: for the same request that asks for its cost",
            HERE,
            [
                counted("@cost"),
                (counted("@cost")[0], {**counted("@cost")[1], "ReturnConsumedCapacity": "TOTAL"}),
            ],
        ),
    ]


def later_tokens() -> list[Case]:
    guarded = {"ConditionExpression": "attribute_exists(w)"}
    return [
        Case(
            "Token: a cancelled request is done when it comes again and can be",
            HERE,
            [
                counted("@again", 1, **guarded),
                ("update_item", {"Key": key("1"), "UpdateExpression": "SET w = :w", **using({":w": TRUE})}),
                counted("@again", 1, **guarded),
            ],
        ),
        Case(
            "Token: a cancelled request leaves its token to another one",
            HERE,
            [counted("@free", 1, **guarded), counted("@free", 7)],
        ),
        Case(
            "Token: a repeated request does not look at its conditions again",
            HERE,
            [transact(put("9", more=ABSENT), ClientRequestToken="@once")] * 2,
        ),
        Case(
            "Token: a repeated request changes nothing, whatever has happened in between",
            HERE,
            [
                transact(put("9", a=N(1)), ClientRequestToken="@between"),
                ("delete_item", {"Key": key("9")}),
                transact(put("9", a=N(1)), ClientRequestToken="@between"),
            ],
        ),
        Case(
            "Token: the other request is not even looked at",
            HERE,
            [counted("@bad"), transact(put("8"), put("8"), ClientRequestToken="@bad")],
        ),
        Case("Token: of 36 letters", HERE, [transact(put("9"), ClientRequestToken="x" * 36)]),
        Case("Token: of 37 letters", HERE, [transact(put("9"), ClientRequestToken="x" * 37)]),
        Case("Token: an empty one", HERE, [transact(put("9"), ClientRequestToken="")]),
    ]


def cases() -> list[Case]:
    return [*outcomes(), *refused(), *wrong_by_themselves(), *keys_and_sizes(), *tokens(), *later_tokens()]
