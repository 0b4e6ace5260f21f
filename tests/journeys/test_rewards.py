"""Points for goods, services and codes (C-33): stock, limits, handing over, and taking back."""

import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from domain.programme.model import Validity, ValidityKind
from tests.programmes import base, wish
from tests.shop import STORE, Answer, Opening, Phone, Shop, System

TOWEL = {"name": "毛巾", "kind": "goods", "points": 500}


def key() -> str:
    return secrets.token_hex(16)


def keyed(system: System, path: str, body: object = None, number: str = "") -> Answer:
    return system.send("POST", path, body, None, **{"Idempotency-Key": number or key()})


def put(shop: Shop, reward_id: str, stock: int | None = 10, **more: Any) -> dict[str, Any]:
    """A reward on the shelf."""
    answer = shop.office.send("PUT", f"/v1/staff/rewards/{reward_id}", {**TOWEL, **more})
    assert answer.status_code == 200, answer.text
    if stock:
        moved = keyed(shop.office, f"/v1/staff/rewards/{reward_id}/stock-moves", {"by": stock})
        assert moved.status_code == 201, moved.text
    return answer.json


def rich(shop: Shop, points: int = 1000) -> Phone:
    phone = shop.fan()
    shop.buy(points * 100, phone.member_id)
    return phone


def exchange(phone: Phone, reward_id: str, points: int = 500, number: str = "") -> Answer:
    path = f"/v1/me/rewards/{reward_id}/exchanges"
    return phone.post(path, {"points": points}, **{"Idempotency-Key": number or key()})


def left(shop: Shop, reward_id: str) -> int | None:
    found: int | None = shop.office.get(f"/v1/staff/rewards/{reward_id}").json["left"]
    return found


def fulfil(shop: Shop, exchange_id: str) -> Answer:
    return keyed(shop.till, f"/v1/till/exchanges/{exchange_id}/fulfilment", {"store_id": STORE})


def refund(shop: Shop, exchange_id: str, dry: str = "") -> Answer:
    return keyed(shop.office, f"/v1/staff/exchanges/{exchange_id}/refund{dry}")


@pytest.mark.capability("C-33")
def test_500_points_are_a_towel_and_499_are_not(shop: Shop) -> None:
    put(shop, "towel")
    one, other = rich(shop, 500), rich(shop, 499)

    done, refused = exchange(one, "towel"), exchange(other, "towel")

    assert (done.status_code, done.json["balance"], done.json["code"]) == (201, 0, None)
    assert (refused.status_code, refused.json["code"]) == (422, "not-enough-points")
    assert other.get("/v1/me/points").json["balance"] == 499
    assert left(shop, "towel") == 9
    entry = one.get("/v1/me/points/entries").json["items"][0]
    assert (entry["kind"], entry["points"], entry["reward_id"]) == ("redeem", -500, "towel")
    assert (entry["exchange_id"], entry["reward_name"]) == (done.json["exchange_id"], "毛巾")
    told = one.get(f"/v1/me/points/entries/{entry['entry_id']}/explanation").json["summary"]
    assert told["zh"] == "兑换「毛巾」使用 500 分"
    assert shop.findings() == []


@pytest.mark.capability("C-33")
@pytest.mark.parametrize("reward, points", [("appliance", 2000), ("coffee", 100)])
def test_2000_points_are_an_appliance_and_100_a_coffee(shop: Shop, reward: str, points: int) -> None:
    put(shop, reward, points=points)
    phone = rich(shop, points)

    assert exchange(phone, reward, points).json["balance"] == 0


@pytest.mark.capability("C-33")
def test_two_who_want_the_last_one_get_one_exchange_and_one_refusal(shop: Shop) -> None:
    put(shop, "towel", 1)
    phones = [rich(shop), rich(shop)]

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda phone: exchange(phone, "towel"), phones))

    assert sorted(answer.status_code for answer in answers) == [201, 422]
    assert {answer.json.get("code") for answer in answers if answer.status_code == 422} == {"reward-sold-out"}
    assert sorted(phone.get("/v1/me/points").json["balance"] for phone in phones) == [500, 1000]
    assert left(shop, "towel") == 0


