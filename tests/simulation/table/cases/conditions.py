"""Conditions: each is put to a delete, which hands back the old item when it goes through."""

from typing import Any

from tests.simulation.table.cases.case import (
    NS,
    NULL,
    OLD,
    RICH,
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
    item,
    local,
    using,
)

UNCHECKED = local("Dynoxide does not look at the types of operands before it evaluates.")
SAME = local("Dynoxide lets an operand be compared with itself.")
PARENTHESES = local("Dynoxide takes no parentheses around an operand.")
UNLIMITED = local("Dynoxide counts neither operators nor operands.")
ANY_CASE = local("Dynoxide takes function names in capitals as well.")
PATHS_ONLY = local("Dynoxide takes only paths here, where the cloud takes values as well.")
LOOSE = local("Dynoxide reads names, indexes or placeholders more loosely than the cloud.")
SPACES = local("Dynoxide takes no spaces within the brackets.")

X = {":v": S("x")}


def asked(
    name: str,
    condition: str,
    values: Any = None,
    names: Any = None,
    differs: Differs | None = None,
    before: Any = RICH,
) -> Case:
    call = delete(ConditionExpression=condition, ReturnValues="ALL_OLD", **using(values, names), **OLD)
    return Case(f"Condition: {name}", [] if before is None else [before], [call], differs)


def comparisons() -> list[Case]:
    return [
        asked("equal values are equal", "a = :v", X),
        asked("different values are not equal", "a = :v", {":v": S("y")}),
        asked("values of different types are not equal", "a = :v", {":v": N(5)}),
        asked("values of different types are unequal", "a <> :v", {":v": N(1)}),
        asked("equal values are not unequal", "a <> :v", X),
        asked("a number is equal however it is written", "n = :v", {":v": N("5.00")}),
        asked("a set is equal in any order", "ss = :v", {":v": SS("y", "x")}),
        asked("a smaller set is another set", "ss = :v", {":v": SS("y")}),
        asked("lists are equal element by element", "l = :v", {":v": L(S("x"), N("1.00"))}),
        asked("a list in another order is another list", "l = :v", {":v": L(N(1), S("x"))}),
        asked("maps are equal member by member", "m.c = :v", {":v": M(e=N("2.0"), d=N(1))}),
        asked("bytes are equal", "bin = :v", {":v": B("YWJj")}),
        asked("a truth is equal to itself", "b = :v", {":v": TRUE}),
        asked("NULL is equal to NULL", "z = :v", {":v": NULL}),
        asked("what is missing equals nothing", "gone = :v", X),
        asked("two missing things are not equal", "gone = gone2"),
        asked("what is missing is unequal to everything", "gone <> :v", X),
        asked("two missing things are unequal", "gone <> gone2"),
        asked("everything is unequal where there is no item", "a <> :v", X, before=None),
        asked("nothing is equal where there is no item", "a = :v", X, before=None),
        asked("the negation of a comparison with something missing holds", "NOT gone = :v", X),
        asked("a value may stand first", ":v = a", X),
        asked("two values may be compared", ":v = :w", {":v": N(1), ":w": N("1.0")}),
        asked("two attributes may be compared", "m.k = a"),
        asked("an attribute is not compared with itself", "a = a", differs=SAME),
        asked("a value may be compared with itself", ":v = :v", X),
        *[
            asked(f"5 {sign} {bound} in numbers", f"n {sign} :v", {":v": N(bound)})
            for sign in ("<", "<=", ">", ">=")
            for bound in (4, 5, "5.5")
        ],
        asked("numbers are ordered as numbers, not as texts", "n < :v", {":v": N(10)}),
        asked("negative numbers are smaller", "n > :v", {":v": N(-10)}),
        asked("texts are ordered by their bytes", "a < :v", {":v": S("é")}),
        asked("capitals come before small letters", "a > :v", {":v": S("Z")}),
        asked("the order is that of UTF-8, not of UTF-16", "u < :v", {":v": S("𝒳")}, before=item(u=S("｡"))),
        asked("bytes are ordered without a sign", "bin < :v", {":v": B("/w==")}),
        asked("a text is not less than a number", "a < :v", {":v": N(9)}),
        asked("a text is not greater than a number either", "a > :v", {":v": N(9)}),
        asked("so its negation holds", "NOT a < :v", {":v": N(9)}),
        asked("what is missing is not less", "gone < :v", X),
        asked("a truth and NULL have no order", "b < z"),
        asked("truths have no order", "b < c", before=item(b={"BOOL": False}, c=TRUE)),
        asked("sets have no order", "b < c", before=item(b=SS("a"), c=SS("b"))),
        *[
            asked(f"{name} has no order", f"a {sign} :v", {":v": value}, differs=UNCHECKED)
            for sign, name, value in (
                ("<", "a truth", TRUE),
                ("<=", "NULL", NULL),
                (">", "a set", SS("q")),
                (">=", "a list", L()),
                ("<", "a map", M()),
            )
        ],
    ]


