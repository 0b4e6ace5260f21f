"""Merges under attack, or in bad luck: each of these once gave somebody what was not theirs."""

from datetime import datetime

import pytest
from msgspec.structs import replace

from domain.session.end import EndSessions
from domain.unit_of_work import Changed, Plan
from tests.journeys.test_merging import two_people, with_names
from tests.journeys.test_merging_edges import merge_id_of
from tests.shop import CONSENT, Phone, Shop


def test_a_proof_sent_again_after_the_undoing_opens_nobody_elses_record(shop: Shop) -> None:
    wechat, alipay = two_people(shop)
    source_id = alipay.member_id
    body = {**alipay.proof("alipay"), "consent": CONSENT}
    headers = {"Idempotency-Key": "kept-for-thirty-days"}
    alipay.post("/v1/me/phone", body, **headers)
    shop.office.post(f"/v1/staff/merges/{merge_id_of(shop, wechat)}/undo")
    alipay.log_in("alipay")

    again = alipay.post("/v1/me/phone", body, **headers)

    assert again.status_code == 200
    assert again.json["token"] is None
    assert again.json["member"]["member_id"] == source_id


def test_a_login_by_phone_of_the_source_goes_back_with_the_source(shop: Shop) -> None:
    target = shop.member("wechat")
    shop.wait(seconds=2)
    source = shop.member("alipay")
    web = shop.page(source.number)
    shop.sandbox.world.people.change(source.person_id, phone=target.number)
    merged = source.prove("alipay")
    assert merged.json["member"]["member_id"] == target.member_id
    shop.office.post(f"/v1/staff/merges/{merge_id_of(shop, target)}/undo")

    assert web.get("/v1/me").status_code == 401
    assert source.get("/v1/me").status_code == 401
    assert target.get("/v1/me").status_code == 200
    shop.wait(minutes=2)
    shop.services.settle_merges(limit=1000)
    identities = {login["channel_id"] for login in target.get("/v1/me/logins").json["items"]}
    assert identities == {"wx"}


def test_a_shared_identity_does_not_join_again_what_staff_took_apart(shop: Shop) -> None:
    world = shop.sandbox.world
    world.wechat.apps.bind(shop.apps.second_wechat_id, None)
    try:
        phone = shop.phone()
        second = {"channel": "wx-2", "app_id": shop.apps.second_wechat_id}
        one = shop.log_in("wechat", phone.person_id).json["member"]["member_id"]
        other = shop.log_in("wechat", phone.person_id, **second).json["member"]["member_id"]
    finally:
        world.wechat.apps.bind(shop.apps.second_wechat_id, "camellia")
    shop.log_in("wechat", phone.person_id, **second)
    alias = shop.office.get(f"/v1/staff/members/{one}").json["aliases"][0]
    assert shop.office.post(f"/v1/staff/merges/{alias['merge_id']}/undo").status_code == 200

    again = shop.log_in("wechat", phone.person_id, **second).json["member"]["member_id"]

    assert {one, other} == {alias["member_id"], one}
    assert again == other, "the login finds the person whose openid it is"
    waiting = shop.office.get("/v1/staff/merges").json["items"]
    assert [merge["wait_reason"] for merge in waiting] == ["undone_before"]
    assert shop.findings() == []


def test_an_old_alipay_proof_joins_nobody_once_the_number_is_somebody_elses(shop: Shop) -> None:
    old = shop.member("alipay")
    proof = old.proof("alipay")
    shop.sandbox.world.people.change(old.person_id, phone="13300008811")
    assert old.prove("alipay").json["outcome"] == "phone_changed"
    shop.wait(days=100)
    new = shop.phone(old.number)
    new.log_in("wechat")
    new.prove("wechat")
    shop.buy(50_000, new.member_id)
    old.log_in("alipay")

    answer = old.post(
        "/v1/me/phone", {**proof, "consent": CONSENT}, **{"Idempotency-Key": "months-later-00001"}
    )

    assert (answer.status_code, answer.json["code"]) == (422, "phone-proof-of-another")
    assert shop.account(new.member_id).balance.count == 500