@pytest.mark.capability("C-33")
def test_a_virtual_reward_gives_its_code_at_once_and_each_code_once(shop: Shop) -> None:
    put(shop, "month", None, kind="virtual", points=100)
    added = keyed(shop.office, "/v1/staff/rewards/month/codes", {"codes": ["VIP-1", "VIP-2"]})
    again = keyed(shop.office, "/v1/staff/rewards/month/codes", {"codes": ["VIP-3", "VIP-2"]})
    phone, same = rich(shop), key()

    first, repeated, second, third = (
        exchange(phone, "month", 100, number) for number in (same, same, key(), key())
    )

    assert (added.json["added"], again.json["code"]) == (2, "codes-known")
    assert {first.json["code"], second.json["code"]} == {"VIP-1", "VIP-2"}
    assert repeated.json == first.json
    assert repeated.headers["Idempotency-Replayed"] == "true"
    assert (third.status_code, third.json["code"]) == (422, "reward-sold-out")
    shown = phone.get(f"/v1/me/exchanges/{first.json['exchange_id']}").json
    assert (shown["state"], shown["code"]) == ("fulfilled", first.json["code"])
    assert "code" not in phone.get("/v1/me/exchanges").json["items"][0]
    assert refund(shop, first.json["exchange_id"]).json["code"] == "exchange-not-refundable"
    back = keyed(shop.office, "/v1/staff/rewards/month/codes", {"codes": [first.json["code"]]})
    assert back.json["code"] == "codes-known", "a code that was given away never comes back"


def test_the_same_request_again_is_the_same_exchange(shop: Shop) -> None:
    put(shop, "towel")
    phone, same = rich(shop), key()

    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda _: exchange(phone, "towel", number=same), range(3)))

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert (left(shop, "towel"), phone.get("/v1/me/points").json["balance"]) == (9, 500)


def test_nobody_pays_more_than_was_shown(shop: Shop) -> None:
    put(shop, "towel")
    phone = rich(shop)
    put(shop, "towel", None, points=600)

    refused = exchange(phone, "towel", 500)

    assert (refused.status_code, refused.json["code"]) == (409, "reward-changed")
    assert exchange(phone, "towel", 600).status_code == 201


def test_what_is_hidden_over_or_not_begun_is_not_offered(shop: Shop) -> None:
    shop.set_clock("2026-03-01T12:00")
    put(shop, "hidden", is_shown=False)
    put(shop, "over", ends_at="2026-03-01T12:00:00+08:00")
    put(shop, "later", starts_at="2026-03-02T00:00:00+08:00")
    put(shop, "now", starts_at="2026-03-01T12:00:00+08:00", ends_at="2026-03-01T12:00:01+08:00")
    phone = rich(shop)

    codes = [exchange(phone, reward).json.get("code") for reward in ("hidden", "over", "later", "nothing")]
    offered = [item["reward_id"] for item in phone.get("/v1/me/rewards").json["items"]]

    assert codes == [*["reward-not-offered"] * 3, "reward-not-found"]
    assert offered == ["now"]
    assert phone.get("/v1/me/rewards/hidden").status_code == 404
    assert phone.get("/v1/me/rewards/now").json["left"] == 10
    assert exchange(phone, "now").status_code == 201


def test_a_limit_counts_a_person_through_merges_and_a_refund_frees_it(shop: Shop) -> None:
    put(shop, "towel", per_member=2, points=100)
    wechat = shop.member("wechat")
    alipay = Phone(shop, wechat.person_id, wechat.number)
    alipay.log_in("alipay")
    for phone in (wechat, alipay):
        shop.buy(100_000, phone.member_id)
        assert exchange(phone, "towel", 100).status_code == 201
    assert alipay.prove("alipay").json["outcome"] == "merged"

    refused = exchange(wechat, "towel", 100)
    items = wechat.get("/v1/me/exchanges").json["items"]
    assert refund(shop, items[0]["exchange_id"]).status_code == 201

    assert (refused.status_code, refused.json["code"]) == (422, "reward-limit-reached")
    assert len(items) == 2
    assert wechat.get("/v1/me/rewards").json["items"][0]["times_left"] == 1
    assert exchange(wechat, "towel", 100).status_code == 201
    assert shop.findings() == []


