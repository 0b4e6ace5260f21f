"""Requests that are well formed and yet wrong: sums, times, other people's ids, missing keys."""

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.handlers.problems import fields
from tests.handlers.scene import Sample, Scene, bearer, nobody, signed
from tests.shop import OTHER_STORE, Answer, Shop


def refusal(answer: Answer) -> tuple[int, Any, list[tuple[str, str]]]:
    errors = [(error["field"], error["code"]) for error in answer.json.get("errors", [])]
    return answer.status_code, answer.json.get("code"), errors


def order(shop: Shop, **changed: Any) -> Answer:
    bill = shop.bill(1000, {"member_id": shop.fan().member_id})
    return shop.till.post("/v1/till/orders", bill | changed)


LINE = {"sku": "latte", "category": "coffee", "quantity": 1, "amount_fen": 999}


@pytest.mark.parametrize(
    "changed, error",
    [
        ({"lines": [LINE]}, ("lines", "sum-differs")),
        ({"total_fen": 999}, ("lines", "sum-differs")),
        ({"payments": [{"method": "cash", "amount_fen": 1}]}, ("payments", "sum-differs")),
        ({"payments": [{"method": "cash", "amount_fen": 500}] * 2}, ("payments", "duplicate")),
        ({"paid_at": "0001-01-01T00:00:00Z"}, ("paid_at", "too-old")),
        ({"paid_at": "1969-12-31T23:59:59Z"}, ("paid_at", "too-old")),
        ({"paid_at": "9999-12-31T15:59:59Z"}, ("paid_at", "in-the-future")),
        ({"lines": [LINE] * 201}, ("lines", "too-long")),
        ({"lines": []}, ("lines", "too-short")),
        ({"payments": []}, ("payments", "too-short")),
        ({"total_fen": 1_000_000_001}, ("total_fen", "out-of-range")),
        ({"total_fen": 0}, ("total_fen", "out-of-range")),
    ],
)
def test_an_order_that_cannot_be_true_is_refused(
    scene: Scene, changed: dict[str, Any], error: tuple[str, str]
) -> None:
    answer = order(scene.shop, **changed)

    assert refusal(answer) == (422, "invalid-input", [error])


@pytest.mark.parametrize("seconds, status", [(290, 201), (310, 422)])
def test_the_clock_of_a_till_may_run_five_minutes_ahead(scene: Scene, seconds: int, status: int) -> None:
    paid_at = (scene.shop.now() + timedelta(seconds=seconds)).isoformat()

    assert order(scene.shop, paid_at=paid_at).status_code == status


@pytest.mark.parametrize(
    "member, found",
    [
        ({"member_id": "m_nobody"}, (404, "member-not-found", [])),
        ({"card_number": "880000000000"}, (404, "member-not-found", [])),
        ({"phone": "13000000000"}, (404, "member-not-found", [])),
        ({"member_code": "7" * 18}, (422, "member-code-not-valid", [])),
        ({"member_code": "１" * 18}, (422, "member-code-not-valid", [])),
    ],
)
def test_an_order_for_nobody_is_refused(
    scene: Scene, member: dict[str, str], found: tuple[int, str, list[Any]]
) -> None:
    assert refusal(order(scene.shop, member=member)) == found


def test_exactly_one_way_of_naming_a_member_is_accepted(scene: Scene) -> None:
    names = ["member_id", "member_code", "card_number", "phone"]

    nobody_named = order(scene.shop, member={})
    two_named = order(scene.shop, member={"member_id": "m_1", "phone": "13000000000"})

    assert refusal(nobody_named) == (
        422,
        "invalid-input",
        [(f"member.{name}", "required") for name in names],
    )
    assert refusal(two_named) == (
        422,
        "invalid-input",
        [("member.member_id", "choose-one"), ("member.phone", "choose-one")],
    )


@pytest.mark.parametrize("number", ["123", "１３８００１３８０００", "+86123"])
def test_a_malformed_phone_of_an_order_is_named_by_its_path(scene: Scene, number: str) -> None:
    answer = order(scene.shop, member={"phone": number})

    assert refusal(answer) == (422, "invalid-input", [("member.phone", "invalid-format")])


@pytest.mark.parametrize(
    "refunded_at, code",
    [("9999-12-31T15:59:59Z", "in-the-future"), ("0001-01-01T00:00:00Z", "too-old")],
)
def test_a_refund_at_an_impossible_time_is_refused(scene: Scene, refunded_at: str, code: str) -> None:
    number = scene.shop.buy(1000, scene.shop.fan().member_id)["order_number"]

    answer = scene.shop.refund(number, 100, refunded_at=refunded_at)

    assert refusal(answer) == (422, "invalid-input", [("refunded_at", code)])


def test_a_refund_must_fit_its_order(scene: Scene) -> None:
    shop = scene.shop
    number = shop.buy(1000, shop.fan().member_id)["order_number"]
    before = scene.items()

    answers = [
        shop.refund(number, 1001),
        shop.refund(number, 1000, method="cash"),
        shop.refund(number, 1000, payments=[{"method": "wechat_pay", "amount_fen": 999}]),
        shop.refund(number, 1000, store_id=OTHER_STORE),
        shop.refund("N-0", 1000),
    ]

    assert [refusal(answer) for answer in answers] == [
        (409, "refund-too-large", []),
        (409, "refund-too-large", []),
        (422, "invalid-input", [("payments", "sum-differs")]),
        (404, "order-not-found", []),
        (404, "order-not-found", []),
    ]
    assert scene.items() == before


