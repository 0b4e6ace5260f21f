"""Use case: the first page of the member centre, whole, in one call to the store."""

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from domain.actor import MemberSelf
from domain.clock import shop_date
from domain.member.model import Member
from domain.member.own import own
from domain.points.ports import Repositories
from domain.points.read import Balance
from domain.points.standing import Progress, progress
from domain.programme.event import CheckedIn, Commented, Event, Invited, Shared
from domain.unit_of_work import Plan, Runner

ACTIVITIES: Mapping[str, type[Event]] = {
    "check_in": CheckedIn,
    "comment": Commented,
    "invite": Invited,
    "share": Shared,
}
"""What a member may do beside buying, as the app names it."""


class Home(Struct, frozen=True):
    """The card's face, the points, the tier, and what there is to do today."""

    member: Member
    balance: Balance
    progress: Progress | None
    """None: the programme has no tiers."""
    streak: int
    is_checked_in: bool
    activities: tuple[str, ...]
    """Those for which rules are in force."""


class ReadHome(Struct, frozen=True):
    """Raises IdentityMoved."""

    runner: Runner[Repositories]

    def __call__(self, actor: MemberSelf) -> Home:
        def plan(repositories: Repositories, now: datetime) -> Plan[Home]:
            way, member = repositories.accounts.person(actor.member_id, with_settings=True)
            account, today = way[-1], shop_date(now)
            programme = repositories.programmes.current()
            ladder = programme.terms.ladder
            home = Home(
                member=own(member, actor),
                balance=Balance(account, today),
                progress=progress(account, ladder, today) if ladder else None,
                streak=account.streak.until(today),
                is_checked_in=account.streak.is_done(today),
                activities=tuple(name for name, kind in ACTIVITIES.items() if programme.giving(kind)),
            )
            return Plan(home)

        return self.runner.run(actor.tenant_id, plan)
