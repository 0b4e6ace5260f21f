"""Alipay over real HTTP against the sandbox, on its good days and its bad ones (platform sheet 1 and 2)."""

import hashlib
import json
import logging
import subprocess
import sys
from itertools import count
from typing import Any

import pytest

from adapters.alipay.gateway import AlipayGateway, AlipayUnavailable
from adapters.alipay.mini_program import AlipayMiniProgram
from domain.errors import DomainError
from domain.joining.model import LoginCodeRefused, PhoneProofRefused
from domain.member.identity import IdentityKind
from domain.tenant.model import Channel
from sandbox.alipay import content
from sandbox.alipay.signing import sign
from sandbox.server import RunningSandbox
from tests.adapters.canned import canned
from tests.shop import Apps

TOKEN = "alipay.system.oauth.token"
NUMBERS = (f"136{number:08}" for number in count(1))


class Person:
    """Somebody with a phone in the sandbox."""

    def __init__(self, sandbox: RunningSandbox, apps: Apps) -> None:
        self.sandbox, self.apps, self.number = sandbox, apps, next(NUMBERS)
        self.person_id = sandbox.world.people.add("林小满", self.number).person_id

    def code(self) -> str:
        return self.sandbox.world.alipay.mint_code(self.apps.alipay_id, self.person_id, "auth_base")

    def proof(self) -> str:
        return self.sandbox.world.alipay.phone_response(self.apps.alipay_id, self.person_id)

    def plan(self, fault: str) -> None:
        self.sandbox.world.faults.plan("alipay", TOKEN, fault, 1)

    def signed(self, plaintext: str) -> str:
        """A response as Alipay would sign it, whatever it says."""
        app = self.sandbox.world.alipay.apps.get(self.apps.alipay_id)
        ciphertext = content.encrypt(plaintext, app.aes_key)
        signature = sign(app.alipay_private_key, f'"{ciphertext}"'.encode())
        return json.dumps({"response": ciphertext, "sign": signature})


