"""The expiry job asks the due index, so its calls do not grow with the number of accounts."""

import os
from datetime import timedelta

import pytest

from adapters.dynamodb.keys import Keys
from adapters.dynamodb.meter import metered
from scripts.local import crowd
from tests.shop import Shop

DUE = 100
SHARDS = 4


def fill(shop: Shop, accounts: int) -> None:
    """The first hundred are due; the others are there to be in the way."""
    now, keys = shop.now(), Keys(shop.tenant_id, SHARDS)
    for number in range(min(DUE, accounts)):
        last_day = now.date() - timedelta(days=1 + number % 7)
        crowd.load(shop.services, crowd.raw(crowd.Thing(number, now).account(last_day), keys))
    if accounts > DUE:
        others = crowd.copies(crowd.points_in_the_way, range(DUE, accounts), keys, now)
        crowd.load(shop.services, list(others))


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
