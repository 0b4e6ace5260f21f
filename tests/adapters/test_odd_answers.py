"""Answers that no platform should give, each of them found by the fuzz (tests/fuzz)."""

import json
import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from adapters.alipay import gateway
from adapters.alipay.gateway import AlipayGateway, AlipayRefused, AlipayUnavailable
from adapters.alipay.mini_program import AlipayMiniProgram
from adapters.alipay.signature import Signatures
from adapters.sms.sender import AlibabaSmsSender, SmsUnavailable
from adapters.system.ids import SystemIds
from adapters.wechat.client import WeChatClient, WeChatUnavailable
from adapters.wechat.mini_program import WeChatMiniProgram
from domain.errors import DomainError
from domain.tenant.model import Channel, SmsAccount
from sandbox.alipay.signing import new_key_pair, sign
from sandbox.server import RunningSandbox
from tests.adapters.canned import canned, endless
from tests.fuzz.answers import Platform

PRIVATE, PUBLIC = new_key_pair()
NODE = "alipay_system_oauth_token_response"
TOKEN = b'{"access_token":"78_x","expires_in":7200}'
MUCH = 64 * 1024 * 1024


def wechat(*bodies: bytes) -> tuple[WeChatMiniProgram, Platform]:
    client, platform = (
        WeChatClient("http://127.0.0.1:9", time.monotonic),
        Platform((200, "", body) for body in bodies),
    )
    client._outbound._pool = platform
    return WeChatMiniProgram(client), platform


def number_of(channel: Channel) -> bytes:
    info = {"purePhoneNumber": "13800138000", "countryCode": "86", "watermark": {"appid": channel.app_id}}
    return json.dumps({"phone_info": info}).encode()


@pytest.mark.parametrize(
    "changed",
    [
        *(
            {"openid": odd}
            for odd in (True, 1e300, 7, {"a": 1}, ["o"], " ", "o o", "\x00", "会员", "o" * 129, "\ud800")
        ),
        *({"unionid": odd} for odd in (7, ["u"], "\ud800", "u\n")),
    ],
)
def test_who_has_no_id_of_wechat_is_nobody(mini_program: Channel, changed: dict[str, Any]) -> None:
    """Such an id would have become somebody, or a key that the table cannot hold."""
    mini, _ = wechat(json.dumps({"openid": "o1", "session_key": "k"} | changed).encode())

    with pytest.raises(WeChatUnavailable):
        mini.who(mini_program, "code")


@pytest.mark.parametrize("status", [204, 302, 404])
def test_an_answer_of_wechat_counts_with_status_200_only(mini_program: Channel, status: int) -> None:
    mini, platform = wechat(b"")
    platform._left = [(status, "", b'{"openid":"o1"}')]

    with pytest.raises(WeChatUnavailable):
        mini.who(mini_program, "code")


def test_a_token_is_sent_as_it_came_whatever_its_characters(mini_program: Channel) -> None:
    mini, platform = wechat(b'{"access_token":"a&b=c#d%20+","expires_in":7200}', number_of(mini_program))

    mini.phone(mini_program, "code")

    assert parse_qs(urlsplit(platform.asked[-1][0]).query) == {"access_token": ["a&b=c#d%20+"]}


@pytest.mark.parametrize("token", ['""', '" "', '"\\ud800"', '"a\\nb"'])
def test_what_is_no_token_is_never_sent(mini_program: Channel, token: str) -> None:
    mini, platform = wechat(f'{{"access_token":{token},"expires_in":7200}}'.encode(), number_of(mini_program))

    with pytest.raises(WeChatUnavailable):
        mini.phone(mini_program, "code")
    assert len(platform.asked) == 1


def test_a_token_that_lives_for_ever_is_kept_for_a_day_at_most(mini_program: Channel) -> None:
    """Once an OverflowError: the number is larger than any float."""
    answer = f'{{"access_token":"x","expires_in":1{"0" * 400}}}'.encode()
    mini, platform = wechat(answer, number_of(mini_program))
    now = 0.0
    mini._client._monotonic = lambda: now

    mini.phone(mini_program, "code")
    now = 23 * 3600.0
    mini.phone(mini_program, "code")
    platform._left = [(200, "", TOKEN), (200, "", number_of(mini_program))]
    now = 24 * 3600.0
    mini.phone(mini_program, "code")

    assert [urlsplit(url).path.rsplit("/", 1)[1] for url, _ in platform.asked] == [
        *("stable_token", "getuserphonenumber", "getuserphonenumber", "stable_token", "getuserphonenumber")
    ]


