"""What a platform's bad day looks like to clients: a declared code, and when to come back."""

import secrets

import pytest

from tests.handlers.messages import number
from tests.handlers.problems import complaints
from tests.handlers.scene import operation_of
from tests.shop import CONSENT, Answer, Shop

LOGIN, SHARE, SEND = "/sns/jscode2session", "/wxa/business/getuserphonenumber", "SendSms"


def check(shop: Shop, endpoint: str, answer: Answer, status: int) -> None:
    assert list(complaints(answer, operation_of(shop.people.app, endpoint), status)) == []
    if status == 429:
        assert int(answer.headers["Retry-After"]) > 0


@pytest.mark.parametrize(
    "fault, status",
    [
        ("40029", 401),
        ("40163", 401),
        ("-1", 503),
        ("45011", 429),
        ("40013", 503),
        ("http_502", 503),
        ("reset", 503),
    ],
)
def test_a_login_that_wechat_refuses(shop: Shop, fault: str, status: int) -> None:
    person = shop.phone()
    shop.sandbox.world.faults.plan("wechat", LOGIN, fault, 1)

    check(shop, "auth.wechat", shop.log_in("wechat", person.person_id), status)


@pytest.mark.parametrize(
    "fault, status", [("http_502", 503), ("reset", 503), ("20000", 503), ("wrong_sign", 503)]
)
def test_a_login_that_alipay_refuses(shop: Shop, fault: str, status: int) -> None:
    person = shop.phone()
    shop.sandbox.world.faults.plan("alipay", "alipay.system.oauth.token", fault, 1)

    check(shop, "auth.alipay", shop.log_in("alipay", person.person_id), status)


@pytest.mark.parametrize(
    "fault, status",
    [
        ("40029", 422),
        ("40013", 422),
        ("-1", 503),
        ("45011", 429),
        ("reset", 503),
    ],
)
def test_a_phone_that_wechat_does_not_share(shop: Shop, fault: str, status: int) -> None:
    fan = shop.fan()
    shop.sandbox.world.faults.plan("wechat", SHARE, fault, 1)

    check(shop, "me.phone", fan.prove(), status)
    assert fan.get("/v1/me").json["state"] == "fan"


@pytest.mark.parametrize(
    "fault, status",
    [
        ("isv.AMOUNT_NOT_ENOUGH", 503),
        ("isv.BUSINESS_LIMIT_CONTROL", 429),
        ("Throttling.User", 503),
        ("http_502", 503),
        ("garbage", 503),
        ("reset", 503),
    ],
)
@pytest.mark.parametrize("endpoint", ["me.sms_codes", "auth.sms_codes"])
def test_a_message_that_is_not_sent(shop: Shop, endpoint: str, fault: str, status: int) -> None:
    fan = shop.fan()
    shop.sandbox.world.faults.plan("sms", SEND, fault, 1)

    if endpoint == "me.sms_codes":
        answer = fan.post("/v1/me/sms-codes", {"phone": number()})
    else:
        body = {"channel_id": shop.channel("web"), "phone": number()}
        answer = shop.people.post("/v1/auth/sms-codes", json=body)

    check(shop, endpoint, answer, status)


def test_a_fan_has_no_code_to_show(shop: Shop) -> None:
    answer = shop.fan().get("/v1/me/code")

    check(shop, "me.code", answer, 422)
    assert answer.json["code"] == "not-a-member"


def test_a_proof_of_the_other_platform_is_for_another_channel(shop: Shop) -> None:
    key = {"Idempotency-Key": secrets.token_hex(16)}

    answer = shop.fan().post("/v1/me/phone", {"response": "x", "consent": CONSENT}, **key)

    check(shop, "me.phone", answer, 422)
    assert answer.json["code"] == "wrong-channel"
