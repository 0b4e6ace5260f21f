"""Policies: what they must allow is what functions do, and on one's own machine they can do nothing else."""

import json
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ClientError

from scripts.cloud import roles
from scripts.cloud.deployment import CannotDeploy
from scripts.local.iam import Guard, allows, needed
from serverless.settings import Settings

TABLE = "arn:aws-cn:dynamodb:cn-north-1:1:table/acme"
PLACES: dict[str, str | None] = {
    "table": TABLE,
    "key": "k",
    "letters": "l",
    "logs": "o",
    "images": None,
    "network": None,
}


@pytest.mark.parametrize(
    "operation,body,wanted",
    [
        ("GetItem", {"TableName": "acme"}, [("GetItem", "acme")]),
        ("Query", {"TableName": "acme", "IndexName": "due"}, [("Query", "acme/index/due")]),
        ("BatchGetItem", {"RequestItems": {"acme": {}}}, [("BatchGetItem", "acme")]),
        (
            "TransactWriteItems",
            {"TransactItems": [{"Put": {"TableName": "acme"}}, {"ConditionCheck": {"TableName": "other"}}]},
            [("PutItem", "acme"), ("ConditionCheckItem", "other")],
        ),
        (
            "BatchWriteItem",
            {"RequestItems": {"acme": [], "b": []}},
            [("BatchWriteItem", "acme"), ("BatchWriteItem", "b")],
        ),
        ("ListTables", {}, [("ListTables", "*")]),
        ("TransactGetItems", {"TransactItems": [{"Get": {"TableName": "acme"}}]}, [("GetItem", "acme")]),
    ],
)
def test_what_a_call_needs(operation: str, body: dict[str, Any], wanted: list[tuple[str, str]]) -> None:
    assert list(needed(operation, body)) == [(f"dynamodb:{action}", place) for action, place in wanted]


def test_only_jobs_look_through_the_whole_table_and_at_what_is_due() -> None:
    allowed = {
        stage: (
            allows(roles.policy(stage, PLACES), "dynamodb:Scan", "acme"),
            allows(roles.policy(stage, PLACES), "dynamodb:Query", "acme/index/due"),
            allows(roles.policy(stage, PLACES), "dynamodb:Query", "acme/index/by_owner"),
        )
        for stage in ("member_api", "staff_api", "jobs")
    }

    assert allowed["member_api"] == allowed["staff_api"] == (False, False, True)
    assert allowed["jobs"] == (True, True, True)


@pytest.mark.parametrize("stage", ["member_api", "staff_api", "jobs"])
def test_nobody_may_change_the_table_itself_or_another(stage: str) -> None:
    policy = roles.policy(stage, PLACES)

    for action in ("DeleteTable", "UpdateTable", "BatchWriteItem", "PartiQLSelect", "RestoreTableFromBackup"):
        assert not allows(policy, f"dynamodb:{action}", "acme")
    assert allows(policy, "dynamodb:PutItem", "acme")
    assert not allows(policy, "dynamodb:PutItem", "acme2")
    assert not allows(policy, "dynamodb:Query", "acme/index/to_tell"), "nobody reads it yet"


ITEMS = {
    *("BatchGetItem", "ConditionCheckItem", "DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"),
}
STREAM = {"DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"}
MAY = {
    "member_api": {"dynamodb": ITEMS, "kms": {"Decrypt"}},
    "staff_api": {"dynamodb": ITEMS, "kms": {"Decrypt"}, "s3": {"PutObject"}},
    "jobs": {"dynamodb": ITEMS | {"Scan"} | STREAM, "kms": {"Decrypt"}, "sqs": {"SendMessage"}},
}
"""All that each function may do, beside its log and its place in a network."""
OF_LAMBDA = {
    "ec2": {"CreateNetworkInterface", "DeleteNetworkInterface", "DescribeNetworkInterfaces"},
    "logs": {"CreateLogStream", "PutLogEvents"},
}


@pytest.mark.parametrize("stage", MAY)
def test_a_function_may_do_this_and_no_more(stage: str) -> None:
    told = json.loads((roles.POLICIES / f"{stage}.json").read_text())
    found: dict[str, set[str]] = {}
    for statement in told["Statement"]:
        assert statement.keys() == {"Sid", "Effect", "Action", "Resource"}
        assert statement["Effect"] == "Allow", "the guard on one's own machine knows no other"
        for action in statement["Action"]:
            service, _, name = action.partition(":")
            found.setdefault(service, set()).add(name)

    assert found == MAY[stage] | OF_LAMBDA


def test_a_place_that_does_not_exist_is_a_mistake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roles, "POLICIES", tmp_path)
    told = {"Statement": [{"Effect": "Allow", "Action": ["a:B"], "Resource": ["${tabel}"]}]}
    (tmp_path / "jobs.json").write_text(json.dumps(told))

    with pytest.raises(CannotDeploy, match="tabel"):
        roles.policy("jobs", PLACES)
    (tmp_path / "jobs.json").write_text('{"Statement": [],}')
    with pytest.raises(CannotDeploy, match=r"jobs\.json: no JSON"):
        roles.policy("jobs", PLACES)


@pytest.mark.usefixtures("services")
def test_the_guard_lets_through_what_is_allowed_and_refuses_the_rest(settings: Settings) -> None:
    name = settings.table
    policy = {
        "Statement": [
            {"Effect": "Allow", "Action": ["dynamodb:GetItem"], "Resource": [f"arn:x:table/{name}"]}
        ]
    }
    guard = Guard(settings.dynamodb_url or "", {"reader": policy})

    def client(key: str) -> Any:
        return botocore.session.get_session().create_client(
            "dynamodb",
            region_name="cn-north-1",
            endpoint_url=guard.url,
            aws_access_key_id=key,
            aws_secret_access_key="any",
        )

    key = {"pk": {"S": "T#nobody"}, "sk": {"S": "T"}}
    assert "Item" not in client("reader").get_item(TableName=name, Key=key)
    transaction = [{"Delete": {"TableName": name, "Key": key}}]
    with pytest.raises(ClientError, match="AccessDenied"):
        client("reader").put_item(TableName=name, Item=key)
    with pytest.raises(ClientError, match="AccessDenied"):
        client("stranger").get_item(TableName=name, Key=key)
    with pytest.raises(ClientError, match="AccessDenied"):
        client("reader").transact_write_items(TransactItems=transaction)
    assert len(guard.refused) == 3
