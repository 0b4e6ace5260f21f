"""Use case that only reads: what somebody holds."""

from datetime import date, datetime

from msgspec import Struct

from domain.actor import KeyHolder, MemberSelf
from domain.clock import shop_date
from domain.entitlement.model import Entitlement, EntitlementState
from domain.entitlement.ports import Repositories
from domain.member.own import admit, seen_by
from domain.page import Page, newest_of
from domain.unit_of_work import Plan, Runner


class Held(Struct, frozen=True):
    """An entitlement as of a business day."""

    entitlement: Entitlement
    today: date

    @property
    def state(self) -> EntitlementState:
        return self.entitlement.state_on(self.today)


class ListEntitlements(Struct, frozen=True):
    """Newest first, those included that came with a merge.

    With `state` only those; a page may then hold fewer than asked for, and the next one goes on.
    Raises MemberNotFound or IdentityMoved.
    """

    runner: Runner[Repositories]

    def __call__(
        self,
        actor: MemberSelf | KeyHolder,
        member_id: str,
        limit: int,
        position: str | None,
        state: EntitlementState | None = None,
    ) -> Page[Held]:
        admit(actor)

        def plan(repositories: Repositories, now: datetime) -> Plan[Page[Held]]:
            member = seen_by(repositories, actor, member_id)
            found = newest_of(member.ids, repositories.entitlements.newest, limit, position)
            today = shop_date(now)
            held = (Held(each, today) for each in found.items)
            shown = tuple(each for each in held if state in {None, each.state})
            return Plan(Page(shown, found.next_position))

        return self.runner.run(actor.tenant_id, plan)
