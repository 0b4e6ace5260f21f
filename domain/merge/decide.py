"""Use cases of staff: list the merges that wait, approve one, reject one (decision D-16)."""

from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from domain.actor import Operator
from domain.ids import Ids
from domain.member.model import Member, Phone, Sentinel
from domain.merge.flip import Occasion, Person, flip, is_too_large, who_survives
from domain.merge.model import Merge, MergeNotFound, MergeNotWaiting, MergeState, MergeTooLarge
from domain.merge.ports import Repositories
from domain.merge.settle import SettleMerge
from domain.page import Page
from domain.session.end import EndSessions
from domain.session.model import Sweep
from domain.unit_of_work import Change, Changed, Created, Plan, Removed, Runner, Unchanged


class ListWaiting(Struct, frozen=True):
    """The oldest first."""

    runner: Runner[Repositories]

    def __call__(self, actor: Operator, limit: int, position: str | None) -> Page[Merge]:
        return self.runner.use(actor.tenant_id, lambda stores, _: stores.merges.waiting(limit, position))


class ReadMerge(Struct, frozen=True):
    """Raises MergeNotFound."""

    runner: Runner[Repositories]

    def __call__(self, actor: Operator, merge_id: str) -> Merge:
        return self.runner.use(actor.tenant_id, lambda stores, _: get(stores, merge_id))


def get(repositories: Repositories, merge_id: str) -> Merge:
    """The merge as stored now. Raises MergeNotFound."""
    merge = repositories.merges.find(merge_id)
    if merge is None:
        raise MergeNotFound
    return merge


class _Decided(Struct, frozen=True):
    """The merge, and the logins that end with the decision."""

    merge: Merge
    sweep: Sweep | None = None

    def to_end(self) -> tuple[Change, ...]:
        return (Created(self.sweep),) if self.sweep else ()


class ApproveMerge(Struct, frozen=True):
    """Approving again answers the same.

    Raises MergeNotFound, MergeNotWaiting (it was rejected or undone), MergeTooLarge or AccountFrozen.
    """

    runner: Runner[Repositories]
    settle: SettleMerge
    end_sessions: EndSessions
    ids: Ids

    def __call__(self, actor: Operator, merge_id: str, *, dry_run: bool = False) -> Merge:
        sweep_id = self.ids.new("w_")

        def plan(repositories: Repositories, now: datetime) -> Plan[_Decided]:
            waiting = get(repositories, merge_id)
            if waiting.state is MergeState.DONE:
                return Plan(_Decided(waiting))
            if waiting.state is not MergeState.WAITING:
                raise MergeNotWaiting
            pair = repositories.people.pair(waiting.source_id, waiting.target_id)
            source, target = who_survives(Person(*pair[0]), Person(*pair[1]))
            if source.member.redirect_to or target.member.redirect_to:
                raise MergeNotWaiting
            if is_too_large(source, target):
                raise MergeTooLarge
            proven = _proven(waiting, source.member, target.member)
            programme = repositories.programmes.current()
            occasion = Occasion(merge_id, waiting.cause, now, actor.caller, programme, proven)
            done = flip(source, target, occasion)
            merge = replace(
                done.merge,
                prover_id=waiting.prover_id,
                wait_reason=waiting.wait_reason,
                version=waiting.version + 1,
            )
            decided = _Decided(merge, _sweep(done.target, merge.moved.phone_before, sweep_id, now))
            return Plan(decided, (Changed(waiting, merge), *done.changes, *decided.to_end()))

        decided = self.runner.run(actor.tenant_id, plan, dry_run=dry_run)
        if dry_run:
            return decided.merge
        self.settle(actor.tenant_id, decided.merge)
        if decided.sweep is not None:
            self.end_sessions(actor.tenant_id, decided.sweep)
        return decided.merge


def _proven(waiting: Merge, source: Member, target: Member) -> Phone | None:
    for member in (source, target):
        if member.phone and member.phone.index == waiting.proven_phone:
            return member.phone
    return None


class RejectMerge(Struct, frozen=True):
    """They are two people. With `release_phone` the number leaves its old holder and can be proven anew."""

    runner: Runner[Repositories]
    end_sessions: EndSessions
    ids: Ids

    def __call__(self, actor: Operator, merge_id: str, *, release_phone: bool) -> Merge:
        sweep_id = self.ids.new("w_")

        def plan(repositories: Repositories, now: datetime) -> Plan[_Decided]:
            waiting = get(repositories, merge_id)
            if waiting.state is MergeState.REJECTED:
                return Plan(_Decided(waiting))
            if waiting.state is not MergeState.WAITING:
                raise MergeNotWaiting
            merge = replace(
                waiting,
                state=MergeState.REJECTED,
                at=now,
                caller=actor.caller,
                version=waiting.version + 1,
            )
            holder = _old_holder(repositories, waiting) if release_phone else None
            if holder is None:
                return Plan(_Decided(merge), (Changed(waiting, merge),))
            phone = holder.phone
            if phone is None or phone.index != waiting.proven_phone or holder.redirect_to is not None:
                # There is nothing to take, as long as that is so.
                return Plan(_Decided(merge), (Changed(waiting, merge), Unchanged(holder)))
            after = holder.next(phone=None)
            decided = _Decided(merge, _sweep(after, phone, sweep_id, now))
            released = (Removed(Sentinel(phone.identity, holder.member_id)), Changed(holder, after))
            return Plan(decided, (Changed(waiting, merge), *released, *decided.to_end()))

        decided = self.runner.run(actor.tenant_id, plan)
        if decided.sweep is not None:
            self.end_sessions(actor.tenant_id, decided.sweep)
        return decided.merge


def _old_holder(repositories: Repositories, waiting: Merge) -> Member | None:
    """Who had the number when it was proved: never the prover."""
    holder_id = waiting.target_id if waiting.prover_id == waiting.source_id else waiting.source_id
    return repositories.members.exact(holder_id)


def _sweep(after: Member, lost: Phone | None, sweep_id: str, now: datetime) -> Sweep | None:
    """Whoever got in by a number that is not the member's any more has to log in again."""
    if lost is None:
        return None
    return Sweep(sweep_id, after.member_id, after.version, now, identity=lost.identity.text())
