"""The windows that limit how often codes are sent and guessed (C-01)."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.sms_code.model import (
    SENDS,
    Challenge,
    CodeExpired,
    CodeLocked,
    Purpose,
    SendLimited,
)
from tests.domain.builders import NOON, steady

DAY = timedelta(hours=24)


def sent(at: datetime = NOON, before: Challenge | None = None, challenge_id: str = "v_1") -> Challenge:
    return (before or Challenge("index")).send(challenge_id, Purpose.LOGIN, b"mark", at)


def after(**stretch: float) -> datetime:
    return NOON + timedelta(**stretch)


def test_a_new_code_lives_five_minutes_and_has_no_tries() -> None:
    challenge = sent()

    assert (challenge.expires_at, challenge.tries, challenge.is_used) == (after(minutes=5), 0, False)
    assert challenge.attempt(after(minutes=4, seconds=59)).tries == 1
    with pytest.raises(CodeExpired):
        challenge.attempt(after(minutes=5))


def test_a_phone_that_never_got_a_code_has_none_to_guess() -> None:
    with pytest.raises(CodeExpired):
        Challenge("index").attempt(NOON)
    with pytest.raises(CodeExpired):
        Challenge("index").use("", NOON, "m_1")


def test_a_second_code_waits_a_minute() -> None:
    challenge = sent()

    with pytest.raises(SendLimited) as limited:
        sent(after(seconds=59, milliseconds=999), challenge)

    at = int(NOON.timestamp()) * 1000
    assert limited.value.retry_after_seconds == 1
    assert sent(after(minutes=1), challenge).sent == (at, at + 60_000)


def test_five_codes_an_hour_and_ten_a_day_and_not_one_more() -> None:
    challenge = sent()
    for minutes in (2, 4, 6, 8, 61, 63, 65, 67, 69):
        challenge = sent(after(minutes=minutes), challenge)
        if minutes == 8:
            with pytest.raises(SendLimited):
                sent(after(minutes=59, seconds=59), challenge)

    with pytest.raises(SendLimited):
        sent(after(hours=23, minutes=59, seconds=59), challenge)

    assert sent(after(hours=24, seconds=1), challenge).version == 11


@pytest.mark.parametrize("count", [1, 5])
def test_after_the_wait_that_a_refusal_names_a_code_is_sent(count: int) -> None:
    challenge = sent()
    for minutes in range(2, 2 * count, 2):
        challenge = sent(after(minutes=minutes), challenge)
    at = challenge.expires_at - timedelta(minutes=4, seconds=30)

    with pytest.raises(SendLimited) as limited:
        sent(at, challenge)

    wait = timedelta(seconds=limited.value.retry_after_seconds or 0)
    assert sent(at + wait, challenge).version == count + 1


@given(st.lists(st.integers(1, 7200), min_size=1, max_size=40))
@steady
def test_no_stretch_of_time_ever_holds_more_codes_than_it_may(pauses: list[int]) -> None:
    challenge, at, sends = Challenge("index"), NOON, []
    for pause in pauses:
        at += timedelta(seconds=pause)
        try:
            challenge = sent(at, challenge)
        except SendLimited as limited:
            wait = limited.retry_after_seconds or 0
            with pytest.raises(SendLimited):
                sent(at + timedelta(seconds=wait - 1), challenge)
            continue
        sends.append(at)
    for window, most in SENDS:
        for start in sends:
            assert sum(start <= each < start + window for each in sends) <= most


def test_after_five_tries_the_code_is_locked_until_it_ends() -> None:
    challenge = sent()
    for _ in range(5):
        challenge = challenge.attempt(after(seconds=10))

    with pytest.raises(CodeLocked) as locked:
        challenge.attempt(after(seconds=10))
    with pytest.raises(CodeLocked):
        sent(after(minutes=2), challenge)

    assert locked.value.retry_after_seconds == 291
    assert sent(after(minutes=5), challenge).tries == 0


def test_ten_tries_in_a_day_lock_the_phone_whatever_the_codes() -> None:
    challenge = sent()
    for _ in range(5):
        challenge = challenge.attempt(NOON)
    challenge = sent(after(hours=2), challenge)
    for _ in range(5):
        challenge = challenge.attempt(after(hours=2))

    with pytest.raises(CodeLocked) as locked:
        sent(after(hours=3), challenge)

    assert locked.value.retry_after_seconds == 21 * 3600
    assert sent(after(hours=24), challenge).tries == 0


def test_a_right_code_is_spent_once_and_its_try_was_not_a_wrong_one() -> None:
    challenge = sent().attempt(after(seconds=1))

    used = challenge.use("v_1", after(seconds=2), "m_1")

    assert (used.is_used, used.wrong, used.version) == (True, (), 3)
    with pytest.raises(CodeExpired):
        used.use("v_1", after(seconds=3), "m_1")
    with pytest.raises(CodeExpired):
        used.attempt(after(seconds=3))


def test_a_new_code_kills_the_old_one() -> None:
    challenge = sent(after(minutes=2), sent(), "v_2")

    with pytest.raises(CodeExpired):
        challenge.use("v_1", after(minutes=2), "m_1")
    with pytest.raises(CodeExpired):
        challenge.use("v_2", after(minutes=7), "m_1")
    assert challenge.use("v_2", after(minutes=2), "m_1").used_by == "m_1"


def test_every_step_is_a_version_on() -> None:
    challenge = sent()

    assert [
        challenge.version,
        challenge.attempt(NOON).version,
        challenge.use("v_1", NOON, "m_1").version,
    ] == [
        1,
        2,
        2,
    ]


def test_what_is_older_than_a_day_is_forgotten() -> None:
    challenge = sent().attempt(NOON)

    assert sent(after(hours=24), challenge).wrong == ()
    assert len(sent(after(hours=24), challenge).sent) == 1
