"""Short messages over real HTTP against the sandbox, and the provider's published way of signing."""

import base64
import hmac
from itertools import count

import pytest

from adapters.sms.sender import AlibabaSmsSender, SmsUnavailable, signature
from adapters.system.ids import SystemIds
from domain.errors import DomainError, TooMany
from domain.keyring import Fresh
from domain.tenant.model import SmsAccount
from sandbox.server import RunningSandbox
from tests.adapters.canned import canned

NUMBERS = (f"135{number:08}" for number in count(1))


@pytest.fixture
def sender(sandboxed: RunningSandbox) -> AlibabaSmsSender:
    return AlibabaSmsSender(sandboxed.sms_url, sandboxed.world.clock.now, SystemIds())


def plan(sandbox: RunningSandbox, fault: str) -> None:
    sandbox.world.faults.plan("sms", "SendSms", fault, 1)


def test_a_code_arrives_as_it_was_sent(
    sender: AlibabaSmsSender, sms_account: SmsAccount, sandboxed: RunningSandbox
) -> None:
    number = next(NUMBERS)

    sender.send_code(sms_account, f"+86{number}", "007123")

    (message,) = sandboxed.world.sms.messages(number)
    assert (message.params, message.sign_name) == ({"code": "007123"}, "山茶咖啡")


def test_what_is_signed_is_the_providers_own_example() -> None:
    """The page on RPC signatures signs a GET; ours is a POST, which is the first word of the text."""
    params = {
        "AccessKeyId": "testid",
        "Action": "DescribeRegions",
        "Format": "XML",
        "SignatureMethod": "HMAC-SHA1",
        "SignatureNonce": "3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf",
        "SignatureVersion": "1.0",
        "Timestamp": "2016-02-23T12:46:24Z",
        "Version": "2014-05-26",
    }
    text = (
        "&%2F&AccessKeyId%3Dtestid%26Action%3DDescribeRegions%26Format%3DXML%26SignatureMethod%3DHMAC-SHA1"
        "%26SignatureNonce%3D3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf%26SignatureVersion%3D1.0"
        "%26Timestamp%3D2016-02-23T12%253A46%253A24Z%26Version%3D2014-05-26"
    )

    def mac(method: str) -> str:
        return base64.b64encode(hmac.digest(b"testsecret&", (method + text).encode(), "sha1")).decode()

    assert mac("GET") == "OLeaidS1JvxuMvnyHOwuJ+uX5qY="
    assert signature(params, "testsecret") == mac("POST")
    assert signature(dict(reversed(params.items())), "testsecret") == mac("POST")


@pytest.mark.parametrize(
    "fault, refusal",
    [
        ("isv.BUSINESS_LIMIT_CONTROL", TooMany),
        ("isv.DAY_LIMIT_CONTROL", TooMany),
        ("isv.AMOUNT_NOT_ENOUGH", SmsUnavailable),
        ("isp.SYSTEM_ERROR", SmsUnavailable),
        ("Throttling", SmsUnavailable),
        ("Throttling.User", SmsUnavailable),
        ("Forbidden.RAM", SmsUnavailable),
        ("ServiceUnavailable", SmsUnavailable),
        ("InternalError", SmsUnavailable),
        ("http_502", SmsUnavailable),
        ("garbage", SmsUnavailable),
        ("reset", SmsUnavailable),
        ("reset_after", SmsUnavailable),
    ],
)
def test_each_fault_is_a_refusal_and_is_not_tried_again(
    sender: AlibabaSmsSender,
    sms_account: SmsAccount,
    sandboxed: RunningSandbox,
    fault: str,
    refusal: type[DomainError],
) -> None:
    number = next(NUMBERS)
    before = len(sandboxed.world.requests.all("sms"))
    plan(sandboxed, fault)

    with pytest.raises(refusal) as refused:
        sender.send_code(sms_account, f"+86{number}", "123456")

    assert type(refused.value) is refusal
    assert refused.value.retry_after_seconds == (60 if refusal is TooMany else None)
    assert len(sandboxed.world.requests.all("sms")) == before + 1
    assert len(sandboxed.world.sms.messages(number)) == (1 if fault == "reset_after" else 0)


def test_a_slow_answer_is_waited_for(
    sender: AlibabaSmsSender, sms_account: SmsAccount, sandboxed: RunningSandbox
) -> None:
    number = next(NUMBERS)
    plan(sandboxed, "slow")

    sender.send_code(sms_account, f"+86{number}", "123456")

    assert len(sandboxed.world.sms.messages(number)) == 1


def test_the_providers_own_limit_is_too_many(sender: AlibabaSmsSender, sms_account: SmsAccount) -> None:
    number = f"+86{next(NUMBERS)}"
    sender.send_code(sms_account, number, "123456")

    with pytest.raises(TooMany):
        sender.send_code(sms_account, number, "654321")


def test_a_wrong_secret_is_unavailable(sandboxed: RunningSandbox, sms_account: SmsAccount) -> None:
    sender = AlibabaSmsSender(sandboxed.sms_url, sandboxed.world.clock.now, SystemIds())
    wrong = SmsAccount(sms_account.access_key_id, Fresh("wrong"), "山茶咖啡", "SMS_100001")

    with pytest.raises(SmsUnavailable):
        sender.send_code(wrong, f"+86{next(NUMBERS)}", "123456")


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b"null", b"7", b"\xff", b'{"Code":null}', b'{"Code":""}']
)
def test_an_odd_answer_is_unavailable(
    sandboxed: RunningSandbox, sms_account: SmsAccount, body: bytes
) -> None:
    with canned(body) as url, pytest.raises(SmsUnavailable):
        AlibabaSmsSender(url, sandboxed.world.clock.now, SystemIds()).send_code(sms_account, "+8613", "1")


def test_a_deeply_nested_answer_is_unavailable(sandboxed: RunningSandbox, sms_account: SmsAccount) -> None:
    with canned(b"[" * 12_000) as url, pytest.raises(SmsUnavailable):
        AlibabaSmsSender(url, sandboxed.world.clock.now, SystemIds()).send_code(sms_account, "+8613", "1")
