"""How changes of the domain become writes: only what differs, under a guard, sealed in place."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from adapters.dynamodb.item import (
    StoredSealed,
    Tenancy,
    change,
    creation,
    day,
    day_number,
    instant,
    ms,
    removal,
    seal,
    stored,
)
from adapters.dynamodb.keys import Keys
from adapters.dynamodb.members import to_member
from adapters.dynamodb.points import to_account
from adapters.dynamodb.repositories import MAPPINGS
from adapters.secrets.keyring import TenantKeyring
from domain.keyring import Fresh
from domain.member.identity import Identity, IdentityKind
from domain.member.model import Member, MemberState, Phone, Profile, Sentinel
from domain.money import Points
from domain.points.model import Account, LotKey
from tests.domain.builders import NOON, steady

VAULT = TenantKeyring(bytes(range(64)))
TENANCY = Tenancy(Keys("t", 4), lambda: VAULT)
MEMBER = Member("m_1", MemberState.FAN, NOON, "wx", profile=Profile("小满", Fresh("林小满"), city="上海"))


def raw_of(thing: object) -> dict[str, Any]:
    (write,) = creation(MAPPINGS[type(thing)], thing, TENANCY)
    raw: dict[str, Any] = write.arguments["Item"]
    return raw


def read_back() -> Member:
    return to_member(raw_of(MEMBER), TENANCY)


def names_in(arguments: dict[str, Any], clause: str) -> list[str]:
    """The real names behind the placeholders of one clause."""
    words = arguments["UpdateExpression"].replace("SET ", "|SET ").replace("REMOVE ", "|REMOVE ").split("|")
    found = next((word for word in words if word.startswith(clause)), "")
    names = arguments["ExpressionAttributeNames"]
    return sorted(
        names[part.split(" ")[0]] for part in found.removeprefix(clause).strip().split(", ") if part
    )


def test_an_update_holds_only_what_changed_and_the_guard_is_the_old_version() -> None:
    before = read_back()

    write = change(MAPPINGS[Member], before, before.next(state=MemberState.MEMBER), TENANCY)

    assert names_in(write.arguments, "SET") == ["state", "version"]
    assert names_in(write.arguments, "REMOVE") == []
    assert write.arguments["Key"] == {"pk": {"S": "T#t#M#m_1"}, "sk": {"S": "P"}}
    assert "version" in write.arguments["ExpressionAttributeNames"].values()
    assert {"N": "1"} in write.arguments["ExpressionAttributeValues"].values()
    names = write.arguments["ExpressionAttributeNames"]
    condition = write.arguments["ConditionExpression"]
    assert [names[short] for short in names if short in condition.split()] == ["version"]


def test_what_vanished_is_removed() -> None:
    before = read_back()

    write = change(MAPPINGS[Member], before, before.next(profile=Profile(city="北京")), TENANCY)

    assert names_in(write.arguments, "REMOVE") == ["name_sealed", "nickname"]
    assert names_in(write.arguments, "SET") == ["city", "version"]


def test_an_account_that_runs_empty_leaves_the_queue_of_what_is_due() -> None:
    full = Account("m_1", 1, {LotKey(date(2026, 3, 31)): Points(5)})
    before = to_account(raw_of(full))

    write = change(MAPPINGS[Account], before, replace(before, version=2, lots={}), TENANCY)

    assert names_in(write.arguments, "REMOVE") == ["gsi2pk", "gsi2sk"]
    assert names_in(write.arguments, "SET") == ["l", "v"]


def test_a_change_that_does_not_move_the_next_expiry_writes_no_index() -> None:
    full = Account("m_1", 1, {LotKey(date(2026, 3, 31)): Points(5)})
    before = to_account(raw_of(full))
    lots = {LotKey(date(2026, 3, 31)): Points(4), LotKey(None): Points(1)}

    write = change(MAPPINGS[Account], before, replace(before, version=2, lots=lots), TENANCY)

    assert names_in(write.arguments, "SET") == ["l", "v"]
    assert "REMOVE" not in write.arguments["UpdateExpression"]


def test_a_change_keeps_the_key() -> None:
    with pytest.raises(ValueError, match="key"):
        change(MAPPINGS[Member], MEMBER, replace(MEMBER, member_id="m_2"), TENANCY)


def test_a_creation_needs_the_place_to_be_free() -> None:
    (write,) = creation(MAPPINGS[Account], Account("m_1"), TENANCY)

    assert write.action == "put"
    assert write.arguments["ConditionExpression"].startswith("attribute_not_exists")
    assert list(write.arguments["ExpressionAttributeNames"].values()) == ["pk"]


def test_a_removal_needs_the_thing_to_be_as_it_was_read() -> None:
    sentinel = Sentinel(Identity(IdentityKind.PHONE, "index"), "m_1")

    write = removal(MAPPINGS[Sentinel], sentinel, TENANCY)

    assert (write.action, write.key) == ("delete", ("T#t#U#phone#index", "U"))
    assert list(write.arguments["ExpressionAttributeValues"].values()) == [{"S": "m_1"}]


def test_a_sealed_field_that_did_not_change_keeps_its_ciphertext() -> None:
    raw = raw_of(MEMBER)
    member = to_member(raw, TENANCY)

    assert raw_of(member)["name_sealed"] == raw["name_sealed"]
    assert raw_of(MEMBER)["name_sealed"] != raw["name_sealed"], "a fresh one has a nonce of its own"
    assert "林小满".encode() not in repr(raw).encode()


def test_a_sealed_field_that_moves_is_sealed_anew_for_its_place() -> None:
    name = read_back().profile.name
    assert isinstance(name, StoredSealed)
    other = replace(MEMBER, member_id="m_2", profile=Profile(name=name))

    moved = to_member(raw_of(other), TENANCY).profile.name

    assert isinstance(moved, StoredSealed)
    assert moved.ciphertext != name.ciphertext
    assert (moved.context, moved.open()) == ("T#t#M#m_2|P|name", "林小满")


def test_a_ciphertext_that_was_carried_to_another_place_does_not_open() -> None:
    name = read_back().profile.name
    assert isinstance(name, StoredSealed)

    for context in ("T#t#M#m_2|P|name", "T#t#M#m_1|P|phone", "T#x#M#m_1|P|name"):
        with pytest.raises(ValueError, match="another place"):
            replace(name, context=context).open()


def test_nothing_is_sealed_where_nothing_is() -> None:
    assert seal(TENANCY, ("a", "b"), "f", None) is None
    assert stored(TENANCY, ("a", "b"), "f", None) is None


def test_the_keys_are_opened_only_when_a_personal_field_is_touched() -> None:
    def never() -> TenantKeyring:
        raise AssertionError

    closed = Tenancy(Keys("t", 4), never)
    member = to_member(
        raw_of(replace(MEMBER, phone=Phone("i", "138****8000", Fresh("+8613800138000")))), closed
    )

    assert member.phone is not None
    assert member.phone.mask == "138****8000"
    change(MAPPINGS[Member], member, member.next(state=MemberState.CLOSED), closed)


@given(st.datetimes(datetime(1970, 1, 2), datetime(2200, 1, 1)))  # noqa: DTZ001  # the zone follows
@steady
def test_instants_come_back_to_the_millisecond(moment: datetime) -> None:
    at = moment.replace(tzinfo=UTC, microsecond=moment.microsecond // 1000 * 1000)

    assert instant(ms(at)) == at
    assert instant(ms(at)).utcoffset() == timedelta(hours=8)


@given(st.none() | st.dates(date(1900, 1, 1), date(9999, 12, 31)))
@steady
def test_days_come_back(when: date | None) -> None:
    assert day(day_number(when)) == when
