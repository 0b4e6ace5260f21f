"""Alipay in the sandbox: logins, identities, tokens, profiles and phone numbers."""

import json
import re
from typing import Any

import pytest

from sandbox.alipay import content
from sandbox.server import RunningSandbox
from tests.sandbox.worlds import PHONE, AlipayApp, KeyPair, advance, alipay_app, control, person

TOKEN = "alipay.system.oauth.token"
NODE = "alipay_system_oauth_token_response"
INFO = "alipay.user.info.share"
INFO_NODE = "alipay_user_info_share_response"
DAY_SECONDS = 24 * 3600


def exchange(app: AlipayApp, code: str) -> dict[str, Any]:
    """The whole answer to an authorisation code."""
    return app.call(TOKEN, grant_type="authorization_code", code=code).json()


def refresh(app: AlipayApp, token: str) -> dict[str, Any]:
    """The whole answer to a refresh token."""
    return app.call(TOKEN, grant_type="refresh_token", refresh_token=token).json()


def assert_code_invalid(answer: dict[str, Any]) -> None:
    """The answer that Alipay gives to a code it does not accept."""
    assert set(answer) == {"error_response", "sign"}
    assert answer["sign"] == ""
    assert (answer["error_response"]["code"], answer["error_response"]["sub_code"]) == (
        "40002",
        "isv.code-invalid",
    )


