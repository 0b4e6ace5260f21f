"""Two people become one and two again, exactly (C-03, D-15, D-16)."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.actor import Operator
from domain.keyring import Fresh
from domain.member.identity import Identity, IdentityKind
from domain.member.model import Alias, Gender, Member, MemberState, Phone, Profile, Sentinel
from domain.merge.flip import PROFILE_FIELDS, Occasion, Person, flip, must_wait, who_survives
from domain.merge.model import (
    MergeCause,
    MergedOnSince,
    MergeNotDone,
    MergeState,
    MovedAmountsGone,
    UndoTooLate,
    WaitReason,
)
from domain.merge.settle import SettleMerge
from domain.merge.undo import UndoMerge
from domain.money import Money, Points
from domain.points.book import Book
from domain.points.model import LOTS_MAX, Account, Entry, EntryKind, LotKey, Tally
from domain.points.prove import prove
from domain.programme.model import Programme
from domain.unit_of_work import Created, MovedMeanwhile
from tests.domain.builders import CAUSE, NOON, TODAY, Step, counts, histories, live_through, steady
from tests.domain.memory import Memory, MemoryRunner

STAFF = Operator("t", "office", frozenset({"admin"}))
PHONES = {name: Phone(name, f"138****000{name}", Fresh(f"+861380000000{name}")) for name in "12"}

profiles = st.builds(
    Profile,
    nickname=st.none() | st.sampled_from(["小满", "阿满"]),
    name=st.none() | st.just(Fresh("林小满")),
    gender=st.none() | st.sampled_from(Gender),
    birthday=st.none() | st.just(date(1996, 2, 29)),
    city=st.none() | st.just("上海"),
)


@st.composite
def people(draw: st.DrawFn, name: str) -> tuple[Member, Account, list[Entry]]:
    """A fan or a member, with a history of points."""
    phone = draw(st.none() | st.just(PHONES[name]))
    joined = NOON - timedelta(days=draw(st.integers(1, 300))) if phone else None
    account, entries, at = live_through(draw(histories), Account(f"m_{name}"), NOON - timedelta(days=14))
    book = Book(account, at, "till")
    tally = Tally(draw(st.integers(0, 9)), Money(draw(st.integers(0, 9999))))
    book.earn(Points(1), LotKey(None), CAUSE, tally=tally)
    account, entries = book.account, entries + book.entries
    assert at <= NOON + timedelta(days=14)
    kinds = draw(st.sets(st.sampled_from([IdentityKind.WECHAT_OPENID, IdentityKind.ALIPAY_OPENID])))
    member = Member(
        f"m_{name}",
        MemberState.MEMBER if joined else MemberState.FAN,
        met_at=NOON - timedelta(days=draw(st.integers(300, 600))),
        met_through="wx",
        joined_at=joined,
        phone=phone,
        card_number=f"88000000000{name}" if joined else None,
        profile=draw(profiles),
        identities=tuple(Identity(kind, f"app:{name}") for kind in sorted(kinds)),
        aliases=(Alias(f"m_{name}_old", "g_old", NOON),) if draw(st.booleans()) else (),
    )
    return member, account, entries


def remember(*persons: tuple[Member, Account, list[Entry]]) -> Memory:
    return Memory(
        thing
        for member, account, entries in persons
        for thing in (
            member,
            account,
            *entries,
            *(Sentinel(identity, member.member_id) for identity in member.all_identities()),
        )
    )


def merge(memory: Memory, at: datetime, proven: Phone | None = None) -> str:
    """Merges m_1 and m_2; answers who survived."""
    one, other = (Person(*pair) for pair in memory.pair("m_1", "m_2"))
    source, target = who_survives(one, other)
    done = flip(source, target, Occasion("g_1", MergeCause.PHONE, at, "login:wx", Programme(), proven))
    memory.commit((Created(done.merge), *done.changes))
    return target.member.member_id


def undo(memory: Memory, at: datetime) -> None:
    runner = MemoryRunner(memory, at)
    UndoMerge(runner, SettleMerge(runner))(STAFF, "g_1")


def start(*persons: tuple[Member, Account, list[Entry]]) -> datetime:
    """A moment after both histories."""
    last = max((entries[-1].at for _, _, entries in persons if entries), default=NOON)
    return max(last, NOON)


def check_identities(memory: Memory) -> None:
    """Each sentinel points to exactly one live member who holds it, and each mark is found (invariant 1)."""
    held = {
        identity: member.member_id
        for member in (memory.member("m_1"), memory.member("m_2"))
        if member.redirect_to is None
        for identity in member.all_identities()
    }
    assert memory.sentinels() == held


@given(people("1"), people("2"), st.booleans())
@steady
def test_a_merge_adds_up_points_orders_and_identities(
    one: tuple[Member, Account, list[Entry]], other: tuple[Member, Account, list[Entry]], proven: bool
) -> None:
    memory, at = remember(one, other), start(one, other)
    before = {each[0].member_id: Book(each[1], at, "x").account for each in (one, other)}
    holder = one[0].phone if proven else None

    target_id = merge(memory, at, holder)

    source_id = {"m_1": "m_2", "m_2": "m_1"}[target_id]
    source, target = memory.account(source_id), memory.account(target_id)
    assert target.balance == before["m_1"].balance + before["m_2"].balance
    assert (source.balance, counts(source), source.debt) == (Points(0), {}, Points(0))
    assert source.redirect_to == memory.member(source_id).redirect_to == target_id
    assert target.order_count == one[1].order_count + other[1].order_count
    assert target.spend == one[1].spend + other[1].spend
    out, arrived = (list(memory.entries_of(each))[-1] for each in (source_id, target_id))
    assert (out.kind, arrived.kind) == (EntryKind.MERGE_OUT, EntryKind.MERGE_IN)
    assert out.points + arrived.points == Points(0)
    assert out.cause.merge_id == arrived.cause.merge_id == "g_1"
    for member_id in ("m_1", "m_2"):
        assert prove(memory.account(member_id), memory.entries_of(member_id)) == []
    check_identities(memory)
    assert set(memory.member(target_id).identities) >= set(one[0].identities) | set(other[0].identities)


@given(people("1"), people("2"), st.booleans(), st.sampled_from([0, 1, 11, 23]))
@steady
def test_an_undone_merge_leaves_both_as_if_it_had_never_been(
    one: tuple[Member, Account, list[Entry]],
    other: tuple[Member, Account, list[Entry]],
    proven: bool,
    hours: int,
) -> None:
    memory, at = remember(one, other), start(one, other)
    later = at + timedelta(hours=hours)
    sentinels = memory.sentinels()
    merge(memory, at, one[0].phone if proven else None)

    undo(memory, later)

    for member, account, _ in (one, other):
        after, alone = memory.account(member.member_id), Book(account, later, "x").account
        assert (counts(after), after.debt) == (counts(alone), alone.debt)
        assert (after.order_count, after.spend) == (account.order_count, account.spend)
        assert after.redirect_to is None
        found = memory.member(member.member_id)
        assert replace(found, version=member.version) == member
        assert found.version == member.version + 2
        assert prove(after, memory.entries_of(member.member_id)) == []
    assert memory.sentinels() == sentinels
    done = memory.find("g_1")
    assert done is not None
    assert (done.state, done.undone_at, done.is_settled) == (MergeState.UNDONE, later, False)


def person(name: str, **changes: object) -> tuple[Member, Account, list[Entry]]:
    plain = Member(f"m_{name}", MemberState.FAN, NOON, "wx")
    account, entries, _ = live_through([Step("earn", 50, LotKey(None), 0)], Account(f"m_{name}"))
    return replace(plain, **changes), account, entries


ENDING, LASTING = LotKey(TODAY), LotKey(None)
NIGHT = timedelta(hours=23)


@pytest.mark.parametrize(
    "source, target",
    [
        ([Step("earn", 50, ENDING, 0)], []),
        ([Step("earn", 50, ENDING, 0), Step("earn", 7, LASTING, 0)], [Step("owe", 30, LASTING, 0)]),
        ([Step("owe", 30, LASTING, 0)], [Step("earn", 20, ENDING, 0), Step("earn", 90, LASTING, 0)]),
        ([Step("owe", 30, LASTING, 0)], [Step("earn", 100, ENDING, 0)]),
        ([Step("earn", 50, ENDING, 0)], [Step("owe", 80, LASTING, 0)]),
        ([Step("earn", 50, ENDING, 0)], [Step("earn", 60, ENDING, 0)]),
        ([Step("owe", 5, LASTING, 0)], [Step("owe", 6, LASTING, 0)]),
    ],
)
def test_points_that_lapse_between_a_merge_and_its_undoing_lapse_where_they_would_have(
    source: list[Step], target: list[Step]
) -> None:
    persons = []
    for name, history in (("1", target), ("2", source)):
        account, entries, _ = live_through(history, Account(f"m_{name}"))
        persons.append((Member(f"m_{name}", MemberState.FAN, NOON, "wx"), account, entries))
    memory = remember(*persons)
    assert merge(memory, NOON) == "m_1"

    undo(memory, NOON + NIGHT)

    for member, account, _ in persons:
        after, alone = memory.account(member.member_id), Book(account, NOON + NIGHT, "x").account
        assert (counts(after), after.debt) == (counts(alone), alone.debt)


def test_undoing_again_changes_nothing() -> None:
    memory = remember(person("1"), person("2"))
    merge(memory, NOON)
    undo(memory, NOON)
    things = dict(memory.things)

    undo(memory, NOON)

    assert memory.things == things


def test_a_merge_can_be_undone_until_the_last_second_of_24_hours() -> None:
    memory = remember(person("1"), person("2"))
    merge(memory, NOON)

    with pytest.raises(UndoTooLate):
        undo(memory, NOON + timedelta(hours=24))
    undo(memory, NOON + timedelta(hours=23, minutes=59, seconds=59))

    assert memory.account("m_2").balance == Points(50)


@pytest.mark.parametrize("count, is_refused", [(50, False), (51, True)])
def test_moved_points_that_were_used_since_cannot_go_back(count: int, is_refused: bool) -> None:
    memory = remember(person("1"), person("2"))
    target_id = merge(memory, NOON)
    book = Book(memory.account(target_id), NOON, "till")
    book.take(Points(count), CAUSE, EntryKind.REDEEM, first=None, may_owe=False)
    memory.commit(book.changes())
    things = dict(memory.things)

    if is_refused:
        with pytest.raises(MovedAmountsGone):
            undo(memory, NOON)
        assert memory.things == things
    else:
        undo(memory, NOON)
        assert [memory.account(each).balance.count for each in ("m_1", "m_2")] == [0, 50]


def test_an_undoing_waits_until_every_line_since_the_merge_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Found by history 10954: the account showed a refund already, and the list did not."""
    memory = remember(person("1"), person("2"))
    target_id = merge(memory, NOON)
    book = Book(memory.account(target_id), NOON, "till")
    for number in ("r1", "r2"):
        refund = replace(CAUSE, reason="order_refund", refund_number=number, other_member_id="m_2")
        book.take(Points(1), refund, EntryKind.CLAW_BACK, first=None, may_owe=True)
    memory.commit(book.changes())
    whole = memory.newest(target_id, None, 100)

    for part in ([], whole[1:], whole[:1] + whole[2:]):
        monkeypatch.setattr(memory, "newest", lambda *_, part=part, **__: part[:2])
        with pytest.raises(MovedMeanwhile):
            undo(memory, NOON)
    monkeypatch.undo()
    with pytest.raises(MovedAmountsGone):
        undo(memory, NOON)


