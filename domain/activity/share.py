"""Use case: somebody shared something; the rules say how often a day that gives points (C-27)."""

from datetime import datetime

from msgspec import Struct

from domain.activity.mine import DONE, mine
from domain.activity.model import NotOffered, Share
from domain.activity.ports import Repositories
from domain.actor import MemberSelf
from domain.member.own import answered_before
from domain.points.give import Occasion, give
from domain.points.model import Cause
from domain.programme.event import Shared
from domain.unit_of_work import Plan, RequestKey, Runner


class ShareSomething(Struct, frozen=True):
    """Raises NotOffered, IdentityMoved or AccountFrozen."""

    runner: Runner[Repositories]

    def __call__(
        self, actor: MemberSelf, subject: str, key: RequestKey[Share], *, dry_run: bool = False
    ) -> Share:
        def plan(repositories: Repositories, now: datetime) -> Plan[Share]:
            who, _, member = mine(repositories, actor)
            before = answered_before(repositories, member, key, now)
            if before is not None:
                return Plan(before)
            programme = repositories.programmes.current()
            if not programme.giving(Shared):
                raise NotOffered
            occasion = Occasion(
                kind=Shared,
                event=lambda person: Shared(now, person),
                at=now,
                cause=Cause("share", occurred_at=now.replace(microsecond=0)),
                name=key.key,
                tally=DONE,
            )
            gift = give(repositories, programme, who, occasion, now, actor.caller)
            if not gift.entry.points:
                return Plan(Share(subject, gift.entry.points, gift.entry.balance, None))
            share = Share(subject, gift.entry.points, gift.entry.balance, gift.entry.sequence)
            return Plan(share, gift.changes)

        return self.runner.run_once(actor.tenant_id, plan, key, dry_run=dry_run)
