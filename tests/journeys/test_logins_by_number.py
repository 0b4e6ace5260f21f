"""Who got in by a number stays in as long as the number is theirs (decision 0022)."""

import secrets

from tests.shop import CONSENT, Phone, Shop


def replacing(shop: Shop, page: Phone, number: str) -> dict[str, object]:
    """Proves another number by a code, as a page does; the request, to be sent again."""
    assert page.post("/v1/me/sms-codes", {"phone": number}).status_code in {200, 202}
    return {"phone": number, "sms_code": shop.last_code(number), "consent": CONSENT}


def test_who_replaces_the_number_of_the_own_login_goes_on_with_a_new_token(shop: Shop) -> None:
    member = shop.member()
    page, fresh = shop.page(member.number), shop.phone().number
    body, key = replacing(shop, page, fresh), {"Idempotency-Key": secrets.token_hex(16)}

    answer, again = (page.post("/v1/me/phone", body, **key) for _ in range(2))

    assert (answer.status_code, answer.json["outcome"]) == (200, "phone_changed"), answer.text
    assert again.json["outcome"] == "phone_changed"
    assert page.get("/v1/me").json["code"] == "identity-moved"
    for token in (answer.json["token"], again.json["token"]):
        assert Phone(shop, "", fresh, token).get("/v1/me").json["phone"].endswith(fresh[-4:])


def test_a_number_that_staff_releases_lets_nobody_stay_in(shop: Shop) -> None:
    holder, other = shop.member("wechat"), shop.fan("alipay")
    for phone, name in ((holder, "林小满"), (other, "周伯言")):
        phone.patch("/v1/me", {"name": name})
    page = shop.page(holder.number)
    shop.sandbox.world.people.change(other.person_id, phone=holder.number)
    assert other.prove("alipay").json["outcome"] == "waiting"
    merge_id = shop.office.get("/v1/staff/merges").json["items"][0]["merge_id"]

    shop.office.post(f"/v1/staff/merges/{merge_id}/reject", {"release_phone": True})

    assert page.get("/v1/me").json["code"] == "session-ended"
    assert holder.get("/v1/me").json["phone"] is None, "the app's login goes on"