def ranges_and_options() -> list[Case]:
    bounds = {":a": N(1), ":b": N(5)}
    hundred = {f":v{number}": N(number) for number in range(100)}
    return [
        asked("BETWEEN takes in its upper bound", "n BETWEEN :a AND :b", bounds),
        asked("BETWEEN takes in its lower bound", "n BETWEEN :a AND :b", {":a": N(5), ":b": N(9)}),
        asked("BETWEEN leaves out what is below", "n BETWEEN :a AND :b", {":a": N("5.1"), ":b": N(9)}),
        asked("BETWEEN of one value", "a BETWEEN :v AND :v", X),
        asked("BETWEEN texts", "a between :a and :b", {":a": S("a"), ":b": S("z")}),
        asked("BETWEEN bounds of another type", "a BETWEEN :a AND :b", bounds),
        asked("BETWEEN with bounds the wrong way round", "n BETWEEN :b AND :a", bounds),
        asked("BETWEEN with bounds of two types", "n BETWEEN :a AND :b", {":a": N(1), ":b": S("9")}),
        asked("BETWEEN truths", "n BETWEEN :a AND :b", {":a": TRUE, ":b": TRUE}, differs=UNCHECKED),
        asked("BETWEEN with a missing bound", "n BETWEEN gone AND :b", {":b": N(9)}),
        asked("the negation of it", "NOT n BETWEEN gone AND :b", {":b": N(9)}),
        asked("BETWEEN itself", "n BETWEEN n AND n", differs=SAME),
        asked("BETWEEN and another condition", "n BETWEEN :a AND :b AND b = :c", {**bounds, ":c": TRUE}),
        asked("BETWEEN with bounds in parentheses", "n BETWEEN (:a) AND (:b)", bounds, differs=PARENTHESES),
        asked("IN finds an option", "n IN (:a, :b)", bounds),
        asked("IN finds none", "n IN (:a)", {":a": N(4)}),
        asked("IN compares numbers as numbers", "n in (:a)", {":a": N("5.0")}),
        asked("IN may name other attributes", "m.k IN (a, n)"),
        asked("IN never finds what is missing", "gone IN (:a, gone2)", {":a": N(4)}),
        asked("IN may name an option twice", "a IN (:v, :v)", X),
        asked("IN does not name its own subject", "n IN (n, a)", differs=SAME),
        asked("IN needs an option", "n IN ()"),
        asked("IN needs parentheses", "n IN :a", {":a": N(5)}),
        asked("IN takes one subject", "(n, a) IN (:v)", X),
        asked("IN takes a hundred options", f"n IN ({','.join(hundred)})", hundred),
        asked(
            "IN takes no more than a hundred options",
            f"n IN ({','.join(hundred)},:w)",
            {**hundred, ":w": N(1)},
            differs=UNLIMITED,
        ),
    ]


def functions() -> list[Case]:
    return [
        asked("attribute_exists of an attribute", "attribute_exists(a)"),
        asked("attribute_exists of something missing", "attribute_exists(gone)"),
        asked("attribute_exists of a NULL", "attribute_exists (z)"),
        asked("attribute_exists where there is no item", "attribute_exists(pk)", before=None),
        asked("attribute_not_exists where there is no item", "attribute_not_exists(pk)", before=None),
        asked("attribute_not_exists where there is one", "attribute_not_exists(pk)"),
        asked("attribute_not_exists of an element behind the end", "attribute_not_exists(l[2])"),
        asked("attribute_exists of the last element", "attribute_exists(l[1])"),
        asked("attribute_exists of a member", "attribute_exists(m.c.d)"),
        asked("attribute_exists of a value", "attribute_exists(:v)", X),
        asked("attribute_exists of two things", "attribute_exists(a, b)"),
        asked("attribute_exists of nothing", "attribute_exists()"),
        asked("function names have no capitals", "Attribute_exists(a)", differs=ANY_CASE),
        asked("an unknown function", "exists(a)"),
        asked("a function of updates", "if_not_exists(a, :v)", X),
        asked("a function's truth is not compared", "attribute_exists(a) = :v", {":v": TRUE}),
        *[
            asked(f"attribute_type {kind} of {name}", f"attribute_type({name}, :t)", {":t": S(kind)})
            for name, kind in (
                ("a", "S"),
                ("n", "N"),
                ("bin", "B"),
                ("ss", "SS"),
                ("l", "L"),
                ("m", "M"),
                ("b", "BOOL"),
                ("z", "NULL"),
                ("a", "N"),
                ("gone", "NULL"),
            )
        ],
        asked("attribute_type knows its types", "attribute_type(a, :t)", {":t": S("X")}, differs=UNCHECKED),
        asked("a type is named by a text", "attribute_type(a, :t)", {":t": N(1)}, differs=UNCHECKED),
        asked("a type is named by a value", "attribute_type(a, b)", differs=UNCHECKED),
        asked(
            "attribute_type of a value",
            "attribute_type(:a, :b)",
            {":a": N(1), ":b": S("N")},
            differs=PATHS_ONLY,
        ),
    ]


