"""WeChat over real HTTP, on its good days and its bad ones (platform sheet 1.1 to 1.4)."""

import logging
import time
from itertools import count
from typing import Any

import pytest

from adapters.wechat.client import ANSWER_BYTES_MAX, WeChatClient, WeChatUnavailable
from adapters.wechat.mini_program import WeChatMiniProgram
from domain.errors import DomainError, TooMany, Unavailable
from domain.joining.model import LoginCodeRefused, PhoneProofRefused
from domain.member.identity import Identity, IdentityKind
from domain.tenant.model import Channel
from sandbox.server import RunningSandbox
from tests.adapters.canned import canned
from tests.shop import Apps

LOGIN, PHONE, TOKEN = "/sns/jscode2session", "/wxa/business/getuserphonenumber", "/cgi-bin/stable_token"
NUMBERS = (f"137{number:08}" for number in count(1))


class Person:
    """Somebody with a phone in the sandbox."""

    def __init__(self, sandbox: RunningSandbox, apps: Apps) -> None:
        self.sandbox, self.apps, self.number = sandbox, apps, next(NUMBERS)
        self.person_id = sandbox.world.people.add("林小满", self.number).person_id

    def code(self, purpose: str, app_id: str = "") -> str:
        return self.sandbox.world.wechat.mint_code(purpose, app_id or self.apps.wechat_id, self.person_id)

    def calls(self, operation: str) -> int:
        return sum(each.operation == operation for each in self.sandbox.world.requests.all("wechat"))

    def plan(self, operation: str, fault: str, times: int = 1) -> None:
        self.sandbox.world.faults.plan("wechat", operation, fault, times)


@pytest.fixture
def person(sandboxed: RunningSandbox, apps: Apps) -> Person:
    return Person(sandboxed, apps)


@pytest.fixture
def wechat(platforms: RunningSandbox) -> WeChatMiniProgram:
    return WeChatMiniProgram(WeChatClient(platforms.wechat_url, time.monotonic))


def at(url: str) -> WeChatMiniProgram:
    return WeChatMiniProgram(WeChatClient(url, time.monotonic))


def test_a_login_code_tells_openid_and_unionid(
    wechat: WeChatMiniProgram, mini_program: Channel, person: Person
) -> None:
    who = wechat.who(mini_program, person.code("login"))

    assert who.primary.kind is IdentityKind.WECHAT_OPENID
    assert who.primary.value.startswith(f"{mini_program.app_id}:o")
    assert [identity.kind for identity in who.shared] == [IdentityKind.WECHAT_UNIONID]


def test_the_session_key_and_the_secret_are_in_nothing_that_leaves_the_adapter(
    wechat: WeChatMiniProgram, mini_program: Channel, person: Person, caplog: pytest.LogCaptureFixture
) -> None:
    world = person.sandbox.world
    with caplog.at_level(logging.DEBUG, logger="tongka"):
        who = wechat.who(mini_program, person.code("login"))
        openid = who.primary.value.partition(":")[2]
        session = world.wechat.sessions._sessions.get(f"{mini_program.app_id} {openid}")
        person.plan(LOGIN, "40029")
        with pytest.raises(LoginCodeRefused) as refused:
            wechat.who(mini_program, person.code("login"))

    assert session is not None
    chain = [refused.value, refused.value.__cause__]
    told = f"{who!r} {who.primary.text()} {chain!r} {[record.__dict__ for record in caplog.records]}"
    assert session.session_key not in told
    assert person.apps.wechat_secret not in told


@pytest.mark.parametrize(
    "fault, refusal",
    [
        ("40029", LoginCodeRefused),
        ("40163", LoginCodeRefused),
        ("40226", LoginCodeRefused),
        ("41008", LoginCodeRefused),
        ("45011", TooMany),
        ("-1", WeChatUnavailable),
        ("40125", WeChatUnavailable),
        ("40013", WeChatUnavailable),
        ("http_502", WeChatUnavailable),
        ("garbage", WeChatUnavailable),
        ("reset", WeChatUnavailable),
        ("reset_after", WeChatUnavailable),
    ],
)
def test_each_fault_of_a_login_is_the_refusal_that_the_sheet_names(
    wechat: WeChatMiniProgram, mini_program: Channel, person: Person, fault: str, refusal: type[DomainError]
) -> None:
    person.plan(LOGIN, fault)
    before = person.calls(LOGIN)

    with pytest.raises(refusal) as refused:
        wechat.who(mini_program, person.code("login"))

    assert type(refused.value) is refusal
    assert person.calls(LOGIN) == before + 1, "a login code is shown once"
    assert person.apps.wechat_secret not in repr((refused.value.__cause__, refused.value.context))
    assert refused.value.retry_after_seconds == (60 if refusal is TooMany else None)


