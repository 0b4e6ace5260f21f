"""Use case of staff: undo a merge exactly, within 24 hours, while all it moved is still there (D-16)."""

from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from domain.actor import Operator
from domain.clock import shop_date
from domain.member.identity import Identity, IdentityKind
from domain.member.model import Member, Phone, Sentinel
from domain.merge.decide import get
from domain.merge.flip import Person
from domain.merge.model import (
    Merge,
    MergedOnSince,
    MergeNotDone,
    MergeState,
    Moved,
    MovedAmountsGone,
    UndoTooLate,
    waiting_id,
)
from domain.merge.ports import Repositories
from domain.merge.redirect import repoint
from domain.merge.settle import SettleMerge
from domain.money import NO_POINTS, Points
from domain.points.book import Book
from domain.points.history import entries_back
from domain.points.model import Account, Cause, Entry, EntryKind, LotKey, Posting
from domain.points.standing import TierReason, better
from domain.points.standing import apart as months_apart
from domain.points.streak import longer
from domain.points.usage import apart
from domain.unit_of_work import Change, Changed, Created, MovedMeanwhile, Plan, Runner

REFUNDS = frozenset({EntryKind.CLAW_BACK, EntryKind.REFUND_REDEEM})


class UndoMerge(Struct, frozen=True):
    """Undoing again answers the same.

    Raises MergeNotDone, UndoTooLate, MovedAmountsGone or MergedOnSince.
    """

    runner: Runner[Repositories]
    settle: SettleMerge

    def __call__(self, actor: Operator, merge_id: str, *, dry_run: bool = False) -> Merge:
        def plan(repositories: Repositories, now: datetime) -> Plan[Merge]:
            done = get(repositories, merge_id)
            if done.state is MergeState.UNDONE:
                return Plan(done)
            _check(done, now)
            pair = repositories.people.pair(done.source_id, done.target_id)
            source, target = Person(*pair[0]), Person(*pair[1])
            undone = replace(
                done,
                state=MergeState.UNDONE,
                undone_at=now,
                is_settled=False,
                version=done.version + 1,
            )
            # First whether a later merge must be undone before: it may have taken the points along.
            changes = (
                Changed(done, undone),
                *_return_member(repositories, done, source.member, target.member),
                *_return_points(repositories, done, source, target.account, now, actor.caller),
                *_return_aliases(repositories, source.member),
                *_keep_apart(repositories, undone),
            )
            return Plan(undone, changes)

        merge = self.runner.run(actor.tenant_id, plan, dry_run=dry_run)
        if not dry_run:
            self.settle(actor.tenant_id, merge)
        return merge


def _keep_apart(repositories: Repositories, undone: Merge) -> tuple[Change, ...]:
    """A shared identity must not join the two again by itself: their pair is on record from now on."""
    pair_id = waiting_id(undone.source_id, undone.target_id)
    if undone.merge_id == pair_id:
        return ()
    known = repositories.merges.find(pair_id)
    if known is not None:
        return ()
    pair = replace(undone, merge_id=pair_id, moved=Moved(), is_settled=True, version=1)
    return (Created(pair),)


def _check(done: Merge, now: datetime) -> None:
    if done.state is not MergeState.DONE:
        raise MergeNotDone
    if now >= done.undo_until:
        raise UndoTooLate


def _return_points(
    repositories: Repositories, done: Merge, source: Person, target: Account, now: datetime, caller: str
) -> tuple[Change, ...]:
    left = repositories.entries.get(done.source_id, done.moved.source_sequence)
    came = repositories.entries.get(done.target_id, done.moved.target_sequence)
    if left is None or came is None:
        raise MovedMeanwhile  # The merge does not show whole yet.
    programme = repositories.programmes.current()
    giving = Book(target, now, caller, programme)
    taking = Book(source.account, now, caller, programme)
    # Of an order or an exchange that the source brought, the points are no longer what was moved.
    since = entries_back(repositories.entries, target, done.moved.target_sequence)
    if any(line.kind in REFUNDS and line.cause.other_member_id in source.member.ids for line in since):
        raise MovedAmountsGone
    _reverse(giving, came, done, EntryKind.MERGE_OUT)
    _reverse(taking, left, done, EntryKind.MERGE_IN)
    taking.redirect(None)
    giving.use(apart(giving.account.used, done.moved.used))
    if giving.account.streak == longer(done.moved.streak_before, taking.account.streak):
        giving.check_in(done.moved.streak_before)  # Nobody has checked in since.
    taking.use(done.moved.used)
    moved = done.moved
    taking.stand(moved.standing, moved.months, TierReason.MERGE_UNDONE)
    taking.step()
    standing = giving.account.standing
    both = better(moved.standing_before, moved.standing)
    if standing and both and standing.tier_id == both.tier_id:
        standing = moved.standing_before  # It is the tier that the merge left, whatever a review said of it.
    giving.stand(standing, months_apart(giving.account.months, moved.months), TierReason.MERGE_UNDONE)
    giving.step()
    return (*taking.changes(), *giving.changes())


