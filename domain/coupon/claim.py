"""Use cases of members: a coupon is claimed on its page, by a code, or because it was sent (D-13)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

from domain.actor import MemberSelf
from domain.clock import shop_date
from domain.coupon.code import new_code
from domain.coupon.mint import Reason, mint
from domain.coupon.model import Coupon, CouponState, Source
from domain.coupon.ports import Repositories
from domain.coupon.read import Shown, get_own
from domain.coupon.template import Delivery, Template, TemplateNotFound
from domain.errors import RuleBroken
from domain.ids import Ids
from domain.member.model import Member
from domain.member.own import answered_before, oneself
from domain.points.standing import standing_on
from domain.unit_of_work import Changed, Plan, Record, RequestKey, Runner


class NotClaimable(RuleBroken):
    code = "coupon-not-claimable"
    title = "Coupons of this template are not claimed at this time, or not in this way."
    message = "该优惠券当前不可领取"


class CouponNotForYou(RuleBroken):
    code = "coupon-not-for-you"
    title = "The coupon is for members, or for certain tiers, to which this person does not belong."
    message = "您暂不满足该优惠券的领取条件"


class Claimed(Struct, frozen=True):
    """The coupon that somebody has now."""

    code: str
    template_id: str
    valid_from: str
    valid_through: str
    is_repeated: bool = False

    def record(self) -> Record:
        names = ("code", "template_id", "valid_from", "valid_through")
        return {name: getattr(self, name) for name in names}


def claimed_from(record: Mapping[str, Any]) -> Claimed:
    """The reverse of `Claimed.record`."""
    return Claimed(**record, is_repeated=True)


def claimed_as(coupon: Coupon) -> Claimed:
    """The answer that tells of a coupon."""
    first, last = coupon.valid_from.isoformat(), coupon.valid_through.isoformat()
    return Claimed(coupon.code, coupon.template_id, first, last)


class ClaimWish(Struct, frozen=True):
    """Of which template, by its id or by its discount code."""

    key: RequestKey[Claimed]
    template_id: str | None = None
    claim_code: str | None = None


class ClaimCoupon(Struct, frozen=True):
    """One coupon for whoever asks, as long as there are any and its rules allow it.

    Raises TemplateNotFound, NotClaimable, CouponNotForYou, TemplateStopped, CouponLimitReached, CouponsGone,
    MemberNotFound or IdentityMoved.
    """

    runner: Runner[Repositories]
    ids: Ids

    def __call__(self, actor: MemberSelf, wish: ClaimWish, *, dry_run: bool = False) -> Claimed:
        def plan(repositories: Repositories, now: datetime) -> Plan[Claimed]:
            who = oneself(repositories, actor)
            member = who.member
            if (before := answered_before(repositories, member, wish.key, now)) is not None:
                return Plan(before)
            template = _template(repositories, wish)
            _check(repositories, template, member, now)
            reason = Reason(Source.CLAIMED, new_code(self.ids), actor.caller, now)
            minted = mint(repositories, template, member, reason)
            return Plan(claimed_as(minted.coupon), (*minted.changes, *who.rests_on))

        return self.runner.run_once(actor.tenant_id, plan, wish.key, dry_run=dry_run)


def _template(repositories: Repositories, wish: ClaimWish) -> Template:
    """Raises TemplateNotFound or NotClaimable."""
    template_id, way = wish.template_id, Delivery.CLAIM
    if wish.claim_code is not None:
        named = repositories.templates.with_claim_code(wish.claim_code)
        template_id, way = named.template_id if named else None, Delivery.CODE
    template = repositories.templates.find(template_id) if template_id else None
    if template is None:
        raise TemplateNotFound
    if template.form.delivery is not way:
        raise NotClaimable
    return template


def _check(repositories: Repositories, template: Template, member: Member, now: datetime) -> None:
    """Raises NotClaimable or CouponNotForYou."""
    claiming = template.form.claiming
    if not claiming.is_open(now):
        raise NotClaimable
    if claiming.is_members_only and member.joined_at is None:
        raise CouponNotForYou
    if claiming.tier_ids and tier_of(repositories, member.member_id, now) not in claiming.tier_ids:
        raise CouponNotForYou


def tier_of(repositories: Repositories, member_id: str, now: datetime) -> str | None:
    """The tier that holds today."""
    account = repositories.accounts.get(member_id)
    standing = standing_on(account, repositories.programmes.current().terms.ladder, shop_date(now))
    return standing.tier_id if standing else None


class ClaimSent(Struct, frozen=True):
    """A coupon that was sent becomes the member's to use; again, nothing changes.

    Raises CouponNotFound, NotClaimable, what stands in the way of one that ended, or IdentityMoved.
    """

    runner: Runner[Repositories]

    def __call__(self, actor: MemberSelf, code: str) -> Shown:
        def plan(repositories: Repositories, now: datetime) -> Plan[Shown]:
            who = oneself(repositories, actor)
            held = get_own(repositories, who.member, code)
            if held.coupon.state_at(now) is not CouponState.SENT:
                held.coupon.check_usable(now, None)
                return Plan(Shown(held, now))
            if not held.form.claiming.is_open(now):
                raise NotClaimable
            after = held.coupon.claimed(now, held.edition)
            return Plan(Shown(held.now_is(after), now), (Changed(held.coupon, after), *who.rests_on))

        return self.runner.run(actor.tenant_id, plan)
