"""What follows a flip or its undoing: sessions end and move, older redirects become one hop.

Every step can be repeated; a merge that was not settled, because something stopped in between, is
found again by the scheduled job.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from domain.errors import DomainError
from domain.member.model import Member
from domain.merge.model import Merge, MergeState
from domain.merge.ports import Repositories, UnsettledMerges
from domain.merge.redirect import shorten
from domain.page import PAGE_MAX
from domain.session.model import Session
from domain.unit_of_work import Changed, Plan, Runner

SETTLED_AFTER = timedelta(minutes=1)


class SettleMerge(Struct, frozen=True):
    """Lets live sessions follow at once; the merge stays on the job's list until all surely have.

    Sessions are found through an index that may lag, so the last word is the job's, a minute later.
    """

    runner: Runner[Repositories]

    def __call__(self, tenant_id: str, merge: Merge) -> None:
        """One page of sessions, so that no request waits for a long history of logins."""
        if not merge.is_settled:
            self._follow(tenant_id, merge, pages=1)

    def finish(self, tenant_id: str, merge: Merge) -> bool:
        """All of them, and takes the merge off the list; False while it is too early for that."""

        def plan(repositories: Repositories, now: datetime) -> Plan[bool]:
            stored = repositories.merges.find(merge.merge_id)
            if stored is None or stored.is_settled:
                return Plan(True)
            # What it became meanwhile was not followed just now.
            if stored.version != merge.version or now < stored.changed_at + SETTLED_AFTER:
                return Plan(False)
            settled = replace(stored, is_settled=True, version=stored.version + 1)
            return Plan(True, (Changed(stored, settled),))

        self._follow(tenant_id, merge, pages=None)
        return self.runner.run(tenant_id, plan)

    def _follow(self, tenant_id: str, merge: Merge, pages: int | None) -> None:
        for alias_id in self.runner.use(tenant_id, lambda stores, now: _follow(stores, merge, now, pages)):
            self.runner.run(tenant_id, partial(shorten, merge=merge, alias_id=alias_id))


def _follow(repositories: Repositories, merge: Merge, now: datetime, pages: int | None) -> tuple[str, ...]:
    """Logins follow. Gives the older ids whose way is now one hop longer."""
    stored = repositories.merges.find(merge.merge_id)
    if stored is None or stored.version != merge.version:
        return ()  # It went on meanwhile; what it became is followed by whoever made it so.
    source, target = (repositories.members.exact(each) for each in (merge.source_id, merge.target_id))
    if source is None or target is None:
        return ()
    if merge.state is MergeState.DONE:
        if source.redirect_to is None:
            return ()  # Staff has just taken it back.
        # The job comes late: the one who got them may have gone on to somebody else.
        heir = merge.target_id if pages else repositories.members.get(merge.target_id).member_id
        _Walk(source, heir, now, pages).through(repositories, lambda _: True)
        return tuple(alias.member_id for alias in source.aliases)
    # What went back may have gone on since, with another undoing: it is not the target's in any case.
    gone = {*source.all_identities(), *merge.moved.all_identities()} - {*target.all_identities()}
    own = {identity.text() for identity in gone}
    # Both may have been merged again since: what was opened after that belongs where it is.
    heir = repositories.members.get(source.redirect_to).member_id if source.redirect_to else source.member_id
    if heir != merge.target_id:
        _Walk(target, heir, now, pages).through(repositories, lambda session: session.identity in own)
    return ()


class _Walk(Struct, frozen=True):
    """Through the sessions of one member, which end and become login records of another."""

    old: Member
    """As read when this began: what was opened on a later version, perhaps after an undoing, is not meant."""
    new: str
    now: datetime
    pages: int | None
    """None: all of them."""

    def through(self, repositories: Repositories, belongs: Callable[[Session], bool]) -> None:
        position: str | None = None
        left = self.pages
        while left is None or left > 0:
            page = repositories.sessions.of_member(self.old.member_id, PAGE_MAX, position)
            for session in page.items:
                if belongs(session) and self._is_due(session):
                    repositories.sessions.move(session.revoked(session.revoked_at or self.now), self.new)
            position = page.next_position
            if position is None:
                return
            left = None if left is None else left - 1

    def _is_due(self, session: Session) -> bool:
        """A request ends what is alive; the old records of logins follow with the job."""
        if session.revoked_at is None and session.member_version >= self.old.version:
            return False
        return self.pages is None or session.is_alive(self.now)


class SettleMerges(Struct, frozen=True):
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
