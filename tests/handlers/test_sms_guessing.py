"""What a code is good for, for how long, and how often it may be guessed."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.handlers.messages import (
    ask,
    log_in,
    number,
    prove,
    said,
    sent_to,
    wait_seconds,
    wrong,
)
from tests.shop import CONSENT, Shop

WRONG = (422, "sms-code-wrong")
EXPIRED = (422, "sms-code-expired")
LOCKED = (429, "sms-code-locked")
GOOD = (200, None)


def with_code(shop: Shop) -> tuple[str, str]:
    """A phone and the code that it has just got."""
    phone = number()
    assert ask(shop, phone).status_code == 202
    return phone, shop.last_code(phone)


@pytest.mark.capability("C-01")
def test_a_code_logs_in_once(shop: Shop) -> None:
    phone, code = with_code(shop)

    answers = [log_in(shop, phone, code) for _ in range(2)]

    assert [said(answer) for answer in answers] == [GOOD, EXPIRED]
    assert answers[0].json["member"]["state"] == "member"


def test_a_code_logs_in_once_however_parallel(shop: Shop) -> None:
    good = []
    for _ in range(3):
        phone, code = with_code(shop)
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda _, what: said(log_in(shop, *what)), range(4), [(phone, code)] * 4))
        assert set(answers) <= {GOOD, EXPIRED}
        good.append(answers.count(GOOD))

    assert good == [1, 1, 1]


@pytest.mark.capability("C-01")
def test_five_wrong_codes_lock_until_the_code_would_have_ended(shop: Shop) -> None:
    phone, code = with_code(shop)

    answers = [said(log_in(shop, phone, wrong(code))) for _ in range(6)]
    right = log_in(shop, phone, code)
    shop.wait(minutes=2)
    new = ask(shop, phone)

    assert answers == [WRONG] * 5 + [LOCKED]
    assert (said(right), said(new)) == (LOCKED, LOCKED)
    assert 295 <= wait_seconds(right) <= 301
    assert 175 <= wait_seconds(new) <= 181
    shop.wait(seconds=wait_seconds(new))
    assert said(log_in(shop, phone, code)) == EXPIRED
    assert ask(shop, phone).status_code == 202
    assert said(log_in(shop, phone, shop.last_code(phone))) == GOOD


@pytest.mark.capability("C-01")
def test_the_fifth_try_may_be_the_right_one(shop: Shop) -> None:
    phone, code = with_code(shop)

    answers = [said(log_in(shop, phone, text)) for text in (*[wrong(code)] * 4, code)]

    assert answers == [WRONG] * 4 + [GOOD]


@pytest.mark.capability("C-01")
def test_fifty_guesses_at_once_are_five_guesses(shop: Shop) -> None:
    phone, code = with_code(shop)
    guesses = [f"{(int(code) + step) % 1_000_000:06}" for step in range(1, 51)]

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda guess: said(log_in(shop, phone, guess)), guesses))

    assert answers.count(WRONG) == 5
    assert set(answers) <= {WRONG, LOCKED, (409, "conflict")}
    assert said(log_in(shop, phone, code)) == LOCKED


@pytest.mark.capability("C-01")
def test_ten_wrong_codes_in_a_day_lock_for_a_day(shop: Shop) -> None:
    phone, code = with_code(shop)
    tries = [said(log_in(shop, phone, wrong(code))) for _ in range(4)]
    shop.wait(minutes=6)
    for _ in range(2):
        ask(shop, phone)
        code = shop.last_code(phone)
        tries += [said(log_in(shop, phone, wrong(code))) for _ in range(3)]
        shop.wait(minutes=6)

    locked = ask(shop, phone)

    assert tries == [WRONG] * 10
    assert said(locked) == LOCKED
    assert 23 * 3600 < wait_seconds(locked) < 24 * 3600
    assert sent_to(shop, phone) == 3
    shop.wait(seconds=wait_seconds(locked))
    assert ask(shop, phone).status_code == 202
    assert said(log_in(shop, phone, shop.last_code(phone))) == GOOD


def test_a_right_code_is_not_counted_among_the_wrong_ones(shop: Shop) -> None:
    phone = number()
    for _ in range(3):
        ask(shop, phone)
        code = shop.last_code(phone)
        tries = [said(log_in(shop, phone, text)) for text in (*[wrong(code)] * 3, code)]
        assert tries == [WRONG] * 3 + [GOOD]
        shop.wait(minutes=2)

    assert ask(shop, phone).status_code == 202, "nine wrong ones in a day, the tenth would lock"


def test_another_phone_is_not_locked(shop: Shop) -> None:
    phone, code = with_code(shop)
    for _ in range(6):
        log_in(shop, phone, wrong(code))

    other, its_code = with_code(shop)

    assert said(log_in(shop, other, code if code != its_code else wrong(code))) == WRONG
    assert said(log_in(shop, other, its_code)) == GOOD


@pytest.mark.capability("C-01")
def test_a_code_for_logging_in_proves_no_phone(shop: Shop) -> None:
    fan = shop.fan()
    phone, code = with_code(shop)

    assert said(prove(fan, phone, code)) == WRONG
    assert fan.get("/v1/me").json["state"] == "fan"
    assert said(log_in(shop, phone, code)) == GOOD


@pytest.mark.capability("C-01")
def test_a_code_that_proves_a_phone_is_no_login(shop: Shop) -> None:
    fan, phone = shop.fan(), number()
    assert fan.post("/v1/me/sms-codes", {"phone": phone}).status_code == 202
    code = shop.last_code(phone)

    assert said(log_in(shop, phone, code)) == WRONG
    proved = prove(fan, phone, code)
    assert (proved.status_code, proved.json["outcome"]) == (200, "joined")
    assert said(prove(fan, phone, code)) == EXPIRED


def test_a_code_of_another_phone_or_tenant_is_wrong(shop: Shop) -> None:
    one, one_code = with_code(shop)
    other, other_code = with_code(shop)

    if one_code != other_code:
        assert said(log_in(shop, one, other_code)) == WRONG
    assert said(log_in(shop, number(), one_code)) == EXPIRED
    assert said(log_in(shop, other, other_code)) == GOOD


@pytest.mark.capability("C-01")
def test_a_new_code_kills_the_old_one(shop: Shop) -> None:
    phone, old = with_code(shop)
    shop.wait(seconds=61)
    ask(shop, phone)
    new = shop.last_code(phone)

    if old != new:
        assert said(log_in(shop, phone, old)) == WRONG
    assert said(log_in(shop, phone, new)) == GOOD


@pytest.mark.capability("C-01")
@pytest.mark.parametrize("seconds, found", [(297, GOOD), (300, EXPIRED)])
def test_a_code_lives_for_five_minutes(shop: Shop, seconds: int, found: tuple[int, str | None]) -> None:
    phone, code = with_code(shop)
    shop.wait(seconds=seconds)

    assert said(log_in(shop, phone, code)) == found


def test_a_new_number_without_consent_keeps_its_code(shop: Shop) -> None:
    phone, code = with_code(shop)
    body = {"channel_id": shop.channel("web"), "phone": phone, "sms_code": code}

    without = shop.people.post("/v1/auth/phone", json=body)
    with_consent = shop.people.post("/v1/auth/phone", json={**body, "consent": CONSENT})

    assert said(without) == (422, "consent-required")
    assert with_consent.status_code == 200


def test_a_code_never_sent_is_expired(shop: Shop) -> None:
    assert said(log_in(shop, number(), "123456")) == EXPIRED
