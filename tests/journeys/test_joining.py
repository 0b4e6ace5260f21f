"""From first contact to membership, on both platforms and by phone."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.shop import CONSENT, CONSENT_VERSION, Shop


@pytest.mark.capability("C-01")
@pytest.mark.parametrize("platform", ["wechat", "alipay"])
def test_a_first_login_makes_a_fan_without_card(shop: Shop, platform: str) -> None:
    answer = shop.phone().log_in(platform)

    assert answer.json["expires_in"] == 7200
    assert answer.json["member"]["state"] == "fan"
    assert answer.json["member"]["card_number"] is None
    assert answer.json["member"]["phone"] is None


@pytest.mark.capability("C-01")
@pytest.mark.parametrize("platform", ["wechat", "alipay"])
def test_without_consent_a_proven_phone_makes_nobody_a_member(shop: Shop, platform: str) -> None:
    fan = shop.fan(platform)

    answer = fan.prove(platform, consent={"version": CONSENT_VERSION, "accepted": False})

    assert (answer.status_code, answer.json["code"]) == (422, "consent-required")
    assert answer.json["consent_version"] == CONSENT_VERSION
    assert fan.get("/v1/me").json["state"] == "fan"


@pytest.mark.capability("C-01")
@pytest.mark.parametrize("platform", ["wechat", "alipay"])
def test_with_consent_the_fan_becomes_a_member_and_the_consent_is_kept(shop: Shop, platform: str) -> None:
    fan = shop.fan(platform)

    answer = fan.prove(platform)

    member = answer.json["member"]
    assert (answer.status_code, answer.json["outcome"], member["state"]) == (200, "joined", "member")
    assert member["phone"] == f"{fan.number[:3]}****{fan.number[-4:]}"
    assert len(member["card_number"]) == 12
    assert member["consent_version"] == CONSENT_VERSION
    stored = shop.services.runner.use(shop.tenant_id, lambda stores, _: stores.members.get(fan.member_id))
    assert [(consent.version, consent.channel_id) for consent in stored.consents] == [
        (CONSENT_VERSION, "wx" if platform == "wechat" else "alipay")
    ]
    assert abs((stored.consents[0].at - shop.now()).total_seconds()) < 60


def test_consent_to_an_older_text_is_not_enough(shop: Shop) -> None:
    fan = shop.fan()

    answer = fan.prove(consent={"version": "2020-01", "accepted": True})

    assert (answer.status_code, answer.json["code"]) == (422, "consent-required")


def test_a_second_login_finds_the_same_person(shop: Shop) -> None:
    phone = shop.fan()
    first = phone.member_id

    phone.log_in()

    assert phone.member_id == first


def test_first_logins_in_parallel_make_one_person(shop: Shop) -> None:
    phone = shop.phone()

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: shop.log_in("wechat", phone.person_id), range(4)))

    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json["member"]["member_id"] for answer in answers}) == 1


def test_a_login_code_is_good_for_one_login(shop: Shop) -> None:
    phone = shop.phone()
    code = shop.sandbox.world.wechat.mint_code("login", shop.apps.wechat_id, phone.person_id)
    body = {"channel_id": shop.channel("wx"), "code": code}

    first, second = (shop.people.post("/v1/auth/wechat", json=body) for _ in range(2))

    assert first.status_code == 200
    assert (second.status_code, second.json["code"]) == (401, "login-code-refused")


def test_a_login_code_is_worthless_after_five_minutes(shop: Shop) -> None:
    phone = shop.phone()
    code = shop.sandbox.world.wechat.mint_code("login", shop.apps.wechat_id, phone.person_id)
    shop.wait(minutes=5, seconds=1)

    answer = shop.people.post("/v1/auth/wechat", json={"channel_id": shop.channel("wx"), "code": code})

    assert (answer.status_code, answer.json["code"]) == (401, "login-code-refused")


def test_a_channel_of_the_other_platform_is_refused(shop: Shop) -> None:
    answer = shop.people.post("/v1/auth/wechat", json={"channel_id": shop.channel("alipay"), "code": "x"})

    assert (answer.status_code, answer.json["code"]) == (422, "wrong-channel")


@pytest.mark.parametrize("address", ["nobody.wx", "wx", ".wx", "nobody."])
def test_an_unknown_channel_is_not_found(shop: Shop, address: str) -> None:
    answer = shop.people.post("/v1/auth/wechat", json={"channel_id": address, "code": "x"})

    assert (answer.status_code, answer.json["code"]) == (404, "channel-not-found")


@pytest.mark.capability("C-06")
def test_two_accounts_of_one_brand_owner_and_an_alipay_app_know_one_person(shop: Shop) -> None:
    phone = shop.phone()
    first = shop.log_in("wechat", phone.person_id).json["member"]["member_id"]

    second = shop.log_in("wechat", phone.person_id, channel="wx-2", app_id=shop.apps.second_wechat_id)
    phone.log_in("wechat")
    phone.prove("wechat")
    phone.log_in("alipay")
    merged = phone.prove("alipay")

    assert second.json["member"]["member_id"] == first, "the unionid is the same person"
    assert merged.json["outcome"] == "merged"
    assert merged.json["member"]["member_id"] == first


@pytest.mark.capability("C-06")
def test_no_answer_ever_holds_a_secret_of_a_channel(shop: Shop) -> None:
    phone = shop.member()
    texts = [phone.get(path).text for path in ("/v1/me", "/v1/me/logins", "/v1/me/points")]
    texts.append(shop.office.get(f"/v1/staff/members/{phone.member_id}").text)

    for secret in (shop.apps.wechat_secret, shop.apps.alipay_aes_key, *shop.secrets.values()):
        assert all(secret not in text for text in texts)


def test_the_same_proof_sent_again_gets_the_same_answer(shop: Shop) -> None:
    fan = shop.fan()
    body = {**fan.proof("wechat"), "consent": CONSENT}
    headers = {"Idempotency-Key": "k" * 16}

    first, second = (fan.post("/v1/me/phone", body, **headers) for _ in range(2))

    assert first.json["outcome"] == "joined"
    assert (second.status_code, second.text) == (200, first.text)


def test_the_same_key_with_another_body_is_refused(shop: Shop) -> None:
    fan = shop.fan()
    fan.prove(key="k" * 16)

    answer = fan.prove(key="k" * 16)

    assert (answer.status_code, answer.json["code"]) == (422, "idempotency-key-reused")


@pytest.mark.parametrize("key", ["", "short", "x" * 65, "k" * 15 + " ", "键" * 20])
def test_a_phone_proof_needs_a_proper_key(shop: Shop, key: str) -> None:
    fan = shop.fan()
    headers = {"Idempotency-Key": key.encode().decode("latin-1")} if key else {}

    answer = fan.post("/v1/me/phone", {**fan.proof("wechat"), "consent": CONSENT}, **headers)

    assert (answer.status_code, answer.json["code"]) == (400, "bad-request")


def test_a_member_may_change_the_phone(shop: Shop) -> None:
    phone = shop.member()
    shop.sandbox.world.people.change(phone.person_id, phone="13300009911")

    answer = phone.prove()

    assert (answer.json["outcome"], answer.json["member"]["phone"]) == ("phone_changed", "133****9911")
    assert shop.till.get("/v1/till/members", phone="13300009911").json["member_id"] == phone.member_id
    assert shop.till.get("/v1/till/members", phone=phone.number).status_code == 404
    assert shop.findings() == []


def test_an_alipay_proof_that_somebody_else_showed_first_proves_nothing(shop: Shop) -> None:
    owner, thief = shop.member("alipay"), shop.fan("alipay")
    stolen = owner.proof("alipay")

    answer = thief.post(
        "/v1/me/phone", {**stolen, "consent": CONSENT}, **{"Idempotency-Key": "stolen-proof-0001"}
    )

    assert (answer.status_code, answer.json["code"]) == (422, "phone-proof-of-another")
    assert thief.get("/v1/me").json["state"] == "fan"


def test_a_phone_code_of_another_app_proves_nothing(shop: Shop) -> None:
    fan = shop.fan()
    code = shop.sandbox.world.wechat.mint_code("phone", shop.apps.second_wechat_id, fan.person_id)

    answer = fan.post(
        "/v1/me/phone", {"code": code, "consent": CONSENT}, **{"Idempotency-Key": "another-app-00001"}
    )

    assert (answer.status_code, answer.json["code"]) == (422, "phone-proof-refused")


@pytest.mark.capability("C-08")
def test_the_profile_is_changed_field_by_field(shop: Shop) -> None:
    phone = shop.member()

    phone.patch("/v1/me", {"nickname": "小满", "name": "林小满", "gender": "female"})
    answer = phone.patch("/v1/me", {"birthday": "1996-02-29", "city": "上海", "nickname": None})

    assert answer.status_code == 200
    shown = phone.get("/v1/me").json
    fields = ("nickname", "name", "gender", "birthday", "city")
    assert [shown[field] for field in fields] == [None, "林小满", "female", "1996-02-29", "上海"]
    staff = shop.office.get(f"/v1/staff/members/{phone.member_id}").json
    assert staff["name"] == "林*"


@pytest.mark.capability("C-08")
@pytest.mark.parametrize(
    "field, value, code",
    [
        ("birthday", "1899-12-31", "out-of-range"),
        ("birthday", "2999-01-01", "out-of-range"),
        ("birthday", "2023-02-29", "invalid-format"),
        ("birthday", 19960229, "invalid-type"),
        ("gender", "unknown", "invalid-choice"),
        ("nickname", "x" * 41, "too-long"),
        ("nickname", "", "too-short"),
        ("nickname", "a\u0000b", "invalid-format"),
        ("name", "\ud800", "invalid-format"),
        ("state", "member", "unknown-field"),
        ("member_id", "m_1", "unknown-field"),
        ("points", 1000, "unknown-field"),
    ],
)
def test_a_wrong_profile_field_is_named(shop: Shop, field: str, value: object, code: str) -> None:
    phone = shop.member()

    answer = phone.patch("/v1/me", {field: value})

    assert answer.status_code == 422
    assert [(error["field"], error["code"]) for error in answer.json["errors"]] == [(field, code)]
    assert all(error["message"] for error in answer.json["errors"])


@pytest.mark.capability("C-11")
def test_two_logins_from_two_devices_are_two_records(shop: Shop) -> None:
    phone = shop.phone()
    phone.log_in("wechat", device="iPhone 17")
    shop.wait(seconds=5)
    phone.log_in("wechat", device="Mate 80")

    logins = phone.get("/v1/me/logins").json["items"]

    assert [(login["device"], login["channel_id"]) for login in logins] == [
        ("Mate 80", "wx"),
        ("iPhone 17", "wx"),
    ]
    assert logins[0]["opened_at"] > logins[1]["opened_at"]
    staff = shop.office.get(f"/v1/staff/members/{phone.member_id}/logins").json
    assert staff["items"] == logins


def test_logins_are_listed_page_by_page(shop: Shop) -> None:
    phone = shop.phone()
    for number in range(5):
        phone.log_in(device=f"device {number}")
        shop.wait(seconds=2)

    seen, cursor = [], ""
    while True:
        page = phone.get(f"/v1/me/logins?limit=2{cursor}").json
        seen += [login["device"] for login in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"

    assert seen == [f"device {number}" for number in (4, 3, 2, 1, 0)]


def test_late_unionids_join_two_people_at_the_next_login(shop: Shop) -> None:
    world = shop.sandbox.world
    world.wechat.apps.bind(shop.apps.second_wechat_id, None)
    try:
        phone = shop.phone()
        one = shop.log_in("wechat", phone.person_id).json["member"]["member_id"]
        other = shop.log_in(
            "wechat", phone.person_id, channel="wx-2", app_id=shop.apps.second_wechat_id
        ).json["member"]["member_id"]
        shop.buy(5000, other)
    finally:
        world.wechat.apps.bind(shop.apps.second_wechat_id, "camellia")

    again = shop.log_in("wechat", phone.person_id, channel="wx-2", app_id=shop.apps.second_wechat_id)

    assert one != other
    assert again.json["member"]["member_id"] == one
    assert shop.account(one).balance.count == 50
    assert shop.findings() == []