def test_a_merge_that_a_later_one_built_upon_cannot_be_undone_first() -> None:
    memory = remember(person("1"), person("2"))
    target_id = merge(memory, NOON)
    target = memory.member(target_id)
    memory.things[Member, target_id] = replace(target, redirect_to="m_3")

    with pytest.raises(MergedOnSince):
        undo(memory, NOON)


def test_what_was_never_merged_cannot_be_undone() -> None:
    memory = remember(person("1"), person("2"))
    merge(memory, NOON)
    done = memory.find("g_1")
    assert done is not None
    memory.things[type(done), "g_1"] = replace(done, state=MergeState.WAITING)

    with pytest.raises(MergeNotDone):
        undo(memory, NOON)


def test_a_member_outlives_a_fan_and_the_older_outlives_the_younger() -> None:
    fan = Person(*person("1", met_at=NOON - timedelta(days=900))[:2])
    young = Person(*person("2", joined_at=NOON)[:2])
    old = Person(*person("3", joined_at=NOON - timedelta(days=1))[:2])

    assert who_survives(fan, young) == who_survives(young, fan) == (fan, young)
    assert who_survives(old, young) == who_survives(young, old) == (young, old)


def test_empty_profile_fields_are_filled_and_full_ones_stay() -> None:
    source = person("1", profile=Profile("阿满", Fresh("林小满"), Gender.OTHER, date(2000, 1, 1), "上海"))
    target = person("2", profile=Profile(nickname="小满"), joined_at=NOON)
    memory = remember(source, target)

    merge(memory, NOON)

    filled = memory.member("m_2").profile
    assert filled == replace(source[0].profile, nickname="小满")
    done = memory.find("g_1")
    assert done is not None
    assert set(done.moved.filled) == set(PROFILE_FIELDS) - {"nickname"}


