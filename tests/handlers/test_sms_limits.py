"""How many codes may be sent: to a phone, by a person, from an address, by a tenant."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from msgspec.structs import replace

from domain.sms_code.model import SendLimited
from tests.handlers.messages import ask, ask_directly, number, said, sent_to, wait_seconds
from tests.shop import SETTINGS, Opening, Shop

LIMITED = (429, "sms-send-limited")
SENT = (202, None)


@pytest.fixture
def shop(shop: Shop) -> Shop:
    """Early in the day, so that counters by hour and by day begin with the test."""
    shop.set_clock("2026-03-02T00:00:01")
    return shop


@pytest.mark.capability("C-01")
def test_a_phone_gets_one_code_a_minute(shop: Shop) -> None:
    phone = number()

    assert said(ask(shop, phone)) == SENT
    refused = ask(shop, phone)
    shop.wait(seconds=58)
    late = ask(shop, phone)

    assert (said(refused), said(late)) == (LIMITED, LIMITED)
    assert 58 <= wait_seconds(refused) <= 60
    assert 1 <= wait_seconds(late) <= 2
    shop.wait(seconds=2)
    assert said(ask(shop, phone)) == SENT
    assert sent_to(shop, phone) == 2


@pytest.mark.capability("C-01")
def test_a_phone_gets_five_codes_an_hour(shop: Shop) -> None:
    phone = number()
    for _ in range(5):
        assert said(ask(shop, phone)) == SENT
        shop.wait(minutes=2)

    refused = ask(shop, phone)

    assert said(refused) == LIMITED
    assert 49 * 60 <= wait_seconds(refused) <= 50 * 60
    shop.wait(minutes=50, seconds=1)
    assert [said(ask(shop, phone)), said(ask(shop, phone))] == [SENT, LIMITED]


@pytest.mark.capability("C-01")
def test_a_phone_gets_ten_codes_in_any_24_hours(shop: Shop) -> None:
    """Rolling, not by the calendar: midnight forgives nothing."""
    shop.set_clock("2026-03-02T18:00")
    phone = number()
    for _ in range(10):
        assert said(ask(shop, phone)) == SENT
        shop.wait(minutes=30)

    first = ask(shop, phone)
    shop.wait(hours=2)
    after_midnight = ask(shop, phone)
    shop.wait(hours=16, minutes=59)
    nearly = ask(shop, phone)

    assert [said(answer) for answer in (first, after_midnight, nearly)] == [LIMITED] * 3
    assert 19 * 3600 - 60 <= wait_seconds(first) <= 19 * 3600
    shop.wait(minutes=1, seconds=1)
    assert said(ask(shop, phone)) == SENT
    shop.wait(minutes=5)
    assert said(ask(shop, phone)) == LIMITED, "the next place is free half an hour after the first"
    shop.wait(minutes=25)
    assert said(ask(shop, phone)) == SENT


def test_a_refused_request_for_a_code_counts_nothing_and_sends_nothing(shop: Shop) -> None:
    phone = number()
    ask(shop, phone)
    code = shop.last_code(phone)
    for _ in range(40):
        assert said(ask(shop, phone)) == LIMITED

    assert said(ask(shop, number())) == SENT, "the address has room for 28 more"
    assert (sent_to(shop, phone), shop.last_code(phone)) == (1, code)


@pytest.mark.capability("C-01")
def test_a_person_sends_ten_codes_a_day_whatever_the_phones(shop: Shop) -> None:
    person, other = shop.fan(), shop.fan()

    answers = [said(person.post("/v1/me/sms-codes", {"phone": number()})) for _ in range(11)]

    assert answers == [SENT] * 10 + [LIMITED]
    assert said(other.post("/v1/me/sms-codes", {"phone": number()})) == SENT
    again = shop.phone()
    again.person_id = person.person_id
    again.log_in()
    assert said(again.post("/v1/me/sms-codes", {"phone": number()})) == LIMITED, (
        "a new login is no new person"
    )
    shop.wait(days=1)
    again.log_in()
    assert said(again.post("/v1/me/sms-codes", {"phone": number()})) == SENT


@pytest.mark.capability("C-01")
def test_an_address_sends_thirty_codes_an_hour(shop: Shop) -> None:
    answers = [ask(shop, number()) for _ in range(31)]

    assert [said(answer) for answer in answers] == [SENT] * 30 + [LIMITED]
    assert 3500 <= wait_seconds(answers[-1]) <= 3600
    ask_directly(shop, number(), "203.0.113.9")
    shop.wait(hours=1)
    assert said(ask(shop, number())) == SENT


@pytest.mark.capability("C-01")
def test_an_address_sends_two_hundred_codes_a_day(shop: Shop) -> None:
    for _ in range(8):
        for _ in range(25):
            ask_directly(shop, number(), "203.0.113.7")
        shop.wait(hours=1)

    with pytest.raises(SendLimited) as refused:
        ask_directly(shop, number(), "203.0.113.7")

    assert refused.value.retry_after_seconds is not None
    assert 15 * 3600 <= refused.value.retry_after_seconds <= 16 * 3600
    ask_directly(shop, number(), "203.0.113.8")
    shop.wait(hours=16)
    ask_directly(shop, number(), "203.0.113.7")


def test_no_header_changes_the_address(shop: Shop) -> None:
    body = {"channel_id": shop.channel("web")}
    names = ("X-Forwarded-For", "X-Real-IP", "Forwarded", "CF-Connecting-IP", "True-Client-IP")

    answers = [
        shop.people.post(
            "/v1/auth/sms-codes",
            json={**body, "phone": number()},
            headers=dict.fromkeys(names, f"198.51.100.{place}"),
        )
        for place in range(31)
    ]

    assert said(answers[-1]) == LIMITED


def test_the_daily_budget_of_the_tenant_stops_all_messages(open_with: Callable[[Opening], Shop]) -> None:
    shop = open_with(Opening(settings=replace(SETTINGS, sms_per_day=3)))
    shop.set_clock("2026-03-02T00:00:01")
    phone = number()

    answers = [said(ask(shop, number())) for _ in range(3)]
    refused = ask(shop, phone)

    assert answers == [SENT] * 3
    assert said(refused) == (503, "sms-budget-spent")
    assert sent_to(shop, phone) == 0
    shop.wait(days=1)
    assert said(ask(shop, phone)) == SENT, "the refused request did not count against the phone"


def test_a_budget_of_nothing_sends_nothing(open_with: Callable[[Opening], Shop]) -> None:
    shop = open_with(Opening(settings=replace(SETTINGS, sms_per_day=0)))

    assert said(ask(shop, number())) == (503, "sms-budget-spent")


@pytest.mark.capability("C-01")
def test_twenty_requests_at_once_send_one_code(shop: Shop) -> None:
    phone = number()

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: said(ask(shop, phone)), range(20)))

    assert answers.count(SENT) == 1
    assert set(answers) == {SENT, LIMITED}
    assert sent_to(shop, phone) == 1


def test_thirty_first_of_an_address_is_refused_in_parallel_too(shop: Shop) -> None:
    """Whoever loses the race for the counter is told to come back; never more than thirty pass."""
    for _ in range(25):
        ask_directly(shop, number(), "127.0.0.1")

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda phone: said(ask(shop, phone)), [number() for _ in range(10)]))

    assert answers.count(SENT) == 5
    assert set(answers) <= {SENT, LIMITED}


@pytest.mark.capability("C-01")
def test_the_answer_does_not_tell_whether_the_number_is_known(shop: Shop) -> None:
    known, unknown = shop.member().number, number()

    answers = [ask(shop, phone) for phone in (known, unknown)]
    refusals = [ask(shop, phone) for phone in (known, unknown)]

    assert answers[0] == answers[1]
    assert answers[0].json == {"expires_in": 300, "retry_after": 60}
    left = [{**refusal.json, "trace_id": ""} for refusal in refusals]
    assert left[0] == left[1]


def test_our_own_limit_is_never_wider_than_the_carriers(shop: Shop) -> None:
    """Otherwise the old code dies and the new one is never delivered."""
    shop.set_clock("2026-03-02T09:00:00.500")
    phone = number()
    ask(shop, phone)
    shop.wait(seconds=59.6)

    assert said(ask(shop, phone)) == LIMITED


def test_a_code_for_a_number_abroad_reaches_no_mainland_phone(shop: Shop) -> None:
    """Whoever holds 131 0555 0123 would log in as the member with +1 310 555 0123."""
    ask(shop, "+13105550123")

    assert sent_to(shop, "13105550123") == 0
