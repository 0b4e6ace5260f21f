"""Updates: what they leave, what they hand back, and what they refuse."""

from typing import Any

from tests.simulation.table.cases.case import (
    NS,
    RICH,
    SS,
    Case,
    Differs,
    L,
    M,
    N,
    S,
    dynoxide,
    item,
    key,
    local,
    repeated,
    update,
)

GAPS = local(
    "Dynoxide fills the places up to a far index with NULL; documented is that the element is appended."
)
SLIPPING = local("Dynoxide removes one element after the other, so that later indexes slip.")
NO_PARENT = local("Dynoxide passes over a path whose parent is not there.")
ANY_CASE = local("Dynoxide takes function names in capitals as well.")
PARENTHESES = local("Dynoxide takes parentheses that do nothing.")
UNLIMITED = local("Dynoxide does not count operators.")
NO_OLD_IMAGE = local("Dynoxide hands back the key as the old image of an item that was not there.")
ONLY_THE_PART = dynoxide(
    "DynamoDB Local hands back the whole attribute instead of the part that was touched."
)
AS_WRITTEN = dynoxide("DynamoDB Local keeps the numbers of an update as they were written.")
AT_THE_LIMIT = local("Dynoxide counts an updated item as larger than a put one.")

X = {":v": S("x")}
TWO = {":n": N(2)}
NEW: dict[str, Any] = {"ReturnValues": "ALL_NEW"}


def done(
    name: str,
    expression: str,
    values: Any = None,
    differs: Differs | None = None,
    before: Any = RICH,
    **more: Any,
) -> Case:
    call = update(expression, values, **{**NEW, **more})
    return Case(f"Update: {name}", [] if before is None else [before], [call], differs)


def setting() -> list[Case]:
    return [
        done("SET replaces an attribute", "SET a = :v", {":v": S("y")}),
        done("SET may change the type", "SET a = :v", {":v": SS("y")}),
        done("SET adds an attribute", "set q = :v", X),
        done("SET where there is no item makes one", "SET q = :v", X, before=None),
        done("SET an empty text", "SET a = :v", {":v": S("")}),
        done("SET from another attribute", "SET q = m.c"),
        done("SET exchanges two attributes", "SET a = n, n = a"),
        done("SET reads what was there before", "SET n = :n, q = n", TWO),
        done("SET from something missing", "SET q = gone"),
        done("SET from something missing where there is no item", "SET q = gone", before=None),
        done("SET a member", "SET m.k = :v", {":v": S("y")}),
        done("SET a new member", "SET m.q = :v", X),
        done("SET a member of a missing map", "SET gone.k = :v", X),
        done("SET a member of a text", "SET a.k = :v", X),
        done("SET a member of a list", "SET l.k = :v", X),
        done("SET a member two levels down where one is missing", "SET m.q.r = :v", X),
        done("SET a member from its sibling", "SET m.c.d = :n, m.c.e = m.c.d", TWO),
        done("SET an element", "SET l[1] = :v", X),
        done("SET an element right behind the end", "SET l[2] = :v", X),
        done("SET an element far behind the end", "SET l[9] = :v", X, GAPS),
        done("SET two elements far behind the end", "SET l[9] = :v, l[7] = :n", {**X, **TWO}, GAPS),
        done("SET an element of a missing list", "SET gone[0] = :v", X),
        done("SET an element of a map", "SET m[0] = :v", X),
        done("SET an element of an empty list", "SET l[0] = :v", X, before=item(l=L())),
        done("SET inside an element", "SET l[0].k = :v", X, before=item(l=L(M(k=S("y")), N(1)))),
    ]


