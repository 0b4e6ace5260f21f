"""What a signature covers, how long it lives, and which secrets and keys it may come from."""

import json
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from secrets import token_urlsafe
from typing import Any

import pytest
from msgspec.structs import replace

from domain.api_key.authenticate import SignedRequest, signature_of
from domain.money import Money
from handlers.schemas.orders import OrderRequest, RefundRequest
from scripts.environment import ROOT
from tests.handlers.scene import bearer
from tests.handlers.signing import canonical, sign
from tests.shop import Answer, Shop, System

EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
VECTOR = {"key": "demo.till-1", "timestamp": "1764000000", "nonce": "n-0001"}
SECRET = "not-a-real-secret"


def vector(method: str, path: str, query: tuple[tuple[str, str], ...], body: bytes) -> SignedRequest:
    return SignedRequest(method=method, path=path, query=query, body=body, signature="", **VECTOR)


def test_the_vector_of_a_get_in_the_documentation() -> None:
    request = vector("GET", "/v1/till/members", (("phone", "13800138000"),), b"")

    assert request.canonical() == (
        f"GET\n/v1/till/members\nphone=13800138000\n{EMPTY}\n1764000000\nn-0001\ndemo.till-1"
    )
    assert signature_of(request, SECRET) == "009db7eb7c2235719269c0c3eb1b9e4db4f25a43152dc0adcc16d8723e760f04"
    assert canonical(VECTOR["key"], "GET", request.path, request.query, b"", "1764000000", "n-0001") == (
        request.canonical()
    )


def test_the_vector_of_a_post_in_the_documentation() -> None:
    request = vector("POST", "/v1/till/orders", (), b'{"order_number":"A-1"}')

    assert request.canonical() == (
        "POST\n/v1/till/orders\n\n"
        "c1ee97f144267219f9a248726ce0a7bbb872c3e7f5246079cfc0d2bbc4f98d84\n"
        "1764000000\nn-0001\ndemo.till-1"
    )
    assert signature_of(request, SECRET) == "0a36233082e9f86f50bb013031473558f422e0e8b44a0ea7b0bbb9cdf7b40f1c"


def test_the_vector_of_a_request_with_a_key_in_the_documentation() -> None:
    request = vector("POST", "/v1/till/exchanges/m_1:7/fulfilment", (), b'{"store_id":"nanjing-road"}')
    keyed = replace(request, idempotency_key="made-before-the-first-try")

    assert keyed.canonical() == f"{request.canonical()}\nmade-before-the-first-try"
    assert signature_of(keyed, SECRET) == "de9ad39fa8bce6f1246afc7e2597998109d739c192c0dccd16cb97acca4f044e"


def test_the_query_is_signed_sorted_and_percent_encoded() -> None:
    query = (("b", "1 2"), ("a", "会~员"), ("a", "+/=&"), ("a!", "-._"))

    text = vector("GET", "/v1/x", query, b"").canonical().split("\n")[2]

    assert text == "a%21=-._&a=%2B%2F%3D%26&a=%E4%BC%9A~%E5%91%98&b=1%202"


def headers_for(system: System, method: str, path: str, body: bytes = b"", **changed: str) -> dict[str, str]:
    """Signed as it should be, but for what is changed before signing."""
    signer = system.signer
    path, _, query = path.partition("?")
    pairs = tuple(
        (name, value) for name, _, value in (pair.partition("=") for pair in query.split("&") if pair)
    )
    timestamp = changed.get("timestamp", str(int(signer.now())))
    key, secret = changed.get("key", signer.key), changed.get("secret", signer.secret)
    nonce = changed.get("nonce", token_urlsafe(12))
    return sign(key, secret, method, path, pairs, body, timestamp, nonce)


def refused(answer: Answer) -> tuple[int, str | None]:
    return answer.status_code, answer.json.get("code")


REFUSED = (401, "signature-refused")


def get(shop: Shop, path: str, headers: Mapping[str, str]) -> Answer:
    return shop.staff.get(path, headers=dict(headers))


