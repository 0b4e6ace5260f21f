"""What follows a flip or its undoing: sessions end and move, older redirects become one hop.

Every step can be repeated; a merge that was not settled, because something stopped in between, is
found again by the scheduled job.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from domain.errors import DomainError
from domain.member.identity import Identity, IdentityKind
from domain.merge.model import Merge, MergeState
from domain.merge.ports import Repositories, UnsettledMerges
from domain.page import PAGE_MAX
from domain.session.model import Session
from domain.unit_of_work import Changed, Plan, Runner

SETTLED_AFTER = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class SettleMerge:
    """Lets the sessions follow at once; the merge stays on the job's list until they surely have.

    Sessions are found through an index that may lag, so the last word is the job's, a minute later.
    """

    runner: Runner[Repositories]

    def __call__(self, tenant_id: str, merge: Merge) -> None:
        """A merge that is settled already costs nothing."""
        if not merge.is_settled:
            self.runner.use(tenant_id, lambda repositories, now: _follow(repositories, merge, now))

    def finish(self, tenant_id: str, merge: Merge) -> bool:
        """The same, and takes the merge off the list; False while it is too early for that."""

        def plan(repositories: Repositories, now: datetime) -> Plan[bool]:
            stored = repositories.merges.find(merge.merge_id)
            if stored is None or stored.is_settled:
                return Plan(True)
            if now < stored.changed_at + SETTLED_AFTER:
                return Plan(False)
            settled = replace(stored, is_settled=True, version=stored.version + 1)
            return Plan(True, (Changed(stored, settled),))

        self(tenant_id, merge)
        return self.runner.run(tenant_id, plan)


def _follow(repositories: Repositories, merge: Merge, now: datetime) -> None:
    source_id, target_id = merge.source_id, merge.target_id
    if merge.state is MergeState.DONE:
        _move_sessions(repositories, source_id, target_id, now, lambda _: True)
        _redirect_aliases(repositories, source_id, source_id, target_id)
    else:
        moved = {identity.text() for identity in merge.moved.identities}
        if merge.moved.took_phone:
            moved.add(Identity(IdentityKind.PHONE, merge.moved.took_phone).text())
        _move_sessions(repositories, target_id, source_id, now, lambda session: session.identity in moved)
        _redirect_aliases(repositories, source_id, target_id, source_id)


def _move_sessions(
    repositories: Repositories, old: str, new: str, now: datetime, belongs: Callable[[Session], bool]
) -> None:
    position: str | None = None
    while True:
        page = repositories.sessions.of_member(old, PAGE_MAX, position)
        for session in page.items:
            if belongs(session):
                repositories.sessions.move(session.revoked(session.revoked_at or now), new)
        position = page.next_position
        if position is None:
            return


def _redirect_aliases(repositories: Repositories, source_id: str, old: str, new: str) -> None:
    source = repositories.members.exact(source_id)
    for alias in source.aliases if source else ():
        repositories.members.redirect(alias.member_id, old, new)


@dataclass(frozen=True, slots=True)
class SettleMerges:
    """Use case of the scheduled job: settles what an interrupted request left behind."""

    runner: Runner[Repositories]
    settle: SettleMerge
    unsettled: UnsettledMerges
    report_failure: Callable[[str, DomainError], None]

    def __call__(self, limit: int) -> int:
        done = 0
        for tenant_id, merge_id in self.unsettled.unsettled():
            if done >= limit:
                break
            try:
                done += 1 if self._settle(tenant_id, merge_id) else 0
            except DomainError as problem:
                self.report_failure(merge_id, problem)
        return done

    def _settle(self, tenant_id: str, merge_id: str) -> bool:
        merge = self.runner.use(tenant_id, lambda stores, _: stores.merges.find(merge_id))
        return merge is not None and self.settle.finish(tenant_id, merge)