def calculating() -> list[Case]:
    return [
        done("plus", "SET n = n + :n", TWO),
        done("minus", "SET n = n - :n", TWO),
        done("minus from a value", "SET q = :n - n", TWO),
        done("plus of two values", "SET q = :n + :n", TWO),
        done("plus in parentheses", "SET n = (n + :n)", TWO),
        done("parentheses around operands", "SET n = (n) + (:n)", TWO),
        done("parentheses that do nothing", "SET a = ((:v))", X, PARENTHESES),
        done("only one plus", "SET n = n + :n + :n", TWO),
        done("plus a text", "SET n = n + :v", X),
        done("minus a text", "SET n = n - :v", X),
        done("plus to a text", "SET q = a + :n", TWO),
        done("plus to something missing", "SET q = gone + :n", TWO),
        done("if_not_exists of something missing", "SET q = if_not_exists(q, :n)", TWO),
        done("if_not_exists of something there", "SET q = if_not_exists(n, :n)", TWO),
        done("if_not_exists within plus", "SET q = if_not_exists(q, :n) + :n", TWO),
        done("if_not_exists within itself", "SET q = if_not_exists(g, if_not_exists(h, :n))", TWO),
        done("if_not_exists of two missing things", "SET q = if_not_exists(g, h)"),
        done("if_not_exists of a value", "SET q = if_not_exists(:n, n)", TWO),
        done("if_not_exists of a sum", "SET q = if_not_exists(n, n + :n)", TWO),
        done("list_append behind", "SET l = list_append(l, :l)", {":l": L(N(3))}),
        done("list_append before", "SET l = list_append(:l, l)", {":l": L(N(3))}),
        done("list_append of a list to itself", "SET q = list_append(l, l)"),
        done("list_append to something missing", "SET l = list_append(gone, :l)", {":l": L(N(3))}),
        done(
            "list_append to what may be missing",
            "SET q = list_append(if_not_exists(q, :e), :l)",
            {":l": L(N(3)), ":e": L()},
        ),
        done("list_append of a text", "SET l = list_append(l, :v)", X),
        done("list_append of an attribute that is a text", "SET l = list_append(l, a)"),
        done("list_append of one", "SET l = list_append(l)"),
        done("function names have no capitals", "SET l = List_append(l, l)", None, ANY_CASE),
        done("a function of conditions", "SET q = size(a)"),
        done("an unknown function", "SET q = foo(a)"),
    ]


def removing() -> list[Case]:
    return [
        done("REMOVE an attribute", "REMOVE a"),
        done("REMOVE two", "remove a, n"),
        done("REMOVE something missing", "REMOVE gone"),
        done("REMOVE where there is no item makes one", "REMOVE gone", before=None),
        done("REMOVE a member", "REMOVE m.c.d"),
        done("REMOVE a missing member", "REMOVE m.gone"),
        done("REMOVE a member of something missing", "REMOVE gone.x", None, NO_PARENT),
        done("REMOVE a member of a missing member", "REMOVE m.gone.x", None, NO_PARENT),
        done("REMOVE a member of a text", "REMOVE a.x", None, NO_PARENT),
        done("REMOVE an element of a map", "REMOVE m[0]", None, NO_PARENT),
        done("REMOVE an element of something missing", "REMOVE gone[0]", None, NO_PARENT),
        done("REMOVE an element", "REMOVE l[0]"),
        done("REMOVE an element behind the end", "REMOVE l[2]"),
        done("REMOVE two elements that stand side by side", "REMOVE l[0], l[1]", None, SLIPPING),
        done("REMOVE inside an element twice", "REMOVE l[0].a, l[0].b", before=item(l=L(M(a=N(1), b=N(2))))),
        done("REMOVE one element and SET the next", "REMOVE l[0] SET l[1] = :v", X),
        done("REMOVE one element and append another", "REMOVE l[0] SET l[5] = :v", X, GAPS),
    ]


