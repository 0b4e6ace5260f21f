"""A merge: what it moved, so that it can be undone exactly, or why it waits for staff."""

import hashlib
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct, field

from domain.errors import Conflict, NotFound, RuleBroken
from domain.member.identity import Identity, IdentityKind
from domain.member.model import Phone
from domain.points.standing import Months, Standing
from domain.points.streak import NO_STREAK, Streak
from domain.points.usage import Usages

UNDO_WINDOW = timedelta(hours=24)


class MergeNotFound(NotFound):
    code = "merge-not-found"
    title = "There is no such merge."
    message = "未找到该合并记录"


class MergeNotWaiting(Conflict):
    code = "merge-not-waiting"
    title = "This merge does not wait for a decision any more."
    message = "该合并已处理"


class MergeTooLarge(Conflict):
    code = "merge-too-large"
    title = "Together the two would hold more lots or identities than one member may; wait until lots lapse."
    message = "合并后积分批次或关联账号过多，暂时无法合并"


class MergeNotDone(Conflict):
    code = "merge-not-done"
    title = "Only a merge that was carried out can be undone."
    message = "该合并尚未执行，无法撤销"


class UndoTooLate(RuleBroken):
    code = "merge-undo-too-late"
    title = "A merge can be undone for 24 hours."
    message = "合并已超过24小时，无法撤销"


class MovedAmountsGone(RuleBroken):
    code = "merge-moved-amounts-gone"
    title = "Points that this merge moved were used since; it can no longer be undone exactly."
    message = "合并转入的积分已被使用，无法撤销"


class PhoneOfAnother(Conflict):
    code = "phone-of-another-member"
    title = "This phone belongs to another member, and staff decided that the two are not one person."
    message = "该手机号已属于其他会员，请联系客服"


class MergedOnSince(RuleBroken):
    code = "merge-followed-by-another"
    title = "What this merge joined was changed by a later merge or proof; undo that one first."
    message = "该会员之后又有变更，请先撤销后续操作"


class MergeState(StrEnum):
    """Where a merge stands."""

    WAITING = "waiting"
    DONE = "done"
    UNDONE = "undone"
    REJECTED = "rejected"


class MergeCause(StrEnum):
    """What showed that the two are one."""

    PHONE = "phone"
    SHARED_IDENTITY = "shared_identity"


class WaitReason(StrEnum):
    """Why staff must decide (decision D-16)."""

    NAMES_DIFFER = "names_differ"
    PHONES_DIFFER = "phones_differ"
    UNDONE_BEFORE = "undone_before"
    ACCOUNT_FROZEN = "account_frozen"
    TOO_MANY_LOTS = "too_many_lots"
    TOO_MANY_IDENTITIES = "too_many_identities"


class Moved(Struct, frozen=True):
    """What the flip changed beside the two ledgers."""

    identities: tuple[Identity, ...] = ()
    """Platform identities that went from the source to the target."""
    phone_before: Phone | None = None
    """The phone that the target had, if it took over another one."""
    took_phone: str | None = None
    """Blind index of the phone that went to the target."""
    filled: tuple[str, ...] = ()
    """Profile fields of the target that were empty and filled from the source."""
    used: Usages = field(default_factory=dict)
    """What rules with caps had given the source."""
    streak_before: Streak = NO_STREAK
    """How often the target had checked in."""
    source_sequence: int = 0
    target_sequence: int = 0
    """The entries MERGE_OUT and MERGE_IN."""
    months: Months = field(default_factory=dict)
    """What the source had counted for tiers, by month."""
    standing: Standing | None = None
    """The tier that the source had."""
    standing_before: Standing | None = None
    """The tier that the target had."""

    def all_identities(self) -> tuple[Identity, ...]:
        """Everything that found the source before, the phone included."""
        took = (Identity(IdentityKind.PHONE, self.took_phone),) if self.took_phone else ()
        return (*self.identities, *took)


class Merge(Struct, frozen=True):
    """The source is merged into the target; the target survives."""

    merge_id: str
    source_id: str
    target_id: str
    cause: MergeCause
    state: MergeState
    at: datetime
    """When it was carried out or, while it waits, noticed."""
    caller: str
    prover_id: str | None = None
    """Who proved the phone that somebody else holds."""
    wait_reason: WaitReason | None = None
    proven_phone: str | None = None
    """Blind index of the phone whose proof led here; shown to staff only as the mask."""
    phone_mask: str | None = None
    moved: Moved = Moved()
    undone_at: datetime | None = None
    is_settled: bool = True
    """False until it is sure that all sessions have followed."""
    version: int = 1

    @property
    def changed_at(self) -> datetime:
        """When it was carried out or undone, whichever came last."""
        return self.undone_at or self.at

    @property
    def undo_until(self) -> datetime:
        return self.at + UNDO_WINDOW


def waiting_id(one: str, other: str) -> str:
    """The same two people wait once, however often they prove it."""
    pair = ":".join(sorted((one, other)))
    return "g_" + hashlib.sha256(pair.encode()).hexdigest()[:20]
