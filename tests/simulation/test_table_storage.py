"""What no engine shows of reads: indexes that are late, stale items, short pages, copies of a whole table."""

import copy
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.simulation.table import calls
from tests.simulation.table.cases.case import L, M, N, S, item, key
from tests.simulation.table.small import (
    ONE,
    TABLE,
    THREE,
    TWO,
    index_query,
    indexed,
    pages,
    scanned,
    three_items,
    write,
)
from tests.simulation.table.storage import Key, Storage

ADD_TO_TWO = {
    "Update": {
        **TABLE,
        "Key": key("2", "p"),
        "UpdateExpression": "ADD n :n",
        "ExpressionAttributeValues": {":n": N(1)},
    }
}


@pytest.fixture
def storage() -> Storage:
    return three_items()


def test_an_index_shows_a_change_when_it_is_refreshed(storage: Storage) -> None:
    write(storage, "put_item", Item=indexed("1", "a"))
    write(storage, "put_item", Item=indexed("2", "b"))
    assert list(storage.waiting) == [ONE, TWO]
    assert index_query(storage)["Count"] == 0

    storage.refresh([TWO])
    assert index_query(storage)["Items"] == [indexed("2", "b")]
    assert list(storage.waiting) == [ONE]

    storage.refresh()
    assert index_query(storage)["Items"] == [indexed("1", "a"), indexed("2", "b")]
    assert not storage.waiting


def test_until_then_it_shows_the_item_as_it_was(storage: Storage) -> None:
    write(storage, "put_item", Item={**indexed("1", "a"), "version": N(1)})
    storage.refresh()
    write(storage, "put_item", Item={**indexed("1", "b"), "version": N(2)})
    assert index_query(storage)["Items"] == [{**indexed("1", "a"), "version": N(1)}]

    write(storage, "delete_item", Key=key("1", "p"))
    assert index_query(storage)["Items"] == [{**indexed("1", "a"), "version": N(1)}]
    assert calls.read(storage, "get_item", {**TABLE, "Key": key("1", "p")}) == {}

    storage.refresh()
    assert index_query(storage)["Items"] == []


def test_an_item_that_no_index_shows_does_not_wait(storage: Storage) -> None:
    write(storage, "update_item", Key=key("1", "p"), UpdateExpression="REMOVE n")

    assert not storage.waiting


def test_refreshing_what_does_not_wait_changes_nothing(storage: Storage) -> None:
    storage.refresh([ONE, ("nobody", "x")])

    assert index_query(storage)["Count"] == 0


def test_point_reads_see_what_they_are_shown(storage: Storage) -> None:
    stale: dict[Key, Any] = {ONE: item("1", "p", n=N(0))}
    arguments = {"RequestItems": {"tongka": {"Keys": [key("1", "p"), key("2", "p")]}}}

    got = calls.read(storage, "get_item", {**TABLE, "Key": key("1", "p")}, look=stale.get)
    batch = calls.read(storage, "batch_get_item", arguments, look=stale.get)

    assert got == {"Item": stale[ONE]}
    assert batch == {"Responses": {"tongka": [stale[ONE]]}, "UnprocessedKeys": {}}


@pytest.mark.parametrize("operation", ["query", "scan"])
@pytest.mark.parametrize("bound", [{"items_max": 2}, {"page_bytes": 15}])
def test_a_page_can_be_cut_short_and_the_next_one_goes_on(
    storage: Storage, operation: str, bound: dict[str, Any]
) -> None:
    arguments: dict[str, Any] = dict(TABLE)
    if operation == "query":
        arguments |= {"KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": {":p": S("p")}}

    first = calls.read(storage, operation, arguments, **bound)
    start = {"ExclusiveStartKey": first["LastEvaluatedKey"]}
    second = calls.read(storage, operation, {**arguments, **start}, **bound)

    assert [found["n"] for found in first["Items"]] == [N(1), N(2)]
    assert [found["n"] for found in second["Items"]] == [N(3)]
    assert "LastEvaluatedKey" not in second


def test_the_smaller_of_two_limits_holds(storage: Storage) -> None:
    for limit, items_max, count in ((1, 2, 1), (2, 1, 1), (3, None, 3)):
        answer = calls.read(storage, "scan", {**TABLE, "Limit": limit}, items_max=items_max)
        assert answer["Count"] == count


def test_segments_share_everything_between_them(storage: Storage) -> None:
    for number in range(40):
        write(storage, "put_item", Item=item("s", f"pk-{number}"))

    found: list[str] = []
    for segment in range(7):
        for answer in pages(scanned, storage, {"Segment": segment, "TotalSegments": 7}):
            found += [each["pk"]["S"] + each["sk"]["S"] for each in answer["Items"]]

    assert sorted(found) == sorted([f"pk-{number}s" for number in range(40)] + ["p1", "p2", "p3"])


