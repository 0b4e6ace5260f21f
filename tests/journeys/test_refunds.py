"""Refunds, whole and in parts: what an order earned goes back, exactly (D-21, D-26)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from domain.programme.model import ClawbackPolicy
from tests.programmes import wish
from tests.shop import Opening, Shop


def test_a_whole_refund_takes_back_all_that_was_earned(shop: Shop) -> None:
    member_id = shop.member().member_id
    order = shop.buy(8899, member_id)

    answer = shop.refund(order["order_number"], 8899)

    assert (answer.status_code, answer.json["points"], answer.json["balance"]) == (201, -88, 0)
    account = shop.account(member_id)
    assert (account.order_count, account.spend.fen) == (0, 0)


def test_what_is_left_after_a_partial_refund_is_worth_what_it_would_have_earned(shop: Shop) -> None:
    member_id = shop.member().member_id
    order = shop.buy(8850, member_id)

    answer = shop.refund(order["order_number"], 30)

    assert (answer.json["points"], answer.json["balance"]) == (0, 88)
    assert shop.account(member_id).order_count == 1


def test_many_partial_refunds_end_at_zero_to_the_point(shop: Shop) -> None:
    member_id = shop.member().member_id
    order = shop.buy(9999, member_id)
    parts = [1, 333, 4, 5000, 661, 99, 901, 3000]

    answers = [shop.refund(order["order_number"], part).json for part in parts]

    assert sum(parts) == 9999
    assert sum(answer["points"] for answer in answers) == -99
    assert answers[-1]["balance"] == 0
    left = 9999
    for part, answer in zip(parts, answers, strict=True):
        left -= part
        assert answer["balance"] == left // 100
    assert shop.findings() == []


def test_one_refund_sent_many_times_at_once_counts_once(shop: Shop) -> None:
    member_id = shop.member().member_id
    order = shop.buy(8800, member_id)
    body = shop.refund_body(4400)
    path = f"/v1/till/orders/{order['order_number']}/refunds"

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: shop.till.post(path, body), range(6)))

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert shop.account(member_id).balance.count == 44
    assert shop.findings() == []


def test_parallel_refunds_never_give_back_more_than_was_paid(shop: Shop) -> None:
    member_id = shop.member().member_id
    order = shop.buy(1000, member_id)

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: shop.refund(order["order_number"], 400), range(8)))

    codes = sorted(answer.json.get("code", "done") for answer in answers)
    assert codes.count("done") == 2, codes
    assert set(codes) <= {"done", "refund-too-large", "conflict"}
    assert shop.account(member_id).balance.count == 2
    assert shop.findings() == []


@pytest.mark.parametrize("fen, method", [(8801, "wechat_pay"), (1, "cash")])
def test_more_than_was_paid_in_that_way_is_refused(shop: Shop, fen: int, method: str) -> None:
    member_id = shop.member().member_id
    order = shop.buy(8800, member_id)

    answer = shop.refund(order["order_number"], fen, payments=[{"method": method, "amount_fen": fen}])

    assert (answer.status_code, answer.json["code"]) == (409, "refund-too-large")
    assert shop.account(member_id).balance.count == 88


def test_a_refund_of_coupons_takes_no_points(shop: Shop) -> None:
    member_id = shop.member().member_id
    payments = [{"method": "cash", "amount_fen": 5000}, {"method": "coupon", "amount_fen": 1000}]
    order = shop.buy(6000, member_id, payments=payments)

    coupon = shop.refund(order["order_number"], 1000, payments=[payments[1]])
    cash = shop.refund(order["order_number"], 5000, payments=[payments[0]])

    assert [coupon.json["points"], cash.json["points"]] == [0, -50]


def test_a_refund_number_with_other_contents_is_refused(shop: Shop) -> None:
    member_id = shop.member().member_id
    order = shop.buy(8800, member_id)
    first = shop.refund_body(100)
    path = f"/v1/till/orders/{order['order_number']}/refunds"
    shop.till.post(path, first)

    other = shop.refund_body(200, refund_number=first["refund_number"])
    answer = shop.till.post(path, other)

    assert (answer.status_code, answer.json["code"]) == (422, "refund-number-reused")


@pytest.mark.parametrize("number", ["N-unknown", "x"])
def test_a_refund_of_an_unknown_order_is_not_found(shop: Shop, number: str) -> None:
    answer = shop.refund(number, 100)

    assert (answer.status_code, answer.json["code"]) == (404, "order-not-found")


def lose_points(shop: Shop) -> tuple[str, str]:
    """A member whose 88 points from an order have lapsed, and who holds 30 newer ones."""
    shop.set_clock("2025-03-15T12:00")
    member_id = shop.member().member_id
    order = shop.buy(8800, member_id)
    shop.set_clock("2026-03-02T12:00")
    shop.buy(3000, member_id)
    return member_id, order["order_number"]


@pytest.mark.parametrize(
    "policy, status, balance, debt",
    [
        (ClawbackPolicy.DEBT, 201, -58, 58),
        (ClawbackPolicy.FLOOR, 201, 0, 0),
        (ClawbackPolicy.DENY, 422, 30, 0),
    ],
)
def test_points_that_are_gone_are_owed_forgone_or_stand_in_the_way(
    open_with: Callable[[Opening], Shop], policy: ClawbackPolicy, status: int, balance: int, debt: int
) -> None:
    shop = open_with(Opening(programme=wish(clawback=policy)))
    member_id, number = lose_points(shop)

    answer = shop.refund(number, 8800)

    assert answer.status_code == status
    account = shop.account(member_id)
    assert (account.balance.count, account.debt.count) == (balance, debt)
    assert shop.findings() == []


def test_new_points_pay_the_debt_first(shop: Shop) -> None:
    member_id, number = lose_points(shop)
    shop.refund(number, 8800)

    first = shop.buy(5000, member_id)
    second = shop.buy(1000, member_id)

    assert [first["balance"], second["balance"]] == [-8, 2]
    assert shop.account(member_id).debt.count == 0
    assert shop.findings() == []
