"""Checking in, sharing, commenting: what gives points, how often, and what a merge makes of it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.programmes import base, rule, wish
from tests.shop import STORE, Answer, Opening, Phone, Shop

OpenWith = Callable[[Opening], Shop]

DAILY = rule(
    "daily",
    "check_in",
    {"points_each": 5, "bonuses": [{"day": 3, "points": 5}, {"day": 7, "points": 10}]},
)
SHARE = rule("share", "share", {"points_each": 2}, limits={"per_day": 5})
COMMENT = rule("comment", "comment", {"points_each": 3})
OPENING = Opening(programme=wish(base(), DAILY, SHARE, COMMENT))


@pytest.fixture
def cafe(open_with: OpenWith) -> Shop:
    shop = open_with(OPENING)
    shop.set_clock("2026-03-01T12:00")
    return shop


def share(phone: Phone, key: str) -> Answer:
    return phone.post("/v1/me/shares", {"subject": "menu"}, **{"Idempotency-Key": f"share-of-a-menu-{key}"})


def comment(phone: Phone, order_number: str, text: str = "好喝") -> Answer:
    order = {"source": STORE, "order_number": order_number}
    return phone.post("/v1/me/comments", {"order": order, "rating": 5, "text": text})


@pytest.mark.capability("C-25")
def test_seven_days_of_checking_in_give_fifty_points(cafe: Shop) -> None:
    member = cafe.member()
    given = []
    for _ in range(7):
        day = member.post("/v1/me/check-ins")
        assert day.status_code == 201, day.text
        given.append((day.json["streak"], day.json["points"], day.json["balance"]))
        cafe.wait(days=1)
        member.log_in()

    assert given == [(1, 5, 5), (2, 5, 10), (3, 10, 20), (4, 5, 25), (5, 5, 30), (6, 5, 35), (7, 15, 50)]
    calendar = member.get("/v1/me/check-ins?month=2026-03").json
    assert [day["on"] for day in calendar["days"]] == [f"2026-03-0{number}" for number in range(1, 8)]
    assert (calendar["streak"], calendar["is_done_today"]) == (7, False)
    assert member.get("/v1/me/check-ins?month=2026-02").json["days"] == []
    assert cafe.findings() == []


@pytest.mark.capability("C-25")
def test_once_more_on_the_same_day_gives_nothing_and_a_missed_day_begins_anew(cafe: Shop) -> None:
    member = cafe.member()
    first = member.post("/v1/me/check-ins")
    again = member.post("/v1/me/check-ins")
    cafe.wait(hours=12)
    member.log_in()
    second = member.post("/v1/me/check-ins")
    cafe.wait(hours=48)
    member.log_in()
    missed = member.get("/v1/me/check-ins").json
    after = member.post("/v1/me/check-ins")

    assert again.text == first.text
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert (second.json["streak"], second.json["on"]) == (2, "2026-03-02")
    assert (missed["streak"], missed["is_done_today"]) == (0, False)
    assert (after.json["streak"], after.json["balance"]) == (1, 15)


def test_checking_in_many_times_at_once_counts_once(cafe: Shop) -> None:
    member = cafe.member()

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: member.post("/v1/me/check-ins"), range(6)))

    assert {answer.status_code for answer in answers} <= {201, 409}
    assert {answer.text for answer in answers if answer.status_code == 201} == {answers[0].text}
    assert cafe.account(member.member_id).balance.count == 5


def test_the_longer_row_goes_on_after_a_merge_and_comes_apart_with_it(cafe: Shop) -> None:
    wechat = cafe.member()
    alipay = Phone(cafe, wechat.person_id, wechat.number)
    for _ in range(2):
        alipay.log_in("alipay")
        alipay.post("/v1/me/check-ins")
        cafe.wait(days=1)
    wechat.log_in()
    alipay.log_in("alipay")
    wechat.post("/v1/me/check-ins")
    alipay.post("/v1/me/check-ins")
    gone = alipay.member_id
    merged = alipay.prove("alipay").json
    assert merged["outcome"] == "merged"

    today = alipay.post("/v1/me/check-ins").json
    calendar = alipay.get("/v1/me/check-ins").json
    cafe.wait(minutes=1)
    merge_id = cafe.office.get(f"/v1/staff/members/{wechat.member_id}").json["aliases"][0]["merge_id"]
    assert cafe.office.post(f"/v1/staff/merges/{merge_id}/undo").status_code == 200

    assert (today["streak"], today["points"]) == (3, 5)
    assert [day["on"] for day in calendar["days"]] == ["2026-03-01", "2026-03-02", "2026-03-03", "2026-03-03"]
    assert cafe.account(wechat.member_id).streak.days == 1
    assert cafe.account(gone).streak.days == 3
    assert cafe.findings() == []


@pytest.mark.capability("C-27")
def test_sharing_gives_points_up_to_the_limit_of_the_day(cafe: Shop) -> None:
    member = cafe.member()

    gave = [share(member, str(number)).json["points"] for number in range(4)]
    again = share(member, "0")
    cafe.wait(days=1)
    member.log_in()
    gave.append(share(member, "next-day").json["points"])

    assert gave == [2, 2, 1, 0, 2]
    assert (again.json["points"], again.headers["Idempotency-Replayed"]) == (2, "true")
    entries = member.get("/v1/me/points/entries").json["items"]
    assert [entry["points"] for entry in entries] == [2, 1, 2, 2]


@pytest.mark.capability("C-27")
def test_a_comment_counts_once_for_each_order_of_ones_own(cafe: Shop) -> None:
    member, other = cafe.member(), cafe.member()
    number = cafe.buy(1000, member.member_id)["order_number"]

    first, again = comment(member, number), comment(member, number)
    changed = comment(member, number, "难喝")
    foreign = comment(other, number)

    assert (first.status_code, first.json["points"], first.json["balance"]) == (201, 3, 13)
    assert again.text == first.text
    assert (changed.status_code, changed.json["code"]) == (422, "commented-before")
    assert (foreign.status_code, foreign.json["code"]) == (404, "order-not-yours")
    assert cafe.account(member.member_id).balance.count == 13


def test_what_the_programme_has_no_rule_for_is_not_offered(shop: Shop) -> None:
    member = shop.member()
    number = shop.buy(1000, member.member_id)["order_number"]

    answers = [member.post("/v1/me/check-ins"), share(member, "not-offered")]
    said = comment(member, number)

    assert [(answer.status_code, answer.json["code"]) for answer in answers] == [
        (422, "activity-not-offered")
    ] * 2
    assert (said.status_code, said.json["points"], said.json["entry_sequence"]) == (201, 0, None)


@pytest.mark.parametrize("path, body", [("/v1/me/check-ins", None), ("/v1/me/shares", {"subject": "menu"})])
def test_a_dry_run_tells_and_changes_nothing(cafe: Shop, path: str, body: dict[str, Any] | None) -> None:
    member = cafe.member()
    key = {"Idempotency-Key": "the-same-key-0001"}

    dry = member.post(f"{path}?dry_run=true", body, **key)
    balance = cafe.account(member.member_id).balance.count
    real = member.post(path, body, **key)

    assert (dry.status_code, dry.text, balance) == (201, real.text, 0)
    assert dry.headers["Tongka-Dry-Run"] == "true"


@pytest.mark.capability("C-38")
def test_every_activity_explains_itself(cafe: Shop) -> None:
    member = cafe.member()
    number = cafe.buy(1000, member.member_id)["order_number"]
    member.post("/v1/me/check-ins")
    share(member, "explained")
    comment(member, number)

    entries = member.get("/v1/me/points/entries").json["items"]
    told = [member.get(f"/v1/me/points/entries/{each['entry_id']}/explanation").json for each in entries]

    assert [[gain["rule_id"] for gain in each["gains"]] for each in told] == [
        ["comment"],
        ["share"],
        ["daily"],
        ["base"],
    ]
    assert [entry["reason"] for entry in entries] == ["comment", "share", "check_in", "order"]
    assert told[2]["gains"][0]["sentence"]["zh"] == "连续签到第 1 天得 5 分"
