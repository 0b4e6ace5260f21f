"""What once went wrong with merges, or nearly did: each of these was found by somebody who tried."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest

from domain.merge.model import MergeState
from domain.money import Points
from domain.points.book import Book
from domain.points.model import Cause, LotKey
from domain.programme.model import Validity, ValidityKind
from domain.unit_of_work import Plan
from tests.journeys.test_merging import two_people, with_names
from tests.programmes import wish
from tests.shop import CONSENT, Opening, Phone, Shop


def merge_id_of(shop: Shop, phone: Phone) -> str:
    found: str = shop.office.get(f"/v1/staff/members/{phone.member_id}").json["aliases"][-1]["merge_id"]
    return found


@pytest.mark.parametrize("disguise", ["{}", " {} ", "reordered"])
def test_a_copied_alipay_proof_is_recognised_however_it_is_wrapped(shop: Shop, disguise: str) -> None:
    owner, thief = shop.member("alipay"), shop.fan("alipay")
    stolen = owner.proof("alipay")["response"]
    shown = _reordered(stolen) if disguise == "reordered" else disguise.replace("{}", stolen)

    answer = thief.post(
        "/v1/me/phone", {"response": shown, "consent": CONSENT}, **{"Idempotency-Key": "stolen-proof-0001"}
    )

    assert (answer.status_code, answer.json["code"]) == (422, "phone-proof-of-another")
    assert thief.get("/v1/me").json["state"] == "fan"


def _reordered(text: str) -> str:
    envelope = json.loads(text)
    return json.dumps({name: envelope[name] for name in sorted(envelope, reverse=True)} | {"more": 1})


def test_a_phone_login_of_the_survivor_ends_when_the_phone_goes_back(shop: Shop) -> None:
    older = shop.member("wechat")
    shop.wait(seconds=2)
    younger = shop.member("alipay")
    shop.sandbox.world.people.change(older.person_id, phone=younger.number)
    older.prove("wechat")
    by_phone = shop.page(younger.number)
    assert by_phone.member_id == older.member_id

    shop.office.post(f"/v1/staff/merges/{merge_id_of(shop, older)}/undo")

    assert by_phone.get("/v1/me").status_code == 401
    assert older.get("/v1/me").status_code == 200


def test_undoing_is_refused_once_an_order_of_the_source_was_refunded(shop: Shop) -> None:
    wechat, alipay = two_people(shop)
    order = shop.buy(3000, alipay.member_id)
    alipay.prove("alipay")
    merge_id = merge_id_of(shop, wechat)
    shop.refund(order["order_number"], 3000)

    answer = shop.office.post(f"/v1/staff/merges/{merge_id}/undo")

    assert (answer.status_code, answer.json["code"]) == (422, "merge-moved-amounts-gone")
    assert shop.account(wechat.member_id).balance.count == 150
    assert shop.findings() == []


def test_undoing_is_allowed_after_the_survivors_own_order_was_refunded(shop: Shop) -> None:
    wechat, alipay = two_people(shop)
    order = shop.buy(3000, wechat.member_id)
    source_id = alipay.member_id
    alipay.prove("alipay")
    shop.refund(order["order_number"], 3000)

    answer = shop.office.post(f"/v1/staff/merges/{merge_id_of(shop, wechat)}/undo")

    assert answer.status_code == 200
    assert (shop.account(source_id).balance.count, shop.account(wechat.member_id).balance.count) == (50, 100)


def test_a_merge_that_staff_approved_and_undid_waits_again(shop: Shop) -> None:
    wechat, alipay = with_names(shop, "林小满", "周伯言")
    alipay.prove("alipay")
    merge_id = shop.office.get("/v1/staff/merges").json["items"][0]["merge_id"]
    shop.office.post(f"/v1/staff/merges/{merge_id}/approve")
    shop.office.post(f"/v1/staff/merges/{merge_id}/undo")

    alipay.log_in("alipay")
    answer = alipay.prove("alipay")

    assert answer.json["outcome"] == "waiting"
    assert [merge["merge_id"] for merge in shop.office.get("/v1/staff/merges").json["items"]] == [merge_id]
    assert shop.office.post(f"/v1/staff/merges/{merge_id}/approve").json["state"] == "done"
    assert shop.account(wechat.member_id).balance.count == 150
    assert shop.findings() == []


def test_too_many_lots_wait_and_are_refused_clearly(open_with: Callable[[Opening], Shop]) -> None:
    shop = open_with(Opening(programme=wish(validity=Validity(ValidityKind.FIXED, 12))))
    wechat = shop.member("wechat")
    alipay = Phone(shop, wechat.person_id, wechat.number)
    alipay.log_in("alipay")
    for phone, first in ((wechat, 1), (alipay, 300)):
        for start in range(0, 255, 85):
            _more_lots(shop, phone.member_id, 85, first + start)

    answer = alipay.prove("alipay")
    waiting = shop.office.get("/v1/staff/merges").json["items"][0]
    refused = shop.office.post(f"/v1/staff/merges/{waiting['merge_id']}/approve")

    assert answer.json["outcome"] == "waiting"
    assert waiting["wait_reason"] == "too_many_lots"
    assert (refused.status_code, refused.json["code"]) == (409, "merge-too-large")


def _more_lots(shop: Shop, member_id: str, count: int, first: int) -> None:
    def plan(stores: object, now: object) -> Plan[None]:
        book = Book(shop.account(member_id), shop.now(), "test")
        for number in range(count):
            book.earn(Points(1), LotKey(shop.now().date() + timedelta(days=first + number)), Cause("order"))
        return Plan(None, book.changes())

    shop.services.runner.run(shop.tenant_id, plan)


def test_staff_find_entries_and_logins_by_the_old_id(shop: Shop) -> None:
    wechat, alipay = two_people(shop)
    old_id = alipay.member_id
    alipay.prove("alipay")
    path = "/v1/staff/members/{}/points/entries"

    by_old = shop.office.get(path.format(old_id)).json
    by_new = shop.office.get(path.format(wechat.member_id)).json

    assert by_old == by_new
    logins = [shop.office.get(f"/v1/staff/members/{each}/logins").json for each in (old_id, wechat.member_id)]
    assert logins[0] == logins[1]
    for suffix in ("points", "points/entries", "logins"):
        unknown = shop.office.get(f"/v1/staff/members/m_nobody/{suffix}")
        assert (unknown.status_code, unknown.json["code"]) == (404, "member-not-found"), suffix


def test_the_job_has_the_last_word_on_sessions(lone_shop: Shop) -> None:
    shop = lone_shop
    wechat, alipay = two_people(shop)
    alipay.prove("alipay")
    merge_id = merge_id_of(shop, wechat)

    early = shop.services.settle_merges(limit=10)
    shop.wait(minutes=2)
    done = shop.services.settle_merges(limit=10)
    again = shop.services.settle_merges(limit=10)

    assert (early, done, again) == (0, 1, 0)
    merge = shop.services.runner.use(shop.tenant_id, lambda stores, _: stores.merges.find(merge_id))
    assert merge is not None
    assert (merge.state, merge.is_settled) == (MergeState.DONE, True)


def test_a_changed_phone_ends_all_other_sessions(shop: Shop) -> None:
    phone = shop.member()
    other = Phone(shop, phone.person_id, phone.number)
    other.log_in("wechat", device="stolen")
    shop.sandbox.world.people.change(phone.person_id, phone="13300007722")

    assert phone.prove().json["outcome"] == "phone_changed"

    assert phone.get("/v1/me").status_code == 200
    assert other.get("/v1/me").json["code"] == "session-ended"


def test_a_repeated_answer_says_that_it_is_one(shop: Shop) -> None:
    fan = shop.fan()
    body = {**fan.proof("wechat"), "consent": CONSENT}

    first, second = (fan.post("/v1/me/phone", body, **{"Idempotency-Key": "r" * 16}) for _ in range(2))

    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"
