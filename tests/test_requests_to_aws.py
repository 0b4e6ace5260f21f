"""Whatever AWS would refuse for its form is noticed here, where no imitation notices it."""

from typing import Any

import botocore.session
import pytest

from adapters.dynamodb.schema import definition
from tests.requests_to_aws import breaches

TABLE = definition("tongka")


def found(service: str, operation: str, request: dict[str, Any]) -> list[str]:
    model = botocore.session.get_session().get_service_model(service).operation_model(operation)
    return list(breaches(model.input_shape, request))


def test_the_table_is_as_dynamodb_wants_it() -> None:
    assert found("dynamodb", "CreateTable", TABLE) == []


def test_an_index_that_shows_too_much_is_noticed() -> None:
    index = TABLE["GlobalSecondaryIndexes"][0]
    shown = [*index["Projection"]["NonKeyAttributes"], "one_more"]
    more = {**index, "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": shown}}

    (breach,) = found("dynamodb", "CreateTable", {**TABLE, "GlobalSecondaryIndexes": [more]})

    assert "NonKeyAttributes: 21 is more than 20" in breach


@pytest.mark.parametrize(
    "service,operation,request_,said",
    [
        ("dynamodb", "CreateTable", {**TABLE, "BillingMode": "FREE"}, "FREE is none of"),
        ("dynamodb", "CreateTable", {**TABLE, "TableName": ""}, "0 is less than 1"),
        ("dynamodb", "BatchGetItem", {"RequestItems": {"t": {"Keys": [{}] * 101}}}, "101 is more than 100"),
        ("dynamodb", "TransactWriteItems", {"TransactItems": [{}] * 101}, "101 is more than 100"),
        ("events", "PutRule", {"Name": "a rule"}, "does not fit"),
        ("lambda", "CreateFunction", {"Description": "d" * 257}, "257 is more than 256"),
    ],
)
def test_numbers_lengths_words_and_patterns_are_noticed(
    service: str, operation: str, request_: dict[str, Any], said: str
) -> None:
    (breach,) = found(service, operation, request_)

    assert said in breach