def test_an_errcode_of_four_thousand_digits_is_no_errcode(mini_program: Channel) -> None:
    mini, _ = wechat(b'{"errcode":' + b"9" * 4_000 + b"}")

    with pytest.raises(WeChatUnavailable):
        mini.who(mini_program, "code")


@pytest.mark.parametrize("name", [NODE, "error_response"])
@pytest.mark.parametrize("first", ['"text"', "7", "null", "[]"])
def test_a_node_that_is_no_object_is_no_node_whatever_stands_behind_it(name: str, first: str) -> None:
    """Once an AttributeError: the last of two nodes was looked at, the first of them was read."""
    raw = f'{{"{name}":{first},"{name}":{{"open_id":"o"}},"sign":"{sign(PRIVATE, first.encode())}"}}'

    with pytest.raises(AlipayUnavailable):
        gateway._node(raw, NODE, Signatures(PRIVATE, PUBLIC))


@pytest.mark.parametrize("odd", ['"' + "x" * 81 + '"', "7", '["40002"]', '{"a":"b"}', "null"])
def test_a_code_that_is_no_short_text_says_nothing_in_the_log_either(odd: str) -> None:
    raw = f'{{"error_response":{{"code":{odd},"sub_code":{odd}}},"sign":""}}'

    with pytest.raises(AlipayRefused) as refused:
        gateway._node(raw, NODE, Signatures(PRIVATE, PUBLIC))

    assert (refused.value.code, refused.value.sub_code) == ("", "")


@pytest.mark.parametrize("odd", ["\x00", "o o", "会员", "o" * 129, "\ud800"])
def test_who_has_no_id_of_alipay_is_nobody(alipay_app: Channel, sandboxed: RunningSandbox, odd: str) -> None:
    for name in ("open_id", "user_id", "union_id"):
        node = json.dumps({"user_id": "2088"} | {name: odd})
        alipay = AlipayGateway("http://127.0.0.1:9", sandboxed.world.clock.now)
        keys = alipay_app.credential("app_private_key"), alipay_app.credential("alipay_public_key")
        alipay._signatures[keys] = Signatures(PRIVATE, PUBLIC)
        answer = f'{{"{NODE}":{node},"sign":"{sign(PRIVATE, node.encode())}"}}'
        alipay._outbound._pool = Platform([(200, "", answer.encode())])

        with pytest.raises(AlipayUnavailable):
            AlipayMiniProgram(alipay).who(alipay_app, "code")


@pytest.mark.parametrize("status", [302, 404, 500])
def test_a_message_counts_as_sent_with_status_200_only(
    sms_account: SmsAccount, sandboxed: RunningSandbox, status: int
) -> None:
    with canned(b'{"Code":"OK"}', status=status) as url, pytest.raises(SmsUnavailable):
        AlibabaSmsSender(url, sandboxed.world.clock.now, SystemIds()).send_code(sms_account, "+8613", "1")


@pytest.mark.parametrize(
    "platform, refusal",
    [("wechat", WeChatUnavailable), ("alipay", AlipayUnavailable), ("sms", SmsUnavailable)],
)
def test_an_answer_without_end_is_not_read_to_its_end(
    mini_program: Channel,
    alipay_app: Channel,
    sms_account: SmsAccount,
    sandboxed: RunningSandbox,
    platform: str,
    refusal: type[DomainError],
) -> None:
    clock = sandboxed.world.clock.now

    def call(url: str) -> None:
        if platform == "wechat":
            WeChatMiniProgram(WeChatClient(url, time.monotonic)).who(mini_program, "code")
        elif platform == "alipay":
            AlipayMiniProgram(AlipayGateway(url, clock)).who(alipay_app, "code")
        else:
            AlibabaSmsSender(url, clock, SystemIds()).send_code(sms_account, "+8613", "1")

    with endless(MUCH) as (url, taken), pytest.raises(refusal):
        call(url)

    assert sum(taken) < MUCH / 2, "what the connection itself holds back, and no more"