def test_each_header_is_needed(shop: Shop) -> None:
    path = f"/v1/till/members?member_id={shop.fan().member_id}"
    headers = headers_for(shop.till, "GET", path)

    for name in headers:
        for value in (None, ""):
            left = {each: text for each, text in headers.items() if each != name}
            answer = get(shop, path, left if value is None else {**left, name: value})
            assert refused(answer) == (401, "credential-missing"), name
    assert get(shop, path, headers).status_code == 200, "none of the refusals used the nonce up"


@pytest.mark.parametrize("name", ["Tongka-Key", "Tongka-Timestamp", "Tongka-Nonce", "Tongka-Signature"])
def test_a_changed_header_is_refused(shop: Shop, name: str) -> None:
    path = f"/v1/till/members?member_id={shop.fan().member_id}"
    headers = headers_for(shop.till, "GET", path)
    good = headers[name]

    for place in range(len(good)):
        for bit in (1, 2, 4, 8):
            flipped = chr(ord(good[place]) ^ bit)
            if "!" <= flipped <= "~":
                answer = get(shop, path, {**headers, name: good[:place] + flipped + good[place + 1 :]})
                assert refused(answer) == REFUSED, (place, flipped)
    for changed in (good + "0", good[:-1], good.upper() + "A", "0" * len(good)):
        assert refused(get(shop, path, {**headers, name: changed})) == REFUSED
    assert get(shop, path, headers).status_code == 200


def test_each_bit_of_the_body_is_signed(shop: Shop) -> None:
    body = json.dumps(shop.bill(1000, {"member_id": shop.fan().member_id})).encode()
    headers = headers_for(shop.till, "POST", "/v1/till/orders", body)

    for place in range(len(body)):
        changed = bytearray(body)
        changed[place] ^= 1 << place % 8
        answer = shop.staff.post("/v1/till/orders", data=bytes(changed), headers=headers)
        assert refused(answer) == REFUSED, place
    for other in (b"", body + b" ", b" " + body, body[:-1]):
        assert refused(shop.staff.post("/v1/till/orders", data=other, headers=headers)) == REFUSED
    assert shop.staff.post("/v1/till/orders", data=body, headers=headers).status_code == 201


def test_the_path_is_signed(shop: Shop) -> None:
    member_id = shop.fan().member_id
    one, other = (shop.buy(1000, member_id)["order_number"] for _ in range(2))
    body = json.dumps(shop.refund_body(100)).encode()
    headers = headers_for(shop.till, "POST", f"/v1/till/orders/{one}/refunds", body)

    stolen = shop.staff.post(f"/v1/till/orders/{other}/refunds", data=body, headers=headers)

    assert refused(stolen) == REFUSED
    assert shop.account(member_id).balance.count == 20
    office = headers_for(shop.office, "GET", f"/v1/staff/members/{member_id}/points")
    assert refused(get(shop, f"/v1/staff/members/{member_id}", office)) == REFUSED


def test_the_query_is_signed(shop: Shop) -> None:
    ours, others = shop.fan().member_id, shop.fan().member_id
    headers = headers_for(shop.till, "GET", f"/v1/till/members?member_id={ours}")

    for query in (f"?member_id={others}", "", f"?member_id={ours}&limit=1", f"?phone={ours}"):
        assert refused(get(shop, f"/v1/till/members{query}", headers)) == REFUSED
    assert get(shop, f"/v1/till/members?member_id=%6D{ours[1:]}", headers).status_code == 200


def test_the_method_is_signed(shop: Shop) -> None:
    path = f"/v1/till/members?member_id={shop.fan().member_id}"

    for method in ("POST", "HEAD", "get", ""):
        assert refused(get(shop, path, headers_for(shop.till, method, path))) == REFUSED
    head = shop.staff.send("HEAD", path, headers=headers_for(shop.till, "GET", path))
    assert head.status_code == 401


def test_the_order_of_the_query_does_not_matter(shop: Shop) -> None:
    phone = shop.phone()
    for device in ("one", "two"):
        phone.log_in(device=device)
    path = f"/v1/staff/members/{phone.member_id}/logins"
    cursor = shop.office.get(path, limit="1").json["next_cursor"]
    headers = headers_for(shop.office, "GET", f"{path}?limit=1&cursor={cursor}")

    assert get(shop, f"{path}?cursor={cursor}&limit=1", headers).status_code == 200