def test_a_slow_answer_is_waited_for(
    wechat: WeChatMiniProgram, mini_program: Channel, person: Person
) -> None:
    person.plan(LOGIN, "slow")

    assert wechat.who(mini_program, person.code("login")).primary.value


def test_a_code_of_another_app_and_a_used_one_are_refused(
    wechat: WeChatMiniProgram, mini_program: Channel, person: Person
) -> None:
    code = person.code("login")
    wechat.who(mini_program, code)

    for wrong in (code, person.code("login", person.apps.second_wechat_id), "never-minted", ""):
        with pytest.raises(LoginCodeRefused):
            wechat.who(mini_program, wrong)


def test_a_phone_code_becomes_a_number_with_its_country(
    wechat: WeChatMiniProgram, mini_program: Channel, person: Person
) -> None:
    assert wechat.phone(mini_program, person.code("phone")).number == f"+86{person.number}"


@pytest.mark.parametrize(
    "fault, refusal",
    [
        ("40029", PhoneProofRefused),
        ("40163", PhoneProofRefused),
        ("40013", PhoneProofRefused),
        ("45011", TooMany),
        ("-1", WeChatUnavailable),
        ("48001", WeChatUnavailable),
        ("http_502", WeChatUnavailable),
        ("garbage", WeChatUnavailable),
        ("reset", WeChatUnavailable),
        ("reset_after", WeChatUnavailable),
    ],
)
def test_each_fault_of_a_phone_proof_is_the_refusal_that_the_sheet_names(
    wechat: WeChatMiniProgram, mini_program: Channel, person: Person, fault: str, refusal: type[DomainError]
) -> None:
    person.plan(PHONE, fault)

    with pytest.raises(refusal) as refused:
        wechat.phone(mini_program, person.code("phone"))

    assert type(refused.value) is refusal


def test_the_access_token_is_fetched_once_for_many_calls(
    wechat: WeChatMiniProgram, mini_program: Channel, person: Person
) -> None:
    before = person.calls(TOKEN)

    for _ in range(3):
        wechat.phone(mini_program, person.code("phone"))

    assert person.calls(TOKEN) == before + 1


@pytest.mark.parametrize("fault", ["40001", "40014", "42001"])
def test_an_invalid_access_token_is_renewed_exactly_once(
    wechat: WeChatMiniProgram, mini_program: Channel, person: Person, fault: str
) -> None:
    wechat.phone(mini_program, person.code("phone"))
    tokens, phones = person.calls(TOKEN), person.calls(PHONE)
    person.plan(PHONE, fault)

    assert wechat.phone(mini_program, person.code("phone")).number == f"+86{person.number}"

    assert (person.calls(TOKEN), person.calls(PHONE)) == (tokens + 1, phones + 2)


@pytest.mark.parametrize("fault", ["40001", "42001"])
def test_a_token_that_stays_invalid_ends_after_the_second_call(
    wechat: WeChatMiniProgram, mini_program: Channel, person: Person, fault: str
) -> None:
    tokens, phones = person.calls(TOKEN), person.calls(PHONE)
    person.plan(PHONE, fault, 10)

    with pytest.raises(WeChatUnavailable):
        wechat.phone(mini_program, person.code("phone"))

    assert (person.calls(TOKEN), person.calls(PHONE)) == (tokens + 2, phones + 2)


def test_another_refusal_renews_no_token(
    wechat: WeChatMiniProgram, mini_program: Channel, person: Person
) -> None:
    tokens, phones = person.calls(TOKEN), person.calls(PHONE)
    person.plan(PHONE, "40029")

    with pytest.raises(PhoneProofRefused):
        wechat.phone(mini_program, person.code("phone"))

    assert (person.calls(TOKEN), person.calls(PHONE)) == (tokens + 1, phones + 1)


def test_a_token_is_fetched_anew_two_minutes_before_its_end(
    platforms: RunningSandbox, mini_program: Channel, person: Person
) -> None:
    now = [0.0]
    client = WeChatClient(platforms.wechat_url, lambda: now[0])
    lives = []

    def phone() -> int:
        before = person.calls(TOKEN)
        WeChatMiniProgram(client).phone(mini_program, person.code("phone"))
        return person.calls(TOKEN) - before

    lives.append(phone())
    good_until = client._tokens[mini_program.app_id][0]
    now[0] = good_until - 1
    lives.append(phone())
    now[0] = good_until
    lives.append(phone())

    assert lives == [1, 0, 1]
    assert 0 < good_until <= 7200 - 120


