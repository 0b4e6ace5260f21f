"""Alipay in the sandbox: what the gateway checks before the business, and the vectors of its signatures."""

import hashlib
import html
import json
from datetime import UTC, timedelta
from urllib.parse import urlencode

import pytest

from sandbox.alipay import content
from sandbox.alipay.signing import notice_content, request_content
from sandbox.server import RunningSandbox
from tests.sandbox.calling import get, post_form, post_json, send
from tests.sandbox.worlds import AlipayApp, KeyPair, advance, alipay_app, china_time, control, person

TOKEN = "alipay.system.oauth.token"
TOKEN_NODE = "alipay_system_oauth_token_response"
INFO = "alipay.user.info.share"
INFO_NODE = "alipay_user_info_share_response"
VECTOR_KEY = "MDEyMzQ1Njc4OWFiY2RlZg=="


def refusal(app: AlipayApp, method: str, **changed: str | None) -> tuple[str, str]:
    """The codes of a refused call."""
    fields = next(node for name, node in app.call(method, **changed).json().items() if name != "sign")
    return fields["code"], fields["sub_code"]


def test_the_request_vector() -> None:
    parameters = {
        "app_id": "2021000000000001",
        "biz_content": '{"template_id":"20170308000000000059101000300045"}',
        "charset": "utf-8",
        "format": "JSON",
        "method": "alipay.marketing.card.template.query",
        "notify_url": "",
        "sign": "left out",
        "sign_type": "RSA2",
        "timestamp": "2026-11-22 10:00:00",
        "version": "1.0",
    }
    digest = hashlib.sha256(request_content(parameters).encode()).hexdigest()
    assert digest == "67c9b5e3a7d028fa537a19e98d57312a29a5b6de6a3d06cbaaf896f87d57f557"


@pytest.mark.parametrize(
    "keeps_sign_type, digest",
    [
        (False, "7e55d8ed57c73602859eb999689059fb2d30c128ed01b7c60b5097b9fd25b0d5"),
        (True, "fd4e08e757ee1ecb6605f6f595607e6e5dd9868efb07edac2fca01c1d3849e13"),
    ],
)
def test_the_notice_vectors(keeps_sign_type: bool, digest: str) -> None:
    parameters = {
        "app_id": "2021000000000001",
        "body": "",
        "notify_id": "2026112200222100000000000000000001",
        "notify_type": "trade_status_sync",
        "sign": "left out",
        "sign_type": "RSA2",
        "subject": "充值 100",
        "version": "1.0",
    }
    signed = notice_content(parameters, keeps_sign_type=keeps_sign_type)
    assert hashlib.sha256(signed.encode()).hexdigest() == digest


def test_the_encryption_vectors() -> None:
    ciphertext = "sb44umJUD7auqhU6RDzOGa1sxXOWIxth2OsK89GQTNPRxZi2dPdOL4ira86T2iPggMr+qCFgt5esijRcw3SGIA=="
    plaintext = '{"code":"10000","msg":"Success","mobile":"13800138000"}'
    assert content.encrypt(plaintext, VECTOR_KEY) == ciphertext
    assert content.decrypt(ciphertext, VECTOR_KEY) == plaintext
    assert content.encrypt("你好", VECTOR_KEY) == "rRCjYXSYlWp7RZhcN/pCJQ=="
    signed = hashlib.sha256(f'"{ciphertext}"'.encode()).hexdigest()
    assert signed == "aaff9db7982b19588cf447a2f620c047788891fbaefd3d7d0eebd91cddadd0f5"


