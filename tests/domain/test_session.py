"""A login ends after two idle hours, or after seven days."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.session.model import ABSOLUTE, EXTEND_AFTER, IDLE, Session, Sweep, session_id_of
from tests.domain.builders import NOON, steady

SESSION = Session("id", "m_1", "wx", "wx:app:openid", 1, "iPhone 17", NOON, NOON + IDLE)


def test_a_session_lives_two_hours_without_use() -> None:
    assert SESSION.is_alive(NOON + timedelta(hours=1, minutes=59, seconds=59))
    assert not SESSION.is_alive(NOON + timedelta(hours=2))


def test_a_revoked_session_is_dead_at_once() -> None:
    revoked = SESSION.revoked(NOON)

    assert not revoked.is_alive(NOON)
    assert replace(revoked, revoked_at=None) == SESSION


def test_the_end_moves_forward_at_most_every_half_hour() -> None:
    assert SESSION.extended(NOON + timedelta(minutes=29, seconds=59)) is None
    longer = SESSION.extended(NOON + timedelta(minutes=30))

    assert longer == replace(SESSION, expires_at=NOON + timedelta(hours=2, minutes=30))


@given(st.lists(st.integers(1, 7000), max_size=400))
@steady
def test_no_use_keeps_a_session_longer_than_seven_days(pauses: list[int]) -> None:
    session, at = SESSION, NOON
    for pause in pauses:
        at += timedelta(seconds=pause)
        longer = session.extended(at)
        if longer is not None:
            assert longer.expires_at - session.expires_at >= EXTEND_AFTER
            session = longer
        assert session.expires_at <= NOON + ABSOLUTE
        assert session.expires_at <= at + IDLE


def test_somebody_who_comes_back_every_hour_stays_until_the_seventh_day() -> None:
    session, alive = SESSION, 0
    for hour in range(200):
        at = NOON + timedelta(hours=hour)
        if session.is_alive(at):
            session, alive = session.extended(at) or session, hour

    assert alive == 7 * 24 - 1
    assert session.expires_at == NOON + timedelta(days=7)


def test_the_table_knows_a_token_by_its_hash_alone() -> None:
    assert session_id_of("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_a_changed_phone_ends_what_was_opened_before_by_whatever_clock() -> None:
    fast = replace(SESSION, opened_at=NOON + timedelta(seconds=2), member_version=4)
    sweep = Sweep("w_1", "m_1", member_version=5, at=NOON, spared="mine")

    assert sweep.covers(fast)
    assert not sweep.covers(replace(fast, session_id="mine"))
    assert not sweep.covers(replace(fast, opened_at=NOON - timedelta(seconds=2), member_version=5))


def test_a_lost_number_ends_the_logins_by_it() -> None:
    sweep = Sweep("w_1", "m_1", member_version=5, at=NOON, identity="phone:index")

    assert sweep.covers(replace(SESSION, identity="phone:index"))
    assert not sweep.covers(SESSION)
