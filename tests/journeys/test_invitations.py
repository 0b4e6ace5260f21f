"""What joining gives, to whoever joins and to whoever brought them."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.programmes import base, rule, wish
from tests.shop import CONSENT, Answer, Opening, Phone, Shop

OpenWith = Callable[[Opening], Shop]

GIFT = rule("gift", "joining", {"points_each": 50})
REFERRAL = rule("referral", "referral", {"inviter_points": 20, "invitee_points": 10})
OPENING = Opening(programme=wish(base(), GIFT, REFERRAL))


@pytest.fixture
def cafe(open_with: OpenWith) -> Shop:
    return open_with(OPENING)


def balance(phone: Phone) -> int:
    found: int = phone.get("/v1/me/points").json["balance"]
    return found


def reasons(phone: Phone) -> list[tuple[str, int]]:
    """Of the entries, the newest first."""
    entries = phone.get("/v1/me/points/entries").json["items"]
    return [(entry["reason"], entry["points"]) for entry in entries]


def by_code(shop: Shop, number: str, **more: Any) -> Answer:
    """Joins, or logs in, on the web page."""
    channel_id = shop.channel("web")
    shop.people.post("/v1/auth/sms-codes", json={"channel_id": channel_id, "phone": number})
    code = shop.last_code(number)
    body = {"channel_id": channel_id, "phone": number, "sms_code": code, "consent": CONSENT, **more}
    return shop.people.post("/v1/auth/phone", json=body)


@pytest.mark.capability("C-26")
def test_the_inviter_gets_twenty_and_the_invited_ten(cafe: Shop) -> None:
    inviter, friend = cafe.member(), cafe.fan()
    before = balance(inviter)

    joined = friend.prove(invited_by=inviter.member_id)

    assert (joined.json["outcome"], joined.json["points_given"]) == ("joined", 60)
    assert balance(inviter) == before + 20
    assert balance(friend) == 60
    assert reasons(friend) == [("was_invited", 10), ("joined", 50)]
    assert reasons(inviter) == [("invited", 20), ("joined", 50)]
    assert cafe.findings() == []


@pytest.mark.capability("C-26")
def test_another_programme_gives_the_inviter_fifty(open_with: OpenWith) -> None:
    shop = open_with(Opening(programme=wish(rule("bring", "referral", {"inviter_points": 50}))))
    inviter = shop.member()

    joined = by_code(shop, "13700137001", invited_by=inviter.member_id)

    assert joined.json["points_given"] == 0
    assert balance(inviter) == 50


@pytest.mark.capability("C-26")
def test_nobody_invites_themselves_and_a_number_is_invited_once(cafe: Shop) -> None:
    inviter = cafe.member()
    selfish = cafe.fan()
    own = selfish.prove(invited_by=selfish.member_id)
    assert (own.json["points_given"], balance(selfish)) == (50, 50)
    # The number is given up, and joins once more: as somebody who was invited.
    other = cafe.phone()
    other.number = selfish.number
    changed = selfish.post("/v1/me/sms-codes", {"phone": "13700137002"})
    assert changed.status_code == 202, changed.text
    body = {"phone": "13700137002", "sms_code": cafe.last_code("13700137002")}
    assert selfish.post("/v1/me/phone", body, **{"Idempotency-Key": "another-number-1"}).status_code == 200

    again = by_code(cafe, other.number, invited_by=inviter.member_id)

    assert (again.status_code, again.json["member"]["state"], again.json["points_given"]) == (
        200,
        "member",
        0,
    )
    assert balance(inviter) == 50


@pytest.mark.capability("C-26")
def test_nobody_brings_themselves_as_the_fan_they_were(cafe: Shop) -> None:
    """In the app a fan, on the web a newcomer with the fan's invitation, and then one person."""
    fan = cafe.fan()

    joined = by_code(cafe, fan.number, invited_by=fan.member_id)
    merged = fan.prove()

    assert (joined.json["points_given"], merged.json["outcome"]) == (50, "merged")
    assert balance(fan) == 50


@pytest.mark.capability("C-26")
def test_an_invitation_that_leads_nowhere_keeps_nobody_out(cafe: Shop) -> None:
    friend = cafe.fan()

    joined = friend.prove(invited_by="m_nobody")

    assert (joined.json["outcome"], joined.json["points_given"]) == ("joined", 50)
    refused = cafe.fan().prove(invited_by="not an id")
    assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, "invited_by")


def test_whoever_is_a_member_already_was_not_brought_by_anybody(cafe: Shop) -> None:
    inviter, member = cafe.member(), cafe.member()
    alipay = Phone(cafe, member.person_id, member.number)
    alipay.log_in("alipay")

    merged = alipay.prove("alipay", invited_by=inviter.member_id)

    assert (merged.json["outcome"], merged.json["points_given"]) == ("merged", 0)
    assert (balance(inviter), balance(alipay)) == (50, 50)


def test_an_inviter_who_was_merged_gets_the_points_where_they_are_now(cafe: Shop) -> None:
    inviter = cafe.member()
    alipay = Phone(cafe, inviter.person_id, inviter.number)
    alipay.log_in("alipay")
    old_id = alipay.member_id
    assert alipay.prove("alipay").json["outcome"] == "merged"

    cafe.fan().prove(invited_by=old_id)

    inviter.log_in()
    assert balance(inviter) == 70
    assert cafe.findings() == []


@pytest.mark.capability("C-30")
def test_a_new_member_gets_the_gift_once_however_often_and_fast_it_is_asked_for(cafe: Shop) -> None:
    fan = cafe.fan()
    proof = {**fan.proof("wechat"), "consent": CONSENT}
    key = {"Idempotency-Key": "one-and-the-same-key"}

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: fan.post("/v1/me/phone", proof, **key), range(4)))

    joined = [answer for answer in answers if answer.status_code == 200]
    assert joined
    assert {answer.json["points_given"] for answer in joined} == {50}
    assert balance(fan) == 50
    assert fan.prove().json["outcome"] == "unchanged"
    assert balance(fan) == 50


@pytest.mark.capability("C-30")
def test_the_gift_is_explained_and_earlier_points_stay(cafe: Shop) -> None:
    fan = cafe.fan()
    cafe.buy(1000, fan.member_id)

    fan.prove()

    assert balance(fan) == 60
    entry = fan.get("/v1/me/points/entries").json["items"][0]
    told = fan.get(f"/v1/me/points/entries/{entry['entry_id']}/explanation").json
    assert [gain["rule_id"] for gain in told["gains"]] == ["gift"]
    assert told["gains"][0]["sentence"]["zh"] == "新会员入会得 50 分"


def test_a_budget_that_runs_out_ends_the_gifts_and_not_the_joining(open_with: OpenWith) -> None:
    both = rule("both", "referral", {"inviter_points": 20, "invitee_points": 10}, limits={"budget": 45})
    shop = open_with(Opening(programme=wish(both)))
    inviter = shop.member()
    friends = [shop.fan() for _ in range(3)]

    given = [friend.prove(invited_by=inviter.member_id).json["points_given"] for friend in friends]

    assert given == [10, 10, 0]
    assert balance(inviter) == 25
    assert shop.findings() == []


def test_many_friends_of_one_inviter_join_at_once(cafe: Shop) -> None:
    inviter = cafe.member()
    friends = [cafe.fan() for _ in range(5)]
    own_id = inviter.member_id

    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda friend: friend.prove(invited_by=own_id), friends))

    joined = [answer for answer in answers if answer.status_code == 200]
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert balance(inviter) == 50 + 20 * len(joined)
    assert cafe.findings() == []