def test_members_only_and_tiers_are_asked_for(shop: Shop) -> None:
    put(shop, "members", is_members_only=True)
    put(shop, "golden", tier_ids=["gold"])
    fan, member = rich(shop), shop.member()
    shop.buy(100_000, member.member_id)

    codes = [exchange(phone, "members").json.get("code") for phone in (fan, member)]

    assert codes == ["reward-not-for-you", None]
    assert exchange(member, "golden").json["code"] == "reward-not-for-you"
    shown = {item["reward_id"]: item["is_for_you"] for item in fan.get("/v1/me/rewards").json["items"]}
    assert shown == {"members": False, "golden": False}


def test_the_till_exchanges_for_a_member_and_hands_over_once(shop: Shop) -> None:
    put(shop, "coffee", points=100)
    member_id = rich(shop).member_id
    path = f"/v1/till/members/{member_id}/exchanges"
    body = {"reward_id": "coffee", "points": 100, "store_id": STORE}

    dry = keyed(shop.till, f"{path}?dry_run=true", body)
    done = keyed(shop.till, path, body)
    listed = shop.till.get(path).json["items"]
    handed, again = (fulfil(shop, done.json["exchange_id"]) for _ in range(2))

    assert dry.json == done.json
    assert [(each["name"], each["state"]) for each in listed] == [("毛巾", "open")]
    assert (handed.status_code, handed.json["state"]) == (201, "fulfilled")
    assert (again.status_code, again.json["code"]) == (409, "exchange-not-open")
    shown = shop.office.get(f"/v1/staff/members/{member_id}/exchanges").json["items"][0]
    assert (shown["state"], shown["store_id"]) == ("fulfilled", STORE)


def test_a_refund_gives_points_and_piece_back_once(shop: Shop) -> None:
    put(shop, "towel")
    phone = rich(shop)
    before = phone.get("/v1/me/points").json["expiring"]
    exchange_id = exchange(phone, "towel").json["exchange_id"]

    dry = refund(shop, exchange_id, "?dry_run=true")
    done, again = refund(shop, exchange_id), refund(shop, exchange_id)

    assert dry.json == done.json
    assert (done.json["points"], done.json["balance"], done.json["state"]) == (500, 1000, "refunded")
    assert again.json["code"] == "exchange-not-open"
    assert fulfil(shop, exchange_id).json["code"] == "exchange-not-open"
    assert (left(shop, "towel"), phone.get("/v1/me/points").json["expiring"]) == (10, before)
    kinds = [entry["kind"] for entry in phone.get("/v1/me/points/entries").json["items"]]
    assert kinds == ["refund_redeem", "redeem", "earn"]
    assert shop.findings() == []


@pytest.mark.parametrize("grace, balance", [(0, 300), (7, 500)])
def test_a_refund_into_a_lot_that_is_over_lapses_or_lives_for_days_of_grace(
    open_with: Any, grace: int, balance: int
) -> None:
    a_month = Validity(ValidityKind.FIXED, 1)
    shop = open_with(Opening(programme=wish(base(), validity=a_month, refund_grace_days=grace)))
    shop.set_clock("2026-03-01T12:00")
    put(shop, "towel")
    phone = shop.fan()
    member_id = phone.member_id
    shop.buy(20_000, member_id)
    shop.set_clock("2026-03-20T12:00")
    shop.buy(30_000, member_id)
    phone.log_in()
    exchange_id = exchange(phone, "towel").json["exchange_id"]
    shop.set_clock("2026-04-10T12:00")

    done = refund(shop, exchange_id)
    phone.log_in()

    assert (done.json["points"], done.json["balance"]) == (500, balance)
    assert phone.get("/v1/me/points").json["balance"] == balance
    expiring = {lot["valid_through"]: lot["points"] for lot in phone.get("/v1/me/points").json["expiring"]}
    assert expiring == {"2026-04-20": 300} | ({"2026-04-16": 200} if grace else {})
    assert shop.findings() == []


