"""Points given and taken by hand, by staff, with a reason that stays."""

import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.shop import Answer, Phone, Shop


def adjust(shop: Shop, member_id: str, points: int, reason: str = "投诉补偿", **more: Any) -> Answer:
    path = f"/v1/staff/members/{member_id}/points/adjustments{more.pop('query', '')}"
    key = more.pop("key", secrets.token_hex(16))
    headers: Any = {"Idempotency-Key": key}
    return shop.office.post(path, {"points": points, "reason": reason}, **headers)


def test_points_are_given_and_taken_and_the_reason_stays_with_staff(shop: Shop) -> None:
    member = shop.member()
    given = adjust(shop, member.member_id, 500, "开业赠送")
    taken = adjust(shop, member.member_id, -120, "误发更正")

    assert (given.status_code, given.json["points"], given.json["balance"]) == (201, 500, 500)
    assert (taken.json["points"], taken.json["balance"]) == (-120, 380)
    path = f"/v1/staff/members/{member.member_id}/points/entries"
    entries = shop.office.get(path).json["items"]
    assert [(entry["kind"], entry["note"], entry["caller"]) for entry in entries] == [
        ("adjust", "误发更正", "key:office"),
        ("adjust", "开业赠送", "key:office"),
    ]
    own = member.get("/v1/me/points/entries").json["items"]
    assert [set(entry) & {"note", "caller"} for entry in own] == [set(), set()]
    assert member.get("/v1/me/points").json["by_kind"] == {"adjust": 380}
    told = member.get(f"/v1/me/points/entries/{own[0]['entry_id']}/explanation").json
    assert told["summary"]["zh"] == "商家扣减 120 分"
    assert shop.findings() == []


def test_nobody_is_put_into_debt_by_hand(shop: Shop) -> None:
    member = shop.member()
    shop.buy(1000, member.member_id)

    too_much = adjust(shop, member.member_id, -11)
    all_of_it = adjust(shop, member.member_id, -10)
    nothing = adjust(shop, member.member_id, 0)

    assert (too_much.status_code, too_much.json["code"]) == (422, "not-enough-points")
    assert all_of_it.json["balance"] == 0
    assert (nothing.status_code, nothing.json["errors"][0]["field"]) == (422, "points")


def test_what_is_given_pays_a_debt_first(shop: Shop) -> None:
    member = shop.member()
    order = shop.buy(1000, member.member_id)
    adjust(shop, member.member_id, -10)
    shop.refund(order["order_number"], 1000)
    assert member.get("/v1/me/points").json["debt"] == 10

    answer = adjust(shop, member.member_id, 25)

    assert answer.json["balance"] == 15
    assert member.get("/v1/me/points").json["debt"] == 0


def test_the_same_adjustment_sent_many_times_counts_once(shop: Shop) -> None:
    member_id = shop.member().member_id

    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda _: adjust(shop, member_id, 50, key="one-and-the-same-key"), range(5)))

    done = [answer for answer in answers if answer.status_code == 201]
    assert done
    assert {answer.text for answer in done} == {done[0].text}
    assert shop.account(member_id).balance.count == 50
    other = adjust(shop, member_id, 51, key="one-and-the-same-key")
    assert (other.status_code, other.json["code"]) == (422, "idempotency-key-reused")


def test_a_dry_run_answers_the_same_and_moves_nothing(shop: Shop) -> None:
    member_id = shop.member().member_id

    dry = adjust(shop, member_id, 50, query="?dry_run=true")
    wrong = adjust(shop, member_id, -50, query="?dry_run=true")
    real = adjust(shop, member_id, 50)

    assert dry.headers["Tongka-Dry-Run"] == "true"
    assert dry.json == real.json
    assert wrong.json["code"] == "not-enough-points"


def test_an_adjustment_by_an_older_id_lands_where_the_points_are(shop: Shop) -> None:
    wechat = shop.member()
    alipay = Phone(shop, wechat.person_id, wechat.number)
    alipay.log_in("alipay")
    old_id = alipay.member_id
    alipay.prove("alipay")

    answer = adjust(shop, old_id, 50)

    assert answer.json["member_id"] == wechat.member_id
    assert shop.findings() == []


@pytest.mark.parametrize("body, field", [({"points": 5}, "reason"), ({"reason": "x"}, "points")])
def test_an_adjustment_needs_points_and_a_reason(shop: Shop, body: dict[str, Any], field: str) -> None:
    path = f"/v1/staff/members/{shop.fan().member_id}/points/adjustments"

    headers: Any = {"Idempotency-Key": secrets.token_hex(16)}
    answer = shop.office.post(path, body, **headers)

    assert answer.status_code == 422
    assert [error["field"] for error in answer.json["errors"]] == [field]
