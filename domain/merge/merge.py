"""Plan the merge of two people: carry it out, or let it wait for staff."""

from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from domain.member.identity import Identity
from domain.member.model import Member, Phone
from domain.merge.flip import Occasion, Person, flip, must_wait, who_survives
from domain.merge.model import (
    Merge,
    MergeCause,
    MergeState,
    PhoneOfAnother,
    WaitReason,
    waiting_id,
)
from domain.merge.ports import Repositories
from domain.unit_of_work import Absent, Change, Changed, Created, MovedMeanwhile, Unchanged


class Meeting(Struct, frozen=True):
    """Two ids that turned out to be one person, and how that came out."""

    prover: Member
    """Whose request showed it, as the request found them."""
    other_id: str
    cause: MergeCause
    new_merge_id: str
    caller: str
    proven: Phone | None = None
    shown: tuple[Identity, ...] = ()
    """The identities that a platform says are one person's."""

    def fits(self, prover: Member, other: Member) -> bool:
        """Whether the two, as stored now, still are who the request took them for."""
        if prover.version != self.prover.version or other.redirect_to is not None:
            return False
        if self.proven is not None:
            return other.phone is not None and other.phone.index == self.proven.index
        return all(set(self.shown) & set(member.identities) for member in (prover, other))


class Planned(Struct, frozen=True):
    """What comes of a meeting: a merge that is done with these changes, or one that waits."""

    merge: Merge
    survivor: Member | None
    """None while it waits."""
    changes: tuple[Change, ...]


def plan_merge(repositories: Repositories, meeting: Meeting, now: datetime) -> Planned:
    """Raises PhoneOfAnother where staff decided before that the two are not one."""
    pair = repositories.people.pair(meeting.prover.member_id, meeting.other_id)
    if not meeting.fits(pair[0][0], pair[1][0]):
        raise MovedMeanwhile
    source, target = who_survives(Person(*pair[0]), Person(*pair[1]))
    ids = source.member.member_id, target.member.member_id
    known = repositories.merges.find(waiting_id(*ids))
    if known is not None and known.state is MergeState.WAITING:
        return Planned(known, None, ())
    if known is not None and known.state is MergeState.REJECTED:
        if meeting.cause is MergeCause.PHONE:
            raise PhoneOfAnother
        return Planned(known, None, ())
    reason = must_wait(source, target, meeting.cause)
    if reason is None and known is not None and meeting.cause is MergeCause.SHARED_IDENTITY:
        reason = WaitReason.UNDONE_BEFORE
    if reason is not None:
        return _wait(known, meeting, source, target, reason, now)
    programme = repositories.programmes.current()
    occasion = Occasion(meeting.new_merge_id, meeting.cause, now, meeting.caller, programme, meeting.proven)
    done = flip(source, target, occasion)
    # The two and what is on record of them are read one after the other: an undoing may come in between.
    record = Unchanged(known) if known is not None else Absent(replace(done.merge, merge_id=waiting_id(*ids)))
    return Planned(done.merge, done.target, (Created(done.merge), record, *done.changes))


def _wait(
    known: Merge | None,
    meeting: Meeting,
    source: Person,
    target: Person,
    reason: WaitReason,
    now: datetime,
) -> Planned:
    waiting = Merge(
        merge_id=waiting_id(source.member.member_id, target.member.member_id),
        source_id=source.member.member_id,
        target_id=target.member.member_id,
        cause=meeting.cause,
        state=MergeState.WAITING,
        at=now,
        caller=meeting.caller,
        prover_id=meeting.prover.member_id,
        wait_reason=reason,
        proven_phone=meeting.proven.index if meeting.proven else None,
        phone_mask=meeting.proven.mask if meeting.proven else None,
    )
    as_they_are = (Unchanged(source.member), Unchanged(target.member))
    if known is None:
        return Planned(waiting, None, (Created(waiting), *as_they_are))
    # They were one once, and staff took them apart: staff must decide anew. The undoing may still be settled.
    again = replace(
        waiting,
        source_id=known.source_id,
        target_id=known.target_id,
        undone_at=known.undone_at,
        is_settled=known.is_settled,
        version=known.version + 1,
    )
    return Planned(again, None, (Changed(known, again), *as_they_are))
