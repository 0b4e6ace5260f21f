"""Who is there, and the verified phone number, from a mini-program (小程序); docs/platforms.md."""

from typing import Any

from adapters.wechat.client import WeChatClient, WeChatRefused, WeChatUnavailable
from domain.errors import InvalidInput
from domain.joining.model import LoginCodeRefused, PhoneProofRefused
from domain.joining.ports import VouchedPhone
from domain.member.identity import PlatformIdentity, wechat_identity
from domain.member.phone import normalise
from domain.tenant.model import Channel

CODE_REFUSED = frozenset({40029, 40163, 40226, 41008})
PHONE_CODE_REFUSED = frozenset({40029, 40163, 40013})


class WeChatMiniProgram:
    """Implements `domain.joining.ports.Platform`. The session_key never leaves this module."""

    def __init__(self, client: WeChatClient) -> None:
        self._client = client

    def who(self, channel: Channel, code: str) -> PlatformIdentity:
        query = {
            "appid": channel.app_id,
            "secret": channel.credential("app_secret"),
            "js_code": code,
            "grant_type": "authorization_code",
        }
        try:
            answer = self._client.get("/sns/jscode2session", query)
        except WeChatRefused as refused:
            raise (LoginCodeRefused if refused.errcode in CODE_REFUSED else WeChatUnavailable) from refused
        openid, unionid = answer.get("openid"), answer.get("unionid") or ""
        if not isinstance(openid, str) or not isinstance(unionid, str):
            raise WeChatUnavailable
        try:
            return wechat_identity(channel.app_id, openid, unionid)
        except ValueError as odd:
            raise WeChatUnavailable from odd

    def phone(self, channel: Channel, proof: str) -> VouchedPhone:
        try:
            answer = self._client.post(channel, "/wxa/business/getuserphonenumber", {"code": proof})
        except WeChatRefused as refused:
            kind = PhoneProofRefused if refused.errcode in PHONE_CODE_REFUSED else WeChatUnavailable
            raise kind from refused
        return VouchedPhone(_number(answer.get("phone_info"), channel))


def _number(info: Any, channel: Channel) -> str:
    if not isinstance(info, dict) or not isinstance(info.get("watermark"), dict):
        raise WeChatUnavailable
    if info["watermark"].get("appid") != channel.app_id:
        raise PhoneProofRefused
    try:
        # The country code is documented as text and sampled as a number.
        return normalise(f"+{info.get('countryCode')}{info.get('purePhoneNumber')}")
    except InvalidInput as odd:
        raise PhoneProofRefused from odd