@pytest.fixture
def asked(sandboxed: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The methods that are called from now on."""
    seen: list[str] = []
    requests = sandboxed.world.requests
    record = requests.record

    def note(platform: str, operation: str, *more: Any, **details: Any) -> None:
        seen.append(operation)
        record(platform, operation, *more, **details)

    monkeypatch.setattr(requests, "record", note)
    return seen


@pytest.fixture
def person(sandboxed: RunningSandbox, apps: Apps) -> Person:
    return Person(sandboxed, apps)


@pytest.fixture
def alipay(sandboxed: RunningSandbox) -> AlipayMiniProgram:
    return AlipayMiniProgram(AlipayGateway(sandboxed.alipay_url, sandboxed.world.clock.now))


def test_a_login_code_tells_who_is_there_in_this_app_and_beyond(
    alipay: AlipayMiniProgram, alipay_app: Channel, person: Person
) -> None:
    who = alipay.who(alipay_app, person.code())

    assert who.primary.kind is IdentityKind.ALIPAY_OPENID
    assert who.primary.value.startswith(f"{alipay_app.app_id}:")
    assert IdentityKind.ALIPAY_USER in {identity.kind for identity in who.shared}


def test_the_private_key_and_the_tokens_stay_in_the_adapter(
    alipay: AlipayMiniProgram, alipay_app: Channel, person: Person, caplog: pytest.LogCaptureFixture
) -> None:
    person.plan("40002")
    with caplog.at_level(logging.DEBUG), pytest.raises(AlipayUnavailable) as refused:
        alipay.who(alipay_app, code := person.code())

    told = (
        f"{refused.value.__cause__!r} {[r.__dict__ for r in caplog.records if r.name.startswith('tongka')]}"
    )
    assert "isv.invalid-parameter" in told
    assert code not in told
    assert person.apps.private_key[60:100] not in told


@pytest.mark.parametrize(
    "fault, refusal",
    [
        ("no_sign", AlipayUnavailable),
        ("wrong_sign", AlipayUnavailable),
        ("error_response", AlipayUnavailable),
        *(
            (str(code), AlipayUnavailable)
            for code in (20000, 20001, 40001, 40002, 40003, 40004, 40005, 40006)
        ),
        ("http_502", AlipayUnavailable),
        ("garbage", AlipayUnavailable),
        ("reset", AlipayUnavailable),
        ("reset_after", AlipayUnavailable),
    ],
)
def test_each_fault_of_a_login_is_unavailable_and_asked_once(
    alipay: AlipayMiniProgram,
    alipay_app: Channel,
    person: Person,
    asked: list[str],
    fault: str,
    refusal: type[DomainError],
) -> None:
    person.plan(fault)

    with pytest.raises(refusal) as refused:
        alipay.who(alipay_app, person.code())

    assert type(refused.value) is refusal
    assert asked == [TOKEN]


@pytest.mark.parametrize("fault", ["tricky_text", "reordered", "slow"])
def test_an_answer_in_an_unusual_form_is_still_verified_and_understood(
    alipay: AlipayMiniProgram, alipay_app: Channel, person: Person, fault: str
) -> None:
    plain = alipay.who(alipay_app, person.code())
    person.plan(fault)

    assert alipay.who(alipay_app, person.code()) == plain


def test_a_used_or_unknown_code_is_refused(
    alipay: AlipayMiniProgram, alipay_app: Channel, person: Person
) -> None:
    code = person.code()
    alipay.who(alipay_app, code)

    for wrong in (code, "never-minted"):
        with pytest.raises(LoginCodeRefused):
            alipay.who(alipay_app, wrong)


def test_an_answer_signed_with_another_apps_key_is_never_believed(
    alipay: AlipayMiniProgram, alipay_app: Channel, person: Person
) -> None:
    from msgspec.structs import replace  # noqa: PLC0415  # used here alone

    from domain.keyring import Fresh  # noqa: PLC0415  # the same
    from sandbox.alipay.signing import new_key_pair  # noqa: PLC0415  # the same

    foreign = {**alipay_app.credentials, "alipay_public_key": Fresh(new_key_pair()[1])}
    channel = replace(alipay_app, credentials=foreign)

    with pytest.raises(AlipayUnavailable):
        alipay.who(channel, person.code())
    with pytest.raises(PhoneProofRefused):
        alipay.phone(channel, person.proof())


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b"null",
        b"\xff",
        b'{"alipay_system_oauth_token_response":"text"}',
        b'{"alipay_system_oauth_token_response":{"open_id":"o"}}',
        b'{"alipay_system_oauth_token_response":{"open_id":"o"},"sign":""}',
        b'{"alipay_system_oauth_token_response":{"open_id":"o"},"sign":7}',
        b'{"alipay_system_oauth_token_response":{"open_id":"o"},"sign":"????"}',
        '{"alipay_system_oauth_token_response":{"open_id":"o"},"sign":"签"}'.encode(),
        b'{"alipay_system_oauth_token_response":{"code":"10000","open_id":"o"},"sign":"AAAA"}',
        b'{"alipay_system_oauth_token_response":{"code":10000,"open_id":"o"}}',
        b'{"error_response":{}}',
        b"x" * 300_000,
    ],
)
def test_an_odd_or_unsigned_answer_is_never_believed(
    sandboxed: RunningSandbox, alipay_app: Channel, body: bytes
) -> None:
    with canned(body) as url, pytest.raises(AlipayUnavailable):
        AlipayMiniProgram(AlipayGateway(url, sandboxed.world.clock.now)).who(alipay_app, "code")


def test_a_deeply_nested_answer_is_unavailable(sandboxed: RunningSandbox, alipay_app: Channel) -> None:
    with canned(b"[" * 20_000) as url, pytest.raises(AlipayUnavailable):
        AlipayMiniProgram(AlipayGateway(url, sandboxed.world.clock.now)).who(alipay_app, "code")


def test_a_status_other_than_200_is_unavailable(sandboxed: RunningSandbox, alipay_app: Channel) -> None:
    gone = canned(b'{"error_response":{"sub_code":"isv.code-invalid"}}', status=404)
    with gone as url, pytest.raises(AlipayUnavailable):
        AlipayMiniProgram(AlipayGateway(url, sandboxed.world.clock.now)).who(alipay_app, "code")


def test_a_phone_response_tells_the_number(
    alipay: AlipayMiniProgram, alipay_app: Channel, person: Person
) -> None:
    assert alipay.phone(alipay_app, person.proof()).number == f"+86{person.number}"


def test_a_number_of_another_country_keeps_its_calling_code(
    alipay: AlipayMiniProgram, alipay_app: Channel, person: Person
) -> None:
    plaintext = '{"code":"10000","msg":"Success","mobile":"1-1234432112"}'

    assert alipay.phone(alipay_app, person.signed(plaintext)).number == "+11234432112"


@pytest.mark.parametrize(
    "plaintext",
    [
        '{"code":"40001","msg":"x","mobile":"13800138000"}',
        '{"mobile":"13800138000"}',
        '{"code":"10000"}',
        '{"code":"10000","mobile":13800138000}',
        '{"code":"10000","mobile":null}',
        '{"code":"10000","mobile":"12345"}',
        "[]",
        "7",
        "not json",
        "",
    ],
)
def test_a_signed_response_without_a_number_proves_nothing(
    alipay: AlipayMiniProgram, alipay_app: Channel, person: Person, plaintext: str
) -> None:
    with pytest.raises(PhoneProofRefused):
        alipay.phone(alipay_app, person.signed(plaintext))


def test_a_changed_response_proves_nothing(
    alipay: AlipayMiniProgram, alipay_app: Channel, person: Person
) -> None:
    honest = json.loads(person.proof())
    other = json.loads(Person(person.sandbox, person.apps).proof())
    plain = {"code": "10000", "mobile": "13800138000"}
    wrong: list[object] = [
        {**honest, "sign": other["sign"]},
        {**honest, "response": other["response"]},
        {**honest, "response": honest["response"][:-4] + "AAA="},
        {**honest, "sign": ""},
        {**honest, "sign": None},
        {**honest, "response": plain},
        {"response": honest["response"]},
        {"response": json.dumps(plain), "sign": honest["sign"]},
        [honest],
        "text",
        None,
        7,
    ]
    for proof in wrong:
        with pytest.raises(PhoneProofRefused):
            alipay.phone(alipay_app, json.dumps(proof))
    for text in ("", "{", "\x00", '{"response":"\\ud800","sign":"\\ud800"}', "1" * 4096):
        with pytest.raises(PhoneProofRefused):
            alipay.phone(alipay_app, text)


def test_a_deeply_nested_response_proves_nothing(alipay: AlipayMiniProgram, alipay_app: Channel) -> None:
    with pytest.raises(PhoneProofRefused):
        alipay.phone(alipay_app, "[" * 4096)


def test_loading_the_sdk_leaves_the_logging_of_the_process_alone() -> None:
    script = """
import logging
before = (list(logging.root.handlers), logging.root.level, logging.getLogger("tongka").level)
from adapters.alipay.signature import _sdk_class
_sdk_class()
after = (list(logging.root.handlers), logging.root.level, logging.getLogger("tongka").level)
assert before == after, after
sdk = logging.getLogger("python-alipay-sdk")
assert (sdk.handlers, sdk.level) == ([], logging.WARNING), (sdk.handlers, sdk.level)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_request_is_signed_in_shop_time(
    alipay: AlipayMiniProgram, alipay_app: Channel, person: Person
) -> None:
    alipay.who(alipay_app, person.code())

    asked = [each for each in person.sandbox.world.requests.all("alipay") if each.operation == TOKEN][-1]
    assert asked.parameters["timestamp"][:13] == person.sandbox.world.clock.now().strftime("%Y-%m-%d %H")
    assert (asked.parameters["sign_type"], asked.parameters["charset"]) == ("RSA2", "utf-8")
    assert len(hashlib.sha256(asked.parameters["sign"].encode()).digest()) == 32
