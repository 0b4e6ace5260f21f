"""What no engine shows of writes: conflicts and tokens that end; and what the double does not model."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from adapters.dynamodb.schema import definition
from tests.simulation.table import calls
from tests.simulation.table.cases.case import OLD, N, item, key
from tests.simulation.table.client import Client
from tests.simulation.table.small import ONE, TABLE, TWO, index_query, indexed, three_items, write
from tests.simulation.table.storage import Storage


@pytest.fixture
def storage() -> Storage:
    return three_items()


def put(sk: str, **more: Any) -> dict[str, Any]:
    return {"Put": {**TABLE, "Item": item(sk, "p", a=N(1)), **more}}


def add(sk: str, **more: Any) -> dict[str, Any]:
    body = {"UpdateExpression": "ADD n :n", "ExpressionAttributeValues": {":n": N(1)}}
    return {"Update": {**TABLE, "Key": key(sk, "p"), **body, **more}}


def refusal(act: Callable[[], object]) -> Any:
    with pytest.raises(ClientError) as refused:
        act()
    return refused.value.response


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


def test_the_client_shows_changes_in_the_indexes_at_once_and_has_no_other_calls(storage: Storage) -> None:
    client = Client(storage)

    client.put_item(**TABLE, Item=indexed("1", "a"))

    assert index_query(storage)["Count"] == 1
    assert not hasattr(client, "batch_write_item")
