"""The one gateway to the store: limits, pages, what a call costs, and the table itself."""

import secrets
from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from adapters.dynamodb import meter
from adapters.dynamodb.changes import coupons_in
from adapters.dynamodb.coupons import MAPPINGS
from adapters.dynamodb.item import Tenancy
from adapters.dynamodb.keys import Keys
from adapters.dynamodb.meter import Usage, metered
from adapters.dynamodb.outcome import Busy, Lost, Unknown, outcome_of
from adapters.dynamodb.schema import create_table, definition
from adapters.dynamodb.table import Range, Table, Write, key_of, raw_key
from domain.coupon.model import Coupon
from serverless.settings import Settings
from tests.adapters.disturbed import Disturbed, answer_of, cancelled, refused
from tests.contracts.coupon_things import LOCKED
from tests.contracts.things import LATER
from tests.domain.builders import KEYRING
from tests.requests_to_aws import hold


class Recorder:
    """A client that answers what it is told and keeps what it was asked."""

    def __init__(self, *answers: dict[str, Any]) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, operation: str) -> Any:
        def call(**arguments: Any) -> dict[str, Any]:
            self.asked.append((operation, arguments))
            if len(self.asked) > 50:
                raise AssertionError("nothing ends this")
            return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

        return call


def put(number: int) -> Write:
    key = (f"T#t#{number}", "X")
    return Write("put", key, {"Item": {"pk": {"S": key[0]}, "sk": {"S": "X"}}})


def test_one_item_is_written_without_a_transaction_and_two_with_one() -> None:
    client = Recorder({})
    table = Table(client, "tongka")

    table.write([put(1)])
    table.write([put(1), put(2)])

    assert [operation for operation, _ in client.asked] == ["put_item", "transact_write_items"]
    assert client.asked[0][1]["ReturnValuesOnConditionCheckFailure"] == "ALL_OLD"
    items = client.asked[1][1]["TransactItems"]
    assert [item["Put"]["TableName"] for item in items] == ["tongka", "tongka"]
    assert all(item["Put"]["ReturnValuesOnConditionCheckFailure"] == "ALL_OLD" for item in items)


def test_more_than_a_hundred_writes_are_refused_before_anything_is_sent() -> None:
    client = Recorder({})

    with pytest.raises(ValueError, match="at most 100"):
        Table(client, "tongka").write([put(number) for number in range(101)])

    assert client.asked == []
    Table(client, "tongka").write([put(number) for number in range(100)])


def test_a_second_write_to_one_key_is_refused_before_anything_is_sent() -> None:
    client = Recorder({})

    with pytest.raises(ValueError, match="once"):
        Table(client, "tongka").write([put(1), put(2), put(1)])

    assert client.asked == []


def test_what_is_absent_is_absent_and_what_is_asked_twice_is_read_once() -> None:
    keys = [{"pk": {"S": f"k{number}"}, "sk": {"S": "X"}} for number in range(3)]
    client = Recorder({"Responses": {"tongka": keys[:2]}, "UnprocessedKeys": {}})

    found = Table(client, "tongka").get_many([("k0", "X"), ("k1", "X"), ("k2", "X"), ("k0", "X")])

    assert set(found) == {("k0", "X"), ("k1", "X")}
    assert [len(asked["RequestItems"]["tongka"]["Keys"]) for _, asked in client.asked] == [3]


def test_batches_hold_a_hundred_keys_at_most() -> None:
    client = Recorder({"Responses": {}, "UnprocessedKeys": {}})

    Table(client, "tongka").get_many([(f"k{number}", "X") for number in range(201)])

    assert [len(asked["RequestItems"]["tongka"]["Keys"]) for _, asked in client.asked] == [100, 100, 1]


def test_keys_that_were_left_over_are_busy_and_not_absent() -> None:
    keys = [{"pk": {"S": "k"}, "sk": {"S": "X"}}]
    client = Recorder({"Responses": {}, "UnprocessedKeys": {"tongka": {"Keys": keys}}})

    with pytest.raises(Busy):
        Table(client, "tongka").get_many([("k", "X")])