def _reverse(book: Book, entry: Entry, done: Merge, kind: EntryKind) -> None:
    """Books the opposite of an entry; what is over by now would have lapsed without the merge, too."""
    today = shop_date(book.at)
    moved: dict[LotKey, Points] = {}
    for posting in entry.postings:
        lot = posting.lot.released(today)
        if not lot.is_over(today):
            moved[lot] = moved.get(lot, NO_POINTS) - posting.points
    if any(book.account.lots.get(lot, NO_POINTS) + points < NO_POINTS for lot, points in moved.items()):
        raise MovedAmountsGone
    back = [Posting(lot, points) for lot, points in moved.items()]
    if book.account.debt < entry.debt:
        raise MovedAmountsGone
    cause = Cause("merge_undone", merge_id=done.merge_id, other_member_id=entry.cause.other_member_id)
    book.post(back, -entry.debt, cause, kind, -entry.tally)


def _return_member(
    repositories: Repositories, done: Merge, source: Member, target: Member
) -> tuple[Change, ...]:
    moved = done.moved
    if source.redirect_to != target.member_id or target.redirect_to is not None:
        raise MergedOnSince
    if not set(moved.identities) <= set(target.identities):
        raise MergedOnSince
    phone, phone_changes = _return_phones(repositories, done, source, target)
    emptied: dict[str, None] = {
        name: None for name in moved.filled if _same(target.profile, source.profile, name)
    }
    after = target.next(
        phone=phone,
        profile=replace(target.profile, **emptied),
        identities=tuple(identity for identity in target.identities if identity not in moved.identities),
        aliases=tuple(
            alias
            for alias in target.aliases
            if alias.merge_id != done.merge_id and alias not in source.aliases
        ),
    )
    repointed = (
        Changed(Sentinel(identity, target.member_id), Sentinel(identity, source.member_id))
        for identity in moved.identities
    )
    return (
        Changed(source, source.next(redirect_to=None)),
        Changed(target, after),
        *repointed,
        *phone_changes,
    )


def _return_aliases(repositories: Repositories, source: Member) -> tuple[Change, ...]:
    """Whoever was merged into the source before is found through the source again, from this moment on."""
    if not source.aliases:
        return ()
    people = repositories.people.those(alias.member_id for alias in source.aliases)
    return repoint(people, source.member_id)


def _same(one: object, other: object, name: str) -> bool:
    values = [getattr(profile, name) for profile in (one, other)]
    return len({value.open() if hasattr(value, "open") else value for value in values}) == 1


def _return_phones(
    repositories: Repositories, done: Merge, source: Member, target: Member
) -> tuple[Phone | None, tuple[Change, ...]]:
    moved = done.moved
    if moved.took_phone is None:
        return target.phone, _again(repositories, source.member_id, source.phone)
    if target.phone is None or target.phone.index != moved.took_phone:
        raise MergedOnSince
    identity = Identity(IdentityKind.PHONE, moved.took_phone)
    back = Changed(Sentinel(identity, target.member_id), Sentinel(identity, source.member_id))
    return moved.phone_before, (back, *_again(repositories, target.member_id, moved.phone_before))


def _again(repositories: Repositories, member_id: str, phone: Phone | None) -> tuple[Change, ...]:
    """The phone that the merge had set free belongs to its old holder again, if nobody took it."""
    if phone is None:
        return ()
    if phone.identity in repositories.identities.holders([phone.identity]):
        raise MergedOnSince
    return (Created(Sentinel(phone.identity, member_id)),)