def test_the_decoded_path_is_what_is_signed(shop: Shop) -> None:
    bill = shop.bill(1000, {"member_id": shop.fan().member_id}, order_number="A:1")
    assert shop.till.post("/v1/till/orders", bill).status_code == 201
    body = json.dumps(shop.refund_body(100)).encode()
    encoded, decoded = "/v1/till/orders/A%3A1/refunds", "/v1/till/orders/A:1/refunds"

    wrong = shop.staff.post(encoded, data=body, headers=headers_for(shop.till, "POST", encoded, body))
    right = shop.staff.post(encoded, data=body, headers=headers_for(shop.till, "POST", decoded, body))

    assert refused(wrong) == REFUSED
    assert right.status_code == 201


def test_a_signed_question_is_good_for_one_answer(shop: Shop) -> None:
    path = f"/v1/till/members?member_id={shop.fan().member_id}"
    headers = headers_for(shop.till, "GET", path)

    assert get(shop, path, headers).status_code == 200
    assert refused(get(shop, path, headers)) == (401, "nonce-reused")
    shop.wait(seconds=299)
    assert refused(get(shop, path, headers)) == (401, "nonce-reused")


def test_a_signed_question_sent_in_parallel_is_answered_once(shop: Shop) -> None:
    path = f"/v1/till/members?member_id={shop.fan().member_id}"
    headers = headers_for(shop.till, "GET", path)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: get(shop, path, headers), range(16)))

    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 15


def test_a_request_that_was_caught_is_good_for_no_other_idempotency_key(shop: Shop) -> None:
    path = f"/v1/staff/members/{shop.fan().member_id}/points/adjustments"
    body = b'{"points": 10, "reason": "x"}'
    headers = shop.office.headers("POST", path, body, idempotency_key="the-callers-own-key")

    def sent(**changed: str) -> Answer:
        kept = {name: value for name, value in {**headers, **changed}.items() if value}
        return shop.staff.post(path, data=body, headers=kept)

    first, again = sent(), sent()
    other, none = sent(**{"Idempotency-Key": "the-key-of-somebody-else"}), sent(**{"Idempotency-Key": ""})

    assert (first.status_code, first.json["balance"]) == (201, 10)
    assert refused(again) == (401, "nonce-reused")
    assert [refused(other), refused(none)] == [(401, "signature-refused")] * 2


def test_a_request_that_was_refused_takes_no_effect_later(shop: Shop) -> None:
    member_id = shop.fan().member_id
    path, body = f"/v1/staff/members/{member_id}/points/adjustments", b'{"points": -10, "reason": "x"}'
    headers = shop.office.headers("POST", path, body, idempotency_key="the-callers-own-key")

    first = shop.staff.post(path, data=body, headers=headers)
    shop.buy(10_000, member_id)
    again = shop.staff.post(path, data=body, headers=headers)

    assert refused(first) == (422, "not-enough-points")
    assert refused(again) == (401, "nonce-reused")


def test_a_request_that_was_signed_without_a_key_takes_none_on_the_way(shop: Shop) -> None:
    body = json.dumps(shop.bill(8800, {"member_id": shop.fan().member_id})).encode()
    headers = shop.till.headers("POST", "/v1/till/orders", body)

    more = {**headers, "Idempotency-Key": "the-key-of-somebody-else"}

    assert refused(shop.staff.post("/v1/till/orders", data=body, headers=more)) == (401, "signature-refused")


def test_two_keys_may_use_the_same_nonce(shop: Shop) -> None:
    path = f"/v1/till/members?member_id={shop.fan().member_id}"

    for system in (shop.till, shop.office):
        assert get(shop, path, headers_for(system, "GET", path, nonce="n-0001")).status_code == 200