def test_a_merge_is_not_undone_once_an_exchange_of_the_source_was_refunded(shop: Shop) -> None:
    put(shop, "towel")
    wechat = shop.member("wechat")
    alipay = Phone(shop, wechat.person_id, wechat.number)
    alipay.log_in("alipay")
    shop.buy(100_000, alipay.member_id)
    exchange_id = exchange(alipay, "towel").json["exchange_id"]
    merged = alipay.prove("alipay").json
    assert merged["outcome"] == "merged"
    assert refund(shop, exchange_id).status_code == 201

    entry = wechat.get("/v1/me/points/entries").json["items"][0]
    merges = [each["merge_id"] for each in wechat.get("/v1/me/points/entries").json["items"]]
    undone = shop.office.post(f"/v1/staff/merges/{next(filter(None, merges))}/undo")

    assert (entry["kind"], entry["exchange_id"]) == ("refund_redeem", exchange_id)
    assert undone.json["code"] == "merge-moved-amounts-gone"


def test_stock_grows_and_shrinks_and_never_below_what_lies_there(shop: Shop) -> None:
    put(shop, "towel", 100)
    path = "/v1/staff/rewards/towel/stock-moves"
    phone = rich(shop)
    assert exchange(phone, "towel").status_code == 201

    too_many = keyed(shop.office, path, {"by": -100})
    dry = keyed(shop.office, f"{path}?dry_run=true", {"by": -99})
    all_of_it = keyed(shop.office, path, {"by": -99})

    assert too_many.json["code"] == "stock-too-low"
    assert (dry.json, all_of_it.json["stock"], left(shop, "towel")) == (all_of_it.json, 1, 0)
    assert exchange(phone, "towel").json["code"] == "reward-sold-out"
    assert keyed(shop.office, path, {"by": 1}).status_code == 201
    assert exchange(phone, "towel").status_code == 201


def test_a_service_without_count_never_runs_out_and_its_kind_stays(shop: Shop) -> None:
    put(shop, "wash", None, kind="service", is_counted=False, points=1)
    phone = rich(shop)

    assert [exchange(phone, "wash", 1).status_code for _ in range(3)] == [201] * 3
    assert left(shop, "wash") is None
    moved = keyed(shop.office, "/v1/staff/rewards/wash/stock-moves", {"by": 1})
    changed = shop.office.send("PUT", "/v1/staff/rewards/wash", TOWEL)
    coded = keyed(shop.office, "/v1/staff/rewards/wash/codes", {"codes": ["A"]})
    assert [answer.json["code"] for answer in (moved, changed, coded)] == [
        "stock-not-counted",
        "reward-kind-fixed",
        "stock-not-counted",
    ]


def test_a_key_that_served_for_another_exchange_is_refused(shop: Shop) -> None:
    put(shop, "towel", points=100)
    phone, same = rich(shop), key()
    one, two = (exchange(phone, "towel", 100).json["exchange_id"] for _ in range(2))

    first = keyed(shop.office, f"/v1/staff/exchanges/{one}/refund", number=same)
    other = keyed(shop.office, f"/v1/staff/exchanges/{two}/refund", number=same)

    assert first.status_code == 201
    assert (other.status_code, other.json["code"]) == (422, "idempotency-key-reused")


def test_pages_of_exchanges_go_through_a_merge(shop: Shop) -> None:
    put(shop, "towel", points=1)
    wechat = shop.member("wechat")
    alipay = Phone(shop, wechat.person_id, wechat.number)
    alipay.log_in("alipay")
    made = []
    for phone in (wechat, alipay):
        shop.buy(100_000, phone.member_id)
    for phone in (wechat, alipay, wechat, alipay, wechat):
        shop.wait(seconds=2)
        made.append(exchange(phone, "towel", 1).json["exchange_id"])
    alipay.prove("alipay")

    seen: list[str] = []
    cursor = ""
    while cursor is not None:
        page = wechat.get(f"/v1/me/exchanges?limit=2{f'&cursor={cursor}' if cursor else ''}").json
        seen += [each["exchange_id"] for each in page["items"]]
        cursor = page["next_cursor"]

    assert seen == made[::-1]
