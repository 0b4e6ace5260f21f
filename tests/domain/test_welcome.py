"""Gifts for joining rest on what is so, not on what was read a moment too early."""

from types import SimpleNamespace
from typing import Any

import pytest

from domain.joining.welcome import Newcomer, welcome
from domain.keyring import Fresh
from domain.member.model import Member, MemberNotFound, MemberState, Phone
from domain.points.model import Account
from domain.unit_of_work import Changed
from tests.domain.builders import NOON
from tests.programmes import programme, rule

FRIENDS = rule("friends", "referral", {"inviter_points": 20, "invitee_points": 10})
PHONE = Phone("index", "139****0000", Fresh("+8613900000000"))
FAN = Member("m_host", MemberState.FAN, NOON, "wx")
HOST = FAN.next(state=MemberState.MEMBER, joined_at=NOON)
GUEST = Member("m_guest", MemberState.MEMBER, NOON, "wx", joined_at=NOON, phone=PHONE)
ACCOUNTS = {each: Account(each) for each in ("m_host", "m_guest")}


def nobody(_: str) -> Any:
    raise MemberNotFound


def invited(person: Any, now: Any) -> list[str]:
    """Whose accounts are written when the first look saw one person, and a second one sees another."""
    repositories: Any = SimpleNamespace(
        programmes=SimpleNamespace(current=lambda: programme(FRIENDS)),
        welcomes=SimpleNamespace(find=lambda _: None),
        budgets=SimpleNamespace(left=lambda _: {}),
        members=SimpleNamespace(get=now),
        accounts=SimpleNamespace(
            exact=ACCOUNTS.get, way=lambda member_id: (ACCOUNTS[member_id],), person=person
        ),
    )
    gifts = welcome(repositories, Newcomer(GUEST, PHONE, "m_host"), NOON, "test")
    changed = (each.after for each in gifts.changes if isinstance(each, Changed))
    return sorted(each.member_id for each in changed if isinstance(each, Account))


def seen(member: Member) -> Any:
    return lambda member_id: ((ACCOUNTS[member_id],), member)


@pytest.mark.capability("C-26")
@pytest.mark.parametrize("first", [seen(FAN), nobody, seen(HOST)])
def test_an_inviter_who_joined_a_moment_ago_gets_the_gift(first: Any) -> None:
    assert invited(first, lambda _: HOST) == ["m_guest", "m_host"]


@pytest.mark.parametrize("now", [lambda _: FAN, nobody])
def test_nobody_is_thanked_who_is_no_member(now: Any) -> None:
    assert invited(seen(FAN), now) == []