def test_a_signed_order_sent_again_gets_the_same_answer(shop: Shop) -> None:
    member_id = shop.fan().member_id
    body = json.dumps(shop.bill(1000, {"member_id": member_id})).encode()
    headers = headers_for(shop.till, "POST", "/v1/till/orders", body)

    answers = [shop.staff.post("/v1/till/orders", data=body, headers=headers) for _ in range(3)]

    assert {(answer.status_code, answer.text) for answer in answers} == {(201, answers[0].text)}
    assert shop.account(member_id).balance.count == 10


@pytest.mark.parametrize(
    "skew, found",
    [
        (-299, (200, None)),
        (299, (200, None)),
        (-301, (401, "timestamp-out-of-window")),
        (301, (401, "timestamp-out-of-window")),
        (-86400, (401, "timestamp-out-of-window")),
        (10**9, (401, "timestamp-out-of-window")),
    ],
)
def test_a_clock_may_be_five_minutes_wrong(shop: Shop, skew: int, found: tuple[int, str | None]) -> None:
    shop.set_clock("2026-03-01T12:00")
    path = f"/v1/till/members?member_id={shop.fan().member_id}"
    timestamp = str(int(shop.now().timestamp()) + skew)

    assert refused(get(shop, path, headers_for(shop.till, "GET", path, timestamp=timestamp))) == found


@pytest.mark.parametrize("timestamp", ["1e9", "-1", "+1764000000", "1764000000.0", "0x1", "9" * 13, "now"])
def test_a_timestamp_is_whole_seconds(shop: Shop, timestamp: str) -> None:
    """Milliseconds are the commonest mistake: the answer must not speak of the signature."""
    path = "/v1/till/members?member_id=m_1"
    found = refused(get(shop, path, headers_for(shop.till, "GET", path, timestamp=timestamp)))

    assert found == (401, "timestamp-out-of-window")


@pytest.mark.parametrize("nonce", ["n" * 65, "a b", "\u00e4", "\x7f"])
def test_a_nonce_is_at_most_64_visible_characters(shop: Shop, nonce: str) -> None:
    path = "/v1/till/members?member_id=m_1"
    headers = headers_for(shop.till, "GET", path, nonce=nonce)

    assert refused(get(shop, path, headers)) == (401, "credential-missing")


def asks(shop: Shop, secret: str) -> tuple[int, str | None]:
    system: Any = replace(shop.till, signer=replace(shop.till.signer, secret=secret))
    path = f"/v1/till/members?member_id={shop.fan().member_id}"
    return refused(get(shop, path, headers_for(system, "GET", path)))


def test_the_newest_two_secrets_of_a_key_are_good(shop: Shop) -> None:
    secrets = [shop.secrets["till"]]
    for _ in range(3):
        secrets.append(shop.services.rotate_key(shop.tenant_id, "till"))
        assert [asks(shop, secret) for secret in secrets[-2:]] == [(200, None)] * 2
        assert [asks(shop, secret) for secret in secrets[:-2]] == [REFUSED] * (len(secrets) - 2)

    assert len(set(secrets)) == 4


def test_a_revoked_key_is_refused_at_once_and_for_good(shop: Shop) -> None:
    assert asks(shop, shop.secrets["till"]) == (200, None)

    shop.services.revoke_key(shop.tenant_id, "till")

    assert asks(shop, shop.secrets["till"]) == REFUSED
    assert asks(shop, shop.services.rotate_key(shop.tenant_id, "till")) == REFUSED


def test_a_token_beside_a_signature_changes_nothing(shop: Shop) -> None:
    path = f"/v1/till/members?member_id={shop.fan().member_id}"
    token = bearer(shop.fan().token)("GET", path, (), b"", "")

    assert get(shop, path, {**headers_for(shop.till, "GET", path), **token}).status_code == 200
    assert refused(get(shop, path, token)) == (401, "credential-missing")


def test_the_documented_order_and_refund_are_what_the_till_may_send() -> None:
    blocks = re.findall(r"```json\n(.*?)```", (ROOT / "docs" / "signing.md").read_text(), re.DOTALL)
    order, refund = (json.loads(block) for block in blocks[-2:])

    assert OrderRequest().load(order)["total"] == Money(6400)
    assert RefundRequest().load(refund)["total"] == Money(3200)
