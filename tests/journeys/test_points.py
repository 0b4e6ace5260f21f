"""Points from orders: how many, exactly once, until when, and back again."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from msgspec.structs import replace

from domain.programme.model import Validity, ValidityKind
from tests.programmes import base, wish
from tests.shop import OTHER_STORE, STORE, Opening, Shop

OpenWith = Callable[[Opening], Shop]


def programme(points: int = 1, per_fen: int = 100, **terms: Any) -> Opening:
    return Opening(programme=wish(base(points, per_fen), **terms))


@pytest.mark.capability("C-20")
@pytest.mark.parametrize(
    "points, per_fen, fen, earned",
    [(1, 100, 8800, 88), (1, 1000, 9900, 9), (1, 100, 8899, 88), (1, 100, 99, 0), (3, 200, 333, 4)],
)
def test_an_order_earns_at_the_tenants_rate(
    open_with: OpenWith, points: int, per_fen: int, fen: int, earned: int
) -> None:
    shop = open_with(programme(points=points, per_fen=per_fen))
    member = shop.member()

    answer = shop.buy(fen, member.member_id)

    assert (answer["points"], answer["balance"]) == (earned, earned)


@pytest.mark.capability("C-29")
def test_the_balance_read_straight_after_the_order_includes_the_award(shop: Shop) -> None:
    member = shop.member()

    for expected in (88, 176, 264):
        shop.buy(8800, member.member_id)
        assert member.get("/v1/me/points").json["balance"] == expected


@pytest.mark.parametrize(
    "payments, earned",
    [
        ({"cash": 5000, "coupon": 1000, "points": 4000}, 50),
        ({"stored_principal": 3000, "stored_bonus": 2000}, 30),
        ({"coupon": 9000}, 0),
        ({"wechat_pay": 1, "alipay": 99, "bank_card": 100}, 2),
    ],
)
def test_only_what_was_really_paid_earns(shop: Shop, payments: dict[str, int], earned: int) -> None:
    member, total = shop.member(), sum(payments.values())
    parts = [{"method": method, "amount_fen": fen} for method, fen in payments.items()]

    answer = shop.buy(total, member.member_id, payments=parts)

    assert answer["points"] == earned


def test_stored_bonus_earns_where_the_tenant_says_so(open_with: OpenWith) -> None:
    shop = open_with(programme(bonus_counts=True))
    member = shop.member()
    parts = [{"method": "stored_bonus", "amount_fen": 2000}]

    assert shop.buy(2000, member.member_id, payments=parts)["points"] == 20


def test_one_order_sent_many_times_at_once_earns_once(shop: Shop) -> None:
    member = shop.member()
    bill = shop.bill(8800, {"member_id": member.member_id})

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: shop.till.post("/v1/till/orders", bill), range(8)))

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert shop.account(member.member_id).balance.count == 88
    assert shop.findings() == []


def test_different_orders_at_once_all_count(shop: Shop) -> None:
    member_id = shop.member().member_id

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: _until_done(shop, member_id), range(12)))

    assert [answer["points"] for answer in answers] == [10] * 12
    account = shop.account(member_id)
    assert (account.balance.count, account.version, account.order_count) == (120, 12, 12)
    assert shop.findings() == []


def _until_done(shop: Shop, member_id: str) -> dict[str, Any]:
    """As a till does: a conflict is tried again with the same number."""
    bill = shop.bill(1000, {"member_id": member_id})
    while True:
        answer = shop.till.post("/v1/till/orders", bill)
        if answer.status_code == 201:
            return answer.json
        assert answer.status_code in {409, 503}, answer.text


def test_the_same_number_with_other_contents_is_refused(shop: Shop) -> None:
    member = shop.member()
    bill = shop.bill(8800, {"member_id": member.member_id})
    shop.till.post("/v1/till/orders", bill)

    answer = shop.till.post("/v1/till/orders", bill | {"paid_at": "2026-01-01T00:00:00+08:00"})

    assert (answer.status_code, answer.json["code"]) == (422, "order-number-reused")
    assert shop.account(member.member_id).balance.count == 88


def test_the_same_number_in_another_store_is_another_order(shop: Shop) -> None:
    member = shop.member()
    bill = shop.bill(1000, {"member_id": member.member_id})

    answers = [
        shop.till.post("/v1/till/orders", bill | {"store_id": store}) for store in (STORE, OTHER_STORE)
    ]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert shop.account(member.member_id).balance.count == 20


def test_a_repeated_order_is_answered_even_when_the_member_code_has_expired(shop: Shop) -> None:
    member = shop.member()
    code = member.get("/v1/me/code").json["code"]
    bill = shop.bill(8800, {"member_code": code})
    first = shop.till.post("/v1/till/orders", bill)
    shop.wait(minutes=10)

    again = shop.till.post("/v1/till/orders", bill)

    assert (again.status_code, again.text) == (201, first.text)
    fresh = shop.till.post("/v1/till/orders", shop.bill(8800, {"member_code": code}))
    assert (fresh.status_code, fresh.json["code"]) == (422, "member-code-not-valid")


@pytest.mark.capability("C-07")
def test_the_till_finds_the_same_member_by_code_card_and_phone(shop: Shop) -> None:
    member = shop.member()
    shown = member.get("/v1/me/code").json
    card = member.get("/v1/me").json["card_number"]

    found = [
        shop.till.get("/v1/till/members", **query).json["member_id"]
        for query in (
            {"member_code": shown["code"]},
            {"card_number": card},
            {"phone": member.number},
            {"phone": f"+86 {member.number}"},
            {"member_id": member.member_id},
        )
    ]

    assert set(found) == {member.member_id}
    assert len(shown["code"]) == 18
    assert 30 < shown["expires_in"] <= 60


@pytest.mark.capability("C-07")
def test_a_member_code_is_accepted_for_at_most_sixty_seconds(shop: Shop) -> None:
    member = shop.member()
    shown = member.get("/v1/me/code").json

    shop.wait(seconds=shown["expires_in"] - 2)
    in_time = shop.till.get("/v1/till/members", member_code=shown["code"])
    shop.wait(seconds=3)
    too_late = shop.till.get("/v1/till/members", member_code=shown["code"])

    assert (in_time.status_code, too_late.status_code) == (200, 422)


def test_a_fan_has_no_code_to_show(shop: Shop) -> None:
    answer = shop.fan().get("/v1/me/code")

    assert (answer.status_code, answer.json["code"]) == (422, "not-a-member")


@pytest.mark.parametrize("field, value", [("total_fen", 8801), ("lines", None), ("payments", None)])
def test_a_bill_whose_sums_differ_is_refused(shop: Shop, field: str, value: int | None) -> None:
    member = shop.member()
    bill = shop.bill(8800, {"member_id": member.member_id})
    if value is None:
        bill[field] = [dict(bill[field][0], amount_fen=1)]
    else:
        bill[field] = value

    answer = shop.till.post("/v1/till/orders", bill)

    assert answer.status_code == 422
    assert answer.json["errors"][0]["code"] == "sum-differs"
    assert shop.account(member.member_id).version == 0


@pytest.mark.parametrize("days, minutes, code", [(0, 6, "in-the-future"), (-32, 0, "too-old")])
def test_a_bill_from_another_time_is_refused(shop: Shop, days: int, minutes: int, code: str) -> None:
    member = shop.member()
    shop.wait(days=days, minutes=minutes)
    paid_at = shop.now().isoformat(timespec="seconds")
    shop.sandbox.world.clock.reset()

    answer = shop.till.post(
        "/v1/till/orders", shop.bill(8800, {"member_id": member.member_id}, paid_at=paid_at)
    )

    assert answer.status_code == 422
    assert [(error["field"], error["code"]) for error in answer.json["errors"]] == [("paid_at", code)]


def test_a_key_with_a_daily_cap_records_no_more_than_that(open_with: OpenWith) -> None:
    opening = Opening()
    shop = open_with(replace(opening, till=replace(opening.till, daily_cap_fen=10_000)))
    member_id = shop.member().member_id
    shop.buy(8000, member_id)

    answer = shop.till.post("/v1/till/orders", shop.bill(2001, {"member_id": member_id}))

    assert (answer.status_code, answer.json["code"]) == (422, "daily-cap-reached")
    assert shop.buy(2000, member_id)["balance"] == 100
    shop.wait(days=1)
    assert shop.buy(9000, member_id)["balance"] == 190


@pytest.mark.capability("C-36")
@pytest.mark.parametrize(
    "validity, paid, last_day",
    [
        (Validity(ValidityKind.FIXED, 12), "2025-04-29T23:59", "2026-04-29"),
        (Validity(ValidityKind.FIXED, 12), "2024-02-29T00:00", "2025-02-28"),
        (Validity(ValidityKind.ROLLING, 12), "2025-03-01T00:00", "2026-02-28"),
        (Validity(ValidityKind.ROLLING, 12), "2025-03-31T23:59", "2026-02-28"),
        (Validity(ValidityKind.PERMANENT, 1), "2025-03-31T12:00", None),
    ],
)
def test_points_are_there_through_their_last_day_and_gone_after_it(
    open_with: OpenWith, validity: Validity, paid: str, last_day: str | None
) -> None:
    shop = open_with(programme(validity=validity))
    shop.set_clock(paid)
    member_id = shop.member().member_id

    assert shop.buy(8800, member_id)["valid_through"] == last_day

    shop.set_clock(f"{last_day or '2099-12-31'}T23:59")
    on_last_day = shop.office.get(f"/v1/staff/members/{member_id}/points").json
    shop.wait(minutes=1)
    after = shop.office.get(f"/v1/staff/members/{member_id}/points").json
    assert on_last_day["balance"] == 88
    assert after["balance"] == (0 if last_day else 88)


@pytest.mark.capability("C-36")
def test_the_oldest_lot_is_taken_first(shop: Shop) -> None:
    shop.set_clock("2025-03-15T12:00")
    member_id = shop.member().member_id
    march = shop.buy(1000, member_id)
    shop.set_clock("2025-05-15T12:00")
    shop.buy(5000, member_id)
    shop.set_clock("2025-04-20T12:00")
    shop.buy(5000, member_id)
    shop.set_clock("2026-03-01T12:00")

    shop.refund(march["order_number"], 1000)

    # The lot of March is over; of the others, that of April lapses first.
    expiring = shop.office.get(f"/v1/staff/members/{member_id}/points").json["expiring"]
    assert expiring == [
        {"valid_through": "2026-03-31", "points": 40, "usable_from": None},
        {"valid_through": "2026-04-30", "points": 50, "usable_from": None},
    ]


@pytest.mark.capability("C-36")
def test_the_job_books_what_is_over_once(lone_shop: Shop) -> None:
    shop = lone_shop
    shop.set_clock("2025-03-15T12:00")
    member_id = shop.member().member_id
    shop.buy(8800, member_id)
    shop.set_clock("2025-04-15T12:00")
    shop.buy(1200, member_id)

    shop.set_clock("2026-02-28T23:59")
    early = shop.services.expire_points(limit=100)
    shop.set_clock("2026-03-01T00:05")
    done = shop.services.expire_points(limit=100)
    again = shop.services.expire_points(limit=100)

    assert (early.accounts, early.points.count) == (0, 0)
    assert (done.accounts, done.points.count, done.failed, done.more) == (1, 88, 0, False)
    assert again.accounts == 0
    entries = shop.office.get(f"/v1/staff/members/{member_id}/points/entries").json["items"]
    assert [(entry["kind"], entry["points"], entry["balance"]) for entry in entries] == [
        ("expire", -88, 12),
        ("earn", 12, 100),
        ("earn", 88, 88),
    ]
    assert shop.findings() == []


def test_an_earning_after_the_last_day_books_the_expiry_first(shop: Shop) -> None:
    shop.set_clock("2025-03-15T12:00")
    member_id = shop.member().member_id
    shop.buy(8800, member_id)
    shop.set_clock("2026-03-01T12:00")

    answer = shop.buy(1000, member_id)

    assert answer["balance"] == 10
    entries = shop.office.get(f"/v1/staff/members/{member_id}/points/entries").json["items"]
    assert [entry["kind"] for entry in entries] == ["earn", "expire", "earn"]
    assert shop.findings() == []


@pytest.mark.capability("C-38")
def test_every_entry_says_when_what_how_much_why_and_from_which_order(shop: Shop) -> None:
    member = shop.member()
    bought = shop.buy(8800, member.member_id)
    refund = shop.refund(bought["order_number"], 4400)

    items = member.get("/v1/me/points/entries").json["items"]

    newest, oldest = items
    assert (oldest["kind"], oldest["points"], oldest["balance"], oldest["reason"]) == (
        "earn",
        88,
        88,
        "order",
    )
    assert oldest["order"] == {"source": STORE, "order_number": bought["order_number"]}
    assert oldest["store_id"] == STORE
    assert oldest["programme_version"] == 1
    assert oldest["at"].endswith("+08:00")
    assert (newest["kind"], newest["points"], newest["balance"]) == ("claw_back", -44, 44)
    assert newest["refund_number"] == refund.json["refund_number"]


@pytest.mark.capability("C-38")
def test_entries_add_up_to_the_balance_and_so_do_the_kinds(shop: Shop) -> None:
    member = shop.member()
    numbers = [shop.buy(fen, member.member_id)["order_number"] for fen in (8800, 1299, 45_000)]
    shop.refund(numbers[1], 1299)
    shop.refund(numbers[2], 12_345)

    points = member.get("/v1/me/points").json
    items = member.get("/v1/me/points/entries").json["items"]

    assert sum(item["points"] for item in items) == points["balance"] == sum(points["by_kind"].values())
    for older, newer in zip(items[1:], items, strict=False):
        assert newer["balance"] == older["balance"] + newer["points"]


@pytest.mark.capability("C-38")
def test_entries_come_in_pages_of_twenty_in_one_call_each(shop: Shop) -> None:
    member = shop.member()
    for _ in range(45):
        shop.buy(100, member.member_id)

    seen: list[int] = []
    cursor = ""
    for _ in range(3):
        page = member.get(f"/v1/me/points/entries{cursor}").json
        seen += [entry["sequence"] for entry in page["items"]]
        cursor = f"?cursor={page['next_cursor']}"

    assert seen == list(range(45, 0, -1))
    assert page["next_cursor"] is None