@pytest.mark.parametrize(
    "changed, code, sub_code",
    [
        ({"app_id": None}, "40001", "isv.missing-app-id"),
        ({"app_id": "2021999999999999"}, "40002", "isv.invalid-app-id"),
        ({"version": None}, "40001", "isv.missing-version"),
        ({"version": "2.0"}, "40002", "isv.invalid-parameter"),
        ({"format": "XML"}, "40002", "isv.invalid-format"),
        ({"timestamp": None}, "40001", "isv.missing-timestamp"),
        ({"timestamp": "2026-11-22T10:00:00"}, "40002", "isv.invalid-timestamp"),
        ({"sign_type": None}, "40001", "isv.missing-signature-type"),
        ({"sign_type": "RSA"}, "40002", "isv.invalid-signature-type"),
        ({"charset": None}, "40002", "isv.invalid-charset"),
        ({"charset": "big5"}, "40002", "isv.invalid-charset"),
        ({"sign": None}, "40001", "isv.missing-signature"),
        ({"sign": ""}, "40001", "isv.missing-signature"),
        ({"sign": "AAAA"}, "40002", "isv.invalid-signature"),
        ({"sign": "not base64!"}, "40002", "isv.invalid-signature"),
        ({"encrypt_type": "DES"}, "40002", "isv.invalid-encrypt-type"),
        ({"encrypt_type": "AES", "biz_content": "e30="}, "40002", "isv.invalid-encrypt"),
        ({"encrypt_type": "AES", "biz_content": "{}"}, "40002", "isv.invalid-encrypt"),
        ({"app_auth_token": "202611BB"}, "20001", "aop.invalid-app-auth-token"),
        ({"biz_content": "{"}, "40002", "isv.invalid-parameter"),
        ({"biz_content": "[]"}, "40002", "isv.invalid-parameter"),
    ],
)
def test_each_check_has_its_own_code(
    sandbox: RunningSandbox, keys: KeyPair, changed: dict[str, str | None], code: str, sub_code: str
) -> None:
    app = alipay_app(sandbox, keys)
    auth_code = app.auth_code(person(sandbox))
    login: dict[str, str | None] = {"grant_type": "authorization_code", "code": auth_code}
    assert refusal(app, TOKEN, **(login | changed)) == (code, sub_code)
    assert "access_token" in app.call(TOKEN, **login).json()[TOKEN_NODE], "nothing was used up"


def test_a_call_without_a_known_method_is_answered_in_an_error_node(
    sandbox: RunningSandbox, keys: KeyPair
) -> None:
    app = alipay_app(sandbox, keys)
    without = post_form(sandbox.alipay_url, {"app_id": app.app_id}).json()
    assert without["error_response"]["sub_code"] == "isv.missing-method"
    assert without["sign"] == ""
    assert app.call("alipay.no.such.method").json()["error_response"]["sub_code"] == "isv.invalid-method"


def test_the_checks_come_in_the_gateways_order(sandbox: RunningSandbox, keys: KeyPair) -> None:
    app = alipay_app(sandbox, keys)
    everything_wrong: dict[str, str | None] = {
        "app_id": "2021999999999999",
        "version": None,
        "timestamp": None,
        "sign_type": None,
        "charset": None,
        "sign": None,
        "encrypt_type": "DES",
    }
    repairs = {
        "isv.invalid-app-id": {"app_id": app.app_id},
        "isv.missing-version": {"version": "1.0"},
        "isv.missing-timestamp": {"timestamp": china_time(sandbox.world.clock.now())},
        "isv.missing-signature-type": {"sign_type": "RSA2"},
        "isv.invalid-charset": {"charset": "utf-8"},
    }
    for sub_code, repair in repairs.items():
        assert refusal(app, INFO, **everything_wrong)[1] == sub_code
        everything_wrong |= repair
    assert refusal(app, INFO, **everything_wrong)[1] == "isv.missing-signature"
    del everything_wrong["sign"]
    assert refusal(app, INFO, **everything_wrong)[1] == "isv.invalid-encrypt-type"
    assert refusal(app, INFO, **(everything_wrong | {"encrypt_type": None}))[1] == "aop.invalid-auth-token"


def test_a_bad_signature_is_answered_with_the_string_that_the_gateway_built(
    sandbox: RunningSandbox, keys: KeyPair
) -> None:
    app = alipay_app(sandbox, keys)
    sent = app.parameters(TOKEN, sign="AAAA", biz_content='{"name":"<王小明>"}', notify_url="")
    node = post_form(sandbox.alipay_url, sent).json()[TOKEN_NODE]
    built = "&".join(f"{name}={sent[name]}" for name in sorted(sent) if name != "sign" and sent[name])
    assert "&amp;" in node["sub_msg"]
    assert html.unescape(node["sub_msg"]).endswith("：" + built)


def test_a_timestamp_in_utc_is_caught_unless_the_gateway_is_told_to_be_mild(
    sandbox: RunningSandbox, keys: KeyPair
) -> None:
    app = alipay_app(sandbox, keys)
    utc = sandbox.world.clock.now().astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    assert refusal(app, INFO, timestamp=utc)[1] == "isv.invalid-timestamp"
    assert control(sandbox, "/control/alipay/settings", 200, "PATCH", strict_timestamp=False) == {
        "strict_timestamp": False
    }
    assert refusal(app, INFO, timestamp=utc)[1] == "aop.invalid-auth-token"
    control(sandbox, "/control/alipay/settings", 400, "PATCH", strict_timestamp="no")
    assert get(f"{sandbox.page_url}/control/alipay/settings").json() == {"strict_timestamp": False}


