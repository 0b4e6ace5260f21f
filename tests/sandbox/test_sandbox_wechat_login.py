"""WeChat in the sandbox: login codes, identities, and every refusal of a login."""

import re
from typing import Any

import pytest

from sandbox.server import RunningSandbox
from tests.sandbox.calling import get, post_json, send
from tests.sandbox.worlds import advance, control, mini_program, person, plan


def test_a_login_gives_openid_and_session_key_and_no_errcode(sandbox: RunningSandbox) -> None:
    session = mini_program(sandbox).log_in(person(sandbox))
    assert set(session) == {"openid", "session_key"}
    assert re.fullmatch(r"o[\w-]{27}", session["openid"])
    assert re.fullmatch(r"[A-Za-z0-9+/]{22}==", session["session_key"])


def test_an_app_looks_as_wechat_apps_look(sandbox: RunningSandbox) -> None:
    app = mini_program(sandbox)
    assert re.fullmatch(r"wx[0-9a-f]{16}", app.app_id)
    assert re.fullmatch(r"[0-9a-f]{32}", app.secret)


def test_an_app_can_be_registered_under_an_id_and_secret_of_ones_own(sandbox: RunningSandbox) -> None:
    chosen: dict[str, Any] = {"app_id": "wx" + "0" * 16, "secret": "a" * 32}
    app = control(sandbox, "/control/wechat/apps", name="演示", kind="mini_program", **chosen)
    assert (app["app_id"], app["secret"]) == (chosen["app_id"], chosen["secret"])
    control(sandbox, "/control/wechat/apps", 400, name="演示", kind="mini_program", **chosen)
    listed = get(f"{sandbox.page_url}/control/wechat/apps").json()["items"]
    assert [item["app_id"] for item in listed] == [chosen["app_id"]]


@pytest.mark.parametrize(
    "wrong", [{"app_id": "wx1"}, {"secret": "short"}, {"kind": "game"}, {"name": ""}, {"open_platform": 7}]
)
def test_an_app_that_makes_no_sense_is_not_registered(
    sandbox: RunningSandbox, wrong: dict[str, object]
) -> None:
    fields: dict[str, Any] = {"name": "演示", "kind": "mini_program", **wrong}
    control(sandbox, "/control/wechat/apps", 400, **fields)
    assert get(f"{sandbox.page_url}/control/wechat/apps").json()["items"] == []


def test_the_openid_stays_the_same_and_differs_between_apps_and_people(sandbox: RunningSandbox) -> None:
    first, second = mini_program(sandbox), mini_program(sandbox)
    wang, li = person(sandbox), person(sandbox, "李雷", "13900139000")
    openid = first.log_in(wang)["openid"]
    assert first.log_in(wang)["openid"] == openid
    assert len({openid, first.log_in(li)["openid"], second.log_in(wang)["openid"]}) == 3


def test_apps_of_one_open_platform_share_the_unionid(sandbox: RunningSandbox) -> None:
    first, second, other = (mini_program(sandbox, name) for name in ("op1", "op1", "op2"))
    wang = person(sandbox)
    unionid = first.log_in(wang)["unionid"]
    assert second.log_in(wang)["unionid"] == unionid
    assert other.log_in(wang)["unionid"] != unionid


def test_an_app_bound_later_gives_a_late_unionid(sandbox: RunningSandbox) -> None:
    early, late = mini_program(sandbox, "op1"), mini_program(sandbox)
    wang = person(sandbox)
    before = late.log_in(wang)
    control(sandbox, f"/control/wechat/apps/{late.app_id}", 200, "PATCH", open_platform="op1")
    after = late.log_in(wang)
    assert "unionid" not in before
    assert after["openid"] == before["openid"]
    assert after["unionid"] == early.log_in(wang)["unionid"]


def test_a_code_is_good_once(sandbox: RunningSandbox) -> None:
    app = mini_program(sandbox)
    code = app.login_code(person(sandbox))
    assert "openid" in app.exchange(code)
    assert app.exchange(code)["errcode"] == 40163


def test_a_code_lives_five_minutes_of_the_sandbox_clock(sandbox: RunningSandbox) -> None:
    app, wang = mini_program(sandbox), person(sandbox)
    in_time, too_late = app.login_code(wang), app.login_code(wang)
    advance(sandbox, 290)
    assert "openid" in app.exchange(in_time)
    advance(sandbox, 11)
    assert app.exchange(too_late)["errcode"] == 40029