def parts() -> list[Case]:
    two = {":n": N(2)}
    return [
        asked("begins_with itself", "begins_with(a, :v)", X),
        asked("begins_with nothing", "begins_with(a, :v)", {":v": S("")}),
        asked("begins_with something longer", "begins_with(a, :v)", {":v": S("xx")}),
        asked("begins_with bytes", "begins_with(bin, :v)", {":v": B("YWI=")}),
        asked("begins_with of a number", "begins_with(n, :v)", {":v": S("5")}),
        asked("begins_with a number", "begins_with(a, :v)", {":v": N(1)}),
        asked("begins_with another attribute", "begins_with(m.k, a)"),
        asked("begins_with itself by name", "begins_with(a, a)", differs=SAME),
        asked("begins_with of a value", "begins_with(:v, a)", X),
        asked("contains part of a text", "contains(pk, :v)", {":v": S("@")}),
        asked("contains part of bytes", "contains(bin, :v)", {":v": B("YmM=")}),
        asked("contains a member of a set", "contains(ss, :v)", X),
        asked("contains no set within a set", "contains(ss, :v)", {":v": SS("x")}),
        asked(
            "contains a number in a set of numbers",
            "contains(o, :n)",
            {":n": N("2.0")},
            before=item(o=NS(1, 2)),
        ),
        asked("contains an element of a list", "contains(l, :n)", {":n": N("1.0")}),
        asked("contains a list in a list", "contains(l, :n)", {":n": L(N(1))}, before=item(l=L(L(N(1))))),
        asked("contains no key of a map", "contains(m, :v)", {":v": S("k")}),
        asked("contains no number in a text", "contains(a, :n)", two),
        asked("contains in something missing", "contains(gone, :n)", two),
        asked("contains itself by name", "contains(a, a)"),
        asked("contains in a given list", "contains(:n, a)", {":n": L(S("x"))}),
    ]


def measures() -> list[Case]:
    two = {":n": N(2)}
    return [
        asked("size of a text", "size(a) = :n", {":n": N(1)}),
        asked("size of a text is in characters", "size(u) = :n", two, before=item(u=S("é€"))),
        asked("size counts a rare character as two", "size(u) = :n", two, before=item(u=S("𝒳"))),
        asked("size of a set", "size (ss) = :n", two),
        asked("size of a list", "size(l) >= :n", two),
        asked("size of a map", "size(m) < :n", two),
        asked("size of bytes", "size(bin) = :n", {":n": N(3)}),
        asked("size of a number is nothing", "size(n) = :n", {":n": N(1)}),
        asked("and nothing is unequal", "size(n) <> :n", {":n": N(1)}),
        asked("size of a truth is nothing", "size(b) < :n", {":n": N(9)}),
        asked("size against size", "size(l) = size(m)"),
        asked("size in a range", "size(a) BETWEEN :n AND :n", {":n": N(1)}),
        asked("size of a value", "size(:v) = :n", {":n": N(1), ":v": S("x")}, differs=PATHS_ONLY),
        asked("size of a number that is given", "size(:v) = :n", {":n": N(1), ":v": N(4)}),
        asked("size alone is no condition", "size(a)"),
        asked("size has no beginning", "begins_with(size(a), :v)", X, differs=UNCHECKED),
    ]


