"""Whoever acts for themselves is held to the person whom the request found."""

from msgspec.structs import replace

from domain.member.model import Alias, Member, MemberState
from domain.member.own import still
from domain.unit_of_work import Unchanged
from tests.domain.builders import NOON

FAN = Member("m_1", MemberState.FAN, NOON, "wx")


def test_somebody_who_was_never_merged_needs_no_holding() -> None:
    assert still(FAN) == ()


def test_somebody_who_was_merged_may_be_parted_until_the_commit() -> None:
    merged = replace(FAN, aliases=(Alias("m_0", "g_1", NOON),))

    assert still(merged) == (Unchanged(merged),)
