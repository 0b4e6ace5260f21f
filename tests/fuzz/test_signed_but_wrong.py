"""Signed, and yet wrong: by another key, for another app, shortened, doubled, late, for another route."""

import base64
import json
import secrets
from collections.abc import Callable, Iterator

import pytest
from msgspec.structs import replace

from adapters.alipay.mini_program import AlipayMiniProgram
from domain.joining.model import PhoneProofRefused
from domain.keyring import Fresh
from tests.fuzz import alipay, till
from tests.fuzz.keys import public_text, signed
from tests.fuzz.logs import LOG
from tests.fuzz.target import Target
from tests.fuzz.wire import Ask, staff
from tests.fuzz.world import AES_KEY, MEMBER, RIVAL, TENANT
from tests.shop import CONSENT, Phone, Shop

OTHER_AES_KEY = base64.b64encode(b"fedcba9876543210").decode()
CASES_MIN = 300
NO_NUMBERS = (
    "",
    "1",
    "12345678901",
    "+",
    "+86",
    "00",
    "1-",
    "0-13800138000",
    "138001380001",
    "１３８００１３８０００",
)
Case = tuple[str, bytes]


@pytest.fixture(autouse=True)
def log() -> Iterator[None]:
    with LOG.listening():
        yield


def phone_responses() -> Iterator[Case]:
    """What my.getPhoneNumber could hand over; each of it is signed by somebody."""
    plain = alipay.PROVEN.encode()
    text = alipay.encrypted(plain)
    forged = alipay.encrypted(b'{"code":"10000","mobile":"13900139000"}')
    honest = json.loads(alipay.proof(text))
    yield "signed by another app's key", alipay.proof(text, "another")
    yield "signed by the app itself", alipay.proof(text, "app")
    yield "encrypted for another app", alipay.proof(alipay.encrypted(plain, OTHER_AES_KEY))
    yield "not encrypted", _proof(alipay.PROVEN)
    yield "a login's answer", _proof(alipay.NODES[0])
    yield "two responses, the last one forged", _twice("response", text, forged, honest["sign"])
    yield (
        "two signatures, the last one of another",
        _twice("sign", honest["sign"], signed("another", b"x"), text),
    )
    yield (
        "the signature of another response",
        json.dumps({"response": forged, "sign": honest["sign"]}).encode(),
    )
    for end in range(len(text)):
        yield f"the ciphertext cut after {end}", alipay.proof(text[:end])
    for begin in range(1, len(text), 4):
        yield f"the ciphertext from {begin} on", alipay.proof(text[begin:])
    for at in range(0, len(text), 4):
        yield f"a blank in the ciphertext at {at}", alipay.proof(f"{text[:at]} {text[at:]}")
    for size in range(0, len(plain), 8):
        yield f"the plaintext cut after {size}", alipay.proof(alipay.encrypted(plain[:size]))
    for code in ("40001", "40002", "20000", "10001", "", "1e4", "10000 "):
        yield f"a refusal: {code}", alipay.proof(alipay.encrypted(plain.replace(b"10000", code.encode())))
    for number in NO_NUMBERS:
        named = plain.replace(b"13800138000", number.encode())
        yield f"no number: {number}", alipay.proof(alipay.encrypted(named))


def _proof(raw: str) -> bytes:
    return json.dumps({"response": raw, "sign": signed("alipay", raw.encode())}).encode()


def _twice(name: str, first: str, second: str, rest: str) -> bytes:
    other = "sign" if name == "response" else "response"
    return f'{{"{name}":"{first}","{name}":"{second}","{other}":"{rest}"}}'.encode()


def gateway_answers() -> Iterator[Case]:
    """What could stand in the place of the gateway's answer to a login."""
    node = alipay.NODES[0]
    good, failed = signed("alipay", node.encode()), signed("alipay", alipay.FAILED.encode())
    yield "signed by another app's key", alipay.envelope(node, signed("another", node.encode()))
    yield "signed by the app itself", alipay.envelope(node, signed("app", node.encode()))
    yield "of another method", alipay.envelope(node, good, "alipay_user_info_share_response")
    yield "as an error", alipay.envelope(node, good, "error_response")
    yield "a phone's response", alipay.envelope(f'"{alipay.encrypted(alipay.PROVEN.encode())}"', good)
    yield "the signature of a refusal", alipay.envelope(node, failed)
    yield "the refusal's node first", _two_nodes(alipay.FAILED, node, good)
    yield "the refusal's node first, signed", _two_nodes(alipay.FAILED, node, failed)
    yield "a forged node first", _two_nodes('{"open_id":"mallory"}', node, good)
    yield (
        "two signatures, the last one of another",
        alipay.genuine(node)[:-1] + b',"sign":"' + failed.encode() + b'"}',
    )
    for blank in (" ", "\n", "\t", "\r"):
        yield (
            f"a blank {blank!r} inside of the node",
            alipay.envelope(node.replace(":", f":{blank}", 1), good),
        )
    for end in range(0, len(alipay.genuine(node)), 4):
        yield f"cut after {end}", alipay.genuine(node)[:end]
    for at, (name, value) in enumerate(json.loads(node).items()):
        left = {each: text for each, text in json.loads(node).items() if each != name}
        yield f"without its part {at}", alipay.envelope(json.dumps(left, separators=(",", ":")), good)
        changed = node.replace(value, value.swapcase() + "0")
        yield f"with its part {at} changed", alipay.envelope(changed, good)


def _two_nodes(first: str, second: str, signature: str) -> bytes:
    return f'{{"{alipay.NAME}":{first},"{alipay.NAME}":{second},"sign":"{signature}"}}'.encode()


