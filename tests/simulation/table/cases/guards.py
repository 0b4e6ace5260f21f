"""Guarded writes: what a failed condition hands back, and short stories of several who write at once."""

from tests.simulation.table.cases.case import OLD, Case, L, N, S, delete, item, key, local, update, using


def single_writes() -> list[Case]:
    kept = item(a=N(1))
    absent = "attribute_not_exists(pk)"
    return [
        Case(
            "A put over an item that must not be there hands the item back",
            [kept],
            [("put_item", {"Item": item(a=N(2)), "ConditionExpression": absent, **OLD})],
        ),
        Case(
            "It does not if nobody asks for it",
            [kept],
            [("put_item", {"Item": item(a=N(2)), "ConditionExpression": absent})],
        ),
        Case(
            "A failed update of nothing hands back nothing and makes nothing",
            [],
            [
                (
                    "update_item",
                    {
                        "Key": key(),
                        "UpdateExpression": "SET a = :v",
                        "ConditionExpression": "attribute_exists(pk)",
                        **using({":v": N(1)}),
                        **OLD,
                    },
                )
            ],
        ),
        Case(
            "A failed delete leaves everything as it is",
            [kept],
            [delete(ConditionExpression="a = :v", **using({":v": N(2)}), **OLD)],
        ),
        Case(
            "What to hand back is NONE or ALL_OLD",
            [kept],
            [delete(ConditionExpression=absent, ReturnValuesOnConditionCheckFailure="ALL_NEW")],
            local("Dynoxide does not look at this argument."),
        ),
        Case(
            "Names without an expression",
            [kept],
            [delete(**using(names={"#a": "a"}))],
        ),
        Case("Values without an expression", [kept], [delete(**using({":a": N(1)}))]),
    ]


def stories() -> list[Case]:
    guarded = {"ConditionExpression": "n >= :one", **OLD}
    one = {":one": N(1)}
    return [
        Case(
            "A counter is taken down to zero and no further",
            [item(n=N(2))],
            [("update_item", {"Key": key(), "UpdateExpression": "SET n = n - :one", **using(one), **guarded})]
            * 3,
        ),
        Case(
            "Of two who saw the same version, the second is refused and learns how the item is",
            [item(v=N(7))],
            [
                (
                    "update_item",
                    {
                        "Key": key(),
                        "UpdateExpression": "SET v = :new, w = :who",
                        "ConditionExpression": "v = :old",
                        **using({":old": N(7), ":new": N(8), ":who": S(who)}),
                        **OLD,
                    },
                )
                for who in ("first", "second")
            ],
        ),
        Case(
            "What is created once is not created again",
            [],
            [
                (
                    "put_item",
                    {
                        "Item": item(w=S(who)),
                        "ConditionExpression": "attribute_not_exists (#0)",
                        **using(names={"#0": "pk"}),
                        **OLD,
                    },
                )
                for who in ("first", "second")
            ],
        ),
        Case(
            "Elements are appended one by one",
            [],
            [
                update("SET l = list_append(if_not_exists(l, :e), :l)", {":e": L(), ":l": L(N(n))})
                for n in (1, 2, 3)
            ],
        ),
    ]


def cases() -> list[Case]:
    return [*single_writes(), *stories()]
