"""What no engine shows: conflicts, tokens that end, late indexes, short pages; and the double's own rules."""

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from adapters.dynamodb.schema import definition
from tests.simulation.table import calls
from tests.simulation.table.cases.case import OLD, L, M, N, S, item, key
from tests.simulation.table.client import Client
from tests.simulation.table.storage import Key, Storage

TABLE = {"TableName": "tongka"}
ONE, TWO, THREE = ("p", "1"), ("p", "2"), ("p", "3")


@pytest.fixture
def storage() -> Storage:
    made = Storage(definition("tongka"))
    for number in range(1, 4):
        write(made, "put_item", Item=item(str(number), "p", n=N(number)))
    made.refresh()
    return made


def write(storage: Storage, operation: str, **arguments: Any) -> calls.Prepared:
    single = {} if "TransactItems" in arguments else TABLE
    prepared = calls.prepare(storage, operation, {**single, **arguments})
    calls.commit(storage, prepared)
    return prepared


def put(sk: str, **more: Any) -> dict[str, Any]:
    return {"Put": {**TABLE, "Item": item(sk, "p", a=N(1)), **more}}


def add(sk: str, **more: Any) -> dict[str, Any]:
    body = {"UpdateExpression": "ADD n :n", "ExpressionAttributeValues": {":n": N(1)}}
    return {"Update": {**TABLE, "Key": key(sk, "p"), **body, **more}}


def refusal(act: Callable[[], object]) -> Any:
    with pytest.raises(ClientError) as refused:
        act()
    return refused.value.response


def index_query(storage: Storage, **more: Any) -> dict[str, Any]:
    arguments = {
        "IndexName": "by_owner",
        "KeyConditionExpression": "gsi1pk = :p",
        "ExpressionAttributeValues": {":p": S("g")},
    }
    return calls.read(storage, "query", {**TABLE, **arguments, **more})


def scanned(storage: Storage, arguments: dict[str, Any]) -> dict[str, Any]:
    return calls.read(storage, "scan", arguments, items_max=3)


def pages(read: Callable[[dict[str, Any]], dict[str, Any]]) -> Iterator[dict[str, Any]]:
    start: dict[str, Any] = {}
    for _ in range(100):
        answer = read(start)
        yield answer
        if "LastEvaluatedKey" not in answer:
            return
        start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}
    raise AssertionError("Nothing ends this.")


def indexed(sk: str, place: str) -> dict[str, Any]:
    return item(sk, "p", gsi1pk=S("g"), gsi1sk=S(place))


def test_a_write_is_prepared_without_changing_anything_and_then_committed(storage: Storage) -> None:
    before = list(storage.items())

    prepared = calls.prepare(storage, "transact_write_items", {"TransactItems": [add("1"), put("9")]})

    assert list(storage.items()) == before
    assert prepared.keys == (ONE, ("p", "9"))
    calls.commit(storage, prepared)
    assert storage.get(ONE) == item("1", "p", n=N(2))
    assert storage.get(("p", "9")) == item("9", "p", a=N(1))


def test_a_check_is_among_the_keys_and_not_among_the_changes(storage: Storage) -> None:
    check = {"ConditionCheck": {**TABLE, "Key": key("2", "p"), "ConditionExpression": "attribute_exists(n)"}}

    prepared = calls.prepare(storage, "transact_write_items", {"TransactItems": [check, put("1")]})

    assert prepared.keys == (TWO, ONE)
    assert [changed for changed, _ in prepared.changes] == [ONE]


@pytest.mark.parametrize(
    "operation, arguments",
    [
        ("put_item", {"Item": item("1", "p")}),
        ("delete_item", {"Key": key("1", "p")}),
        ("update_item", {"Key": key("1", "p"), "UpdateExpression": "REMOVE n"}),
    ],
)
def test_a_single_write_of_an_item_that_a_transaction_holds_is_a_conflict(
    storage: Storage, operation: str, arguments: dict[str, Any]
) -> None:
    response = refusal(lambda: calls.prepare(storage, operation, {**TABLE, **arguments}, locked={ONE}))

    assert response["Error"]["Code"] == "TransactionConflictException"
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_an_item_that_another_transaction_holds_is_a_conflict_at_its_place(storage: Storage) -> None:
    fails = {"ConditionExpression": "attribute_not_exists(pk)", **OLD}
    bad = {"Update": {**TABLE, "Key": key("9", "p"), "UpdateExpression": "SET q = gone"}}
    request = {"TransactItems": [add("1", **fails), add("2", **fails), put("8"), bad]}

    response = refusal(lambda: calls.prepare(storage, "transact_write_items", request, locked={ONE}))

    assert response["Error"]["Code"] == "TransactionCanceledException"
    reasons = response["CancellationReasons"]
    codes = ["TransactionConflict", "ConditionalCheckFailed", "None", "ValidationError"]
    assert [reason["Code"] for reason in reasons] == codes
    assert [reason.get("Item") for reason in reasons] == [None, item("2", "p", n=N(2)), None, None]
    assert "Message" not in reasons[2]