def till_requests() -> Iterator[Case]:
    """Requests whose signature is good for something else."""
    question = Ask("GET", b"/v1/till/members", b"member_id=" + MEMBER.encode())
    order = Ask("POST", b"/v1/till/orders", body=json.dumps(till.BILL).encode())
    for seconds in (-301, -302, -3600, -86400, 301, 302, 3600, 10**9):
        yield (
            f"{seconds} seconds away",
            till.written(till.signed(order, stamp=str(int(till.STAMP) + seconds))),
        )
    for stamp in (
        f"+{till.STAMP}",
        f"{till.STAMP}.0",
        f"0x{int(till.STAMP):x}",
        "1e9",
        "-1",
        "0" * 13,
    ):
        yield f"a timestamp like {stamp}", till.written(till.signed(order, stamp=stamp))
    good = till.signed(order)
    for key in (f"{TENANT}.office", f"{RIVAL}.till", f"{TENANT}.till.", f"{TENANT}.till#", "till", ".till"):
        yield f"under the key {key}", till.written(good.with_headers(Tongka_Key=key))
    for method, path in (("GET", b"/v1/till/orders"), ("POST", b"/v1/till/orders/N-1/refunds")):
        yield f"for {method} {path!r}", till.written(replace(good, method=method, path=path))
    for query in (
        b"member_id=m_fan",
        b"",
        b"member_id=m_camellia&member_id=m_fan",
        b"phone=13800138000",
        b"Member_id=x",
    ):
        yield f"with the query {query!r}", till.written(replace(till.signed(question), query=query))
    body = order.body
    for end in range(0, len(body), 8):
        yield f"its body cut after {end}", till.written(replace(good, body=body[:end]))
    for other in (
        body + b" ",
        b" " + body,
        body + body,
        body.replace(b"5000", b"5001"),
        body.replace(b": ", b":"),
    ):
        yield f"with another body of {len(other)} bytes", till.written(replace(good, body=other))
    nonce = dict(good.headers)["Tongka-Nonce"].decode()
    for text in (nonce + "x", nonce[:-1], nonce.upper(), f"{nonce[0]} {nonce[1:]}", "x" * 65):
        yield f"with the nonce {text!r}", till.written(good.with_headers(Tongka_Nonce=text))


KINDS: dict[str, tuple[Callable[[], Iterator[Case]], Callable[[bytes], bool]]] = {
    "phone responses": (phone_responses, alipay.share_phone),
    "gateway answers": (gateway_answers, lambda body: alipay.log_in(b"200 -\n" + body)),
    "till requests": (till_requests, till.send),
}


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_that_is_signed_but_wrong_is_accepted(kind: str) -> None:
    cases, run = KINDS[kind]
    target = Target(kind, run, ())

    assert [what for what, data in cases() if target.attempt(data)] == []


def test_there_are_three_hundred_of_them_and_no_two_alike() -> None:
    found = [data for cases, _ in KINDS.values() for _, data in cases()]

    assert len(set(found)) == len(found) >= CASES_MIN


def test_what_they_were_made_from_is_accepted() -> None:
    assert alipay.share_phone(alipay.proof(alipay.encrypted(alipay.PROVEN.encode())))
    assert alipay.log_in(b"200 -\n" + alipay.genuine(alipay.NODES[0]))
    assert staff(
        till.signed(Ask("POST", b"/v1/till/orders", body=json.dumps(till.BILL).encode()))
    ).is_accepted


def test_a_response_for_one_app_proves_nothing_in_another_of_the_same_merchant() -> None:
    """Each app has its own key for encryption; Alipay's key for signing may be one."""
    text = alipay.proof(alipay.encrypted(alipay.PROVEN.encode(), AES_KEY)).decode()
    other = replace(
        alipay.CHANNEL, credentials={**alipay.CHANNEL.credentials, "aes_key": Fresh(OTHER_AES_KEY)}
    )
    foreign = {**alipay.CHANNEL.credentials, "alipay_public_key": Fresh(public_text("another"))}

    platform: AlipayMiniProgram = alipay.platform([])
    assert platform.phone(alipay.CHANNEL, text).number == "+8613800138000"
    for channel in (other, replace(alipay.CHANNEL, credentials=foreign)):
        with pytest.raises(PhoneProofRefused):
            platform.phone(channel, text)


def wrapped(response: str) -> Iterator[str]:
    """The same proof in other clothes: what Alipay signed stays as it is."""
    proof = json.loads(response)
    escaped = "".join(f"\\u{ord(each):04x}" for each in proof["response"])
    yield json.dumps(proof, separators=("  ,  ", "  :  "))
    yield json.dumps(proof).replace("/", "\\/")
    yield json.dumps({"x": "y", **dict(reversed(proof.items()))})
    yield json.dumps({**proof, "sign": proof["sign"][:76] + "\r\n" + proof["sign"][76:]})
    yield f'{{"response":"{escaped}","sign":"{proof["sign"]}"}}'


def test_a_proof_in_other_clothes_still_belongs_to_who_showed_it_first(shop: Shop) -> None:
    owner, thief = shop.fan("alipay"), shop.fan("alipay")
    response = owner.proof("alipay")["response"]
    assert shown(owner, response) == (200, None)

    for number, text in enumerate(wrapped(response)):
        assert shown(thief, text) == (422, "phone-proof-of-another"), number
        assert shown(owner, text) == (200, None), number
    assert thief.get("/v1/me").json["state"] == "fan"


def shown(phone: Phone, response: str) -> tuple[int, str | None]:
    key = {"Idempotency-Key": secrets.token_hex(16)}
    answer = phone.post("/v1/me/phone", {"response": response, "consent": CONSENT}, **key)
    return answer.status_code, answer.json.get("code")