def test_a_phone_proof_needs_its_key_and_exactly_one_proof(scene: Scene) -> None:
    fan = scene.shop.fan()
    key = {"Idempotency-Key": "k" * 16}

    answers = [
        fan.post("/v1/me/phone", {"code": "x"}),
        fan.post("/v1/me/phone", {}, **key),
        fan.post("/v1/me/phone", {"code": "x", "response": "y"}, **key),
        fan.post("/v1/me/phone", {"code": "x", "phone": "13800138000"}, **key),
        fan.post("/v1/me/phone", {"sms_code": "123456"}, **key),
        fan.post("/v1/me/phone", {"phone": "13800138000"}, **key),
    ]

    assert [refusal(answer) for answer in answers] == [
        (400, "bad-request", []),
        (422, "invalid-input", [(name, "required") for name in ("code", "response", "sms_code")]),
        (422, "invalid-input", [("code", "choose-one"), ("response", "choose-one")]),
        (422, "invalid-input", [("phone", "choose-one")]),
        (422, "invalid-input", [("phone", "required")]),
        (422, "invalid-input", [(name, "required") for name in ("code", "response", "sms_code")]),
    ]


@pytest.mark.parametrize(
    "name",
    [
        "_schema",
        "name.",
        r"\u0000",
        "a.b",
        "__proto__",
        "会员",
        "x" * 1000,
    ],
)
def test_an_unknown_field_is_refused_whatever_its_name(scene: Scene, name: str) -> None:
    raw = f'{{"{name}": 1}}'.encode()

    answer = Sample("PATCH", "/v1/me", bearer(scene.shop.fan().token)).send(scene.shop.people, raw)

    assert (answer.status_code, answer.json["code"]) == (422, "invalid-input")
    assert fields(answer) == [json.loads(f'"{name}"')]


def test_a_field_whose_name_is_half_a_character_cannot_be_read(scene: Scene) -> None:
    raw = rb'{"\ud800": 1}'

    answer = Sample("PATCH", "/v1/me", bearer(scene.shop.fan().token)).send(scene.shop.people, raw)

    assert (answer.status_code, answer.json["code"]) == (400, "bad-request")


def test_an_answer_names_no_more_than_a_hundred_fields(scene: Scene) -> None:
    raw = json.dumps({str(number): 1 for number in range(15_000)}).encode()

    answer = Sample("PATCH", "/v1/me", bearer(scene.shop.fan().token)).send(scene.shop.people, raw)

    assert answer.status_code == 422
    assert len(fields(answer)) <= 100


@pytest.mark.parametrize("length", [200, 3000])
def test_an_absurdly_long_token_is_refused_like_any_other(scene: Scene, length: int) -> None:
    sample = Sample("GET", "/v1/me", bearer("t" * length + ".x"))

    answer = sample.send(scene.shop.people, b"")

    assert (answer.status_code, answer.json["code"]) == (401, "session-ended")


@pytest.mark.parametrize("length", [200, 3000])
@pytest.mark.parametrize("key", ["{}.till", "camellia.{}"])
def test_an_absurdly_long_key_is_refused_like_any_other(scene: Scene, length: int, key: str) -> None:
    names = ("Tongka-Key", "Tongka-Timestamp", "Tongka-Nonce", "Tongka-Signature")
    headers = dict(zip(names, (key.format("t" * length), "1764000000", "n-1", "0" * 64), strict=True))

    answer = scene.shop.staff.get("/v1/till/members", headers=headers)

    assert answer.status_code == 401
    assert answer.json["code"] in {"signature-refused", "credential-missing"}


@pytest.mark.parametrize("path", ["/v1//me", "//v1/me", "///v1/me", "/v1/me//"])
def test_doubled_slashes_lead_nowhere(scene: Scene, path: str) -> None:
    headers = {"Authorization": f"Bearer {scene.shop.fan().token}"}

    answer = scene.shop.people.get("/", headers=headers, environ_overrides={"PATH_INFO": path})

    assert (answer.status_code, answer.json["code"]) == (404, "route-not-found")


@pytest.mark.parametrize("path", ["/v1/me", "/v1/auth/wechat"])
def test_options_is_a_method_like_any_other(scene: Scene, path: str) -> None:
    answer = Sample("OPTIONS", path, nobody).send(scene.shop.people, b"")

    assert (answer.status_code, answer.json.get("code")) == (405, "method-not-allowed")


def test_the_address_may_hold_odd_characters_only_where_they_mean_nothing(scene: Scene) -> None:
    office = signed(scene.shop.office)
    for text in ("..", ".", "m_1", "-", "%2F"):
        answer = Sample("GET", f"/v1/staff/members/{text}", office).send(scene.shop.staff, b"")
        expected = (422, "invalid-input") if "%" in text else (404, "member-not-found")
        assert (answer.status_code, answer.json["code"]) == expected, text


@pytest.mark.parametrize("query", ["\xff=1", "limit=\xe4\xbc", "limit=%ff", "cursor=%ED%A0%80", "a&" * 21])
def test_a_query_that_says_nothing_cannot_be_read(scene: Scene, query: str) -> None:
    """Once a UnicodeDecodeError and 500, for anybody who sent one byte that is no UTF-8."""
    for path, credentials, door in (
        ("/v1/me", bearer(scene.shop.fan().token), scene.shop.people),
        ("/v1/me/logins", bearer(scene.shop.fan().token), scene.shop.people),
        ("/v1/staff/merges", signed(scene.shop.office), scene.shop.staff),
    ):
        headers = credentials("GET", path, (), b"", "")
        answer = door.get(path, headers=headers, environ_overrides={"QUERY_STRING": query})

        assert (answer.status_code, answer.json["code"]) == (400, "bad-request")
