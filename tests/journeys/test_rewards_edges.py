"""Rewards where it is easily got wrong: merges, shelves, stores, days of grace."""

import json
from typing import Any

import pytest

from domain.programme import form
from domain.programme.ladder import Ladder
from domain.programme.model import Validity, ValidityKind
from tests.journeys.test_rewards import TOWEL, exchange, key, keyed, left, put, refund, rich
from tests.programmes import base, wish
from tests.shop import Opening, Phone, Shop


def test_the_same_request_after_a_merge_is_still_the_same(shop: Shop) -> None:
    put(shop, "towel", points=100)
    wechat = shop.member("wechat")
    alipay = Phone(shop, wechat.person_id, wechat.number)
    alipay.log_in("alipay")
    shop.buy(100_000, alipay.member_id)
    same = key()
    first = exchange(alipay, "towel", 100, same)
    alipay.prove("alipay")

    again = exchange(alipay, "towel", 100, same)
    other = exchange(alipay, "towel", 99, same)

    assert (again.status_code, again.json) == (201, first.json)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert other.json["code"] == "idempotency-key-reused"
    assert (alipay.get("/v1/me/points").json["balance"], left(shop, "towel")) == (900, 9)


def test_a_code_is_not_brought_again_to_another_reward(shop: Shop) -> None:
    for reward in ("month", "year"):
        put(shop, reward, None, kind="virtual", points=100)
    for reward, said in (("month", 201), ("year", 422)):
        answer = keyed(shop.office, f"/v1/staff/rewards/{reward}/codes", {"codes": ["VIP-1"]})
        assert answer.status_code == said

    kept = [json.dumps(item, default=str) for item in shop.services.table.scan()]
    assert not any("VIP-1" in item for item in kept)


def test_a_store_that_there_is_not_hands_nothing_over(shop: Shop) -> None:
    put(shop, "towel")
    phone = rich(shop)
    body = {"reward_id": "towel", "points": 500, "store_id": "atlantis"}
    office = shop.office

    asked = keyed(office, f"/v1/till/members/{phone.member_id}/exchanges", body)
    exchange_id = exchange(phone, "towel").json["exchange_id"]
    handed = keyed(office, f"/v1/till/exchanges/{exchange_id}/fulfilment", {"store_id": "atlantis"})

    assert [answer.json["code"] for answer in (asked, handed)] == ["store-not-found"] * 2


def test_days_of_grace_are_given_once(open_with: Any) -> None:
    a_month = Validity(ValidityKind.FIXED, 1)
    shop = open_with(Opening(programme=wish(base(), validity=a_month, refund_grace_days=7)))
    shop.set_clock("2026-03-01T12:00")
    put(shop, "towel")
    phone = rich(shop, 500)
    first = exchange(phone, "towel").json["exchange_id"]
    shop.set_clock("2026-04-10T12:00")
    assert refund(shop, first).json["balance"] == 500
    phone.log_in()
    second = exchange(phone, "towel").json["exchange_id"]
    shop.set_clock("2026-04-20T12:00")

    done = refund(shop, second)

    assert (done.json["points"], done.json["balance"]) == (500, 0)


def test_the_catalogue_knows_the_tier_of_today(open_with: Any) -> None:
    tiers = [{"tier_id": "gold", "name": "金卡", "from_value": 1000}]
    ladder = {"metric": "spend", "tiers": tiers, "window_months": 1, "review_months": 1}
    shop = open_with(Opening(programme=wish(base(), ladder=form.load(Ladder, ladder))))
    shop.set_clock("2026-03-01T12:00")
    put(shop, "golden", points=5, tier_ids=["gold"])
    phone = rich(shop)
    before = phone.get("/v1/me/rewards").json["items"][0]["is_for_you"]
    shop.set_clock("2026-06-10T12:00")
    phone.log_in()

    after = phone.get("/v1/me/rewards").json["items"][0]["is_for_you"]

    assert (before, after) == (True, False)
    assert exchange(phone, "golden", 5).json["code"] == "reward-not-for-you"


@pytest.mark.parametrize(
    "wrong, field",
    [
        ({"kind": "virtual", "is_counted": False}, "is_counted"),
        ({"tier_ids": ["gold", "gold"]}, "tier_ids"),
        ({"starts_at": "2026-03-02T00:00:00Z", "ends_at": "2026-03-01T00:00:00Z"}, "ends_at"),
    ],
)
def test_an_offer_that_contradicts_itself_is_refused(shop: Shop, wrong: dict[str, Any], field: str) -> None:
    answer = shop.office.send("PUT", "/v1/staff/rewards/odd", {**TOWEL, **wrong})

    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, field)


def test_a_shelf_that_is_filled_again_and_again_stays_small(shop: Shop) -> None:
    put(shop, "towel", 30, points=1)
    path = "/v1/staff/rewards/towel/stock-moves"
    for _ in range(4):
        keyed(shop.office, path, {"by": -30})
        keyed(shop.office, path, {"by": 30})

    reward = shop.services.runner.use(shop.tenant_id, lambda stores, _: stores.rewards.find("towel"))
    assert reward is not None
    assert (reward.buckets, left(shop, "towel")) == (1, 30)


def test_a_till_asks_for_what_waits_to_be_handed_over(shop: Shop) -> None:
    put(shop, "towel", points=100)
    phone = rich(shop)
    first, second = (exchange(phone, "towel", 100).json["exchange_id"] for _ in range(2))
    refund(shop, first)

    path = f"/v1/till/members/{phone.member_id}/exchanges"
    found = {
        state: [each["exchange_id"] for each in shop.till.get(path, state=state).json["items"]]
        for state in ("open", "refunded", "fulfilled")
    }

    assert found == {"open": [second], "refunded": [first], "fulfilled": []}
