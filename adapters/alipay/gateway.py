"""The gateway protocol: POST, signed requests, verified answers (docs/platforms.md)."""

import base64
import json
import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from adapters.alipay.signature import Signatures
from adapters.outbound import NoAnswer, Outbound
from domain.clock import SHOP_TIME, Clock
from domain.errors import Unavailable
from domain.tenant.model import Channel

ANSWER_BYTES_MAX = 256 * 1024
READ_SECONDS = 4.0
SUCCESS = "10000"
CODE_MAX = 80

log = logging.getLogger("tongka.alipay")


class AlipayUnavailable(Unavailable):
    code = "alipay-unavailable"
    title = "Alipay does not answer right now; try again."
    message = "支付宝服务暂时不可用，请稍后重试"


class AlipayRefused(Exception):
    """Alipay answered with an error; `is_signed` tells whether it proved to be Alipay."""

    def __init__(self, code: str, sub_code: str, *, is_signed: bool) -> None:
        super().__init__(f"{code} {sub_code}")
        self.code, self.sub_code, self.is_signed = code, sub_code, is_signed


class AlipayGateway:
    """One per process; the keys are the channel's."""

    def __init__(self, url: str, clock: Clock) -> None:
        self._url, self._clock = url, clock
        self._signatures: dict[tuple[str, str], Signatures] = {}
        self._outbound = Outbound(READ_SECONDS, ANSWER_BYTES_MAX)

    def call(self, channel: Channel, method: str, params: Mapping[str, str]) -> dict[str, Any]:
        """A method whose parameters are top-level. Raises AlipayRefused or AlipayUnavailable."""
        common = {
            "app_id": channel.app_id,
            "method": method,
            "format": "JSON",
            "charset": "utf-8",
            "sign_type": "RSA2",
            "timestamp": f"{self._clock().astimezone(SHOP_TIME):%Y-%m-%d %H:%M:%S}",
            "version": "1.0",
        }
        signatures = self.signatures(channel)
        common["sign"] = signatures.sign(text_to_sign({**common, **params}))
        raw = self._exchange(common, params)
        return _node(raw, method.replace(".", "_") + "_response", signatures)

    def signatures(self, channel: Channel) -> Signatures:
        keys = channel.credential("app_private_key"), channel.credential("alipay_public_key")
        if keys not in self._signatures:
            self._signatures[keys] = Signatures(*keys)
        return self._signatures[keys]

    def _exchange(self, query: Mapping[str, str], form: Mapping[str, str]) -> str:
        try:
            status, text = self._outbound.ask(
                "POST",
                f"{self._url}?{urlencode(query)}",
                body=urlencode(form).encode(),
                headers={"Content-Type": "application/x-www-form-urlencoded;charset=utf-8"},
            )
        except NoAnswer as problem:
            raise AlipayUnavailable from problem
        if status != 200:
            raise AlipayUnavailable
        return text


def text_to_sign(params: Mapping[str, str]) -> str:
    """Sorted `k=v` joined with `&`, without the signature and without empty values."""
    return "&".join(f"{name}={value}" for name, value in sorted(params.items()) if value and name != "sign")


def _node(raw: str, name: str, signatures: Signatures) -> dict[str, Any]:
    """The answer's node, if its exact text carries a valid signature; a signature is a must for success."""
    try:
        envelope = json.loads(raw)
        used = name if isinstance(envelope, dict) and name in envelope else "error_response"
        if not isinstance(envelope, dict) or used not in envelope:
            raise AlipayUnavailable
        # What is believed is what the signature covers, not what a second node of the same name may say.
        text, signature = node_text(raw, used), envelope.get("sign")
        node = json.loads(text)
    except (ValueError, RecursionError) as odd:
        raise AlipayUnavailable from odd
    if not isinstance(node, dict):
        raise AlipayUnavailable
    is_signed = isinstance(signature, str) and signatures.verify(text, signature)
    if used == name and node.get("code", SUCCESS) == SUCCESS:
        if not is_signed:
            log.error("alipay answer without a valid signature", extra={"method": name})
            raise AlipayUnavailable
        return node
    code, sub_code = (_word(node.get(part)) for part in ("code", "sub_code"))
    log.warning("alipay refused", extra={"method": name, "errcode": code, "sub_code": sub_code})
    raise AlipayRefused(code, sub_code, is_signed=is_signed)


def _word(value: object) -> str:
    """A code is a short text; anything else says nothing."""
    return value if isinstance(value, str) and len(value) <= CODE_MAX else ""


def node_text(raw: str, name: str) -> str:
    """The node exactly as it was sent: what the signature covers.

    Walks the members of the envelope with JSON's own decoder, so that braces, quotes and the word
    "sign" inside of texts mislead nobody.
    """
    decoder = json.JSONDecoder()
    place = raw.index("{") + 1
    while True:
        place = _skip(raw, place, " \t\r\n,")
        key, place = decoder.raw_decode(raw, place)
        place = _skip(raw, place, " \t\r\n:")
        _, end = decoder.raw_decode(raw, place)
        if key == name:
            return raw[place:end]
        place = end


def _skip(raw: str, place: int, characters: str) -> int:
    while raw[place] in characters:
        place += 1
    return place


def decrypt(ciphertext: str, aes_key: str) -> str:
    """AES-128-CBC with a zero IV, PKCS#7. Raises ValueError."""
    cipher = Cipher(algorithms.AES(base64.b64decode(aes_key)), modes.CBC(bytes(16)))
    decryptor = cipher.decryptor()
    padded = decryptor.update(base64.b64decode(ciphertext, validate=True)) + decryptor.finalize()
    unpadder = padding.PKCS7(128).unpadder()
    return (unpadder.update(padded) + unpadder.finalize()).decode()
