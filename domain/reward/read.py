"""Use cases that only read: the catalogue, one reward with what is left, and exchanges."""

from datetime import datetime

from msgspec import Struct

from domain.actor import KeyHolder, MemberSelf
from domain.clock import shop_date
from domain.member.own import admit, own, seen_by
from domain.money import NO_POINTS, Points
from domain.page import Page, newest_of
from domain.points.model import EntryRef
from domain.points.standing import standing_on
from domain.reward.exchange import is_for, times_had
from domain.reward.finish import get
from domain.reward.model import Exchange, ExchangeNotFound, ExchangeState, Reward, RewardKind, RewardNotFound
from domain.reward.ports import Repositories
from domain.stock import Stock
from domain.unit_of_work import Plan, Runner

COUNTED_MAX = 1_000
"""So many free codes are counted, not more."""


class Choice(Struct, frozen=True):
    """A reward as one person sees it."""

    reward: Reward
    missing: Points
    """What the person lacks to pay for it."""
    is_for_you: bool
    times_left: int | None
    """None: as often as the points last."""


class ListChoices(Struct, frozen=True):
    """What is offered now, by id; a page may hold fewer than asked for. Raises IdentityMoved."""

    runner: Runner[Repositories]

    def __call__(self, actor: MemberSelf, limit: int, position: str | None) -> Page[Choice]:
        def plan(repositories: Repositories, now: datetime) -> Plan[Page[Choice]]:
            way, member = repositories.accounts.person(actor.member_id, with_settings=True)
            account, today = way[-1], shop_date(now)
            own(member, actor)
            found = repositories.rewards.page(limit, position)
            standing = standing_on(account, repositories.programmes.current().terms.ladder, today)
            choices = tuple(
                Choice(
                    reward,
                    max(reward.offer.points - account.available(today), NO_POINTS),
                    is_for(reward.offer, member, standing),
                    max(reward.offer.per_member - times_had(account, reward.reward_id), 0)
                    if reward.offer.per_member is not None
                    else None,
                )
                for reward in found.items
                if reward.offer.is_open(now)
            )
            return Plan(Page(choices, found.next_position))

        return self.runner.run(actor.tenant_id, plan)


class ListRewards(Struct, frozen=True):
    """All of the catalogue, by id, for staff."""

    runner: Runner[Repositories]

    def __call__(self, actor: KeyHolder, limit: int, position: str | None) -> Page[Reward]:
        return self.runner.use(actor.tenant_id, lambda stores, _: stores.rewards.page(limit, position))


class Shelf(Struct, frozen=True):
    """A reward, and what is left of it: None if that has no end; codes are counted up to COUNTED_MAX."""

    reward: Reward
    left: int | None


class ReadReward(Struct, frozen=True):
    """Members see what is offered now; staff sees everything. Raises RewardNotFound."""

    runner: Runner[Repositories]

    def __call__(self, actor: MemberSelf | KeyHolder, reward_id: str) -> Shelf:
        def plan(repositories: Repositories, now: datetime) -> Plan[Shelf]:
            reward = repositories.rewards.find(reward_id)
            if reward is None or (isinstance(actor, MemberSelf) and not reward.offer.is_open(now)):
                raise RewardNotFound
            if reward.offer.kind is RewardKind.VIRTUAL:
                return Plan(Shelf(reward, repositories.codes.count_free(reward_id, COUNTED_MAX)))
            stock = _stock(repositories, reward)
            return Plan(Shelf(reward, sum(repositories.stocks.left(stock)) if stock else None))

        return self.runner.run(actor.tenant_id, plan)


def _stock(repositories: Repositories, reward: Reward) -> Stock | None:
    """Where its pieces lie; None: there is no end of them."""
    if reward.offer.template_id is not None:
        template = repositories.templates.find(reward.offer.template_id)
        return template.stock if template else None
    return reward.shelf if reward.offer.is_counted else None


class ListExchanges(Struct, frozen=True):
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
        state: ExchangeState | None = None,
    ) -> Page[Exchange]:
        admit(actor)

        def plan(repositories: Repositories, now: datetime) -> Plan[Page[Exchange]]:
            member = seen_by(repositories, actor, member_id)
            found = newest_of(member.ids, repositories.exchanges.newest, limit, position)
            shown = tuple(each for each in found.items if state in {None, each.state})
            return Plan(Page(shown, found.next_position))

        return self.runner.run(actor.tenant_id, plan)


class ReadExchange(Struct, frozen=True):
    """One's own, with its code. Raises ExchangeNotFound, MemberNotFound or IdentityMoved."""

    runner: Runner[Repositories]

    def __call__(self, actor: MemberSelf, ref: EntryRef) -> Exchange:
        def plan(repositories: Repositories, now: datetime) -> Plan[Exchange]:
            _, member = repositories.accounts.person(actor.member_id, with_settings=True)
            if ref.member_id not in own(member, actor).ids:
                raise ExchangeNotFound
            return Plan(get(repositories, ref))

        return self.runner.run(actor.tenant_id, plan)
