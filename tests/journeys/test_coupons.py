"""Coupons from the template to the counter (C-46, C-48 to C-53): each kind, its days, where and how often."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.coupons import (
    CASH,
    EXCHANGE,
    RATE,
    another,
    claim,
    coupon,
    holdings,
    issue,
    key,
    lines,
    redeem,
    redeem_body,
    save,
    state,
    template,
)
from tests.shop import OTHER_STORE, Shop


@pytest.mark.capability("C-46")
@pytest.mark.parametrize(
    "effect, to_pay",
    [
        ({"kind": "threshold_discount", "from_fen": 5000, "off_fen": 1000}, 5000),
        (RATE, 4800),
        (CASH, 5200),
    ],
)
def test_each_kind_on_a_bill_of_60_yuan(shop: Shop, effect: dict[str, Any], to_pay: int) -> None:
    phone = shop.fan()
    code = coupon(shop, phone, "one", effect=effect)

    done = redeem(shop, code, 6000)

    assert (done.status_code, done.json["to_pay_fen"]) == (201, to_pay)
    assert done.json["off_fen"] == 6000 - to_pay
    assert state(shop, code) == "redeemed"


@pytest.mark.capability("C-46")
def test_a_discount_code_is_claimed_by_whoever_types_it(shop: Shop) -> None:
    phone = shop.fan()
    template(shop, "code", delivery="code", claim_code="SUMMER", effect=RATE)
    path = "/v1/me/coupon-claims"

    unknown = phone.post(path, {"claim_code": "WINTER"}, **{"Idempotency-Key": key()})
    done = phone.post(path, {"claim_code": "summer"}, **{"Idempotency-Key": key()})
    by_page = claim(phone, "code")

    assert (unknown.status_code, unknown.json["code"]) == (404, "coupon-template-not-found")
    assert done.status_code == 201, done.text
    assert (by_page.status_code, by_page.json["code"]) == (422, "coupon-not-claimable")
    assert redeem(shop, done.json["code"], 6000).json["to_pay_fen"] == 4800
    taken = save(shop, "other", delivery="code", claim_code="SUMMER")
    assert (taken.status_code, taken.json["code"]) == (409, "claim-code-taken")


@pytest.mark.capability("C-46")
def test_a_timed_coupon_is_good_on_its_days_and_hours(shop: Shop) -> None:
    shop.set_clock("2025-03-10T14:30")  # A Monday.
    phone = shop.fan()
    conditions = {
        "weekdays": [1, 2],
        "spans": [{"from_time": "14:00", "until_time": "17:00"}],
        "blackout_dates": ["2025-03-11"],
    }
    code = coupon(shop, phone, "tea", effect=CASH, conditions=conditions)
    answers = {}
    for moment in ("2025-03-10T13:59", "2025-03-10T17:00", "2025-03-11T15:00", "2025-03-12T15:00"):
        shop.set_clock(moment)
        answers[moment] = redeem(shop, code, 6000).json["code"]
    shop.set_clock("2025-03-17T14:00")

    assert answers == {
        "2025-03-10T13:59": "time-not-applicable",
        "2025-03-10T17:00": "time-not-applicable",
        "2025-03-11T15:00": "day-not-applicable",
        "2025-03-12T15:00": "day-not-applicable",
    }
    assert redeem(shop, code, 6000).json["to_pay_fen"] == 5200


@pytest.mark.capability("C-46")
def test_a_coupon_for_goods_pays_one_piece_of_them(shop: Shop) -> None:
    phone = shop.fan()
    code = coupon(shop, phone, "latte", effect=EXCHANGE, conditions={"goods": {"skus": ["latte"]}})
    other = redeem(shop, code, 0, lines=lines(2000, "tea", "tea"))
    bill = [*lines(5600, "latte", quantity=2), *lines(4000, "cake", "cake")]

    done = redeem(shop, code, 0, lines=bill)

    assert (other.status_code, other.json["code"]) == (422, "goods-not-in-bill")
    assert (done.json["off_fen"], done.json["to_pay_fen"]) == (2800, 6800)


@pytest.mark.capability("C-48")
def test_fixed_days_are_good_all_of_the_last_day_and_not_the_next(shop: Shop) -> None:
    shop.set_clock("2017-06-20T23:59")
    phone = shop.fan()
    days = {"kind": "fixed", "from_day": "2017-06-21", "through_day": "2017-06-21"}
    code = coupon(shop, phone, "day", effect=CASH, validity=days)
    before = redeem(shop, code, 6000)
    second, third = another(shop, phone, "day"), another(shop, phone, "day")
    shop.set_clock("2017-06-21T00:00")
    first = redeem(shop, code, 6000)
    shop.set_clock("2017-06-21T23:59")
    last = redeem(shop, second, 6000)
    shop.set_clock("2017-06-22T00:00")
    after = redeem(shop, third, 6000)

    assert (before.status_code, before.json["code"]) == (422, "coupon-not-started")
    assert (first.status_code, last.status_code) == (201, 201)
    assert (after.status_code, after.json["code"]) == (422, "coupon-expired")


@pytest.mark.capability("C-48")
def test_the_same_day_for_one_day_ends_at_midnight(shop: Shop) -> None:
    shop.set_clock("2025-05-01T23:59")
    phone = shop.fan()
    days = {"kind": "relative", "after_days": 0, "days_valid": 1}
    template(shop, "night", effect=CASH, validity=days, delivery="claim")
    claimed = claim(phone, "night").json
    shop.set_clock("2025-05-02T00:00")

    assert (claimed["valid_from"], claimed["valid_through"]) == ("2025-05-01", "2025-05-01")
    assert redeem(shop, claimed["code"], 6000).json["code"] == "coupon-expired"
    assert holdings(phone)[0]["state"] == "expired"


@pytest.mark.capability("C-49")
def test_sent_is_owned_and_a_limit_of_one_refuses_the_second(shop: Shop) -> None:
    phone = shop.fan()
    template(shop, "free")
    template(shop, "once", delivery="claim", claiming={"per_member": 1})
    for _ in range(3):
        assert issue(shop, "free", phone.member_id).json["handed"][0]["refused"] is None

    first, second = claim(phone, "once"), claim(phone, "once")
    sent = issue(shop, "once", phone.member_id)

    assert [each["state"] for each in holdings(phone)] == ["open"] * 4
    assert first.status_code == 201
    assert (second.status_code, second.json["code"]) == (422, "coupon-limit-reached")
    assert sent.json["handed"] == [
        {"member_id": phone.member_id, "code": None, "refused": "coupon-limit-reached"}
    ]


@pytest.mark.capability("C-49")
def test_a_limit_for_one_day_is_free_again_the_next(shop: Shop) -> None:
    shop.set_clock("2025-05-01T23:50")
    phone = shop.fan()
    template(shop, "daily", delivery="claim", claiming={"per_day": 2})
    today = [claim(phone, "daily").status_code for _ in range(3)]
    shop.set_clock("2025-05-02T00:10")

    assert today == [201, 201, 422]
    assert claim(phone, "daily").status_code == 201


@pytest.mark.capability("C-49")
def test_the_last_one_of_a_stock_is_one_persons(shop: Shop) -> None:
    phones = [shop.fan() for _ in range(4)]
    template(shop, "few", delivery="claim", total=2)

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda phone: claim(phone, "few"), phones))

    assert sorted(answer.status_code for answer in answers) == [201, 201, 422, 422]
    assert {answer.json.get("code") for answer in answers if answer.status_code == 422} == {"coupons-gone"}
    assert shop.office.get("/v1/staff/coupon-templates/few").json["left"] == 0


@pytest.mark.capability("C-50")
def test_the_till_of_another_store_is_refused(shop: Shop) -> None:
    phone = shop.fan()
    code = coupon(shop, phone, "here", effect=CASH, conditions={"store_ids": [OTHER_STORE]})

    refused = redeem(shop, code, 6000)
    done = redeem(shop, code, 6000, store_id=OTHER_STORE)

    assert (refused.status_code, refused.json["code"]) == (422, "store-not-applicable")
    assert refused.json["message"] == "该门店不可使用此优惠券"
    assert done.status_code == 201


@pytest.mark.capability("C-50")
@pytest.mark.parametrize("fen, code", [(4999, "below-minimum-spend"), (5000, None)])
def test_the_minimum_spend_counts_the_coupons_goods_only(shop: Shop, fen: int, code: str | None) -> None:
    phone = shop.fan()
    goods = {"goods": {"categories": ["coffee"]}, "at_least_fen": 5000}
    issued = coupon(shop, phone, "beans", effect=CASH, conditions=goods)
    bill = [*lines(fen), *lines(9000, "cake", "cake")]

    assert redeem(shop, issued, 0, lines=bill).json.get("code") == (code or issued)


@pytest.mark.capability("C-51")
def test_the_same_key_redeems_once_and_gets_the_same_answer(shop: Shop) -> None:
    phone = shop.fan()
    code = coupon(shop, phone, "one", effect=CASH)
    number, body = key(), redeem_body(6000)

    first, again = (redeem(shop, code, 6000, number, **body) for _ in range(2))
    other = redeem(shop, code, 6000)

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.text == again.text
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (other.status_code, other.json["code"]) == (409, "coupon-used")


@pytest.mark.capability("C-51")
def test_of_50_redemptions_at_once_one_succeeds(shop: Shop) -> None:
    phone = shop.fan()
    code = coupon(shop, phone, "one", effect=CASH)
    till = shop.till

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: redeem(shop, code, 6000), range(50)))

    refusals = {(answer.status_code, answer.json["code"]) for answer in answers if answer.status_code != 201}
    assert sum(answer.status_code == 201 for answer in answers) == 1
    assert refusals == {(409, "coupon-used")}
    assert till.get(f"/v1/till/coupons/{code}").json["state"] == "redeemed"


@pytest.mark.capability("C-53")
def test_a_code_has_14_digits_in_groups_and_is_read_with_or_without_dashes(shop: Shop) -> None:
    phone = shop.fan()
    code = coupon(shop, phone, "one")
    held = holdings(phone)[0]

    assert len(code) == 14
    assert code.isdigit()
    assert held["code_shown"] == f"{code[:4]}-{code[4:8]}-{code[8:12]}-{code[12:]}"
    assert (held["barcode"], held["qr"]) == (code, code)
    for written in (code, held["code_shown"]):
        assert shop.till.get(f"/v1/till/coupons/{written}").json["code"] == code
    for odd in (code[:-1], f"{code}0", f"{code[:7]}-{code[7:]}", code[:-1] + str(9 - int(code[-1]))):
        assert shop.till.get(f"/v1/till/coupons/{odd}").status_code in {404, 422}


@pytest.mark.capability("C-53")
def test_nobody_finds_a_coupon_by_guessing(shop: Shop) -> None:
    phone, stranger = shop.fan(), shop.fan()
    codes = [coupon(shop, phone, f"one-{number}") for number in range(5)]

    assert len({code[:6] for code in codes}) == 5
    for code in codes:
        assert stranger.get(f"/v1/me/coupons/{code}").status_code == 404