def logic() -> list[Case]:
    false, true = "n = :v", "a = :v"
    many = [" OR ".join([true] * count) for count in (150, 151)]
    return [
        asked("AND of true and false", f"{true} AND {false}", X),
        asked("AND of three", f"{true} and {true} And attribute_exists(b)", X),
        asked("OR of false and true", f"{false} OR {true}", X),
        asked("OR of three that are false", f"{false} or {false} or {false}", X),
        asked("AND binds more strongly than OR", f"{true} OR {false} AND {false}", X),
        asked("parentheses bind most strongly", f"({true} OR {false}) AND {false}", X),
        asked("NOT binds more strongly than AND", f"NOT {false} AND {true}", X),
        asked("NOT before parentheses", f"not ({true} AND {false})", X),
        asked("NOT twice", f"NOT NOT {true}", X),
        asked("NOT twice with parentheses", f"NOT (NOT {true})", X),
        asked("parentheses around everything", f"({true})", X),
        asked("parentheses within parentheses", f"(({true}) AND ({true})) OR {false}", X),
        asked("parentheses that do nothing", f"(({true}))", X),
        asked("parentheses that do nothing, deeper", f"NOT (({true}))", X),
        asked("parentheses around an operand", "(a) = (:v)", X, differs=PARENTHESES),
        asked("two parentheses around an operand", "((a)) = :v", X),
        asked("an operand alone", "a"),
        asked("operands are not joined", "a AND b"),
        asked("nothing after AND", f"{true} AND", X),
        asked("nothing at all", ""),
        asked("only a space", " "),
        asked("spaces, tabs and line ends anywhere", "a\t=\n:v\r AND  attribute_exists\n( b )", X),
        asked("two equals signs", "a == :v", X),
        asked("an exclamation mark", "a != :v", X),
        asked("a number in the text", "a = 5"),
        asked("a text in the text", "a = 'x'"),
        asked("300 operators", many[0][: many[0].rindex(" OR ")], X),
        asked("301 operators", many[1], X, differs=UNLIMITED),
        asked("4,096 bytes", true + " " * 4090, X),
        asked("4,097 bytes", true + " " * 4091, X),
    ]


def placeholders() -> list[Case]:
    return [
        asked("a name of two letters and a number", "a_1 <> :v", X),
        asked("a name does not begin with a line", "_a <> :v", X, differs=LOOSE),
        asked("a name does not begin with a digit", "1a <> :v", X),
        asked("a name has no hyphen", "a-1 <> :v", X),
        asked("a name has no foreign letters", "é <> :v", X),
        asked("a placeholder may begin with a digit", "#1a = :v", X, {"#1a": "a"}),
        asked("a placeholder for a name with a dot", "#a = :v", X, {"#a": "m.k"}),
        asked("placeholders along a path", "#m.#k = :v", X, {"#m": "m", "#k": "k"}),
        asked("a placeholder that nobody defined", "#n = :v", X),
        asked("a placeholder that nobody uses", "a = :v", X, {"#n": "n"}),
        asked("a value that nobody defined", "a = :v"),
        asked("a value that nobody uses", "a = :v", {**X, ":w": N(1)}),
        asked("a value whose name has no colon", "a = :v", {"v": S("x")}),
        asked("a placeholder whose name has no hash", "#a = :v", X, {"a": "m"}),
        asked("a placeholder that is only a hash", "a = :v", X, {"#": "q"}),
        asked("a placeholder with a hyphen", "#a-b = :v", X, {"#a-b": "a"}),
        asked("a value that is only a colon", "a = :", {":": S("x")}),
        asked("a value named by a digit", "a = :1", {":1": S("x")}),
        asked("a value named by a line", "a = :_", {":_": S("x")}),
        asked("a placeholder for an empty name", "#a <> :v", X, {"#a": ""}, differs=LOOSE),
        asked("no placeholders, but the argument", "a = :v", X, {}),
        asked("no values, but the argument", "attribute_exists(a)", {}),
        asked("a bad value", "a = :v", {":v": N("9" * 39)}),
        asked("an empty value", "a = :v", {":v": {}}),
        asked("a list's element", "l[0] = :v", X),
        asked("a list's element with a space before it", "l [0] = :v", X),
        asked("a list's element with spaces inside", "l[ 0 ] = :v", X, differs=SPACES),
        asked("an element behind the end", "l[2] = :v", X),
        asked("a negative index", "l[-1] = :v", X),
        asked("an index with a zero in front", "l[00] = :v", X, differs=LOOSE),
        asked("an index that is a value", "l[:v] = :v", X),
        asked("an index into a map", "m[0] = :v", X),
        asked("a member", "m.k = :v", X),
        asked("a member with spaces around the dot", "m . k = :v", X),
        asked("a member of a text", "a.k = :v", X),
        asked("a member of a list", "l.k = :v", X),
        asked("an element of an element", "l[0][0] = :v", X),
        *[
            asked(f"the reserved word {word}", f"{word} = :v", X)
            for word in (
                "name",
                "Status",
                "VALUE",
                "counter",
                "items",
                "user",
                "ttl",
                "data",
                "zone",
                "second",
            )
        ],
        asked("a reserved word along a path", "m.name = :v", X),
        asked("a reserved word behind a placeholder", "#n <> :v", X, {"#n": "name"}),
        asked("a word that only looks reserved", "named <> :v", X),
    ]


def cases() -> list[Case]:
    return [
        *comparisons(),
        *ranges_and_options(),
        *functions(),
        *parts(),
        *measures(),
        *logic(),
        *placeholders(),
    ]
