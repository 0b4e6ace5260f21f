"""The job that ends coupons asks the due index, so its calls do not grow with the number of coupons."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from adapters.dynamodb.coupons import MAPPINGS
from adapters.dynamodb.item import Tenancy
from adapters.dynamodb.keys import Keys, coupon_shard
from adapters.dynamodb.meter import metered
from domain.coupon.model import Coupon, CouponState, Source
from scripts.local.crowd import load
from tests.shop import Shop

DUE, OTHERS, BATCH = 30, 400, 20


def fill(shop: Shop, due: int, others: int) -> None:
    """Some are over since yesterday, the others last for another month."""
    tenancy = Tenancy(Keys(shop.tenant_id, shop.services.store.shards), lambda: pytest.fail("nothing sealed"))
    today = shop.now().date()
    plain = Coupon(
        code="",
        owner="m_1",
        template_id="ten",
        template_version=1,
        source=Source.ISSUED,
        issued_at=shop.now() - timedelta(days=30),
        issued_by="key:office",
        state=CouponState.OPEN,
        valid_from=today - timedelta(days=30),
        valid_through=today - timedelta(days=1),
    )
    coupons = [replace(plain, code=f"{number:014}") for number in range(due)]
    last = today + timedelta(days=30)
    coupons += [
        replace(plain, code=f"{number:014}", valid_through=last) for number in range(due, due + others)
    ]
    load(
        shop.services,
        [item.serialize() for each in coupons for item in MAPPINGS[Coupon].to_items(each, tenancy)],
    )


def test_what_is_over_is_ended_batch_by_batch_and_once(lone_shop: Shop) -> None:
    shop = lone_shop
    fill(shop, DUE, 0)

    first = shop.services.expire_coupons(limit=BATCH)
    second = shop.services.expire_coupons(limit=BATCH)
    third = shop.services.expire_coupons(limit=BATCH)

    assert [(each.coupons, each.failed, each.more) for each in (first, second, third)] == [
        (BATCH, 0, True),
        (DUE - BATCH, 0, False),
        (0, 0, False),
    ]
    states = [item["state"]["S"] for item in shop.services.table.scan() if item["kind"]["S"] == "coupon"]
    assert states == ["expired"] * DUE


@pytest.mark.capability("C-48")
def test_the_job_asks_as_often_however_many_coupons_there_are(lone_shop: Shop) -> None:
    shop = lone_shop
    fill(shop, BATCH, 0)
    with metered() as few:
        shop.services.expire_coupons(limit=BATCH)
    fill(shop, BATCH, OTHERS)
    with metered() as many:
        shop.services.expire_coupons(limit=BATCH)

    shards = shop.services.store.shards
    assert few.calls == {"query": shards, "get_item": BATCH, "update_item": BATCH}
    assert many.calls == few.calls
    assert many.read_units == few.read_units


def test_one_that_cannot_be_read_is_told_and_stops_nobody(
    lone_shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    shop = lone_shop
    fill(shop, 3, 0)
    pk, sk = Keys(shop.tenant_id, 1).coupon("broken")
    due = {"gsi2pk": {"S": coupon_shard(0)}, "gsi2sk": {"S": "20200101#broken"}}
    load(shop.services, [{"pk": {"S": pk}, "sk": {"S": sk}, "kind": {"S": "coupon"}, **due}])

    done = shop.services.expire_coupons(limit=BATCH)

    assert (done.coupons, done.failed, done.more) == (3, 1, False)
    assert "one coupon was not ended" in caplog.text
