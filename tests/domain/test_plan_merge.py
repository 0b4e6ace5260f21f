"""Two ids turn out to be one person: merged at once, waiting for staff, or refused by an earlier decision."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from domain.actor import Operator
from domain.errors import Conflict
from domain.keyring import Fresh
from domain.member.identity import Identity, IdentityKind
from domain.member.model import IDENTITIES_MAX, Member, MemberState, Phone, Profile, Sentinel
from domain.merge.decide import ApproveMerge, RejectMerge
from domain.merge.flip import Person, must_wait, who_survives
from domain.merge.merge import Meeting, Planned, plan_merge
from domain.merge.model import Merge, MergeCause, MergeState, PhoneOfAnother, WaitReason, waiting_id
from domain.merge.settle import SettleMerge
from domain.merge.undo import UndoMerge
from domain.points.model import Account
from domain.session.end import EndSessions
from domain.session.model import Sweep
from domain.unit_of_work import Changed, Created
from tests.domain.builders import NOON
from tests.domain.memory import Memory, MemoryRunner
from tests.domain.test_card import Draws

STAFF = Operator("t", "office", frozenset({"admin"}))
PHONE = Phone("index", "138****8000", Fresh("+8613800138000"))


def approve(runner: MemoryRunner) -> ApproveMerge:
    return ApproveMerge(runner, SettleMerge(runner), EndSessions(runner), Draws(1))


def reject(runner: MemoryRunner) -> RejectMerge:
    return RejectMerge(runner, EndSessions(runner), Draws(1))


def sweeps(memory: Memory) -> list[str]:
    """Whose logins end."""
    return [thing.member_id for thing in memory.things.values() if isinstance(thing, Sweep)]


def two_people(names: tuple[str, str] = ("林小满", "王小明")) -> Memory:
    """An older member with a phone, and a fan; both have told their names."""
    held = Sentinel(Identity(IdentityKind.PHONE, PHONE.index), "m_old")
    old = Member(
        "m_old",
        MemberState.MEMBER,
        NOON,
        "wx",
        joined_at=NOON,
        phone=PHONE,
        profile=Profile(name=Fresh(names[0])),
    )
    fan = Member("m_fan", MemberState.FAN, NOON, "wx", profile=Profile(name=Fresh(names[1])))
    return Memory([old, fan, held, Account("m_old"), Account("m_fan")])


def meet(memory: Memory, cause: MergeCause = MergeCause.PHONE) -> Planned:
    meeting = Meeting(memory.member("m_fan"), "m_old", cause, "g_new", "login:wx", PHONE)
    planned = plan_merge(memory, meeting, NOON)  # type: ignore[arg-type]  # each part of itself
    memory.commit(planned.changes)
    return planned


def waiting(memory: Memory) -> Merge | None:
    return memory.find(waiting_id("m_old", "m_fan"))


def test_two_people_without_contradiction_are_merged_at_once() -> None:
    memory = two_people(("林小满", "林小满"))

    planned = meet(memory)

    assert planned.survivor is not None
    assert (planned.survivor.member_id, planned.merge.state) == ("m_old", MergeState.DONE)
    assert memory.member("m_fan").redirect_to == "m_old"


@pytest.mark.parametrize("was_on_record", [False, True])
def test_what_comes_on_record_while_two_are_merged_stops_it(was_on_record: bool) -> None:
    """Staff may have taken them apart between two reads."""
    memory = two_people(("林小满", "林小满"))
    apart = Merge(
        waiting_id("m_old", "m_fan"), "m_fan", "m_old", MergeCause.PHONE, MergeState.UNDONE, NOON, "wx"
    )
    if was_on_record:
        memory.commit([Created(apart)])
    meeting = Meeting(memory.member("m_fan"), "m_old", MergeCause.PHONE, "g_new", "login:wx", PHONE)
    planned = plan_merge(memory, meeting, NOON)  # type: ignore[arg-type]  # each part of itself
    later = replace(apart, version=apart.version + 1)
    memory.commit([Changed(apart, later) if was_on_record else Created(apart)])

    with pytest.raises(Conflict):
        memory.commit(planned.changes)


def test_different_names_wait_for_staff_once_however_often_they_are_proven() -> None:
    memory = two_people()

    first, second = meet(memory), meet(memory)

    assert (first.survivor, second.survivor) == (None, None)
    assert second.changes == ()
    assert (first.merge.wait_reason, first.merge.prover_id) == (WaitReason.NAMES_DIFFER, "m_fan")
    assert waiting(memory) == first.merge
    assert waiting_id("a", "b") == waiting_id("b", "a")


def test_an_approved_merge_is_carried_out_under_the_same_number() -> None:
    memory = two_people()
    meet(memory)
    runner = MemoryRunner(memory, NOON)

    merge = approve(runner)(STAFF, waiting_id("m_old", "m_fan"))

    assert (merge.state, merge.wait_reason, merge.is_settled) == (
        MergeState.DONE,
        WaitReason.NAMES_DIFFER,
        False,
    )
    assert memory.member("m_fan").redirect_to == "m_old"
    assert sweeps(memory) == [], "the number stayed"


def test_an_approved_merge_that_replaces_a_number_ends_the_logins_by_it() -> None:
    memory = two_people()
    fan = memory.member("m_fan")
    other = Phone("other", "139****9000", Fresh("+8613900139000"))
    member = replace(fan, state=MemberState.MEMBER, joined_at=NOON + timedelta(1), phone=other, version=2)
    held = Sentinel(Identity(IdentityKind.PHONE, other.index), "m_fan")
    memory.commit([Changed(fan, member), Created(held)])
    older = Meeting(memory.member("m_old"), "m_fan", MergeCause.PHONE, "g_2", "x", proven=other)
    memory.commit(plan_merge(memory, older, NOON).changes)  # type: ignore[arg-type]  # each part of itself

    merge = approve(MemoryRunner(memory, NOON))(STAFF, waiting_id("m_old", "m_fan"))

    assert memory.member(merge.target_id).phone == other
    assert sweeps(memory) == [merge.target_id]


def test_after_a_rejection_the_same_proof_is_refused() -> None:
    memory = two_people()
    meet(memory)
    reject(MemoryRunner(memory, NOON))(STAFF, waiting_id("m_old", "m_fan"), release_phone=False)

    with pytest.raises(PhoneOfAnother):
        meet(memory)


def test_a_rejection_can_release_the_phone() -> None:
    memory = two_people()
    meet(memory)

    reject(MemoryRunner(memory, NOON))(STAFF, waiting_id("m_old", "m_fan"), release_phone=True)

    assert memory.sentinels() == {}
    assert memory.member("m_old").phone is None
    assert sweeps(memory) == ["m_old"], "whoever got in by that number has to log in again"


def test_a_rejection_holds_even_when_the_reason_to_wait_has_been_taken_away() -> None:
    memory = two_people()
    meet(memory)
    reject(MemoryRunner(memory, NOON))(STAFF, waiting_id("m_old", "m_fan"), release_phone=False)
    fan = memory.member("m_fan")
    memory.commit([Changed(fan, fan.next(profile=Profile()))])

    with pytest.raises(PhoneOfAnother):
        meet(memory)


def test_what_was_approved_and_undone_waits_again_after_the_next_proof() -> None:
    memory = two_people()
    meet(memory)
    runner = MemoryRunner(memory, NOON)
    merge = approve(runner)(STAFF, waiting_id("m_old", "m_fan"))
    UndoMerge(runner, SettleMerge(runner))(STAFF, merge.merge_id)

    planned = meet(memory)

    assert planned.survivor is None
    assert [thing.state for thing in memory.things.values() if isinstance(thing, Merge)] == [
        MergeState.WAITING
    ]


def test_a_merge_at_the_limit_leaves_nobody_with_more_identities_than_allowed() -> None:
    def member(name: str) -> Person:
        own = tuple(Identity(IdentityKind.WECHAT_OPENID, f"{name}{n}") for n in range(IDENTITIES_MAX // 2))
        plain = Member(name, MemberState.MEMBER, NOON, "wx", joined_at=NOON, card_number=f"88{name}")
        return Person(replace(plain, identities=own), Account(name))

    source, target = who_survives(member("m_1"), member("m_2"))
    if must_wait(source, target, MergeCause.PHONE) is None:
        meeting = Meeting(target.member, "m_2", MergeCause.PHONE, "g_1", "x")
        memory = Memory([source.member, target.member, source.account, target.account])
        planned = plan_merge(memory, meeting, NOON)  # type: ignore[arg-type]  # each part of itself

        assert planned.survivor is not None
        assert len(planned.survivor.identities) <= IDENTITIES_MAX