@pytest.mark.parametrize("fault", ["-1", "40125", "45011", "http_502", "reset"])
def test_without_an_access_token_nothing_is_asked(
    wechat: WeChatMiniProgram, mini_program: Channel, person: Person, fault: str
) -> None:
    phones = person.calls(PHONE)
    person.plan(TOKEN, fault)

    with pytest.raises((Unavailable, TooMany)):
        wechat.phone(mini_program, person.code("phone"))

    assert person.calls(PHONE) == phones


@pytest.mark.parametrize("body", [b"{}", b'{"errcode":0}', b'{"access_token":"x"}'])
def test_a_token_answer_without_token_is_unavailable(mini_program: Channel, body: bytes) -> None:
    with canned(body) as url, pytest.raises(WeChatUnavailable):
        at(url).phone(mini_program, "code")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'"text"',
        b"null",
        b"{}",
        b'{"openid":""}',
        b'{"openid":null,"session_key":"x"}',
        b"\xff\xfe",
        b'{"openid":"' + b"o" * ANSWER_BYTES_MAX + b'"}',
    ],
    ids=["empty", "list", "text", "null", "object", "no-openid", "null-openid", "not-utf-8", "endless"],
)
def test_an_odd_answer_to_a_login_is_unavailable(mini_program: Channel, body: bytes) -> None:
    with canned(body) as url, pytest.raises(WeChatUnavailable):
        at(url).who(mini_program, "code")


@pytest.mark.parametrize("body", [b"[" * 20_000, b'{"errcode":"busy"}'], ids=["deep", "errcode"])
def test_a_hostile_answer_to_a_login_is_unavailable(mini_program: Channel, body: bytes) -> None:
    with canned(body) as url, pytest.raises(WeChatUnavailable):
        at(url).who(mini_program, "code")


def phone_info(**changed: Any) -> bytes:
    import json  # noqa: PLC0415  # used here alone

    info = {"purePhoneNumber": "13800138000", "countryCode": 86, "watermark": {"appid": "wx-own"}} | changed
    return json.dumps({"errcode": 0, "phone_info": info}).encode()


@pytest.mark.parametrize(
    "body, refusal",
    [
        (phone_info(watermark={"appid": "wx-other"}), PhoneProofRefused),
        (phone_info(watermark=None), WeChatUnavailable),
        (phone_info(watermark={}), PhoneProofRefused),
        (phone_info(purePhoneNumber=None), PhoneProofRefused),
        (phone_info(purePhoneNumber="12345"), PhoneProofRefused),
        (phone_info(countryCode="x"), PhoneProofRefused),
        (b'{"errcode":0}', WeChatUnavailable),
        (b'{"errcode":0,"phone_info":[]}', WeChatUnavailable),
    ],
)
def test_a_number_counts_only_with_the_watermark_of_our_app(body: bytes, refusal: type[DomainError]) -> None:
    token = b'{"access_token":"x","expires_in":7200}'
    with canned(token, body) as url, pytest.raises(refusal):
        at(url).phone(_own_channel(), "code")


def test_the_country_code_may_be_a_number_or_a_text() -> None:
    token = b'{"access_token":"x","expires_in":7200}'
    for code in (86, "86"):
        with canned(token, phone_info(countryCode=code)) as url:
            assert at(url).phone(_own_channel(), "code").number == "+8613800138000"


def _own_channel() -> Channel:
    from domain.keyring import Fresh  # noqa: PLC0415  # used here alone
    from domain.tenant.model import ChannelKind  # noqa: PLC0415  # the same

    secret = {"app_secret": Fresh("secret")}
    return Channel("t", "wx", ChannelKind.MINI_PROGRAM, "n", "wx-own", credentials=secret)


def test_nobody_at_the_other_end_is_unavailable_and_tells_no_secret(
    mini_program: Channel, apps: Apps
) -> None:
    with canned(b"{}") as url:
        pass
    with pytest.raises(WeChatUnavailable) as refused:
        at(url).who(mini_program, "code")

    assert apps.wechat_secret not in f"{refused.value.__cause__!r} {refused.value.__cause__}"


def test_people_without_unionid_are_known_by_openid_alone(mini_program: Channel) -> None:
    with canned(b'{"openid":"o1","session_key":"k","unionid":""}') as url:
        who = at(url).who(mini_program, "code")

    assert who.all() == (Identity(IdentityKind.WECHAT_OPENID, f"{mini_program.app_id}:o1"),)
