"""What becomes of coupons beside being used: sent, given away, voided, of one person or two (C-49, C-55)."""

import os
from typing import Any

import pytest

from tests.coupons import (
    another,
    basket,
    claim,
    coupon,
    holdings,
    issue,
    key,
    redeem,
    state,
    template,
)
from tests.shop import STORE, Answer, Phone, Shop

THOROUGH = os.environ.get("TONGKA_THOROUGH") == "1"


def offer(phone: Phone, code: str) -> Answer:
    return phone.post(f"/v1/me/coupons/{code}/offer", **{"Idempotency-Key": key()})


def take(phone: Phone, token: str) -> Answer:
    return phone.post("/v1/me/coupon-gifts", {"token": token}, **{"Idempotency-Key": key()})


@pytest.mark.capability("C-49")
def test_what_was_sent_is_used_once_it_is_claimed_and_its_days_begin_then(shop: Shop) -> None:
    shop.set_clock("2025-05-01T12:00")
    phone = shop.fan()
    code = coupon(shop, phone, "sent", delivery="claim", validity={"kind": "relative", "days_valid": 2})
    too_early = redeem(shop, code, 6000)
    shop.set_clock("2025-05-11T12:00")
    phone.log_in()

    first, again = (phone.post(f"/v1/me/coupons/{code}/claim") for _ in range(2))
    shop.set_clock("2025-05-12T23:59")
    on_its_last_day = state(shop, code)
    shop.set_clock("2025-05-13T00:00")

    assert (too_early.status_code, too_early.json["code"]) == (422, "coupon-not-claimed")
    assert (first.status_code, first.json) == (201, again.json)
    assert (first.json["valid_from"], first.json["valid_through"]) == ("2025-05-11", "2025-05-12")
    assert (on_its_last_day, state(shop, code)) == ("open", "expired")


def test_a_friend_gets_another_code_and_the_old_one_is_good_for_nothing(shop: Shop) -> None:
    owner, friend, late = shop.fan(), shop.fan(), shop.fan()
    code = coupon(shop, owner, "ten", is_transferable=True)

    token = offer(owner, code).json["token"]
    while_offered = redeem(shop, code, 6000)
    own = take(owner, token)
    taken = take(friend, token)
    too_late = take(late, token)
    new = taken.json["code"]

    assert while_offered.json["code"] == "coupon-on-offer"
    assert own.json["code"] == "own-gift"
    assert (taken.status_code, too_late.json["code"]) == (201, "coupon-not-on-offer")
    assert new != code
    assert [each["code"] for each in holdings(friend)] == [new]
    assert holdings(owner) == []
    assert redeem(shop, code, 6000).json["code"] == "coupon-ended"
    assert redeem(shop, new, 6000).status_code == 201


def test_an_offer_ends_after_a_day_or_when_it_is_taken_back(shop: Shop) -> None:
    shop.set_clock("2025-05-01T12:00")
    owner, friend = shop.fan(), shop.fan()
    code = coupon(shop, owner, "ten", is_transferable=True)
    fixed = coupon(shop, owner, "fixed")

    refused = offer(owner, fixed)
    first = offer(owner, code).json["token"]
    back = owner.post(f"/v1/me/coupons/{code}/offer-withdrawal")
    after_taking_back = take(friend, first)
    second = offer(owner, code).json["token"]
    shop.set_clock("2025-05-02T12:01")
    friend.log_in()
    after_a_day = take(friend, second)

    assert refused.json["code"] == "coupon-not-transferable"
    assert (back.status_code, back.json["state"]) == (201, "open")
    assert first != second
    assert after_taking_back.json["code"] == after_a_day.json["code"] == "coupon-not-on-offer"
    assert redeem(shop, code, 6000).status_code == 201


@pytest.mark.capability("C-49")
def test_voiding_frees_the_piece_and_the_place_within_the_limit(shop: Shop) -> None:
    phone = shop.fan()
    template(shop, "one", delivery="claim", total=1, claiming={"per_member": 1})
    code = claim(phone, "one").json["code"]
    gone = claim(phone, "one")

    tried = shop.office.post(f"/v1/staff/coupons/{code}/void?dry_run=true", {"note": "误发"})
    before = state(shop, code)
    voided = shop.office.post(f"/v1/staff/coupons/{code}/void", {"note": "误发"})

    assert gone.status_code == 422
    assert (tried.status_code, before) == (201, "open")
    assert (voided.status_code, voided.json["state"]) == (201, "void")
    assert redeem(shop, code, 6000).json["code"] == "coupon-ended"
    assert claim(phone, "one").status_code == 201


@pytest.mark.capability("C-55")
def test_a_list_is_issued_once_and_says_why_somebody_got_none(shop: Shop) -> None:
    one, other = shop.fan().member_id, shop.fan().member_id
    template(shop, "ten", claiming={"per_member": 1}, total=2)
    number = key()

    tried = issue(shop, "ten", one, "m_nobody", other, dry="?dry_run=true")
    first = issue(shop, "ten", one, "m_nobody", other, number=number)
    again = issue(shop, "ten", one, "m_nobody", other, number=number)
    more = issue(shop, "ten", one, shop.fan().member_id)

    def told(answer: Answer) -> list[tuple[bool, str | None]]:
        return [(bool(each["code"]), each["refused"]) for each in answer.json["handed"]]

    assert [why for _, why in told(tried)] == [None, "member-not-found", None]
    assert told(first) == [(True, None), (False, "member-not-found"), (True, None)]
    assert again.json["handed"] == first.json["handed"]
    assert told(more) == [(False, "coupon-limit-reached"), (False, "coupons-gone")]


