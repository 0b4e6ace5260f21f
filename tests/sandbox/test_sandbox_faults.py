"""Faults that any platform can have: broken gateways, slow answers, closed connections, garbage."""

import json
import time
from http.client import RemoteDisconnected

import pytest

from sandbox.server import RunningSandbox
from tests.sandbox.calling import get, post_form
from tests.sandbox.conftest import SLOW_SECONDS
from tests.sandbox.worlds import KeyPair, alipay_app, mini_program, person, plan, sms_account


def call(sandbox: RunningSandbox, platform: str) -> str:
    """Any call of a platform; what is answered does not matter."""
    if platform == "wechat":
        return get(f"{sandbox.wechat_url}/cgi-bin/token").text
    if platform == "alipay":
        return post_form(sandbox.alipay_url, {"method": "alipay.user.info.share"}).text
    return get(f"{sandbox.sms_url}/", Action="SendSms", Format="JSON").text


OPERATIONS = {"wechat": "/cgi-bin/token", "alipay": "alipay.user.info.share", "sms": "SendSms"}
EVERY_PLATFORM = pytest.mark.parametrize("platform", OPERATIONS)


@EVERY_PLATFORM
def test_a_broken_gateway_answers_502_with_a_page(sandbox: RunningSandbox, platform: str) -> None:
    plan(sandbox, platform, OPERATIONS[platform], "http_502")
    assert "502 Bad Gateway" in call(sandbox, platform)
    (received,) = sandbox.world.requests.all(platform)
    assert (received.status, received.answer, received.fault) == (502, "", "http_502")


@EVERY_PLATFORM
def test_a_slow_answer_is_the_right_one(sandbox: RunningSandbox, platform: str) -> None:
    usual = call(sandbox, platform)
    plan(sandbox, platform, OPERATIONS[platform], "slow")
    started = time.monotonic()
    late = call(sandbox, platform)
    assert time.monotonic() - started >= SLOW_SECONDS
    assert set(json.loads(late)) == set(json.loads(usual))


@EVERY_PLATFORM
def test_a_connection_is_closed_without_an_answer(sandbox: RunningSandbox, platform: str) -> None:
    plan(sandbox, platform, OPERATIONS[platform], "reset")
    with pytest.raises(RemoteDisconnected):
        call(sandbox, platform)
    (received,) = sandbox.world.requests.all(platform)
    assert (received.status, received.fault) == (None, "reset")
    assert call(sandbox, platform)


@EVERY_PLATFORM
def test_garbage_is_no_json(sandbox: RunningSandbox, platform: str) -> None:
    plan(sandbox, platform, OPERATIONS[platform], "garbage")
    with pytest.raises(json.JSONDecodeError):
        json.loads(call(sandbox, platform))


def test_a_fault_of_one_operation_leaves_the_others_alone(sandbox: RunningSandbox) -> None:
    plan(sandbox, "wechat", "/sns/jscode2session", "http_502")
    assert json.loads(call(sandbox, "wechat"))["errcode"] == 40002
    assert get(f"{sandbox.wechat_url}/sns/jscode2session").status == 502


def test_a_reset_does_nothing_but_a_reset_after_has_had_its_effect(sandbox: RunningSandbox) -> None:
    program, wang = mini_program(sandbox), person(sandbox)
    first, second = program.login_code(wang), program.login_code(wang)
    plan(sandbox, "wechat", "/sns/jscode2session", "reset")
    plan(sandbox, "wechat", "/sns/jscode2session", "reset_after")
    for code in (first, second):
        with pytest.raises(RemoteDisconnected):
            program.exchange(code)
    assert "openid" in program.exchange(first)
    assert program.exchange(second)["errcode"] == 40163


def test_a_message_whose_answer_is_lost_arrives_all_the_same(sandbox: RunningSandbox) -> None:
    account = sms_account(sandbox)
    plan(sandbox, "sms", "SendSms", "reset_after")
    with pytest.raises(RemoteDisconnected):
        account.send()
    assert len(sandbox.world.sms.messages()) == 1


def test_an_alipay_login_whose_answer_is_lost_has_used_its_code(
    sandbox: RunningSandbox, keys: KeyPair
) -> None:
    app = alipay_app(sandbox, keys)
    code = app.auth_code(person(sandbox))
    plan(sandbox, "alipay", "alipay.system.oauth.token", "reset_after")
    with pytest.raises(RemoteDisconnected):
        app.call("alipay.system.oauth.token", grant_type="authorization_code", code=code)
    answer = app.call("alipay.system.oauth.token", grant_type="authorization_code", code=code).json()
    assert answer["error_response"]["sub_code"] == "isv.code-invalid"
