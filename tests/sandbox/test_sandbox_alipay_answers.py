"""Alipay in the sandbox: how answers are signed, encrypted and, on demand, spoilt."""

import json
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature

from sandbox.alipay import content
from sandbox.server import RunningSandbox
from tests.sandbox.worlds import AlipayApp, KeyPair, alipay_app, person, plan

TOKEN = "alipay.system.oauth.token"
INFO = "alipay.user.info.share"
INFO_NODE = "alipay_user_info_share_response"


def raw_node(text: str, name: str) -> str:
    """The node exactly as it came."""
    start = text.index(f'"{name}":') + len(name) + 3
    return text[start : start + json.JSONDecoder().raw_decode(text[start:])[1]]


def ask(app: AlipayApp, person_id: str, fault: str = "", **changed: str) -> str:
    """The text of a profile call under a fault."""
    token = app.log_in(person_id)["access_token"]
    if fault:
        plan(app.sandbox, "alipay", INFO, fault)
    return app.call(INFO, auth_token=token, **changed).text


def test_the_node_is_signed_as_it_stands_with_escaped_slashes(sandbox: RunningSandbox, keys: KeyPair) -> None:
    app = alipay_app(sandbox, keys)
    text = ask(app, person(sandbox))
    node = raw_node(text, INFO_NODE)
    assert "https:\\/\\/" in node
    assert "王小明" in node
    app.verify(node.encode(), json.loads(text)["sign"])


def test_refusals_are_signed_too(sandbox: RunningSandbox, keys: KeyPair) -> None:
    app = alipay_app(sandbox, keys)
    text = app.call(INFO).text
    app.verify(raw_node(text, INFO_NODE).encode(), json.loads(text)["sign"])


def test_each_app_has_an_alipay_key_of_its_own(sandbox: RunningSandbox, keys: KeyPair) -> None:
    app, other = alipay_app(sandbox, keys), alipay_app(sandbox, keys)
    text = ask(app, person(sandbox))
    with pytest.raises(InvalidSignature):
        other.verify(raw_node(text, INFO_NODE).encode(), json.loads(text)["sign"])


def test_an_encrypted_call_is_answered_encrypted_and_signed_with_quotes(
    sandbox: RunningSandbox, keys: KeyPair
) -> None:
    app = alipay_app(sandbox, keys)
    biz_content = content.encrypt('{"wanted":"everything"}', app.aes_key)
    text = ask(app, person(sandbox), encrypt_type="AES", biz_content=biz_content)
    answer = json.loads(text)
    app.verify(f'"{answer[INFO_NODE]}"'.encode(), answer["sign"])
    clear = json.loads(content.decrypt(answer[INFO_NODE], app.aes_key))
    assert (clear["code"], clear["nick_name"]) == ("10000", "王小明")
    received = sandbox.world.requests.all("alipay")[-1]
    assert received.answer == "encrypted"


def test_encryption_without_content_encrypts_the_answer_only(sandbox: RunningSandbox, keys: KeyPair) -> None:
    app = alipay_app(sandbox, keys)
    answer = json.loads(ask(app, person(sandbox), encrypt_type="AES"))
    assert json.loads(content.decrypt(answer[INFO_NODE], app.aes_key))["code"] == "10000"


def test_no_sign(sandbox: RunningSandbox, keys: KeyPair) -> None:
    answer = json.loads(ask(alipay_app(sandbox, keys), person(sandbox), "no_sign"))
    assert "sign" not in answer
    assert answer[INFO_NODE]["code"] == "10000"


def test_wrong_sign(sandbox: RunningSandbox, keys: KeyPair) -> None:
    app = alipay_app(sandbox, keys)
    text = ask(app, person(sandbox), "wrong_sign")
    with pytest.raises(InvalidSignature):
        app.verify(raw_node(text, INFO_NODE).encode(), json.loads(text)["sign"])


def test_tricky_text_is_valid_json_with_a_valid_signature(sandbox: RunningSandbox, keys: KeyPair) -> None:
    app = alipay_app(sandbox, keys)
    text = ask(app, person(sandbox), "tricky_text")
    node = raw_node(text, INFO_NODE)
    fields = json.loads(node)
    app.verify(node.encode(), json.loads(text)["sign"])
    assert fields["nick_name"] == "王小明"
    assert '"sign":"' in fields["tricky_sign"]
    assert fields["tricky_escapes"].endswith("/你好😀")
    assert node.count("{") != node.count("}") or "} not" in fields["tricky_braces"]


def test_reordered_puts_the_signature_first(sandbox: RunningSandbox, keys: KeyPair) -> None:
    app = alipay_app(sandbox, keys)
    text = ask(app, person(sandbox), "reordered")
    answer: dict[str, Any] = json.loads(text)
    assert list(answer) == ["sign", INFO_NODE]
    assert list(answer[INFO_NODE])[-2:] == ["msg", "code"]
    app.verify(raw_node(text, INFO_NODE).encode(), answer["sign"])


@pytest.mark.parametrize(
    "fault, sub_code",
    [
        ("40005", "isv.app-call-limited"),
        ("20000", "aop.unknow-error"),
        ("40004", "SYSTEM_ERROR"),
        ("40006", "isv.insufficient-isv-permissions"),
    ],
)
def test_a_planned_refusal_is_signed_and_happens_instead(
    sandbox: RunningSandbox, keys: KeyPair, fault: str, sub_code: str
) -> None:
    app = alipay_app(sandbox, keys)
    code = app.auth_code(person(sandbox))
    plan(sandbox, "alipay", TOKEN, fault)
    name = "alipay_system_oauth_token_response"
    refused = app.call(TOKEN, grant_type="authorization_code", code=code)
    assert (refused.json()[name]["code"], refused.json()[name]["sub_code"]) == (fault, sub_code)
    app.verify(raw_node(refused.text, name).encode(), refused.json()["sign"])
    assert "access_token" in app.call(TOKEN, grant_type="authorization_code", code=code).json()[name]


def test_error_response_has_an_empty_signature(sandbox: RunningSandbox, keys: KeyPair) -> None:
    answer = json.loads(ask(alipay_app(sandbox, keys), person(sandbox), "error_response"))
    assert answer["sign"] == ""
    assert answer["error_response"]["code"] == "20000"
