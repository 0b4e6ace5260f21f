"""WeChat in the sandbox: phone codes."""

import pytest

from sandbox.server import RunningSandbox
from tests.sandbox.calling import send
from tests.sandbox.worlds import PHONE, advance, control, mini_program, person, plan


def test_a_phone_code_gives_the_number_with_a_watermark(sandbox: RunningSandbox) -> None:
    app, wang = mini_program(sandbox), person(sandbox)
    answer = app.phone(app.classic_token(), app.phone_code(wang))
    info = answer["phone_info"]
    assert (answer["errcode"], answer["errmsg"]) == (0, "ok")
    assert (info["phoneNumber"], info["purePhoneNumber"], info["countryCode"]) == (PHONE, PHONE, "86")
    assert info["watermark"]["appid"] == app.app_id
    assert abs(info["watermark"]["timestamp"] - sandbox.world.clock.seconds()) < 5


def test_a_foreign_number_has_its_calling_code(sandbox: RunningSandbox) -> None:
    app, wang = mini_program(sandbox), person(sandbox, phone="+852-61234567")
    info = app.phone(app.stable()["access_token"], app.phone_code(wang))["phone_info"]
    assert (info["phoneNumber"], info["purePhoneNumber"], info["countryCode"]) == (
        "+85261234567",
        "61234567",
        "852",
    )


def test_a_changed_number_is_shared_as_it_is_now(sandbox: RunningSandbox) -> None:
    app, wang = mini_program(sandbox), person(sandbox)
    control(sandbox, f"/control/people/{wang}", 200, "PATCH", phone="13900139000")
    info = app.phone(app.classic_token(), app.phone_code(wang))["phone_info"]
    assert info["phoneNumber"] == "13900139000"


def test_a_phone_code_is_good_once_for_five_minutes_and_for_its_own_app(sandbox: RunningSandbox) -> None:
    app, other, wang = mini_program(sandbox), mini_program(sandbox), person(sandbox)
    token, code = app.stable()["access_token"], app.phone_code(wang)
    assert other.phone(other.classic_token(), code)["errcode"] == 40013
    assert app.phone(token, code)["errcode"] == 0
    assert app.phone(token, code)["errcode"] == 40163
    late = app.phone_code(wang)
    advance(sandbox, 301)
    assert app.phone(token, late)["errcode"] == 40029


@pytest.mark.parametrize("code", ["unknown", "", None, 7])
def test_what_is_no_code_is_invalid(sandbox: RunningSandbox, code: object) -> None:
    app = mini_program(sandbox)
    assert app.phone(app.classic_token(), code)["errcode"] == 40029


def test_a_login_code_is_no_phone_code(sandbox: RunningSandbox) -> None:
    app, wang = mini_program(sandbox), person(sandbox)
    assert app.phone(app.classic_token(), app.login_code(wang))["errcode"] == 40029


def test_an_openid_beside_the_code_must_be_the_same_person(sandbox: RunningSandbox) -> None:
    app, wang, li = mini_program(sandbox), person(sandbox), person(sandbox, "李雷", "13900139000")
    own, strange = app.log_in(wang)["openid"], app.log_in(li)["openid"]
    token, code = app.classic_token(), app.phone_code(wang)
    assert app.phone(token, code, openid=strange)["errcode"] == 40003
    assert app.phone(token, code, openid="oNobody")["errcode"] == 40003
    assert app.phone(token, code, openid=own)["errcode"] == 0


def test_the_token_is_looked_at_first(sandbox: RunningSandbox) -> None:
    app, wang = mini_program(sandbox), person(sandbox)
    code = app.phone_code(wang)
    assert app.phone("", code)["errcode"] == 41001
    assert app.phone("99_unknown", code)["errcode"] == 40014
    plan(sandbox, "wechat", "/wxa/business/getuserphonenumber", "40001")
    token = app.classic_token()
    assert app.phone(token, code)["errcode"] == 40001
    assert app.phone(token, code)["errcode"] == 0


def test_the_call_wants_a_json_post(sandbox: RunningSandbox) -> None:
    app = mini_program(sandbox)
    url = f"{sandbox.wechat_url}/wxa/business/getuserphonenumber?access_token={app.classic_token()}"
    assert send(url).json()["errcode"] == 43002
    assert send(url, "POST").json()["errcode"] == 44002
    assert send(url, "POST", "code=1").json()["errcode"] == 47001