def adding() -> list[Case]:
    return [
        done("ADD to a number", "ADD n :n", TWO),
        done("ADD a number that ends in a zero to nothing", "ADD q :n", {":n": N("1.50")}, AS_WRITTEN),
        done("SET a number that ends in a zero", "SET q = :n", {":n": N("1.50")}, AS_WRITTEN),
        done(
            "ADD up to a number that ends in a zero",
            "ADD q :n",
            {":n": N("1.5")},
            AS_WRITTEN,
            item(q=N("0.5")),
        ),
        done("ADD something negative", "ADD n :n", {":n": N("-5")}),
        done("ADD fractions exactly", "ADD n :n", {":n": N("0.2")}, before=item(n=N("0.1"))),
        done("ADD to something missing", "add gone :n", TWO),
        done("ADD where there is no item", "ADD n :n", TWO, before=None),
        done("ADD to a text", "ADD a :n", TWO),
        done("ADD a text", "ADD n :v", X),
        done("ADD a list", "ADD l :l", {":l": L(N(3))}),
        done("ADD an attribute", "ADD n n"),
        done("ADD members to a set", "ADD ss :s", {":s": SS("q", "x")}),
        done("ADD a set where none is", "ADD gone :s", {":s": NS(1)}),
        done("ADD a set to a number", "ADD n :s", {":s": NS(1)}),
        done("ADD a set of numbers to one of texts", "ADD ss :s", {":s": NS(1)}),
        done("ADD to a member", "ADD m.c.d :n", TWO),
        done("ADD to a missing member", "ADD m.q :n", TWO),
        done("ADD to a member of a missing member", "ADD m.q.r :n", TWO),
        done("ADD to an element", "ADD l[1] :n", TWO),
        done("ADD up to 38 digits", "ADD n :n", {":n": N(1)}, before=item(n=N("9" * 38))),
        done("ADD beyond 38 digits", "ADD n :n", {":n": N("0.1")}, before=item(n=N("9" * 38))),
        done("ADD beyond the largest number", "ADD n :n", {":n": N("9E125")}, before=item(n=N("9E125"))),
        done(
            "minus below the smallest number",
            "SET n = n - :n",
            {":n": N("1.1E-130")},
            before=item(n=N("1E-130")),
        ),
        done("DELETE members from a set", "DELETE ss :s", {":s": SS("x", "q")}),
        done("DELETE the last members removes the attribute", "DELETE ss :s", {":s": SS("x", "y")}),
        done("DELETE from something missing", "DELETE gone :s", {":s": SS("x")}),
        done("DELETE from a text", "DELETE a :s", {":s": SS("x")}),
        done("DELETE members of another type", "DELETE ss :s", {":s": NS(1)}),
        done("DELETE a text", "DELETE ss :v", X),
        done("DELETE from a member of something missing", "DELETE gone.q :s", {":s": SS("x")}, NO_PARENT),
    ]


def grammar() -> list[Case]:
    names = {f"#{number}": f"a{number}" for number in range(301)}
    sums = [f"{name}=:n+:n" for name in names]
    last = sums.pop()
    return [
        done("all sections in one", "SET a = :v REMOVE n ADD q :n DELETE ss :s", {**X, **TWO, ":s": SS("x")}),
        done("sections in another order", "REMOVE a SET c = :v", X),
        done("a section twice", "SET a = :v SET c = :v", X),
        done("nothing at all", ""),
        done("a section of nothing", "SET"),
        done("a comma at the end", "SET a = :v,", X),
        done("no equals sign", "SET a :v", X),
        done("a value is nothing to set", "SET :v = a", X),
        done("an attribute twice", "SET a = :v, a = :v", X),
        done("an attribute and its member", "SET m = :v REMOVE m.k", X),
        done("an attribute added to and removed", "ADD n :n REMOVE n", TWO),
        done("an attribute as a list and as a map", "SET l[0] = :v, l.k = :v", X),
        done(
            "the same attribute by two names", "SET #a = :v, a = :v", X, ExpressionAttributeNames={"#a": "a"}
        ),
        done("a reserved word", "SET name = :v", X),
        done("a value that nobody uses", "REMOVE a", X),
        done("a value that nobody defined", "SET a = :v"),
        done("the partition key", "SET pk = :v", X),
        done("the sort key", "REMOVE sk"),
        done("a part of the key", "SET pk.a = :v", X),
        done("a key in an update whose condition fails", "SET pk = :v", X, ConditionExpression="a = n"),
        done(
            "a missing operand in an update whose condition fails",
            "SET q = gone",
            ConditionExpression="a = n",
        ),
        done(
            "300 operators",
            f"SET {','.join(sums)}",
            TWO,
            before=None,
            ExpressionAttributeNames={name: names[name] for name in list(names)[:300]},
            ReturnValues="NONE",
        ),
        done(
            "301 operators",
            f"SET {','.join([*sums, last])}",
            TWO,
            UNLIMITED,
            before=None,
            ExpressionAttributeNames=names,
            ReturnValues="NONE",
        ),
        Case("Update: without an expression it makes the item", [], [("update_item", {"Key": key(), **NEW})]),
        Case(
            "Update: without an expression it changes nothing",
            [RICH],
            [("update_item", {"Key": key(), **NEW})],
        ),
    ]