def test_every_page_of_a_stretch_is_read() -> None:
    last = {"pk": {"S": "p"}, "sk": {"S": "2"}}
    client = Recorder(
        {"Items": [{"n": {"N": "1"}}], "LastEvaluatedKey": last}, {"Items": [{"n": {"N": "2"}}]}
    )

    found = list(Table(client, "tongka").query_all(Range("p"), strong=True))

    assert [item["n"]["N"] for item in found] == ["1", "2"]
    assert client.asked[1][1]["ExclusiveStartKey"] == last
    assert client.asked[0][1]["ConsistentRead"] is True


def test_a_list_goes_on_where_the_store_ended_a_page_early_and_stops_when_it_has_enough() -> None:
    """Found by history 17071: the rest of a short page was taken for nothing."""
    key, row = {"pk": {"S": "p"}, "sk": {"S": "1"}}, {"n": {"N": "1"}}
    short, full = {"Items": [row], "LastEvaluatedKey": key}, {"Items": [row] * 2, "LastEvaluatedKey": key}
    client = Recorder(short, full)

    assert Table(client, "tongka").query(Range("p"), 3) == [row] * 3
    assert [asked["Limit"] for _, asked in client.asked] == [3, 2]
    assert client.asked[1][1]["ExclusiveStartKey"] == key


def test_an_index_is_never_read_strongly() -> None:
    client = Recorder({"Items": []})

    Table(client, "tongka").query(Range("p", index="due"), 5, strong=True)

    asked = client.asked[0][1]
    assert (asked["IndexName"], asked["ConsistentRead"], asked["Limit"]) == ("due", False, 5)
    assert asked["ExpressionAttributeNames"] == {"#pk": "gsi2pk", "#sk": "gsi2sk"}


def test_every_segment_is_scanned_to_its_end() -> None:
    client = Recorder({"Items": [{}], "LastEvaluatedKey": {"pk": {"S": "x"}}}, {"Items": [{}]})

    assert len(list(Table(client, "tongka").scan(3, 30))) == 2
    assert (client.asked[1][1]["Segment"], client.asked[1][1]["TotalSegments"]) == (3, 30)


@pytest.mark.parametrize(
    "error, kind",
    [
        (cancelled("ConditionalCheckFailed", "None"), Lost),
        (answer_of("ConditionalCheckFailedException"), Lost),
        (cancelled("None", "TransactionConflict"), Busy),
        (cancelled("ThrottlingError"), Busy),
        (answer_of("ThrottlingException"), Busy),
        (answer_of("InternalServerError", 500), Unknown),
        (ReadTimeoutError(endpoint_url="http://x"), Unknown),
    ],
)
def test_what_comes_back_is_one_of_three_problems(error: Exception, kind: type[Exception]) -> None:
    assert type(outcome_of(error)) is kind


@pytest.mark.parametrize(
    "error",
    [
        answer_of("ValidationException"),
        cancelled("None", "ValidationError"),
        answer_of("ResourceNotFoundException"),
        ZeroDivisionError(),
    ],
)
def test_a_bug_of_ours_comes_through_as_it_is(error: Exception) -> None:
    assert outcome_of(error) is error


def test_a_lost_position_tells_what_lies_there() -> None:
    error = cancelled("None", "ConditionalCheckFailed", "ConditionalCheckFailed")
    error.response["CancellationReasons"][1]["Item"] = {"pk": {"S": "x"}}

    lost = outcome_of(error)

    assert isinstance(lost, Lost)
    assert lost.images == {1: {"pk": {"S": "x"}}, 2: None}


def test_units_of_the_table_and_of_its_indexes_are_counted_apart() -> None:
    index = {"by_owner": {"CapacityUnits": 2.0}}
    with metered() as usage:
        meter.count("transact_write_items", {"ConsumedCapacity": [{"CapacityUnits": 6.0}]})
        written = {"CapacityUnits": 3.0, "GlobalSecondaryIndexes": index}
        meter.count("put_item", {"ConsumedCapacity": written})
        meter.count("get_item", {"ConsumedCapacity": {"CapacityUnits": 0.5}})
        meter.count("query", {"ConsumedCapacity": {"CapacityUnits": 2.0, "GlobalSecondaryIndexes": index}})

    assert usage.summary() == {"calls": 4, "read_units": 2.5, "write_units": 7.0, "index_write_units": 2.0}
    assert usage.calls == {"transact_write_items": 1, "put_item": 1, "get_item": 1, "query": 1}


