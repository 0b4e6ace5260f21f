"""The expiry job asks the due index, so its calls do not grow with the number of accounts."""

import base64
import json
import os
from datetime import date, timedelta
from typing import Any

import pytest
import urllib3

from adapters.dynamodb.item import Tenancy
from adapters.dynamodb.keys import Keys, due_shard, shard_of
from adapters.dynamodb.meter import metered
from adapters.dynamodb.points import MAPPINGS
from domain.money import Points
from domain.points.book import Book
from domain.points.model import Account, Cause, LotKey
from tests.shop import Shop

DUE = 100
BATCH = 25
SHARDS = 4


def account(shop: Shop, number: int, last_day: date) -> list[Any]:
    """An account with one lot of 10 points, and its entry, as items."""
    book = Book(Account(f"m_{number:020}"), shop.now(), "test")
    book.earn(Points(10), LotKey(last_day), Cause("order"))
    tenancy = Tenancy(Keys(shop.tenant_id, SHARDS), lambda: pytest.fail("nothing is sealed here"))
    things = [book.account, *book.entries]
    return [item.serialize() for thing in things for item in MAPPINGS[type(thing)].to_items(thing, tenancy)]


def fill(shop: Shop, accounts: int) -> None:
    """The first hundred are due; the others are there to be in the way."""
    today = shop.now().date()
    due = [
        account(shop, number, today - timedelta(days=1 + number % 7)) for number in range(min(DUE, accounts))
    ]
    load(shop, [plain(item) for items in due for item in items])
    pattern = json.dumps(plain(account(shop, 0, today + timedelta(days=30))[0]))
    others: list[dict[str, Any]] = []
    for number in range(DUE, accounts):
        key = shard_of(str(number), SHARDS)
        item = json.loads(pattern.replace(f"m_{0:020}", f"m_{number:020}"))
        item["gsi2pk"]["S"] = due_shard(key)
        others.append(item)
    load(shop, others)


def plain(item: dict[str, Any]) -> dict[str, Any]:
    """Bytes as the wire wants them."""
    return {
        name: {"B": base64.b64encode(value["B"]).decode()} if "B" in value else value
        for name, value in item.items()
    }


def load(shop: Shop, items: list[dict[str, Any]]) -> None:
    """Past the SDK, which would take minutes for so many."""
    table = shop.services.table
    headers = {
        "X-Amz-Target": "DynamoDB_20120810.BatchWriteItem",
        "Content-Type": "application/x-amz-json-1.0",
        "Authorization": "AWS4-HMAC-SHA256 Credential=local/20260101/cn-north-1/dynamodb/aws4_request, "
        "SignedHeaders=host;x-amz-date, Signature=none",
        "X-Amz-Date": "20260101T000000Z",
    }
    with urllib3.PoolManager() as http:
        for start in range(0, len(items), BATCH):
            puts = [{"PutRequest": {"Item": item}} for item in items[start : start + BATCH]]
            body = json.dumps({"RequestItems": {table.name: puts}})
            url = table._client.meta.endpoint_url
            answer = http.request("POST", url, body=body, headers=headers)
            assert (answer.status, answer.json().get("UnprocessedItems", {})) == (200, {}), answer.data[:300]


MANY = 64_000 if os.environ.get("TONGKA_THOROUGH") else 16_000


@pytest.mark.capability("C-36")
def test_the_job_makes_the_same_calls_among_few_accounts_and_many(
    lone_shop: Shop, other_lone_shop: Shop
) -> None:
    counts = {}
    for shop, accounts in ((lone_shop, 1_000), (other_lone_shop, MANY)):
        fill(shop, accounts)
        with metered() as usage:
            done = shop.services.expire_points(limit=10_000)
        assert (done.accounts, done.points.count, done.failed, done.more) == (DUE, DUE * 10, 0, False)
        counts[accounts] = sum(usage.calls.values())

    assert abs(counts[MANY] - counts[1_000]) <= counts[1_000] * 0.1
    assert counts[1_000] <= SHARDS + 1 + 2 * DUE, (
        "a query for each shard, the settings, a read and a transaction for each account"
    )


def test_the_job_stops_at_its_limit_and_goes_on_next_time(lone_shop: Shop) -> None:
    fill(lone_shop, DUE)

    first = lone_shop.services.expire_points(limit=60)
    second = lone_shop.services.expire_points(limit=60)

    assert (first.accounts, first.more) == (60, True)
    assert (second.accounts, second.more) == (40, False)


def test_a_failing_account_is_reported_and_skipped(lone_shop: Shop) -> None:
    fill(lone_shop, 3)
    client, name = lone_shop.services.table._client, lone_shop.services.table.name
    pk = f"T#{lone_shop.tenant_id}#M#m_{1:020}"
    client.update_item(
        TableName=name,
        Key={"pk": {"S": pk}, "sk": {"S": "A#PTS"}},
        UpdateExpression="SET z = :frozen",
        ExpressionAttributeValues={":frozen": {"BOOL": True}},
    )

    done = lone_shop.services.expire_points(limit=100)

    assert (done.accounts, done.failed) == (2, 1)