def handing_back() -> list[Case]:
    many: list[Case] = []
    for wanted in ("NONE", "ALL_OLD", "UPDATED_OLD", "ALL_NEW", "UPDATED_NEW"):
        nested = ONLY_THE_PART if wanted.startswith("UPDATED") else None
        more: dict[str, Any] = {"ReturnValues": wanted}
        many += [
            done(f"{wanted} of an item", "SET a = :v, q = :v REMOVE n", {":v": S("y")}, **more),
            done(
                f"{wanted} of no item",
                "SET a = :v REMOVE n",
                X,
                NO_OLD_IMAGE if wanted == "ALL_OLD" else None,
                before=None,
                **more,
            ),
            done(f"{wanted} where nothing is touched", "REMOVE gone", **more),
            done(f"{wanted} of members", "SET m.c.d = :n, m.q = :n", TWO, nested, **more),
            done(f"{wanted} of an element", "SET l[1] = :n", TWO, **more),
            done(f"{wanted} of a removed element", "REMOVE l[0]", **more),
            done(
                f"{wanted} of a removed member",
                "REMOVE m.c.d, a",
                None,
                nested if wanted == "UPDATED_OLD" else None,
                **more,
            ),
        ]
    return [*many, done("anything else is no such choice", "REMOVE a", ReturnValues="BAD")]


def limits() -> list[Case]:
    rest = 409_600 - len("pk") - len("c0000@p") - len("sk") - len("s") - len("a")
    index = [("by_owner's partition key", "gsi1pk", 2048), ("due's sort key", "gsi2sk", 1024)]
    too_long = local("Dynoxide does not measure the keys of indexes.")
    return [
        done(
            "up to 400 KB",
            "SET a = :v",
            {":v": S(repeated("x", rest))},
            AT_THE_LIMIT,
            item(),
            ReturnValues="NONE",
        ),
        done(
            "beyond 400 KB",
            "SET a = :v",
            {":v": S(repeated("x", rest + 1))},
            before=item(),
            ReturnValues="NONE",
        ),
        done(
            "beyond 400 KB by what was there",
            "SET b = :v",
            {":v": S(repeated("x", 210_000))},
            before=item(a=S(repeated("x", 210_000))),
            ReturnValues="NONE",
        ),
        done(
            "a large attribute replaced by another",
            "SET a = :v",
            {":v": S(repeated("y", 300_000))},
            before=item(a=S(repeated("x", 300_000))),
            ReturnValues="NONE",
        ),
        done(
            "a large attribute removed for another",
            "REMOVE a SET b = :v",
            {":v": S(repeated("y", 300_000))},
            before=item(a=S(repeated("x", 300_000))),
            ReturnValues="NONE",
        ),
        *[
            case
            for what, name, most in index
            for case in (
                done(f"{what} as a number", f"SET {name} = :n", TWO),
                done(f"{what} from an attribute that is a number", f"SET {name} = n"),
                done(f"{what} empty", f"SET {name} = :v", {":v": S("")}),
                done(f"{what} from an attribute that is empty", f"SET {name} = a", before=item(a=S(""))),
                done(f"{what} of {most} bytes", f"SET {name} = :v", {":v": S(repeated("x", most))}),
                done(
                    f"{what} of {most + 1} bytes",
                    f"SET {name} = :v",
                    {":v": S(repeated("x", most + 1))},
                    too_long,
                ),
            )
        ],
    ]


def cases() -> list[Case]:
    return [
        *setting(),
        *calculating(),
        *removing(),
        *adding(),
        *grammar(),
        *handing_back(),
        *limits(),
    ]