def test_an_unknown_code_another_apps_code_and_a_phone_code_are_invalid(sandbox: RunningSandbox) -> None:
    app, other, wang = mini_program(sandbox), mini_program(sandbox), person(sandbox)
    for code in ("0unknown", other.login_code(wang), app.phone_code(wang)):
        assert app.exchange(code)["errcode"] == 40029


@pytest.mark.parametrize(
    "changed, errcode",
    [
        ({"appid": ""}, 41002),
        ({"secret": ""}, 41004),
        ({"js_code": ""}, 41008),
        ({"grant_type": "client_credential"}, 40002),
        ({"appid": "wx0000000000000000"}, 40013),
        ({"secret": "0" * 32}, 40125),
    ],
)
def test_what_is_missing_or_wrong_has_its_own_errcode(
    sandbox: RunningSandbox, changed: dict[str, str], errcode: int
) -> None:
    app = mini_program(sandbox)
    code = app.login_code(person(sandbox))
    assert app.exchange(code, **changed)["errcode"] == errcode
    assert "openid" in app.exchange(code), "the refused login did not use up the code"


def test_an_official_account_cannot_log_in_like_a_mini_program(sandbox: RunningSandbox) -> None:
    account = mini_program(sandbox, kind="official_account")
    assert account.log_in(person(sandbox))["errcode"] == 40013


def test_more_than_a_hundred_logins_a_minute_are_refused_until_the_minute_is_over(
    sandbox: RunningSandbox,
) -> None:
    app, wang, li = mini_program(sandbox), person(sandbox), person(sandbox, "李雷", "13900139000")
    for _ in range(100):
        assert "openid" in app.exchange(sandbox.world.wechat.mint_code("login", app.app_id, wang))
    code = app.login_code(wang)
    assert app.exchange(code)["errcode"] == 45011
    assert "openid" in app.log_in(li), "the limit is each person's own"
    advance(sandbox, 61)
    assert "openid" in app.exchange(code), "the code was not used up"


def test_every_refusal_is_an_http_200_whose_text_ends_with_a_request_id(sandbox: RunningSandbox) -> None:
    answers = [get(f"{sandbox.wechat_url}/sns/jscode2session") for _ in range(2)]
    texts = [answer.json()["errmsg"] for answer in answers]
    assert [answer.status for answer in answers] == [200, 200]
    assert all(re.search(r" rid: [0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}$", text) for text in texts)
    assert texts[0] != texts[1]


def test_the_content_type_alternates_and_chinese_is_sent_as_it_is(sandbox: RunningSandbox) -> None:
    kinds = {get(f"{sandbox.wechat_url}/sns/jscode2session").headers["content-type"] for _ in range(2)}
    assert kinds == {"application/json; encoding=utf-8", "text/plain"}


def test_unknown_paths_and_wrong_methods_are_named(sandbox: RunningSandbox) -> None:
    assert get(f"{sandbox.wechat_url}/sns/nothing").json()["errcode"] == 40066
    assert get(sandbox.wechat_url).json()["errcode"] == 40066
    assert post_json(f"{sandbox.wechat_url}/sns/jscode2session", {}).json()["errcode"] == 43001
    assert send(f"{sandbox.wechat_url}/cgi-bin/stable_token").json()["errcode"] == 43002


@pytest.mark.parametrize("errcode", ["-1", "45011", "40226", "40001"])
def test_a_planned_errcode_is_answered_and_leaves_the_code_unused(
    sandbox: RunningSandbox, errcode: str
) -> None:
    app = mini_program(sandbox)
    code = app.login_code(person(sandbox))
    plan(sandbox, "wechat", "/sns/jscode2session", errcode)
    assert app.exchange(code)["errcode"] == int(errcode)
    assert "openid" in app.exchange(code)


def test_codes_are_minted_for_known_apps_and_people_only(sandbox: RunningSandbox) -> None:
    app, wang = mini_program(sandbox), person(sandbox)
    control(sandbox, "/control/wechat/login-codes", 404, app_id="wx0", person_id=wang)
    control(sandbox, "/control/wechat/login-codes", 404, app_id=app.app_id, person_id="p0")
    control(sandbox, "/control/wechat/phone-codes", 400, app_id=app.app_id)
