"""The table as it must be, and its creation, which can be repeated."""

from typing import Any

from botocore.exceptions import ClientError

OWNER_INDEX = "by_owner"
DUE_INDEX = "due"
TELL_INDEX = "to_tell"

OWNER_PROJECTION = (
    "kind",
    "state",
    "template_id",
    "template_version",
    "source",
    "valid_from",
    "valid_through",
    "issued_at",
    "claimed_at",
    "held",
    "uses",
    "ended_at",
    "version",
    "channel_id",
    "identity",
    "member_version",
    "device",
    "opened_at",
    "expires_at",
    "revoked_at",
)
"""Twenty, as many as DynamoDB lets an index show besides its keys. Whose a thing is stands in those."""


def _index(name: str, pk: str, sk: str, projection: dict[str, Any]) -> dict[str, Any]:
    keys = [{"AttributeName": pk, "KeyType": "HASH"}, {"AttributeName": sk, "KeyType": "RANGE"}]
    return {"IndexName": name, "KeySchema": keys, "Projection": projection}


def definition(name: str, *, with_stream: bool = False) -> dict[str, Any]:
    """The request for CreateTable: one table, three sparse indexes, paid by request.

    `with_stream`: what follows from changes comes by the table's stream (serverless/jobs/queues.py). On one's
    own machine it is left out: there a stream only slows the engine down.
    """
    stream = {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}}
    attributes = ["pk", "sk", "gsi1pk", "gsi1sk", "gsi2pk", "gsi2sk", "gsi3pk", "gsi3sk"]
    return {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": each, "AttributeType": "S"} for each in attributes],
        "KeySchema": [
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        "GlobalSecondaryIndexes": [
            _index(
                OWNER_INDEX,
                "gsi1pk",
                "gsi1sk",
                {"ProjectionType": "INCLUDE", "NonKeyAttributes": list(OWNER_PROJECTION)},
            ),
            _index(DUE_INDEX, "gsi2pk", "gsi2sk", {"ProjectionType": "KEYS_ONLY"}),
            _index(TELL_INDEX, "gsi3pk", "gsi3sk", {"ProjectionType": "KEYS_ONLY"}),
        ],
        **(stream if with_stream else {}),
    }


def create_table(client: Any, name: str, *, with_stream: bool = False) -> bool:
    """True if the table was made now, False if it was there. Raises ValueError if it is another table."""
    wanted = definition(name, with_stream=with_stream)
    try:
        client.create_table(**wanted)
    except ClientError as refused:
        if refused.response["Error"]["Code"] != "ResourceInUseException":
            raise
        check(client.describe_table(TableName=name)["Table"], wanted)
        return False
    client.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    let_items_expire(client, name)
    return True


def let_items_expire(client: Any, name: str) -> None:
    """What says when it is over goes some time after."""
    client.update_time_to_live(
        TableName=name, TimeToLiveSpecification={"Enabled": True, "AttributeName": "ttl"}
    )


def check(found: dict[str, Any], wanted: dict[str, Any]) -> None:
    """Raises ValueError if indexes are missing or have another form."""
    indexes = {index["IndexName"]: _form(index) for index in found.get("GlobalSecondaryIndexes", [])}
    for index in wanted["GlobalSecondaryIndexes"]:
        if indexes.get(index["IndexName"]) != _form(index):
            raise ValueError(
                f"The table {wanted['TableName']} exists but lacks the index {index['IndexName']} "
                "in its present form; choose another TONGKA_TABLE or delete the table."
            )


def _form(index: dict[str, Any]) -> tuple[object, ...]:
    """What cannot be changed once an index is made."""
    projection = index["Projection"]
    shown = frozenset(projection.get("NonKeyAttributes", ()))
    return (index["KeySchema"], projection["ProjectionType"], shown)
