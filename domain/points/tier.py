"""Use cases that only read tiers: where somebody stands, how far it is to the next, and the history."""

from datetime import datetime

from msgspec import Struct

from domain.actor import KeyHolder, MemberSelf
from domain.clock import shop_date
from domain.errors import NotFound
from domain.page import Page
from domain.points.ports import Repositories
from domain.points.standing import Progress, TierChange, progress
from domain.programme.ladder import Ladder
from domain.unit_of_work import Runner


class NoTiers(NotFound):
    code = "no-tiers"
    title = "The programme has no tiers."
    message = "暂未开放会员等级"


class TierSheet(Struct, frozen=True):
    """Where somebody stands today, on which ladder."""

    ladder: Ladder
    progress: Progress


class ReadTier(Struct, frozen=True):
    """A review that is due has taken place, whether or not the job has written it down. Raises NoTiers."""

    runner: Runner[Repositories]

    def __call__(self, actor: MemberSelf | KeyHolder, member_id: str) -> TierSheet:
        def ask(repositories: Repositories, now: datetime) -> TierSheet:
            account = repositories.accounts.get(member_id)
            ladder = repositories.programmes.current().terms.ladder
            if ladder is None:
                raise NoTiers
            return TierSheet(ladder, progress(account, ladder, shop_date(now)))

        return self.runner.use(actor.tenant_id, ask)


class ListTierChanges(Struct, frozen=True):
    """Newest first, of exactly one history: a merge is a line of its own."""

    runner: Runner[Repositories]

    def __call__(
        self, actor: MemberSelf | KeyHolder, member_id: str, limit: int, position: str | None
    ) -> Page[TierChange]:
        def ask(repositories: Repositories, _: datetime) -> Page[TierChange]:
            owner = repositories.accounts.get(member_id).member_id
            below = int(position) if position else None
            found = repositories.tier_changes.newest(owner, below, limit + 1)
            more = str(found[limit - 1].number) if len(found) > limit else None
            return Page(tuple(found[:limit]), more)

        return self.runner.use(actor.tenant_id, ask)