def test_a_number_that_its_holder_just_gave_up_joins_nobody(shop: Shop) -> None:
    """The holder is looked up, then changes the phone, then is read: the plan must notice."""
    holder = shop.member("wechat")
    stranger = shop.fan("alipay", number=holder.number)
    holder_id = holder.member_id
    runner = shop.services.runner
    real = runner._store.table.get_many
    moved: list[bool] = []

    def change_meanwhile(keys: object, *, strong: bool = True) -> object:
        found = real(keys, strong=strong)  # type: ignore[arg-type]  # handed through
        if not moved and any("#U#phone#" in key[0] for key in found):
            moved.append(True)
            shop.sandbox.world.people.change(holder.person_id, phone="13300006611")
            assert holder.prove("wechat").json["outcome"] == "phone_changed"
        return found

    runner._store.table.get_many = change_meanwhile  # type: ignore[method-assign,assignment]
    try:
        answer = stranger.prove("alipay")
    finally:
        del runner._store.table.get_many

    assert moved
    assert answer.json["outcome"] == "joined"
    assert answer.json["member"]["member_id"] != holder_id
    assert holder.get("/v1/me").json["phone"] == "133****6611"
    assert shop.findings() == []


def test_rejecting_again_takes_the_number_from_nobody(shop: Shop) -> None:
    _, alipay = with_names(shop, "林小满", "周伯言")
    alipay.prove("alipay")
    merge_id = shop.office.get("/v1/staff/merges").json["items"][0]["merge_id"]
    path, body = f"/v1/staff/merges/{merge_id}/reject", {"release_phone": True}
    shop.office.post(path, body)
    assert alipay.prove("alipay").json["outcome"] == "joined"

    again = shop.office.post(path, body)

    assert again.status_code == 200
    assert alipay.get("/v1/me").json["phone"] == f"{alipay.number[:3]}****{alipay.number[-4:]}"
    assert shop.findings() == []


def test_who_waits_for_staff_cannot_decide_by_emptying_the_name(shop: Shop) -> None:
    wechat, alipay = with_names(shop, "林小满", "周伯言")
    alipay.prove("alipay")
    alipay.patch("/v1/me", {"name": None})

    again = alipay.prove("alipay")

    assert again.json["outcome"] == "waiting"
    assert shop.account(wechat.member_id).balance.count == 100


def test_a_decision_cannot_be_sent_again_as_it_was(shop: Shop) -> None:
    _, alipay = with_names(shop, "林小满", "周伯言")
    alipay.prove("alipay")
    merge_id = shop.office.get("/v1/staff/merges").json["items"][0]["merge_id"]
    path = f"/v1/staff/merges/{merge_id}/approve"
    headers = shop.office.headers("POST", path, b"")

    first, second = (shop.staff.post(path, headers=headers) for _ in range(2))

    assert (first.status_code, second.json["code"]) == (200, "nonce-reused")


def test_the_job_ends_sessions_that_a_crash_left_open_after_a_changed_phone(
    lone_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = lone_shop
    phone = shop.member()
    stolen = Phone(shop, phone.person_id, phone.number)
    stolen.log_in("wechat", device="stolen")
    with monkeypatch.context() as crash:
        crash.setattr(EndSessions, "__call__", lambda *_: None)
        shop.sandbox.world.people.change(phone.person_id, phone="13300005511")
        phone.prove()
    assert stolen.get("/v1/me").status_code == 200, "as if the process had died after the commit"

    early = shop.services.sweep_sessions(limit=10)
    shop.wait(minutes=2)
    done, again = shop.services.sweep_sessions(limit=10), shop.services.sweep_sessions(limit=10)

    assert (early, done, again) == (0, 1, 0)
    assert stolen.get("/v1/me").status_code == 401
    assert phone.get("/v1/me").status_code == 200


def test_a_merge_that_changes_the_survivors_phone_ends_logins_by_the_old_one(shop: Shop) -> None:
    older = shop.member("wechat")
    by_old_number = shop.page(older.number)
    shop.wait(seconds=2)
    younger = shop.member("alipay")
    shop.sandbox.world.people.change(older.person_id, phone=younger.number)

    assert older.prove("wechat").json["outcome"] == "merged"

    assert by_old_number.get("/v1/me").status_code == 401
    assert older.get("/v1/me").status_code == 200


def test_a_frozen_account_waits_for_staff_and_locks_nobody_out(shop: Shop) -> None:
    wechat, alipay = two_people(shop)

    def freeze(stores: object, now: datetime) -> Plan[None]:
        account = shop.account(wechat.member_id)
        return Plan(None, (Changed(account, replace(account, is_frozen=True)),))

    shop.services.runner.run(shop.tenant_id, freeze)

    assert alipay.prove("alipay").json["outcome"] == "waiting"