def test_a_failed_call_counts_as_a_call_and_nothing_counts_outside() -> None:
    client = Disturbed(Recorder({}))
    client.steps = [refused(answer_of("ThrottlingException"))]
    with metered() as outer:
        with metered() as inner, pytest.raises(Busy):
            Table(client, "tongka").write([put(1)])
        meter.count("get_item", {})
    meter.count("get_item", {})

    assert (sum(inner.calls.values()), sum(outer.calls.values())) == (1, 1)
    assert Usage().summary()["calls"] == 0


def test_an_answer_that_tells_no_units_counts_none() -> None:
    usage = Usage()
    usage.add("transact_write_items", {"ConsumedCapacity": None})

    assert usage.write_units == 0.0


def test_the_table_is_made_once_and_making_it_again_changes_nothing(client: Any) -> None:
    name = f"tongka-{secrets.token_hex(4)}"

    hold(client.meta.events)

    assert [create_table(client, name), create_table(client, name)] == [True, False]

    found = client.describe_table(TableName=name)["Table"]
    wanted = definition(name)
    assert found["KeySchema"] == wanted["KeySchema"]
    projections = {index["IndexName"]: index["Projection"] for index in found["GlobalSecondaryIndexes"]}
    assert {name: each["ProjectionType"] for name, each in projections.items()} == {
        "by_owner": "INCLUDE",
        "due": "KEYS_ONLY",
        "to_tell": "KEYS_ONLY",
    }
    ttl = client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    assert (ttl["TimeToLiveStatus"], ttl["AttributeName"]) == ("ENABLED", "ttl")


def test_another_table_of_the_same_name_is_refused(client: Any) -> None:
    name = f"other-{secrets.token_hex(4)}"
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
    )

    with pytest.raises(ValueError, match="lacks the index by_owner"):
        create_table(client, name)


def test_a_table_whose_index_shows_less_is_refused(client: Any) -> None:
    """Such as one that an earlier version made."""
    name = f"older-{secrets.token_hex(4)}"
    older = definition(name)
    projection = older["GlobalSecondaryIndexes"][0]["Projection"]
    projection["NonKeyAttributes"] = projection["NonKeyAttributes"][:-1]
    client.create_table(**older)

    with pytest.raises(ValueError, match="lacks the index by_owner in its present form"):
        create_table(client, name)


def test_what_the_service_refuses_for_another_reason_is_not_hidden(client: Any) -> None:
    with pytest.raises(ClientError):
        create_table(client, "x")


def test_the_stream_brings_items_as_they_are_stored_and_in_their_order(
    client: Any, settings: Settings
) -> None:
    name, used = f"tongka-{secrets.token_hex(4)}", LOCKED.expired(LATER + timedelta(days=90), "job")
    assert create_table(client, name, with_stream=True)
    tenancy = Tenancy(Keys("acme", 2), lambda: KEYRING)
    first, second = (MAPPINGS[Coupon].to_items(each, tenancy)[0].serialize() for each in (LOCKED, used))
    for item in (first, second):
        client.put_item(TableName=name, Item=item)
    client.delete_item(TableName=name, Key=raw_key(key_of(first)))

    streams = boto3.client("dynamodbstreams", settings.region, endpoint_url=settings.dynamodb_url)
    arn = client.describe_table(TableName=name)["Table"]["LatestStreamArn"]
    shard = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
    start = streams.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
    changes = streams.get_records(ShardIterator=start["ShardIterator"])["Records"]

    images = [change["dynamodb"].get("NewImage") for change in changes]
    assert images[2] is None
    assert coupons_in(images[:2]) == {"acme": [LOCKED, used]}