def test_a_login_gives_ids_and_tokens_as_texts_without_a_code(sandbox: RunningSandbox, keys: KeyPair) -> None:
    node = alipay_app(sandbox, keys, app_group="g1").log_in(person(sandbox))
    assert "code" not in node
    assert all(isinstance(value, str) for value in node.values())
    assert re.fullmatch(r"2088\d{12}", node["user_id"])
    assert re.fullmatch(r"[0-9A-Za-z]{47}", node["open_id"])
    assert re.fullmatch(r"[0-9A-Za-z]{47}", node["union_id"])
    assert re.fullmatch(r"composeB\w{29}", node["access_token"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", node["auth_start"])
    assert (node["expires_in"], node["re_expires_in"]) == ("1296000", "2592000")


@pytest.mark.parametrize(
    "ids, shown", [("both", {"user_id", "open_id"}), ("open_id", {"open_id"}), ("user_id", {"user_id"})]
)
def test_the_app_decides_which_ids_are_shown(
    sandbox: RunningSandbox, keys: KeyPair, ids: str, shown: set[str]
) -> None:
    node = alipay_app(sandbox, keys, ids).log_in(person(sandbox))
    assert {"user_id", "open_id", "union_id"} & set(node) == shown


def test_an_app_can_move_from_user_id_to_open_id(sandbox: RunningSandbox, keys: KeyPair) -> None:
    app, wang = alipay_app(sandbox, keys, "both"), person(sandbox)
    before = app.log_in(wang)
    control(sandbox, f"/control/alipay/apps/{app.app_id}", 200, "PATCH", ids="open_id")
    after = app.log_in(wang)
    assert "user_id" not in after
    assert after["open_id"] == before["open_id"]


def test_open_ids_differ_between_apps_while_user_id_and_the_groups_union_id_are_shared(
    sandbox: RunningSandbox, keys: KeyPair
) -> None:
    first, second = (alipay_app(sandbox, keys, app_group="g1") for _ in range(2))
    wang, li = person(sandbox), person(sandbox, "李雷", "13900139000")
    one, two, strange = first.log_in(wang), second.log_in(wang), first.log_in(li)
    assert one["user_id"] == two["user_id"] != strange["user_id"]
    assert one["union_id"] == two["union_id"] != strange["union_id"]
    assert len({one["open_id"], two["open_id"], strange["open_id"]}) == 3


def test_a_code_looks_like_alipays_is_good_once_and_for_its_own_app(
    sandbox: RunningSandbox, keys: KeyPair
) -> None:
    app, other, wang = alipay_app(sandbox, keys), alipay_app(sandbox, keys), person(sandbox)
    code = app.auth_code(wang)
    assert re.fullmatch(r"[0-9a-f]{28}Q[A-Z]\d\d", code)
    assert_code_invalid(exchange(other, code))
    assert "access_token" in exchange(app, code)[NODE]
    assert_code_invalid(exchange(app, code))
    assert_code_invalid(exchange(app, "unknown"))
    assert_code_invalid(exchange(app, ""))


def test_a_code_expires_by_the_sandbox_clock(sandbox: RunningSandbox, keys: KeyPair) -> None:
    app = alipay_app(sandbox, keys)
    code = app.auth_code(person(sandbox))
    advance(sandbox, 181)
    assert_code_invalid(exchange(app, code))


def test_another_grant_type_is_refused(sandbox: RunningSandbox, keys: KeyPair) -> None:
    answer = alipay_app(sandbox, keys).call(TOKEN, grant_type="password").json()
    assert answer["error_response"]["sub_code"] == "isv.grant-type-invalid"


def test_a_refresh_token_gives_a_new_pair_once(sandbox: RunningSandbox, keys: KeyPair) -> None:
    app, other = alipay_app(sandbox, keys), alipay_app(sandbox, keys)
    first = app.log_in(person(sandbox))
    assert refresh(other, first["refresh_token"])["error_response"]["sub_code"] == "isv.unmatched-app-id"
    second = refresh(app, first["refresh_token"])[NODE]
    assert second["access_token"] != first["access_token"]
    assert second["open_id"] == first["open_id"]
    assert refresh(app, first["refresh_token"])["error_response"]["sub_code"] == "isv.refreshed-token-invalid"
    assert refresh(app, "unknown")["error_response"]["sub_code"] == "isv.refresh-token-invalid"
    advance(sandbox, 30 * DAY_SECONDS)
    assert refresh(app, second["refresh_token"])["error_response"]["sub_code"] == "isv.refresh-token-time-out"


def test_a_profile_needs_a_token_of_the_app_with_the_persons_consent(
    sandbox: RunningSandbox, keys: KeyPair
) -> None:
    app, other, wang = alipay_app(sandbox, keys), alipay_app(sandbox, keys), person(sandbox)
    login = app.log_in(wang)
    node = app.call(INFO, auth_token=login["access_token"]).json()[INFO_NODE]
    assert (node["code"], node["nick_name"], node["open_id"]) == ("10000", "王小明", login["open_id"])
    silent = app.log_in(wang, scope="auth_base")["access_token"]
    for asking, token, code, sub_code in (
        (app, None, "20001", "aop.invalid-auth-token"),
        (app, "unknown", "20001", "aop.invalid-auth-token"),
        (other, login["access_token"], "20001", "aop.invalid-auth-token"),
        (app, silent, "40006", "isv.insufficient-user-permissions"),
    ):
        refused = asking.call(INFO, auth_token=token).json()[INFO_NODE]
        assert (refused["code"], refused["sub_code"]) == (code, sub_code)
    advance(sandbox, 15 * DAY_SECONDS)
    late = app.call(INFO, auth_token=login["access_token"]).json()[INFO_NODE]
    assert late["sub_code"] == "aop.auth-token-time-out"


@pytest.mark.parametrize("phone, mobile", [(PHONE, PHONE), ("+1-2025550123", "1-2025550123")])
def test_a_shared_phone_is_encrypted_and_signed_with_its_quotes(
    sandbox: RunningSandbox, keys: KeyPair, phone: str, mobile: str
) -> None:
    app, wang = alipay_app(sandbox, keys), person(sandbox, phone=phone)
    shared = control(sandbox, "/control/alipay/phone-responses", app_id=app.app_id, person_id=wang)[
        "response"
    ]
    response = json.loads(shared)
    assert (response["sign_type"], response["encrypt_type"], response["charset"]) == ("RSA2", "AES", "UTF-8")
    app.verify(f'"{response["response"]}"'.encode(), response["sign"])
    clear = json.loads(content.decrypt(response["response"], app.aes_key))
    assert clear == {"code": "10000", "msg": "Success", "mobile": mobile}


def test_codes_and_numbers_are_for_known_apps_and_people_only(sandbox: RunningSandbox, keys: KeyPair) -> None:
    app, wang = alipay_app(sandbox, keys), person(sandbox)
    control(sandbox, "/control/alipay/auth-codes", 404, app_id="2021", person_id=wang)
    control(sandbox, "/control/alipay/auth-codes", 404, app_id=app.app_id, person_id="p0")
    control(sandbox, "/control/alipay/auth-codes", 400, app_id=app.app_id, person_id=wang, scope="all")
    control(sandbox, "/control/alipay/phone-responses", 404, app_id=app.app_id, person_id="p0")
