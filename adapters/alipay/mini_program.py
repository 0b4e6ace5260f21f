"""Who is there, and the verified phone number, from an Alipay mini-program; docs/platforms.md."""

import hashlib
import json
import re
from typing import Any

from adapters.alipay.gateway import SUCCESS, AlipayGateway, AlipayRefused, AlipayUnavailable, decrypt
from domain.errors import InvalidInput
from domain.joining.model import LoginCodeRefused, PhoneProofRefused
from domain.joining.ports import VouchedPhone
from domain.member.identity import PlatformIdentity, alipay_identity
from domain.member.phone import normalise
from domain.tenant.model import Channel

ABROAD = re.compile(r"[1-9]\d{0,3}-\d{4,14}", re.ASCII)
CODE_REFUSED = frozenset({"isv.code-invalid", "isv.unmatched-app-id"})


class AlipayMiniProgram:
    """Implements `domain.joining.ports.Platform`."""

    def __init__(self, gateway: AlipayGateway) -> None:
        self._gateway = gateway

    def who(self, channel: Channel, code: str) -> PlatformIdentity:
        params = {"grant_type": "authorization_code", "code": code}
        try:
            node = self._gateway.call(channel, "alipay.system.oauth.token", params)
        except AlipayRefused as refused:
            kind = LoginCodeRefused if refused.sub_code in CODE_REFUSED else AlipayUnavailable
            raise kind from refused
        try:
            return alipay_identity(
                channel.app_id, _text(node, "open_id"), _text(node, "user_id"), _text(node, "union_id")
            )
        except ValueError as nobody:
            raise AlipayUnavailable from nobody

    def phone(self, channel: Channel, proof: str) -> VouchedPhone:
        """`proof` is the JSON text that my.getPhoneNumber hands to the page."""
        try:
            envelope = json.loads(proof)
            ciphertext, signature = envelope["response"], envelope["sign"]
            is_text = isinstance(ciphertext, str) and isinstance(signature, str)
        except (ValueError, KeyError, TypeError, RecursionError) as odd:
            raise PhoneProofRefused from odd
        # Signed is the ciphertext with its quotes; an unencrypted answer is an error, never a number.
        if not is_text or not self._gateway.signatures(channel).verify(f'"{ciphertext}"', signature):
            raise PhoneProofRefused
        try:
            answer = json.loads(decrypt(ciphertext, channel.credential("aes_key")))
            if answer["code"] != SUCCESS:
                raise PhoneProofRefused
            number = normalise(_international(answer["mobile"]))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError, InvalidInput) as odd:
            raise PhoneProofRefused from odd
        return VouchedPhone(number, hashlib.sha256(ciphertext.encode()).hexdigest())


def _international(mobile: str) -> str:
    """Numbers of other countries come as `1-1234432112`."""
    return "+" + mobile if ABROAD.fullmatch(mobile) else mobile


def _text(node: dict[str, Any], name: str) -> str | None:
    value = node.get(name)
    return value if isinstance(value, str) and value else None
