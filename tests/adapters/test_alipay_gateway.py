"""The gateway's own functions against the vectors of the platform sheet (1.2, 1.3 and 1.6)."""

import base64
import hashlib
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from hypothesis import given
from hypothesis import strategies as st

from adapters.alipay import gateway
from adapters.alipay.gateway import AlipayRefused, AlipayUnavailable, decrypt, node_text, text_to_sign
from adapters.alipay.signature import Signatures
from sandbox.alipay.signing import load_private_key, new_key_pair, sign
from tests.domain.builders import steady

PRIVATE, PUBLIC = new_key_pair()
SIGNATURES = Signatures(PRIVATE, PUBLIC)
NAME = "alipay_system_oauth_token_response"
KEY = "MDEyMzQ1Njc4OWFiY2RlZg=="


def test_the_text_that_a_request_signs_is_that_of_the_vector() -> None:
    params = {
        "version": "1.0",
        "timestamp": "2026-11-22 10:00:00",
        "sign_type": "RSA2",
        "notify_url": "",
        "sign": "left out",
        "method": "alipay.marketing.card.template.query",
        "format": "JSON",
        "charset": "utf-8",
        "biz_content": '{"template_id":"20170308000000000059101000300045"}',
        "app_id": "2021000000000001",
    }

    digest = hashlib.sha256(text_to_sign(params).encode()).hexdigest()

    assert digest == "67c9b5e3a7d028fa537a19e98d57312a29a5b6de6a3d06cbaaf896f87d57f557"


def test_encrypted_content_opens_as_in_the_vectors() -> None:
    ciphertext = "sb44umJUD7auqhU6RDzOGa1sxXOWIxth2OsK89GQTNPRxZi2dPdOL4ira86T2iPggMr+qCFgt5esijRcw3SGIA=="

    assert decrypt(ciphertext, KEY) == '{"code":"10000","msg":"Success","mobile":"13800138000"}'
    assert decrypt("rRCjYXSYlWp7RZhcN/pCJQ==", KEY) == "你好"
    assert hashlib.sha256(f'"{ciphertext}"'.encode()).hexdigest() == (
        "aaff9db7982b19588cf447a2f620c047788891fbaefd3d7d0eebd91cddadd0f5"
    )


@pytest.mark.parametrize(
    "ciphertext", ["", "AAAA", "rRCjYXSYlWp7RZhcN/pCJg==", "!", "rRCjYXSYlWp7RZhcN/pCJQ=\n="]
)
def test_changed_ciphertext_does_not_open(ciphertext: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        decrypt(ciphertext, KEY)


texts = st.text(max_size=12) | st.sampled_from(['"', "}", '"sign":"AAAA"', '\\"}', "{", '","sign":"x"}'])
values = st.recursive(
    texts | st.integers() | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(texts, values, max_size=4), values, st.booleans(), st.sampled_from([None, 1]), texts)
@steady
def test_the_node_is_cut_out_exactly_as_it_was_sent(
    node: dict[str, Any], other: Any, is_first: bool, indent: int | None, name: str
) -> None:
    text = json.dumps(node, ensure_ascii=False, indent=indent).replace("/", "\\/")
    parts = [f'"{NAME}" : {text}', f"{json.dumps(name + '!')}:{json.dumps(other)}", '"sign":"x"']
    raw = " {" + " , ".join(parts if is_first else parts[::-1]) + "} "

    assert node_text(raw, NAME) == text


def test_the_node_of_an_encrypted_answer_is_cut_out_with_its_quotes() -> None:
    assert node_text(f'{{"{NAME}":"AAAA==","sign":"x"}}', NAME) == '"AAAA=="'


def answer(node: str, signed: str | None = None) -> str:
    signature = sign(PRIVATE, (node if signed is None else signed).encode())
    return f'{{"{NAME}":{node},"sign":"{signature}"}}'


def test_a_signed_success_is_believed() -> None:
    node = '{"open_id":"o","note":"} \\"sign\\":\\"x\\" \\/ 你好"}'

    assert gateway._node(answer(node), NAME, SIGNATURES)["open_id"] == "o"


@pytest.mark.parametrize(
    "signed",
    [
        '{"open_id":"o" }',
        '{"open_id":"p"}',
        "",
        '"{"open_id":"o"}"',
    ],
)
def test_a_success_whose_signature_covers_other_text_is_not_believed(signed: str) -> None:
    with pytest.raises(AlipayUnavailable):
        gateway._node(answer('{"open_id":"o"}', signed), NAME, SIGNATURES)


def test_a_forged_node_beside_a_signed_one_is_not_believed() -> None:
    honest = '{"open_id":"victor"}'
    signature = sign(PRIVATE, honest.encode())
    raw = f'{{"{NAME}":{honest},"{NAME}":{{"open_id":"mallory"}},"sign":"{signature}"}}'

    try:
        node = gateway._node(raw, NAME, SIGNATURES)
    except AlipayUnavailable:
        return
    assert node == {"open_id": "victor"}


def test_an_error_tells_its_codes_and_whether_it_proved_to_be_alipay() -> None:
    node = '{"code":"40002","sub_code":"isv.code-invalid"}'

    with pytest.raises(AlipayRefused) as signed:
        gateway._node(answer(node), NAME, SIGNATURES)
    with pytest.raises(AlipayRefused) as unsigned:
        gateway._node(f'{{"error_response":{node},"sign":""}}', NAME, SIGNATURES)

    assert (signed.value.code, signed.value.sub_code, signed.value.is_signed) == (
        "40002",
        "isv.code-invalid",
        True,
    )
    assert (unsigned.value.sub_code, unsigned.value.is_signed) == ("isv.code-invalid", False)


def test_keys_may_be_pem_or_one_line_of_base64() -> None:
    key = load_private_key(PRIVATE)
    der = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    bare = Signatures(base64.b64encode(der).decode(), PUBLIC.strip())

    assert bare.sign("你好") == SIGNATURES.sign("你好") == sign(PRIVATE, "你好".encode())
    assert bare.verify("你好", SIGNATURES.sign("你好"))
    assert not bare.verify("你好!", SIGNATURES.sign("你好"))


@pytest.mark.parametrize("signature", ["", "x", "签", "A" * 344, "====", "\ud800"])
def test_what_is_no_signature_verifies_nothing(signature: str) -> None:
    assert not SIGNATURES.verify("text", signature)