@pytest.mark.parametrize("minutes, sub_code", [(9, "aop.invalid-auth-token"), (11, "isv.invalid-timestamp")])
def test_a_timestamp_may_be_ten_minutes_off_the_sandbox_clock(
    sandbox: RunningSandbox, keys: KeyPair, minutes: int, sub_code: str
) -> None:
    app = alipay_app(sandbox, keys)
    advance(sandbox, 90 * 24 * 3600)
    for sign in (1, -1):
        instant = sandbox.world.clock.now() + sign * timedelta(minutes=minutes)
        assert refusal(app, INFO, timestamp=china_time(instant))[1] == sub_code


def test_query_and_form_are_one_and_the_form_comes_last(sandbox: RunningSandbox, keys: KeyPair) -> None:
    app = alipay_app(sandbox, keys)
    sent = app.parameters(TOKEN, grant_type="authorization_code", code=app.auth_code(person(sandbox)))
    in_query = {name: sent[name] for name in ("app_id", "method", "sign", "charset")} | {"version": "9"}
    in_form = {name: value for name, value in sent.items() if name not in in_query or name == "version"}
    answer = post_form(f"{sandbox.alipay_url}?{urlencode(in_query)}", in_form)
    assert "access_token" in answer.json()[TOKEN_NODE]


def test_everything_may_come_in_the_query(sandbox: RunningSandbox, keys: KeyPair) -> None:
    app = alipay_app(sandbox, keys)
    sent = app.parameters(TOKEN, grant_type="authorization_code", code=app.auth_code(person(sandbox)))
    assert "access_token" in get(sandbox.alipay_url, **sent).json()[TOKEN_NODE]


def test_texts_of_an_upload_in_parts_are_read(sandbox: RunningSandbox, keys: KeyPair) -> None:
    app = alipay_app(sandbox, keys)
    sent = app.parameters(TOKEN, grant_type="authorization_code", code=app.auth_code(person(sandbox)))
    parts = "".join(
        f'--edge\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in sent.items()
    )
    kind = {"Content-Type": "multipart/form-data; boundary=edge"}
    answer = send(sandbox.alipay_url, "POST", f"{parts}--edge--\r\n", kind)
    assert "access_token" in answer.json()[TOKEN_NODE]


def test_a_plus_that_was_not_escaped_breaks_the_signature(sandbox: RunningSandbox, keys: KeyPair) -> None:
    app = alipay_app(sandbox, keys)
    biz_content = json.dumps({"text": "+++"})
    sent = app.parameters(TOKEN, biz_content=biz_content)
    body = urlencode(sent).replace("%2B", "+")
    answer = send(sandbox.alipay_url, "POST", body, {"Content-Type": "application/x-www-form-urlencoded"})
    assert answer.json()[TOKEN_NODE]["sub_code"] == "isv.invalid-signature"


def test_gbk_is_read_signed_and_answered_as_gbk(sandbox: RunningSandbox, keys: KeyPair) -> None:
    app = alipay_app(sandbox, keys)
    wang = person(sandbox)
    token = app.log_in(wang)["access_token"]
    sent = app.parameters(INFO, "gbk", auth_token=token, biz_content='{"note":"中文"}')
    kind = {"Content-Type": "application/x-www-form-urlencoded;charset=gbk"}
    answer = send(sandbox.alipay_url, "POST", urlencode(sent, encoding="gbk"), kind, "gbk")
    assert answer.headers["content-type"] == "text/html;charset=gbk"
    raw = answer.text[len(f'{{"{INFO_NODE}":') : answer.text.rindex(',"sign"')]
    assert json.loads(raw)["nick_name"] == "王小明"
    app.verify(raw.encode("gbk"), answer.json()["sign"])


def test_the_key_may_be_uploaded_as_pem_but_must_be_an_rsa_key(
    sandbox: RunningSandbox, keys: KeyPair
) -> None:
    chosen = "2021000000000001"
    fields = {"name": "通卡", "app_public_key": keys.public_pem, "ids": "both", "app_id": chosen}
    assert post_json(f"{sandbox.page_url}/control/alipay/apps", fields).json()["app_id"] == chosen
    listed = get(f"{sandbox.page_url}/control/alipay/apps").json()["items"]
    assert [item["app_id"] for item in listed] == [chosen]
    assert "alipay_private_key" not in listed[0]
    short = (
        "MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAK7ttYaE/1ldsb0OJQDQhhDWqwuFWIyt"
        "xhFKrnCPP7blU4d5XKSy/VGzFjcbyXqGHLXdCpQRQYMbkBDFaCy1u6kCAwEAAQ=="
    )
    for wrong in (
        {"app_public_key": "AAAA"},
        {"app_public_key": short},
        {"ids": "all"},
        {"app_id": "1"},
        {"app_id": chosen},
    ):
        answer = post_json(
            f"{sandbox.page_url}/control/alipay/apps", fields | {"app_id": "2021000000000002"} | wrong
        )
        assert answer.status == 400
