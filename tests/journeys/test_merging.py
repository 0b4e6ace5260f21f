"""One phone, one member: merging, undoing, and the cases that wait for staff."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.shop import CONSENT, Phone, Shop


def two_people(shop: Shop) -> tuple[Phone, Phone]:
    """A WeChat member with 100 points in 2 orders, and an Alipay person with 50 points in 1 order."""
    wechat = shop.member("wechat")
    shop.buy(6000, wechat.member_id)
    shop.buy(4000, wechat.member_id)
    alipay = Phone(shop, wechat.person_id, wechat.number)
    alipay.log_in("alipay")
    shop.buy(5000, alipay.member_id)
    return wechat, alipay


@pytest.mark.capability("C-03")
def test_the_same_phone_on_both_platforms_is_one_member(shop: Shop) -> None:
    wechat, alipay = two_people(shop)

    answer = alipay.prove("alipay")

    assert answer.json["outcome"] == "merged"
    member_id = answer.json["member"]["member_id"]
    assert member_id == wechat.member_id
    staff = shop.office.get(f"/v1/staff/members/{member_id}").json
    assert (staff["points"], staff["order_count"]) == (150, 3)
    assert {identity["kind"] for identity in staff["identities"]} >= {"wx", "ali", "aliuser"}
    for platform in ("wechat", "alipay"):
        assert shop.log_in(platform, wechat.person_id).json["member"]["member_id"] == member_id
    assert shop.findings() == []


@pytest.mark.capability("C-03")
def test_lots_keep_their_own_expiry_dates(shop: Shop) -> None:
    shop.set_clock("2025-03-10T12:00")
    alipay = shop.fan("alipay")
    shop.buy(5000, alipay.member_id)
    shop.set_clock("2025-04-10T12:00")
    wechat = Phone(shop, alipay.person_id, alipay.number)
    wechat.log_in("wechat")
    wechat.prove("wechat")
    shop.buy(10000, wechat.member_id)

    alipay.log_in("alipay")
    alipay.prove("alipay")

    expiring = alipay.get("/v1/me/points").json["expiring"]
    assert expiring == [
        {"valid_through": "2026-02-28", "points": 50, "usable_from": None},
        {"valid_through": "2026-03-31", "points": 100, "usable_from": None},
    ]


@pytest.mark.capability("C-03")
def test_replaying_the_merge_changes_nothing(shop: Shop) -> None:
    wechat, alipay = two_people(shop)
    body = {**alipay.proof("alipay"), "consent": CONSENT}
    headers = {"Idempotency-Key": "merge-me-three-times"}

    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda _: alipay.post("/v1/me/phone", body, **headers), range(3)))

    outcomes = {answer.json.get("outcome", answer.json.get("code")) for answer in answers}
    assert "merged" in outcomes
    assert outcomes <= {"merged", "session-ended"}, "a later one may find its session ended by the merge"
    account = shop.account(wechat.member_id)
    assert (account.balance.count, account.order_count) == (150, 3)
    assert shop.findings() == []


@pytest.mark.capability("C-03")
def test_the_state_is_the_same_whichever_platform_came_first(shop: Shop) -> None:
    def walk(first: str, second: str) -> dict[str, Any]:
        phone = shop.phone()
        phone.log_in(first)
        phone.prove(first)
        shop.buy(10000, phone.member_id)
        phone.log_in(second)
        shop.buy(5000, phone.member_id)
        phone.prove(second)
        member = shop.office.get(f"/v1/staff/members/{phone.member_id}").json
        entries = phone.get("/v1/me/points/entries").json["items"]
        return {
            "points": member["points"],
            "order_count": member["order_count"],
            "kinds": sorted(identity["kind"] for identity in member["identities"]),
            "state": member["state"],
            "entries": [(entry["kind"], entry["points"]) for entry in entries],
            "expiring": [lot["points"] for lot in phone.get("/v1/me/points").json["expiring"]],
        }

    assert walk("wechat", "alipay") == walk("alipay", "wechat")


def test_the_session_that_asked_ends_and_a_new_token_comes_back(shop: Shop) -> None:
    wechat, alipay = two_people(shop)
    old = Phone(shop, alipay.person_id, alipay.number, token=alipay.token)

    answer = alipay.prove("alipay")

    assert (old.get("/v1/me").status_code, old.get("/v1/me").json["code"]) == (401, "session-ended")
    assert answer.json["token"]
    assert alipay.member_id == wechat.member_id


def test_the_history_of_both_is_one_list(shop: Shop) -> None:
    wechat, alipay = two_people(shop)
    alipay.prove("alipay")
    shop.wait(seconds=2)
    shop.buy(700, wechat.member_id)

    pages, cursor = [], ""
    while True:
        page = wechat.get(f"/v1/me/points/entries?limit=2{cursor}").json
        pages.append([(entry["kind"], entry["points"]) for entry in page["items"]])
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"

    seen = [entry for page in pages for entry in page]
    assert seen[0] == ("earn", 7)
    assert sorted(seen[1:3]) == [("merge_in", 50), ("merge_out", -50)]
    assert seen[3:] == [("earn", 50), ("earn", 40), ("earn", 60)]
    assert sum(points for _, points in seen) == 157


@pytest.mark.capability("C-03")
def test_staff_undo_a_merge_exactly(shop: Shop) -> None:
    wechat, alipay = two_people(shop)
    source_id, target_id = alipay.member_id, wechat.member_id
    before = [(shop.account(each).lots, shop.account(each).order_count) for each in (source_id, target_id)]
    alipay.prove("alipay")
    merge_id = shop.office.get(f"/v1/staff/members/{target_id}").json["aliases"][0]["merge_id"]
    shop.wait(hours=23, minutes=59)

    answers = [shop.office.post(f"/v1/staff/merges/{merge_id}/undo") for _ in range(2)]

    assert [(answer.status_code, answer.json["state"]) for answer in answers] == [(200, "undone")] * 2
    after = [(shop.account(each).lots, shop.account(each).order_count) for each in (source_id, target_id)]
    assert after == before
    assert shop.log_in("alipay", alipay.person_id).json["member"]["member_id"] == source_id
    assert shop.log_in("wechat", alipay.person_id).json["member"]["member_id"] == target_id
    assert shop.office.get(f"/v1/staff/members/{target_id}").json["aliases"] == []
    assert shop.findings() == []


def test_an_undoing_that_is_only_tried_answers_the_same_and_changes_nothing(shop: Shop) -> None:
    wechat, alipay = two_people(shop)
    target_id = wechat.member_id
    alipay.prove("alipay")
    merge_id = shop.office.get(f"/v1/staff/members/{target_id}").json["aliases"][0]["merge_id"]
    path, before = f"/v1/staff/merges/{merge_id}/undo", shop.account(target_id)

    tried = shop.office.post(f"{path}?dry_run=true")
    assert (shop.account(target_id), shop.office.get(f"/v1/staff/merges/{merge_id}").json["state"]) == (
        before,
        "done",
    )
    real = shop.office.post(path)

    assert (tried.status_code, tried.headers["Tongka-Dry-Run"]) == (200, "true")
    different = {"undone_at"}
    assert {name: value for name, value in tried.json.items() if name not in different} == {
        name: value for name, value in real.json.items() if name not in different
    }


def test_sessions_of_the_moved_identity_end_with_the_undoing(shop: Shop) -> None:
    wechat, alipay = two_people(shop)
    alipay.prove("alipay")
    wechat.log_in("wechat")
    merge_id = shop.office.get(f"/v1/staff/members/{wechat.member_id}").json["aliases"][0]["merge_id"]

    shop.office.post(f"/v1/staff/merges/{merge_id}/undo")

    assert wechat.get("/v1/me").status_code == 200
    assert alipay.get("/v1/me").json["code"] == "session-ended"


def test_undoing_is_refused_after_a_day(shop: Shop) -> None:
    wechat, alipay = two_people(shop)
    alipay.prove("alipay")
    merge_id = shop.office.get(f"/v1/staff/members/{wechat.member_id}").json["aliases"][0]["merge_id"]
    member_id = wechat.member_id
    shop.wait(hours=24, seconds=1)

    answer = shop.office.post(f"/v1/staff/merges/{merge_id}/undo")

    assert (answer.status_code, answer.json["code"]) == (422, "merge-undo-too-late")
    assert shop.account(member_id).balance.count == 150


def test_undoing_is_refused_when_moved_points_are_gone(shop: Shop) -> None:
    shop.set_clock("2025-03-30T12:00")
    alipay = shop.fan("alipay")
    order = shop.buy(3000, alipay.member_id)
    shop.set_clock("2025-04-02T12:00")
    wechat = Phone(shop, alipay.person_id, alipay.number)
    wechat.log_in("wechat")
    wechat.prove("wechat")
    shop.buy(10000, wechat.member_id)
    alipay.log_in("alipay")
    alipay.prove("alipay")
    merge_id = shop.office.get(f"/v1/staff/members/{wechat.member_id}").json["aliases"][0]["merge_id"]
    shop.refund(order["order_number"], 100)

    answer = shop.office.post(f"/v1/staff/merges/{merge_id}/undo")

    assert (answer.status_code, answer.json["code"]) == (422, "merge-moved-amounts-gone")
    assert shop.account(wechat.member_id).balance.count == 129
    assert shop.findings() == []


def test_a_merge_can_be_made_again_after_it_was_undone(shop: Shop) -> None:
    wechat, alipay = two_people(shop)
    alipay.prove("alipay")
    merge_id = shop.office.get(f"/v1/staff/members/{wechat.member_id}").json["aliases"][0]["merge_id"]
    shop.office.post(f"/v1/staff/merges/{merge_id}/undo")

    alipay.log_in("alipay")
    answer = alipay.prove("alipay")

    assert answer.json["outcome"] == "merged"
    assert shop.account(wechat.member_id).balance.count == 150
    assert shop.findings() == []


def with_names(shop: Shop, *names: str) -> tuple[Phone, Phone]:
    wechat, alipay = two_people(shop)
    for phone, name in zip((wechat, alipay), names, strict=True):
        phone.patch("/v1/me", {"name": name})
    return wechat, alipay


def test_different_real_names_wait_for_staff(shop: Shop) -> None:
    wechat, alipay = with_names(shop, "林小满", "周伯言")

    answers = [alipay.prove("alipay") for _ in range(2)]

    assert [answer.json["outcome"] for answer in answers] == ["waiting", "waiting"]
    assert shop.account(wechat.member_id).balance.count == 100
    waiting = shop.office.get("/v1/staff/merges").json["items"]
    assert [(merge["state"], merge["wait_reason"]) for merge in waiting] == [("waiting", "names_differ")]
    assert {waiting[0]["source_id"], waiting[0]["target_id"]} == {wechat.member_id, alipay.member_id}
    assert waiting[0]["phone"] == f"{wechat.number[:3]}****{wechat.number[-4:]}"


def test_staff_approve_a_waiting_merge(shop: Shop) -> None:
    wechat, alipay = with_names(shop, "林小满", "周伯言")
    alipay.prove("alipay")
    merge_id = shop.office.get("/v1/staff/merges").json["items"][0]["merge_id"]

    answers = [shop.office.post(f"/v1/staff/merges/{merge_id}/approve") for _ in range(2)]

    assert [(answer.status_code, answer.json["state"]) for answer in answers] == [(200, "done")] * 2
    assert shop.account(wechat.member_id).balance.count == 150
    assert wechat.get("/v1/me").json["name"] == "林小满"
    assert shop.office.get("/v1/staff/merges").json["items"] == []
    assert shop.findings() == []


@pytest.mark.parametrize(
    "release, outcome", [(True, (200, "joined")), (False, (409, "phone-of-another-member"))]
)
def test_staff_reject_a_waiting_merge(shop: Shop, release: bool, outcome: tuple[int, str]) -> None:
    wechat, alipay = with_names(shop, "林小满", "周伯言")
    alipay.prove("alipay")
    merge_id = shop.office.get("/v1/staff/merges").json["items"][0]["merge_id"]

    body = {"release_phone": release}
    answers = [shop.office.post(f"/v1/staff/merges/{merge_id}/reject", body) for _ in range(2)]
    again = alipay.prove("alipay")

    assert [(answer.status_code, answer.json["state"]) for answer in answers] == [(200, "rejected")] * 2
    assert (again.status_code, again.json.get("outcome", again.json.get("code"))) == outcome
    assert shop.account(wechat.member_id).balance.count == 100
    refused = shop.office.post(f"/v1/staff/merges/{merge_id}/approve")
    assert (refused.status_code, refused.json["code"]) == (409, "merge-not-waiting")
    assert shop.findings() == []


def test_two_members_with_phones_of_their_own_become_one_by_a_proof(shop: Shop) -> None:
    older = shop.member("wechat")
    shop.wait(seconds=2)
    younger = shop.member("alipay")
    shop.buy(2000, older.member_id)
    shop.buy(3000, younger.member_id)
    younger_card = younger.get("/v1/me").json["card_number"]
    older_id, younger_id = older.member_id, younger.member_id
    shop.sandbox.world.people.change(older.person_id, phone=younger.number)

    answer = older.prove("wechat")

    assert (answer.json["outcome"], answer.json["member"]["member_id"]) == ("merged", older_id)
    assert answer.json["member"]["phone"] == f"{younger.number[:3]}****{younger.number[-4:]}"
    assert answer.json["token"] is None, "the one who asked lives on"
    assert shop.till.get("/v1/till/members", card_number=younger_card).json["member_id"] == older_id
    assert shop.till.get("/v1/till/members", phone=older.number).status_code == 404
    assert shop.account(older_id).balance.count == 50
    assert shop.findings() == []

    merge_id = shop.office.get(f"/v1/staff/members/{older_id}").json["aliases"][0]["merge_id"]
    assert shop.office.post(f"/v1/staff/merges/{merge_id}/undo").status_code == 200
    assert shop.till.get("/v1/till/members", phone=older.number).json["member_id"] == older_id
    assert shop.till.get("/v1/till/members", phone=younger.number).json["member_id"] == younger_id
    assert shop.till.get("/v1/till/members", card_number=younger_card).json["member_id"] == younger_id
    assert shop.findings() == []


def test_an_order_for_the_merged_id_goes_to_the_one_who_lives_on(shop: Shop) -> None:
    wechat, alipay = two_people(shop)
    old_id = alipay.member_id
    alipay.prove("alipay")

    answer = shop.buy(1000, old_id)

    assert (answer["member_id"], answer["balance"]) == (wechat.member_id, 160)


def test_empty_profile_fields_are_filled_and_emptied_again(shop: Shop) -> None:
    wechat, alipay = two_people(shop)
    wechat.patch("/v1/me", {"nickname": "小满"})
    alipay.patch("/v1/me", {"nickname": "阿满", "city": "杭州", "name": "林小满"})

    merged = alipay.prove("alipay").json["member"]
    merge_id = shop.office.get(f"/v1/staff/members/{wechat.member_id}").json["aliases"][0]["merge_id"]
    shop.office.post(f"/v1/staff/merges/{merge_id}/undo")

    assert (merged["nickname"], merged["city"], merged["name"]) == ("小满", "杭州", "林小满")
    left = wechat.get("/v1/me").json
    assert (left["nickname"], left["city"], left["name"]) == ("小满", None, None)


def test_debt_moves_with_a_merge_and_back(shop: Shop) -> None:
    wechat, alipay = two_people(shop)
    source_id, target_id = alipay.member_id, wechat.member_id
    first = shop.buy(4000, source_id, payments=[{"method": "cash", "amount_fen": 4000}])
    shop.set_clock(f"{shop.now().year + 2}-01-15T12:00")
    alipay.log_in("alipay")
    wechat.log_in("wechat")
    shop.buy(2000, target_id)
    assert shop.refund(first["order_number"], 4000, method="cash").json["balance"] == -40

    alipay.prove("alipay")

    assert shop.account(target_id).balance.count == -20
    assert (shop.account(target_id).debt.count, shop.account(target_id).lots) == (20, {})
    merge_id = shop.office.get(f"/v1/staff/members/{target_id}").json["aliases"][0]["merge_id"]
    assert shop.office.post(f"/v1/staff/merges/{merge_id}/undo").status_code == 200
    assert (shop.account(source_id).debt.count, shop.account(target_id).balance.count) == (40, 20)
    assert shop.findings() == []
