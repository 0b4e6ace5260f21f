"""Who somebody is at the till, and what people may change and show of themselves."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace

from domain.actor import MemberSelf, ScopeMissing, Till
from domain.clock import SHOP_TIME
from domain.errors import FieldProblem, InvalidInput
from domain.keyring import Fresh
from domain.member.card import CodeNotValid, check_digit, member_code
from domain.member.find import FindMember, Found, Reference, ReferenceKind, resolve
from domain.member.identity import Identity, IdentityKind
from domain.member.model import (
    Gender,
    Member,
    MemberNotFound,
    MemberState,
    NotAMember,
    Phone,
    Profile,
    Sentinel,
)
from domain.member.own import IdentityMoved
from domain.member.profile import (
    EARLIEST_BIRTHDAY,
    ChangeProfile,
    ProfileChange,
    ReadMyself,
    ShowCode,
)
from domain.tenant.model import Settings
from domain.unit_of_work import Change, Changed, Unchanged
from tests.domain.builders import KEYRING, NOON, TODAY
from tests.domain.memory import MemoryRunner

BODY = "88000000042"
CARD = BODY + check_digit(BODY)
WECHAT = Identity(IdentityKind.WECHAT_OPENID, "app:o1")
PHONE = "13800138000"
TILL = Till("t", "till", frozenset({"members.read"}))
MYSELF = MemberSelf("t", "m_1", "s", "wx", WECHAT.text(), NOON)
PROFILE = Profile("小满", Fresh("林小满"), Gender.FEMALE, date(1996, 2, 29), "上海")
MEMBER = Member(
    "m_1", MemberState.MEMBER, NOON, "wx", NOON, card_number=CARD, profile=PROFILE, identities=(WECHAT,)
)


class People:
    """One person, found by card and phone, and what was written last."""

    def __init__(self, member: Member = MEMBER, way: tuple[Member, ...] = ()) -> None:
        self.member, self.older = member, way
        self.changes: list[Change] = []
        self.known = {
            Identity(IdentityKind.CARD, CARD): "m_1",
            Identity(IdentityKind.PHONE, KEYRING.index("phone", "+86" + PHONE)): "m_1",
        }
        self.keyring = KEYRING
        self.tenants = SimpleNamespace(settings=Settings)
        self.members = SimpleNamespace(get=self.get, way=lambda member_id: (*way, self.get(member_id)))
        self.identities = SimpleNamespace(holders=self.holders)

    def get(self, member_id: str) -> Member:
        if member_id != "m_1":
            raise MemberNotFound
        return self.member

    def holders(self, identities: Iterable[Identity]) -> dict[Identity, str]:
        return {each: self.known[each] for each in identities if each in self.known}

    def commit(self, changes: Iterable[Change]) -> None:
        self.changes = list(changes)

    def find(self, kind: ReferenceKind, value: str, now: datetime = NOON) -> Member:
        return FindMember(MemoryRunner(self, now))(TILL, Reference(kind, value))

    def change(self, now: datetime = NOON, **fields: Any) -> Member:
        return ChangeProfile(MemoryRunner(self, now))(MYSELF, ProfileChange(**fields))


def test_somebody_is_found_by_each_mark() -> None:
    code, _ = member_code(CARD, KEYRING, NOON)

    for kind, value in [
        (ReferenceKind.MEMBER_ID, "m_1"),
        (ReferenceKind.CARD_NUMBER, CARD),
        (ReferenceKind.MEMBER_CODE, code),
        (ReferenceKind.PHONE, PHONE),
        (ReferenceKind.PHONE, "+86 138-0013-8000"),
    ]:
        assert People().find(kind, value) is MEMBER, kind


@pytest.mark.parametrize(
    "kind, value, refusal",
    [
        (ReferenceKind.MEMBER_ID, "m_nobody", MemberNotFound),
        (ReferenceKind.CARD_NUMBER, BODY + str((int(CARD[-1]) + 1) % 10), MemberNotFound),
        (ReferenceKind.CARD_NUMBER, "880000000430"[:11] + check_digit("88000000043"), MemberNotFound),
        (ReferenceKind.MEMBER_CODE, "77" + "0" * 16, CodeNotValid),
        (ReferenceKind.PHONE, "13800138001", MemberNotFound),
        (ReferenceKind.PHONE, "123", InvalidInput),
    ],
)
def test_whoever_is_not_known_is_refused_as_what(
    kind: ReferenceKind, value: str, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        People().find(kind, value)


def test_a_code_of_a_minute_ago_is_nobodys() -> None:
    code, lives = member_code(CARD, KEYRING, NOON)

    assert People().find(ReferenceKind.MEMBER_CODE, code, NOON + timedelta(seconds=lives - 1)) is MEMBER
    with pytest.raises(CodeNotValid):
        People().find(ReferenceKind.MEMBER_CODE, code, NOON + timedelta(seconds=lives))


def test_an_id_is_taken_as_it_is() -> None:
    assert resolve(People(), Reference(ReferenceKind.MEMBER_ID, "m_x"), NOON) == Found("m_x")


def test_who_is_found_by_a_mark_rests_on_it() -> None:
    card = Identity(IdentityKind.CARD, CARD)
    found = resolve(People(), Reference(ReferenceKind.CARD_NUMBER, CARD), NOON)

    assert found == Found("m_1", (Unchanged(Sentinel(card, "m_1")),))


def test_a_till_needs_its_scope_to_find_anybody() -> None:
    find = FindMember(MemoryRunner(People(), NOON))

    with pytest.raises(ScopeMissing, match=r"'members.read'"):
        find(replace(TILL, scopes=frozenset({"orders.write"})), Reference(ReferenceKind.MEMBER_ID, "m_1"))


@pytest.mark.parametrize(
    "fields",
    [
        {"nickname": "阿满"},
        {"nickname": None},
        {"gender": Gender.OTHER},
        {"gender": None},
        {"birthday": date(2000, 1, 1)},
        {"birthday": None},
        {"city": "北京"},
        {"city": None},
        {"nickname": "阿满", "city": None},
    ],
    ids=str,
)
def test_exactly_the_named_fields_change(fields: dict[str, Any]) -> None:
    people = People()
    after = people.change(**fields)

    assert after.profile == replace(PROFILE, **fields)
    assert people.changes == [Changed(MEMBER, after)]
    assert after.version == MEMBER.version + 1


def test_a_real_name_is_sealed_anew_or_emptied() -> None:
    named = People().change(name="周大川").profile
    assert named.name is not None
    assert (named.name.open(), replace(named, name=PROFILE.name)) == ("周大川", PROFILE)
    assert People().change(name=None).profile == replace(PROFILE, name=None)


@pytest.mark.parametrize(
    "fields", [{}, {"nickname": "小满"}, {"name": "林小满"}, {"birthday": date(1996, 2, 29), "city": "上海"}]
)
def test_the_same_again_writes_nothing(fields: dict[str, Any]) -> None:
    people = People()

    assert people.change(**fields) is MEMBER
    assert people.changes == []


def test_a_name_is_a_change_where_there_was_none() -> None:
    people = People(replace(MEMBER, profile=replace(PROFILE, name=None)))

    assert people.change(name="林小满").version == MEMBER.version + 1


def test_a_change_rests_on_every_record_on_the_way() -> None:
    older = replace(MEMBER, member_id="m_0", redirect_to="m_1")
    people = People(way=(older,))
    people.change(city="北京")

    assert people.changes[1:] == [Unchanged(older)]


NIGHT = datetime(2026, 3, 15, 23, 59, tzinfo=SHOP_TIME)


@pytest.mark.parametrize("day", [EARLIEST_BIRTHDAY, TODAY])
def test_a_birthday_may_be_the_first_day_and_today(day: date) -> None:
    assert People().change(NIGHT, birthday=day).profile.birthday == day


@pytest.mark.parametrize("day", [EARLIEST_BIRTHDAY - timedelta(days=1), TODAY + timedelta(days=1)])
def test_a_birthday_out_of_range_is_refused_by_name(day: date) -> None:
    with pytest.raises(InvalidInput) as refused:
        People().change(NIGHT, birthday=day)

    assert refused.value.fields == (FieldProblem("birthday", "out-of-range"),)
    tomorrow = TODAY + timedelta(days=1)
    assert People().change(NIGHT + timedelta(minutes=1), birthday=tomorrow).profile.birthday == tomorrow


def test_people_read_themselves_and_show_their_code() -> None:
    runner = MemoryRunner(People(), NOON)
    code, lives = member_code(CARD, KEYRING, NOON)

    assert ReadMyself(runner)(MYSELF) is MEMBER
    shown = ShowCode(runner)(MYSELF)
    assert (shown.code, shown.expires_in) == (code, lives)


def test_a_fan_has_no_code_to_show() -> None:
    with pytest.raises(NotAMember):
        ShowCode(MemoryRunner(People(replace(MEMBER, card_number=None)), NOON))(MYSELF)


def test_a_login_whose_identity_went_elsewhere_reads_and_changes_nothing() -> None:
    people = People(replace(MEMBER, identities=()))
    runner = MemoryRunner(people, NOON)

    for ask in (lambda: ReadMyself(runner)(MYSELF), lambda: ShowCode(runner)(MYSELF), people.change):
        with pytest.raises(IdentityMoved):
            ask()


def test_a_login_by_phone_is_whose_number_it_is() -> None:
    by_phone = replace(MYSELF, identity="phone:abc")
    known = People(replace(MEMBER, phone=Phone("abc", "138****8000", Fresh(PHONE))))

    assert ReadMyself(MemoryRunner(known, NOON))(by_phone) is known.member
    with pytest.raises(IdentityMoved):
        ReadMyself(MemoryRunner(People(), NOON))(by_phone)
