"""What WeChat may answer: code2session, stable_token and getuserphonenumber."""

import json
import re
import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

from adapters.wechat.client import WeChatClient, WeChatUnavailable
from adapters.wechat.mini_program import WeChatMiniProgram
from domain.errors import TooMany
from domain.joining.model import LoginCodeRefused, PhoneProofRefused
from tests.fuzz.answers import PART, Platform, answer, parts
from tests.fuzz.target import Target, Unfounded, quoted
from tests.fuzz.world import WECHAT_APP, channels

CHANNEL = channels()[0]
PLAIN = re.compile(r"[!-~]{1,128}")
LOGGED_IN = b'{"session_key":"c2Vzc2lvbg==","openid":"oABC-123_x","unionid":"u-1"}'
TOKEN = b'{"access_token":"78_token-of_wechat","expires_in":7200}'
PHONE = (
    b'{"errcode":0,"errmsg":"ok","phone_info":{"phoneNumber":"13800138000","purePhoneNumber":"13800138000",'
    b'"countryCode":86,"watermark":{"timestamp":1637744274,"appid":"' + WECHAT_APP.encode() + b'"}}}'
)
REFUSED = b'{"errcode":%d,"errmsg":"invalid code, rid: 61725984-6126f6f9-040f19c4"}'
WORDS = (
    *quoted("errcode errmsg openid unionid access_token expires_in phone_info purePhoneNumber countryCode"),
    *quoted("watermark appid +86 \\ud800 \\u0000"),
    *(b"1e400", b"NaN", b"-1", b"9" * 400, b"40001", b"42001", b"45011", b"[[[[", b'{"a":', b"gzip", PART),
)


def platform(data: bytes) -> tuple[WeChatMiniProgram, Platform]:
    """WeChat's adapter, and what it talks to."""
    client, network = WeChatClient("http://127.0.0.1:9", time.monotonic), Platform(parts(data))
    client._outbound._pool = network
    return WeChatMiniProgram(client), network


def log_in(data: bytes) -> bool:
    mini_program, _ = platform(data)
    try:
        who = mini_program.who(CHANNEL, "code")
    except (LoginCodeRefused, TooMany, WeChatUnavailable):
        return False
    told = _told(parts(data)[0][2])
    openid, unionid = told.get("openid"), told.get("unionid")
    wanted = [f"wx:{WECHAT_APP}:{openid}", *([f"wxu:{unionid}"] if unionid else [])]
    found = [identity.text() for identity in who.all()]
    if told.get("errcode", 0) or not _is_plain(openid) or not (_is_plain(unionid) or not unionid):
        raise Unfounded(f"Nobody was named, and yet there is {found}.")
    if found != wanted:
        raise Unfounded(f"{found} instead of {wanted}")
    return True


def share_phone(data: bytes) -> bool:
    mini_program, network = platform(data)
    try:
        vouched = mini_program.phone(CHANNEL, "code")
    except (PhoneProofRefused, TooMany, WeChatUnavailable):
        return False
    last = _told(network.asked[-1][1])
    info = last.get("phone_info", {})
    digits = f"{info.get('countryCode')}{info.get('purePhoneNumber')}"
    if info["watermark"]["appid"] != WECHAT_APP or re.sub(r"[ -]", "", digits) != vouched.number[1:]:
        raise Unfounded(f"{vouched.number} does not stand in {info}.")
    token = _told(network.asked[-2][1]).get("access_token") if len(network.asked) > 1 else None
    if parse_qs(urlsplit(network.asked[-1][0]).query) != {"access_token": [token]}:
        raise Unfounded(f"{network.asked[-1][0]} does not carry {token!r}.")
    return True


def _told(raw: bytes) -> dict[str, Any]:
    """An answer that was believed was readable, or something is wrong."""
    value = json.loads(raw.decode())
    assert isinstance(value, dict)
    return value


def _is_plain(text: object) -> bool:
    return isinstance(text, str) and PLAIN.fullmatch(text) is not None


def targets() -> tuple[Target, ...]:
    refusals = tuple(answer(REFUSED % code) for code in (40029, 40163, -1, 45011, 40013, 0))
    login = answer(LOGGED_IN)
    token, phone = answer(TOKEN), answer(PHONE)
    again = PART.join((token, answer(REFUSED % 40001), token, phone))
    return (
        Target(
            "wechat-login", log_in, (login,), (*refusals, answer(LOGGED_IN, 502), answer(b"")), WORDS, 1_200
        ),
        Target(
            "wechat-phone",
            share_phone,
            (PART.join((token, phone)), again),
            tuple(PART.join((token, refusal)) for refusal in refusals),
            WORDS,
            1_200,
        ),
    )
