"""Sessions: found by their hash, ended for good, listed newest first (C-11)."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from domain.session.model import Session
from tests.contracts.things import AT, LATER, SESSION, Place, unfilled


def opened(place: Place, session: Session) -> Session:
    place.read(lambda stores: stores.sessions.open(session))
    return session


def stored(place: Place, session_id: str = "5e55") -> Session | None:
    found: Session | None = place.read(lambda stores: stores.sessions.find(session_id))
    return found


LIVE = replace(SESSION, revoked_at=None)


def test_every_field_comes_back(place: Place, other_place: Place) -> None:
    assert not unfilled(SESSION)

    opened(place, SESSION)

    assert stored(place) == SESSION
    assert stored(other_place) is None
    assert stored(place, "5e5") is None


def test_the_end_moves_forward(place: Place) -> None:
    opened(place, LIVE)

    place.read(lambda stores: stores.sessions.extend(replace(LIVE, expires_at=LATER + timedelta(hours=1))))

    assert stored(place) == replace(LIVE, expires_at=LATER + timedelta(hours=1))


def test_a_revoked_session_stays_revoked_whatever_comes_late(place: Place) -> None:
    opened(place, LIVE)

    place.read(lambda stores: stores.sessions.revoke(LIVE.revoked(AT)))
    place.read(lambda stores: stores.sessions.extend(replace(LIVE, expires_at=LATER + timedelta(hours=1))))
    place.read(lambda stores: stores.sessions.revoke(LIVE.revoked(LATER)))

    assert stored(place) == replace(LIVE, revoked_at=AT)


def test_of_two_prolongings_the_later_end_counts_whichever_comes_last(place: Place) -> None:
    opened(place, LIVE)

    for hours in (2, 1):
        longer = replace(LIVE, expires_at=LATER + timedelta(hours=hours))
        place.read(lambda stores, longer=longer: stores.sessions.extend(longer))

    assert stored(place) == replace(LIVE, expires_at=LATER + timedelta(hours=2))


def test_a_login_record_that_moves_keeps_the_moment_of_its_end(place: Place) -> None:
    opened(place, LIVE)
    place.read(lambda stores: stores.sessions.revoke(LIVE.revoked(AT)))

    place.read(lambda stores: stores.sessions.move(LIVE.revoked(LATER), "m_2"))

    assert stored(place) == replace(LIVE, revoked_at=AT, member_id="m_2")


def test_a_session_without_the_moment_of_its_end_is_not_revoked_nor_moved(place: Place) -> None:
    opened(place, LIVE)

    for act in ("revoke", "move"):
        with pytest.raises(ValueError, match="revoked session"):
            place.read(
                lambda stores, act=act: getattr(stores.sessions, act)(
                    LIVE, *(["m_2"] if act == "move" else [])
                )
            )

    assert stored(place) == LIVE


def test_a_revoked_session_moves_to_another_member_as_a_login_record(place: Place) -> None:
    opened(place, LIVE)

    for _ in range(2):
        place.read(lambda stores: stores.sessions.move(LIVE.revoked(AT), "m_2"))

    assert stored(place) == replace(LIVE, revoked_at=AT, member_id="m_2")
    listed = {
        member_id: place.read(lambda stores, each=member_id: stores.sessions.of_member(each, 10)).items
        for member_id in ("m_1", "m_2")
    }
    assert listed == {"m_1": (), "m_2": (replace(LIVE, revoked_at=AT, member_id="m_2"),)}


@pytest.mark.parametrize("act", ["revoke", "extend"])
def test_a_session_that_is_gone_stays_gone(place: Place, act: str) -> None:
    session = SESSION if act == "revoke" else LIVE

    place.read(lambda stores: getattr(stores.sessions, act)(session))

    assert place.services.table.get((f"T#{place.tenant_id}#K#5e55", "K")) is None


def test_moving_a_session_that_is_gone_changes_nothing(place: Place) -> None:
    place.read(lambda stores: stores.sessions.move(SESSION, "m_2"))

    assert stored(place) is None


@pytest.mark.capability("C-11")
@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
def test_logins_are_listed_newest_first_and_page_by_page(place: Place, limit: int) -> None:
    sessions = [
        opened(
            place, replace(LIVE, session_id=f"{number:04x}", opened_at=AT + timedelta(minutes=number // 2))
        )
        for number in range(7)
    ]
    opened(place, replace(LIVE, session_id="ffff", member_id="m_10"))

    seen: list[Session] = []
    position, pages = None, 0
    while True:
        page = place.read(lambda stores, at=position: stores.sessions.of_member("m_1", limit, at))
        assert len(page.items) <= limit
        seen, pages = [*seen, *page.items], pages + 1
        position = page.next_position
        if position is None:
            break

    assert seen == sorted(sessions, key=lambda each: (each.opened_at, each.session_id), reverse=True)
    assert pages == -(-7 // limit)


def test_a_login_between_two_pages_moves_nothing(place: Place) -> None:
    for number in range(4):
        opened(place, replace(LIVE, session_id=f"{number:04x}", opened_at=AT + timedelta(minutes=number)))
    first = place.read(lambda stores: stores.sessions.of_member("m_1", 2, None))

    opened(place, replace(LIVE, session_id="9999", opened_at=AT + timedelta(hours=1)))
    second = place.read(lambda stores: stores.sessions.of_member("m_1", 2, first.next_position))

    assert [each.session_id for each in (*first.items, *second.items)] == ["0003", "0002", "0001", "0000"]
    assert second.next_position is None
