"""What was checked out goes back exactly; what is held for a bill is captured or released (C-92)."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.coupons import basket, bill, complete, completed, coupon, quote, quoted, reverse, state
from tests.journeys.test_checkout import opened, points, rich
from tests.shop import OTHER_STORE, STORE, Opening, Phone, Shop


def test_a_whole_reversal_brings_everything_back(open_with: Callable[[Opening], Shop]) -> None:
    shop = opened(open_with)
    phone = rich(shop, 5000)
    code = coupon(shop, phone, "ten")
    before = shop.account(phone.member_id)
    done = completed(shop, bill(shop, 10000, phone.member_id, 5000, coupon_codes=[code], points=4000))

    back = reverse(shop, done["order_number"])
    again = reverse(shop, done["order_number"])

    after = shop.account(phone.member_id)
    assert back.status_code == 201, back.text
    assert back.json["payments"] == done["payments"]
    assert (back.json["given_back"], back.json["points"], back.json["coupons"]) == (4000, -50, [code])
    assert (after.lots, after.debt, after.balance) == (before.lots, before.debt, before.balance)
    assert (after.order_count, after.spend) == (before.order_count, before.spend)
    assert state(shop, code) == "open"
    assert (again.status_code, again.json["code"]) == (422, "order-wholly-refunded")
    assert shop.findings() == []


def test_many_small_reversals_end_exactly_where_one_ends(open_with: Callable[[Opening], Shop]) -> None:
    shop = opened(open_with)
    phone = rich(shop, 5000)
    code = coupon(shop, phone, "ten")
    before = shop.account(phone.member_id)
    done = completed(shop, bill(shop, 9997, phone.member_id, 5000, coupon_codes=[code], points=3997))
    chance = random.Random(7)
    left, totals, given = 9997, dict.fromkeys(("coupon", "points", "wechat_pay"), 0), 0
    while left:
        fen = min(chance.randint(1, 2500), left)
        back = reverse(shop, done["order_number"], fen)
        assert back.status_code == 201, back.text
        assert sum(part["amount_fen"] for part in back.json["payments"]) == fen
        for part in back.json["payments"]:
            totals[part["method"]] += part["amount_fen"]
        given, left = given + back.json["given_back"], left - fen
        assert (state(shop, code) == "open") is (left == 0)
    after = shop.account(phone.member_id)

    assert totals == {"coupon": 1000, "points": 3997, "wechat_pay": 5000}
    assert given == 3997
    assert (after.lots, after.balance, after.spend) == (before.lots, before.balance, before.spend)
    assert shop.findings() == []


def test_a_reversal_is_booked_once_and_no_more_than_there_is(open_with: Callable[[Opening], Shop]) -> None:
    shop = opened(open_with)
    phone = rich(shop, 5000)
    done = completed(shop, bill(shop, 10000, phone.member_id, 6000, points=4000))
    number = done["order_number"]

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: reverse(shop, number, 2500, refund_number="V-1"), range(4)))
    other = reverse(shop, number, 2501, refund_number="V-1")
    more = reverse(shop, number, 7501)
    reported = shop.refund(number, 100)
    plain = shop.buy(100, phone.member_id)

    assert {answer.text for answer in answers} == {answers[0].text}
    assert answers[0].status_code == 201, answers[0].text
    assert other.json["code"] == "refund-number-reused"
    assert more.json["code"] == "refund-too-large"
    assert reported.json["code"] == "order-checked-out"
    assert reverse(shop, plain["order_number"]).json["code"] == "order-not-checked-out"
    assert points(phone) == 5000 - 4000 + 60 + 1000 - 15 + 1


def hold(shop: Shop, fen: int, phone: Phone, **more: Any) -> dict[str, Any]:
    body = basket(fen, phone.member_id) | {"order_number": f"H-{random.randrange(10**9)}"} | more
    answer = shop.till.post("/v1/till/checkout/holds", body)
    assert answer.status_code == 201, answer.text
    return answer.json


def test_what_is_held_is_nobody_elses_and_is_captured_once(open_with: Callable[[Opening], Shop]) -> None:
    shop = opened(open_with)
    phone = rich(shop, 5000)
    code = coupon(shop, phone, "ten")
    held = hold(shop, 10000, phone, coupon_codes=[code], points=4000)
    rival = complete(shop, bill(shop, 10000, phone.member_id, 9000, coupon_codes=[code]))
    body = bill(shop, 10000, phone.member_id, 5000, coupon_codes=[code], points=4000)

    differs = complete(shop, body | {"order_number": held["order_number"], "is_held": True, "points": 3000})
    done = completed(shop, body | {"order_number": held["order_number"], "is_held": True})

    assert (held["to_pay_fen"], held["state"]) == (5000, "open")
    assert (rival.status_code, rival.json["code"]) == (409, "coupon-locked")
    assert (differs.status_code, differs.json["code"]) == (409, "hold-differs")
    assert (done["points_spent"], points(phone)) == (4000, 1050)
    assert reverse(shop, done["order_number"]).json["given_back"] == 4000
    assert points(phone) == 5000
    assert shop.findings() == []


def test_what_is_released_is_there_again(open_with: Callable[[Opening], Shop]) -> None:
    shop = opened(open_with)
    phone = rich(shop, 5000)
    code = coupon(shop, phone, "ten")
    held = hold(shop, 10000, phone, coupon_codes=[code], points=4000)
    assert points(phone) == 1000
    path = f"/v1/till/checkout/holds/{held['order_number']}/release"
    first, again = (shop.till.post(path, {"store_id": "nanjing-road"}) for _ in range(2))
    body = bill(shop, 10000, phone.member_id, 5000, coupon_codes=[code], points=4000)
    late = complete(shop, body | {"order_number": held["order_number"], "is_held": True})

    assert (first.json["state"], again.json["state"]) == ("released", "released")
    assert (points(phone), state(shop, code)) == (5000, "open")
    assert (late.status_code, late.json["code"]) == (409, "hold-over")
    assert completed(shop, body)["points_spent"] == 4000


def test_a_hold_ends_by_itself(lone_shop: Shop) -> None:
    shop = lone_shop
    phone = shop.fan()
    code = coupon(shop, phone, "ten")
    held = hold(shop, 10000, phone, coupon_codes=[code], minutes=10)
    shop.wait(minutes=9)
    assert state(shop, code) == "locked"
    assert shop.services.release_holds(limit=10).holds == 0
    shop.wait(minutes=2)
    before_the_job = state(shop, code)
    done = complete(shop, bill(shop, 10000, phone.member_id, 9000, coupon_codes=[code]))
    released = shop.services.release_holds(limit=10)

    assert before_the_job == "open"
    assert done.status_code == 201, done.text
    assert (released.holds, released.failed) == (1, 0)
    assert shop.services.release_holds(limit=10).holds == 0
    assert state(shop, code) == "redeemed"
    assert held["state"] == "open"


def test_a_coupon_comes_back_only_if_its_template_says_so(open_with: Callable[[Opening], Shop]) -> None:
    shop = opened(open_with)
    phone = shop.fan()
    code = coupon(shop, phone, "gone", returns_on_refund=False)
    done = completed(shop, bill(shop, 10000, phone.member_id, 9000, coupon_codes=[code]))

    back = reverse(shop, done["order_number"])

    assert (back.json["coupons"], state(shop, code)) == ([], "redeemed")


def test_what_is_held_is_paid_as_held_and_not_beside(open_with: Callable[[Opening], Shop]) -> None:
    shop = opened(open_with)
    phone = rich(shop, 9000)
    held = hold(shop, 10000, phone, points=4000)
    number = {"order_number": held["order_number"]}

    beside = complete(shop, bill(shop, 10000, phone.member_id, 6000, points=4000) | number)
    again = shop.till.post(
        "/v1/till/checkout/holds", basket(10000, phone.member_id) | number | {"points": 4000}
    )
    done = completed(shop, bill(shop, 10000, phone.member_id, 6000, points=4000) | number | {"is_held": True})
    once_more = shop.till.post(
        "/v1/till/checkout/holds", basket(10000, phone.member_id) | number | {"points": 1}
    )

    assert (beside.status_code, beside.json["code"]) == (409, "order-is-held")
    assert (again.status_code, again.json["state"]) == (201, "open")
    assert points(phone) == 5000 + done["points"]
    assert (once_more.status_code, once_more.json["code"]) == (422, "order-number-reused")


def test_nothing_is_held_for_an_order_that_is_paid(open_with: Callable[[Opening], Shop]) -> None:
    shop = opened(open_with)
    phone = rich(shop, 9000)
    done = completed(shop, bill(shop, 10000, phone.member_id, 10000))
    before = points(phone)

    held = shop.till.post(
        "/v1/till/checkout/holds",
        basket(10000, phone.member_id) | {"order_number": done["order_number"], "points": 100},
    )

    assert (held.status_code, held.json["code"]) == (422, "order-number-reused")
    assert points(phone) == before


def test_a_hold_that_is_over_is_no_hold_and_is_made_anew_once_it_is_released(
    open_with: Callable[[Opening], Shop],
) -> None:
    shop = opened(open_with)
    shop.set_clock("2025-05-01T12:00")
    phone = rich(shop, 9000)
    body = basket(10000, phone.member_id) | {"order_number": "H-1", "points": 100, "minutes": 1}
    shop.till.post("/v1/till/checkout/holds", body)
    shop.set_clock("2025-05-01T12:05")

    over = shop.till.post("/v1/till/checkout/holds", body)
    shop.services.release_holds(limit=10)
    anew = shop.till.post("/v1/till/checkout/holds", body)

    assert (over.status_code, over.json["code"]) == (409, "hold-over")
    assert (anew.status_code, anew.json["until"]) == (201, "2025-05-01T12:06:00+08:00")


def test_points_go_back_to_whose_they_were_when_two_were_parted(
    open_with: Callable[[Opening], Shop],
) -> None:
    shop = opened(open_with)
    number = "13900000078"
    wechat, alipay = shop.fan(number=number), shop.fan(platform="alipay", number=number)
    shop.buy(500_000, wechat.member_id)
    shop.buy(300_000, alipay.member_id)
    first, second = wechat.member_id, alipay.member_id
    before = [shop.account(each).balance for each in (first, second)]
    held = hold(shop, 10000, alipay, points=1000)
    wechat.prove()
    alipay.prove("alipay")
    number_of_order = {"order_number": held["order_number"], "is_held": True}
    done = completed(shop, bill(shop, 10000, first, 9000, points=1000) | number_of_order)
    merge_id = shop.office.get(f"/v1/staff/members/{first}").json["aliases"][0]["merge_id"]
    undone = shop.office.post(f"/v1/staff/merges/{merge_id}/undo")

    back = reverse(shop, done["order_number"])

    assert (undone.status_code, back.status_code) == (200, 201), (undone.text, back.text)
    assert back.json["given_back"] == 1000
    assert [shop.account(each).balance for each in (first, second)] == before
    assert shop.findings() == []


def test_a_till_that_was_cut_off_sees_what_is_held_paid_and_gone_back(
    open_with: Callable[[Opening], Shop],
) -> None:
    shop = opened(open_with)
    phone = rich(shop, 9000)
    held = hold(shop, 10000, phone, points=4000)
    path = f"/v1/till/checkout/orders/{held['order_number']}"

    def seen(**query: str) -> Any:
        return shop.till.get(path, **({"store_id": STORE} | query))

    before = seen().json
    number = {"order_number": held["order_number"], "is_held": True}
    done = completed(shop, bill(shop, 10000, phone.member_id, 6000, points=4000) | number)
    paid = seen().json
    reverse(shop, held["order_number"], 2500)
    after = seen().json
    elsewhere, nowhere = seen(store_id=OTHER_STORE), shop.till.get(f"{path}x", store_id=STORE)

    assert (before["order"], before["left"], before["hold"]) == (None, [], held)
    assert (paid["order"], paid["left"], paid["hold"]["state"]) == (done, done["payments"], "captured")
    assert [part["amount_fen"] for part in after["left"]] == [3000, 4500]
    assert {answer.json["code"] for answer in (elsewhere, nowhere)} == {"order-not-found"}


def test_a_quote_of_a_held_order_counts_what_is_held_for_it(open_with: Callable[[Opening], Shop]) -> None:
    shop = opened(open_with)
    shop.set_clock("2025-05-01T12:00")
    phone = rich(shop, 5000)
    code = coupon(shop, phone, "ten")
    held = hold(shop, 10000, phone, coupon_codes=[code], points=4000, minutes=10)
    number = {"order_number": held["order_number"]}
    wish = {"coupon_codes": [code], "points": 4000}

    other = quote(shop, 12000, phone.member_id, **wish)
    own = quoted(shop, 12000, phone.member_id, **number, **wish)
    best = quoted(shop, 12000, phone.member_id, **number)
    done = completed(shop, bill(shop, 12000, phone.member_id, 7000, **wish) | number | {"is_held": True})
    shop.set_clock("2025-05-01T12:11")
    after = quoted(shop, 12000, phone.member_id, **number)

    assert (other.status_code, other.json["code"]) == (409, "coupon-locked")
    assert (own["price"]["to_pay_fen"], own["points_available"]) == (7000, 5000)
    assert best["best"] == [code]
    assert done["points_spent"] == 4000
    assert (after["best"], after["points_available"]) == ([], 1000 + done["points"])
