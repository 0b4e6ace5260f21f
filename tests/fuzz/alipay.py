"""What Alipay may answer, and what a mini-program may bring from it: nothing without a signature counts."""

import base64
import json
import re
from functools import cache
from typing import Any

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from adapters.alipay.gateway import AlipayGateway, AlipayUnavailable
from adapters.alipay.mini_program import AlipayMiniProgram
from domain.joining.model import LoginCodeRefused, PhoneProofRefused
from tests.fuzz.answers import Platform, answer, parts
from tests.fuzz.keys import signed
from tests.fuzz.target import Target, Unfounded, quoted
from tests.fuzz.world import AES_KEY, ALIPAY_APP, NOW, channels

CHANNEL = channels()[1]
NAME = "alipay_system_oauth_token_response"
PLAIN = re.compile(r"[!-~]{1,128}")
NODES = (
    '{"open_id":"074a1CcTG1LelxKe4xQC0zgNdId0nxi95b5lsNpazWYoCo5","union_id":"u","expires_in":"3600"}',
    '{"code":"10000","user_id":"2088102150477652","note":"} \\"sign\\":\\"x\\" 你好"}',
)
FAILED = '{"code":"40002","msg":"Invalid","sub_code":"isv.code-invalid","sub_msg":"x"}'
PROVEN = '{"code":"10000","msg":"Success","mobile":"13800138000"}'
WORDS = (
    *quoted(f"{NAME} error_response sign code sub_code open_id user_id union_id 10000"),
    *(
        b"\\ud800",
        b"\\u0022",
        b'"sign":"',
        b"1e999",
        b"[[[[",
        b'{"a":',
        b"=",
        b"\n",
        b" ",
        b'"mobile":"1-1234"',
    ),
)


@cache
def _gateway() -> AlipayGateway:
    """Knows the keys already: reading them takes long."""
    gateway = AlipayGateway("http://127.0.0.1:9", lambda: NOW)
    gateway.signatures(CHANNEL)
    return gateway


def platform(answers: list[tuple[int, str, bytes]]) -> AlipayMiniProgram:
    """Alipay's adapter, with a gateway that answers so."""
    gateway = _gateway()
    gateway._outbound._pool = Platform(answers)
    return AlipayMiniProgram(gateway)


def envelope(node: str, signature: str, name: str = NAME) -> bytes:
    return f'{{"{name}":{node},"sign":"{signature}"}}'.encode()


def genuine(node: str) -> bytes:
    return envelope(node, signed("alipay", node.encode()))


def _log_in(answers: list[tuple[int, str, bytes]]) -> dict[str, str] | None:
    """The identities by kind, or nothing."""
    try:
        who = platform(answers).who(CHANNEL, "code")
    except (LoginCodeRefused, AlipayUnavailable):
        return None
    return {identity.kind.value: identity.value for identity in who.all()}


def _named(node: dict[str, Any]) -> dict[str, str]:
    """What our own reading finds in a node."""
    kinds = (("ali", "open_id"), ("aliuser", "user_id"), ("aliu", "union_id"))
    found = {kind: node[name] for kind, name in kinds if isinstance(node.get(name), str) and node[name]}
    return {kind: f"{ALIPAY_APP}:{value}" if kind == "ali" else value for kind, value in found.items()}


def log_in(data: bytes) -> bool:
    """An answer of the gateway: whoever it names was named by Alipay."""
    found = _log_in(parts(data))
    if found is None:
        return False
    believed = [node for node in NODES if _named(json.loads(node)) == found]
    if not believed or not any(node.encode() in data for node in believed):
        raise Unfounded(f"Alipay never said that {found} is there.")
    return True


def log_in_signed(data: bytes) -> bool:
    """A node that Alipay signed, whatever it holds."""
    found = _log_in(
        [(200, "", b'{"%s":%s,"sign":"%s"}' % (NAME.encode(), data, signed("alipay", data).encode()))]
    )
    if found is None:
        return False
    if not all(PLAIN.fullmatch(value) for value in found.values()):
        raise Unfounded(f"{found} is no id of anybody.")
    return True