def test_what_is_wrong_by_itself_is_refused_even_if_the_item_is_held(storage: Storage) -> None:
    wrong = {**TABLE, "Key": key("1", "p"), "UpdateExpression": "SET"}

    response = refusal(lambda: calls.prepare(storage, "update_item", wrong, locked={ONE}))

    assert response["Error"]["Code"] == "ValidationException"


def test_a_token_is_remembered_for_ten_minutes_after_it_was_committed(storage: Storage) -> None:
    request = {"TransactItems": [add("1")], "ClientRequestToken": "t"}
    storage.seconds = 1000.0
    write(storage, "transact_write_items", **request)

    storage.seconds = 1599.9
    again = write(storage, "transact_write_items", **request)
    assert (again.keys, again.changes, again.token) == ((), (), None)
    other = {**request, "TransactItems": [add("2")]}
    response = refusal(lambda: calls.prepare(storage, "transact_write_items", other))
    assert response["Error"]["Code"] == "IdempotentParameterMismatchException"
    assert storage.get(ONE) == item("1", "p", n=N(2))

    storage.seconds = 1600.0
    write(storage, "transact_write_items", **other)
    assert storage.get(TWO) == item("2", "p", n=N(3))


def test_a_token_of_a_write_that_was_only_prepared_is_not_remembered(storage: Storage) -> None:
    request = {"TransactItems": [add("1")], "ClientRequestToken": "t"}
    calls.prepare(storage, "transact_write_items", request)

    write(storage, "transact_write_items", **request)

    assert storage.get(ONE) == item("1", "p", n=N(2))


def test_a_token_stands_for_the_request_as_it_was_made(storage: Storage) -> None:
    request: dict[str, Any] = {"TransactItems": [add("1")], "ClientRequestToken": "t"}
    made = copy.deepcopy(request)
    write(storage, "transact_write_items", **made)
    made["TransactItems"].clear()

    again = write(storage, "transact_write_items", **request)

    assert again.changes == ()


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
        arguments: dict[str, Any] = {**TABLE, "Segment": segment, "TotalSegments": 7}
        for answer in pages(lambda start, asked=arguments: scanned(storage, {**asked, **start})):
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
        more = {"Limit": 2, "ScanIndexForward": forward}
        answers = pages(lambda start, more=more: index_query(storage, **more, **start))
        found = [each["sk"]["S"] for answer in answers for each in answer["Items"]]
        assert sorted(found) == [f"{number}" for number in range(9)]
        assert found != sorted(found)


def test_a_copy_and_its_original_go_their_own_ways(storage: Storage) -> None:
    write(storage, "put_item", Item=indexed("1", "a"))
    other = storage.copy()

    write(other, "transact_write_items", TransactItems=[add("2")], ClientRequestToken="t")
    write(other, "delete_item", Key=key("3", "p"))
    other.refresh()
    write(storage, "put_item", Item=indexed("4", "b"))

    assert storage.get(TWO) == item("2", "p", n=N(2))
    assert (storage.get(THREE) is None, other.get(THREE) is None) == (False, True)
    assert (list(storage.waiting), list(other.waiting)) == ([ONE, ("p", "4")], [])
    assert (index_query(storage)["Count"], index_query(other)["Count"]) == (0, 1)
    assert (storage.tokens == {}, len(other.tokens)) == (True, 1)
    assert other.get(("p", "4")) is None


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


@pytest.mark.parametrize(
    "operation, arguments",
    [
        ("put_item", {"Item": item(), "Expected": {}}),
        ("put_item", {"Item": item(), "ReturnItemCollectionMetrics": "SIZE"}),
        ("update_item", {"Key": key(), "AttributeUpdates": {}}),
        ("get_item", {"Key": key(), "AttributesToGet": ["a"]}),
        ("query", {"KeyConditions": {}}),
        ("scan", {"ScanFilter": {}}),
        ("scan", {"IndexName": "by_owner", "FilterExpression": "attribute_exists(big)"}),
    ],
)
def test_what_is_not_modelled_says_so(storage: Storage, operation: str, arguments: dict[str, Any]) -> None:
    with pytest.raises(NotImplementedError):
        getattr(Client(storage), operation)(**TABLE, **arguments)


@pytest.mark.parametrize(
    "change",
    [
        {"LocalSecondaryIndexes": []},
        {"KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}]},
        {"AttributeDefinitions": [{"AttributeName": name, "AttributeType": "N"} for name in ("pk", "sk")]},
    ],
)
def test_a_table_of_another_kind_is_not_modelled(change: dict[str, Any]) -> None:
    with pytest.raises(NotImplementedError):
        Storage({**definition("tongka"), **change})


def test_an_index_may_project_everything() -> None:
    request = definition("tongka")
    request["GlobalSecondaryIndexes"][0]["Projection"] = {"ProjectionType": "ALL"}
    storage = Storage(request)
    write(storage, "put_item", Item={**indexed("1", "a"), "whatever": N(1)})
    storage.refresh()

    assert index_query(storage, Select="ALL_ATTRIBUTES")["Items"] == [{**indexed("1", "a"), "whatever": N(1)}]


def test_no_index_is_one_of_the_clients_answers(storage: Storage) -> None:
    client = Client(storage)

    client.put_item(**TABLE, Item=indexed("1", "a"))

    assert index_query(storage)["Count"] == 1
    assert not hasattr(client, "batch_write_item")