def test_coupons_of_both_halves_of_a_person_are_theirs_until_they_are_parted(shop: Shop) -> None:
    number = "13900000077"
    wechat, alipay = shop.fan(number=number), shop.fan(platform="alipay", number=number)
    first, second = wechat.member_id, alipay.member_id
    template(shop, "ten", claiming={"per_member": 2})
    codes = {another(shop, wechat, "ten"), another(shop, alipay, "ten")}
    wechat.prove()
    alipay.prove("alipay")
    assert wechat.member_id == alipay.member_id

    together = {each["code"] for each in holdings(wechat)}
    full = [issue(shop, "ten", each).json["handed"][0]["refused"] for each in (first, second)]

    assert together == codes
    assert full == ["coupon-limit-reached"] * 2


@pytest.mark.capability("C-49")
def test_a_template_without_limit_is_sent_as_often_as_one_likes(shop: Shop) -> None:
    """10,000 times with TONGKA_THOROUGH=1."""
    people = [shop.fan().member_id for _ in range(20)]
    template(shop, "free")

    codes = {
        each["code"]
        for _ in range(500 if THOROUGH else 10)
        for each in issue(shop, "free", *people).json["handed"]
    }

    assert len(codes) == (10_000 if THOROUGH else 200)
    assert None not in codes


def test_a_coupon_comes_back_twenty_times_and_then_stays_used(shop: Shop) -> None:
    code = coupon(shop, shop.fan(), "ten")
    answers = []
    for number in range(21):
        order = {"order_number": f"K-{number}", "store_id": STORE}
        assert redeem(shop, code, 6000, **order).status_code == 201
        answers.append(shop.till.post(f"/v1/till/coupons/{code}/release", order))

    assert [answer.status_code for answer in answers] == [201] * 20 + [422]
    assert answers[-1].json["code"] == "coupon-stays-used"
    assert state(shop, code) == "redeemed"


def test_a_coupon_without_end_can_be_held(shop: Shop) -> None:
    phone = shop.fan()
    days = {"kind": "fixed", "from_day": "2020-01-01", "through_day": "9999-12-31"}
    code = coupon(shop, phone, "ten", validity=days)
    body = basket(6000, phone.member_id) | {"order_number": f"H-{key()[:10]}", "coupon_codes": [code]}

    held = shop.till.post("/v1/till/checkout/holds", body)

    assert (held.status_code, held.json["state"]) == (201, "open"), held.text


def test_voiding_frees_the_place_of_the_day_on_the_same_day_only(shop: Shop) -> None:
    shop.set_clock("2025-05-01T12:00")
    phone = shop.fan()
    template(shop, "daily", delivery="claim", claiming={"per_day": 1})
    first = claim(phone, "daily").json["code"]
    shop.office.post(f"/v1/staff/coupons/{first}/void", {"note": "误发"})
    second = claim(phone, "daily")
    shop.set_clock("2025-05-02T12:00")
    phone.log_in()
    third = claim(phone, "daily")
    shop.office.post(f"/v1/staff/coupons/{second.json['code']}/void", {"note": "误发"})
    fourth = claim(phone, "daily")

    assert (second.status_code, third.status_code) == (201, 201)
    assert (fourth.status_code, fourth.json["code"]) == (422, "coupon-limit-reached")


@pytest.mark.parametrize(
    "validity",
    [
        {"kind": "relative", "days_valid": 30},
        {"kind": "fixed", "from_day": "2025-05-01", "through_day": "2025-12-31"},
    ],
    ids=["relative", "fixed"],
)
def test_what_was_sent_cannot_be_claimed_once_claiming_is_over(shop: Shop, validity: dict[str, Any]) -> None:
    shop.set_clock("2025-05-01T12:00")
    phone = shop.fan()
    until = {"ends_at": "2025-05-03T12:00:00+08:00"}
    codes = [
        coupon(shop, phone, name, delivery="claim", claiming=until, validity=validity) for name in ("a", "b")
    ]
    shop.set_clock("2025-05-03T11:59")
    phone.log_in()
    in_time = phone.post(f"/v1/me/coupons/{codes[0]}/claim")
    shop.set_clock("2025-05-03T12:00")
    too_late = phone.post(f"/v1/me/coupons/{codes[1]}/claim")
    sent = issue(shop, "a", phone.member_id).json
    shop.set_clock("2025-05-04T00:00")

    assert in_time.status_code == 201
    assert (too_late.status_code, too_late.json["code"]) == (422, "coupon-not-claimable")
    assert sent["code"] == "coupon-template-stopped"
    assert (state(shop, codes[0]), state(shop, codes[1])) == ("open", "expired")