def wait_reason(one: Member, other: Member, cause: MergeCause, lots: int = 0) -> WaitReason | None:
    earned = Account("x", lots={LotKey(TODAY + timedelta(days=n)): Points(1) for n in range(lots)})
    return must_wait(Person(one, earned), Person(other, Account("y")), cause)


def test_staff_decide_where_names_or_phones_differ_or_limits_are_passed() -> None:
    one, other = person("1")[0], person("2")[0]
    named = [replace(one, profile=Profile(name=Fresh(name))) for name in ("林小满", "王小明", "林小满")]
    phoned = [replace(one, phone=PHONES[name]) for name in "121"]
    many = [replace(one, identities=tuple(Identity(IdentityKind.PHONE, str(n)) for n in range(11)))] * 2

    assert wait_reason(named[0], named[1], MergeCause.PHONE) is WaitReason.NAMES_DIFFER
    assert wait_reason(named[0], named[2], MergeCause.PHONE) is None
    assert wait_reason(named[0], other, MergeCause.PHONE) is None
    assert wait_reason(phoned[0], phoned[1], MergeCause.SHARED_IDENTITY) is WaitReason.PHONES_DIFFER
    assert wait_reason(phoned[0], phoned[1], MergeCause.PHONE) is None
    assert wait_reason(phoned[0], phoned[2], MergeCause.SHARED_IDENTITY) is None
    assert wait_reason(many[0], many[1], MergeCause.PHONE) is WaitReason.TOO_MANY_IDENTITIES
    assert wait_reason(one, other, MergeCause.PHONE, lots=LOTS_MAX + 1) is WaitReason.TOO_MANY_LOTS
    assert wait_reason(one, other, MergeCause.PHONE, lots=LOTS_MAX) is None
