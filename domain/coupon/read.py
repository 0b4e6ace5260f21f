"""Use cases that only read: what somebody holds, one coupon, and what can be claimed."""

from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum

from msgspec import Struct

from domain.actor import KeyHolder, MemberSelf
from domain.clock import shop_date
from domain.coupon.code import shown
from domain.coupon.judge import Held
from domain.coupon.keep import is_claimed_by_members
from domain.coupon.mint import limits_of
from domain.coupon.model import Coupon, CouponState, Use
from domain.coupon.ports import Repositories
from domain.coupon.refusals import CouponNotFound
from domain.coupon.template import Template
from domain.member.model import Member
from domain.member.own import admit, seen_by
from domain.page import Page, of_all_ids
from domain.unit_of_work import Plan, Runner


class Shown(Struct, frozen=True):
    """A coupon as it is at a moment."""

    held: Held
    at: datetime

    @property
    def state(self) -> CouponState:
        return self.held.coupon.state_at(self.at)

    @property
    def code_shown(self) -> str:
        return shown(self.held.coupon.code)

    @property
    def valid_from(self) -> date | None:
        """None while it waits to be claimed: its days begin with the claim."""
        return None if self._waits else self.held.coupon.valid_from

    @property
    def valid_through(self) -> date | None:
        return None if self._waits else self.held.coupon.valid_through

    @property
    def claim_through(self) -> date | None:
        """The last day on which it can be claimed, if it waits for that."""
        return self.held.coupon.valid_through if self._waits else None

    @property
    def _waits(self) -> bool:
        return self.held.coupon.claimed_at is None

    @property
    def used_at(self) -> datetime | None:
        """When it was redeemed, if it is."""
        return self._use.at if self._use else None

    @property
    def used_in(self) -> str | None:
        """In which store."""
        return self._use.store_id if self._use else None

    @property
    def _use(self) -> Use | None:
        coupon = self.held.coupon
        return coupon.uses[-1] if coupon.state is CouponState.REDEEMED else None


class Group(StrEnum):
    """The two lists of coupons."""

    LIVE = "live"
    """What can be used now or later, the first to end first."""
    ENDED = "ended"
    """What was used, given, voided or is over, the last to end first."""


def get(repositories: Repositories, code: str) -> Held:
    """Raises CouponNotFound."""
    coupon = repositories.coupons.find(code)
    if coupon is None:
        raise CouponNotFound
    return held_of(repositories, (coupon,))[0]


def held_of(repositories: Repositories, coupons: Iterable[Coupon]) -> tuple[Held, ...]:
    """With what their templates said when they were issued."""
    found = tuple(coupons)
    refs = {(coupon.template_id, coupon.template_version) for coupon in found}
    editions = repositories.templates.editions(refs) if refs else {}
    return tuple(Held(each, editions[each.template_id, each.template_version]) for each in found)


def get_own(repositories: Repositories, member: Member, code: str) -> Held:
    """A coupon of this person. Raises CouponNotFound."""
    held = get(repositories, code)
    if held.coupon.owner not in member.ids:
        raise CouponNotFound
    return held


class ListCoupons(Struct, frozen=True):
    """Those included that came with a merge. Raises MemberNotFound or IdentityMoved."""

    runner: Runner[Repositories]

    def __call__(
        self,
        actor: MemberSelf | KeyHolder,
        member_id: str,
        limit: int,
        position: str | None,
        group: Group = Group.LIVE,
    ) -> Page[Shown]:
        admit(actor)

        def plan(repositories: Repositories, now: datetime) -> Plan[Page[Shown]]:
            member = seen_by(repositories, actor, member_id)
            found = stretch(repositories, member, limit, position, group)
            held = held_of(repositories, found.items)
            return Plan(Page(tuple(Shown(each, now) for each in held), found.next_position))

        return self.runner.run(actor.tenant_id, plan)


def stretch(
    repositories: Repositories, member: Member, limit: int, position: str | None, group: Group
) -> Page[Coupon]:
    """A page of one of the lists, of all ids of a person."""
    coupons = repositories.coupons

    def of_one(owner: str, after: str | None, most: int) -> list[Coupon]:
        if group is Group.LIVE:
            return coupons.live(owner, None, after, most)
        return coupons.ended(owner, after, most)

    return of_all_ids(member.ids, of_one, limit, position, lambda coupon: coupon.turn)


class ReadCoupon(Struct, frozen=True):
    """One's own; staff and tills see any. Raises CouponNotFound, MemberNotFound or IdentityMoved."""

    runner: Runner[Repositories]

    def __call__(self, actor: MemberSelf | KeyHolder, code: str) -> Shown:
        admit(actor)

        def plan(repositories: Repositories, now: datetime) -> Plan[Shown]:
            if isinstance(actor, MemberSelf):
                member = seen_by(repositories, actor, actor.member_id)
                return Plan(Shown(get_own(repositories, member, code), now))
            return Plan(Shown(get(repositories, code), now))

        return self.runner.run(actor.tenant_id, plan)


class Claimable(Struct, frozen=True):
    """A template as one person sees it on the page of coupons."""

    template: Template
    is_limit_reached: bool


class ListClaimable(Struct, frozen=True):
    """What can be claimed now, by id; a page may hold fewer than asked for. Raises IdentityMoved."""

    runner: Runner[Repositories]

    def __call__(self, actor: MemberSelf, limit: int, position: str | None) -> Page[Claimable]:
        def plan(repositories: Repositories, now: datetime) -> Plan[Page[Claimable]]:
            member = seen_by(repositories, actor, actor.member_id)
            found = repositories.templates.page(limit, position)
            offered = [each for each in found.items if _is_offered(each, now)]
            limits = [limits_of(template, member, now) for template in offered]
            names = [name for of in limits for limit in of for name in (limit.own, *limit.others)]
            counted = repositories.limits.counted(names) if names else {}
            items = tuple(
                Claimable(template, any(limit.is_reached(counted) for limit in of))
                for template, of in zip(offered, limits, strict=True)
            )
            return Plan(Page(items, found.next_position))

        return self.runner.run(actor.tenant_id, plan)


def _is_offered(template: Template, now: datetime) -> bool:
    form = template.form
    is_over = form.validity.days(shop_date(now))[1] < shop_date(now)
    return is_claimed_by_members(form) and form.claiming.is_open(now) and not is_over