def test_a_scan_goes_on_in_its_own_segment_only(storage: Storage) -> None:
    start = {"ExclusiveStartKey": key("1", "p")}
    answers = []
    for segment in range(2):
        try:
            calls.read(storage, "scan", {**TABLE, **start, "Segment": segment, "TotalSegments": 2})
        except ClientError as refused:
            answers.append(refused.response["Error"]["Code"])
        else:
            answers.append("found")

    assert sorted(answers) == ["ValidationException", "found"]


def test_paging_through_equal_keys_of_an_index_meets_each_item_once(storage: Storage) -> None:
    for number in range(9):
        write(storage, "put_item", Item=indexed(f"{number}", "same"))
    storage.refresh()

    for forward in (True, False):
        answers = pages(index_query, storage, {"Limit": 2, "ScanIndexForward": forward})
        found = [each["sk"]["S"] for answer in answers for each in answer["Items"]]
        assert sorted(found) == [f"{number}" for number in range(9)]
        assert found != sorted(found)


def test_a_copy_and_its_original_go_their_own_ways(storage: Storage) -> None:
    write(storage, "put_item", Item=indexed("1", "a"))
    other = storage.copy()

    write(other, "transact_write_items", TransactItems=[ADD_TO_TWO], ClientRequestToken="t")
    write(other, "delete_item", Key=key("3", "p"))
    other.refresh()
    write(storage, "put_item", Item=indexed("4", "b"))

    assert storage.get(TWO) == item("2", "p", n=N(2))
    assert (storage.get(THREE) is None, other.get(THREE) is None) == (False, True)
    assert (list(storage.waiting), list(other.waiting)) == ([ONE, ("p", "4")], [])
    assert (index_query(storage)["Count"], index_query(other)["Count"]) == (0, 1)
    assert (storage.tokens == {}, len(other.tokens)) == (True, 1)
    assert other.get(("p", "4")) is None


def test_what_the_indexes_of_a_copy_show_is_its_own(storage: Storage) -> None:
    write(storage, "put_item", Item={**indexed("1", "a"), "version": N(1)})
    storage.refresh()
    other = storage.copy()

    write(other, "put_item", Item={**indexed("1", "a"), "version": N(2)})
    other.refresh()

    assert [index_query(each)["Items"][0]["version"] for each in (storage, other)] == [N(1), N(2)]


def test_a_scan_meets_partitions_that_come_and_not_those_that_went(storage: Storage) -> None:
    other = storage.copy()
    assert scanned(storage)["Count"] == 3
    write(storage, "put_item", Item=item("s", "new"))
    assert calls.read(storage, "scan", TABLE)["Count"] == 4
    write(storage, "delete_item", Key=key("s", "new"))
    write(storage, "delete_item", Key=key("1", "p"))
    write(storage, "put_item", Item=item("s", "p"))

    found = [each["sk"]["S"] for each in calls.read(storage, "scan", TABLE)["Items"]]
    assert found == ["2", "3", "s"]
    assert scanned(other)["Count"] == 3


def test_items_come_in_the_order_of_their_keys(storage: Storage) -> None:
    write(storage, "put_item", Item=item("0", "z"))
    write(storage, "put_item", Item=item("0", "a"))

    assert [found for found, _ in storage.items()] == [("a", "0"), ONE, TWO, THREE, ("z", "0")]


def test_what_is_stored_is_a_copy_and_is_never_changed_in_place(storage: Storage) -> None:
    given = item("1", "p", l=L(M(a=N("1.0")), N(2)), m=M(k=S("x")), ss={"SS": ["b", "a"]})
    write(storage, "put_item", Item=given)
    given["l"]["L"].clear()
    held = storage.get(ONE)
    then = copy.deepcopy(held)
    assert held == item("1", "p", l=L(M(a=N(1)), N(2)), m=M(k=S("x")), ss={"SS": ["a", "b"]})

    expression = "SET l[0].a = :v, m.q = :v, l[5] = :v ADD ss :s REMOVE l[1]"
    values = {":v": N(7), ":s": {"SS": ["c"]}}
    arguments = {"UpdateExpression": expression, "ExpressionAttributeValues": values}
    write(storage, "update_item", Key=key("1", "p"), **arguments)

    assert held == then
    assert storage.get(ONE) == item(
        "1", "p", l=L(M(a=N(7)), N(7)), m=M(k=S("x"), q=N(7)), ss={"SS": ["a", "b", "c"]}
    )


def test_an_answer_may_be_changed_by_the_one_who_gets_it(storage: Storage) -> None:
    calls.read(storage, "get_item", {**TABLE, "Key": key("1", "p")})["Item"].clear()
    calls.read(storage, "scan", TABLE)["Items"][0].clear()

    assert [len(found) for _, found in storage.items()] == [3, 3, 3]