def encrypted(plaintext: bytes, key: str = AES_KEY) -> str:
    padder = padding.PKCS7(128).padder()
    encryptor = Cipher(algorithms.AES(base64.b64decode(key)), modes.CBC(bytes(16))).encryptor()
    padded = padder.update(plaintext) + padder.finalize()
    return base64.b64encode(encryptor.update(padded) + encryptor.finalize()).decode()


def proof(ciphertext: str, word: str = "alipay") -> bytes:
    """What my.getPhoneNumber hands to the page."""
    signature = signed(word, f'"{ciphertext}"'.encode())
    return json.dumps({"response": ciphertext, "sign": signature}).encode()


def _share(text: str) -> str | None:
    try:
        return platform([]).phone(CHANNEL, text).number
    except PhoneProofRefused:
        return None


def share_phone(data: bytes) -> bool:
    """A response as it comes from the page, which anybody can write."""
    text = data.decode(errors="replace")
    number = _share(text)
    if number is None:
        return False
    shown = json.loads(text)
    is_ours = shown["response"] == encrypted(PROVEN.encode()) and number == "+8613800138000"
    if not is_ours or base64.decodebytes(shown["sign"].encode()) != base64.b64decode(_signature()):
        raise Unfounded(f"Alipay never vouched for {number}.")
    return True


def _signature() -> str:
    """The only one that Alipay made for a phone in our app."""
    signature: str = json.loads(proof(encrypted(PROVEN.encode())))["sign"]
    return signature


def share_signed_phone(data: bytes) -> bool:
    """What Alipay encrypted and signed, whatever it holds; after `!` it is signed without encryption."""
    raw = data[1:].decode(errors="replace") if data.startswith(b"!") else encrypted(data)
    number = _share(json.dumps({"response": raw, "sign": signed("alipay", f'"{raw}"'.encode())}))
    if number is None:
        return False
    said = json.loads(data)
    digits = re.sub(r"[^0-9]", "", said["mobile"])
    if data.startswith(b"!") or said["code"] != "10000" or not number.endswith(digits.removeprefix("00")):
        raise Unfounded(f"{number} is not what was encrypted.")
    return True


def targets() -> tuple[Target, ...]:
    answers = tuple(answer(genuine(node)) for node in NODES)
    honest = NODES[0]
    signature = signed("alipay", honest.encode())
    others = (
        answer(genuine(FAILED)),
        answer(envelope(FAILED, "", "error_response")),
        answer(envelope(honest, "")),
        answer(envelope(honest, signed("another", honest.encode()))),
        answer(envelope('{"open_id":"mallory"}', signature)),
        answer(f'{{"{NAME}":{FAILED},"{NAME}":{honest},"sign":"{signature}"}}'.encode()),
        answer(genuine(honest), 502),
    )
    proofs = (
        proof(encrypted(PROVEN.encode()), "another"),
        proof(encrypted(FAILED.encode())),
        b'{"response":{"code":"10000","mobile":"13800138000"}}',
    )
    vouched = PROVEN.encode()
    abroad = b'{"code":"10000","mobile":"1-1234432112"}'
    plain = (FAILED.encode(), b"!" + vouched, b'{"code":"10000"}', b"[]")
    return (
        Target("alipay-login", log_in, answers, others, WORDS, 800),
        Target(
            "alipay-signed-login",
            log_in_signed,
            tuple(node.encode() for node in NODES),
            (FAILED.encode(), b"{}", b"[]", b'"x"', b'{"open_id":["x"]}'),
            WORDS,
            500,
        ),
        Target("alipay-phone", share_phone, (proof(encrypted(vouched)),), proofs, WORDS, 1_600),
        Target("alipay-signed-phone", share_signed_phone, (vouched, abroad), plain, WORDS, 700),
    )
