"""Use cases of members: a coupon is offered to a friend, and the friend takes it, under another code."""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from domain.actor import MemberSelf
from domain.coupon.claim import Claimed, claimed_as
from domain.coupon.code import new_codes
from domain.coupon.model import Coupon, CouponNotOffered, Gift, GiftOffer
from domain.coupon.ports import Repositories
from domain.coupon.read import Shown, get, get_own
from domain.errors import RuleBroken
from domain.ids import Ids
from domain.member.own import answered_before, oneself
from domain.unit_of_work import Changed, Created, Plan, Record, RequestKey, Runner

OFFER_LASTS = timedelta(hours=24)
PURPOSE = "coupon-gift"


class NotTransferable(RuleBroken):
    code = "coupon-not-transferable"
    title = "Coupons of this kind cannot be given to somebody else."
    message = "该优惠券不可转赠"


class OwnGift(RuleBroken):
    code = "own-gift"
    title = "This is one's own gift; take the offer back instead."
    message = "不能领取自己赠送的优惠券"


class Offered(Struct, frozen=True):
    """The token that the friend shows is the tenant's signature of `signed`, so it need not be kept."""

    code: str
    signed: str
    until: datetime
    is_repeated: bool = False

    def record(self) -> Record:
        return {"code": self.code, "signed": self.signed, "until": self.until.isoformat()}


def offered_from(record: Mapping[str, Any]) -> Offered:
    """The reverse of `Offered.record`."""
    until = datetime.fromisoformat(record["until"])
    return Offered(record["code"], record["signed"], until, is_repeated=True)


def mark_of(token: str) -> str:
    """What is kept of a token: it cannot be made from that."""
    return hashlib.sha256(token.encode()).hexdigest()


class OfferCoupon(Struct, frozen=True):
    """For 24 hours whoever shows the token can take it; until then its owner cannot use it.

    Raises CouponNotFound, NotTransferable, what stands in the way, MemberNotFound or IdentityMoved.
    """

    runner: Runner[Repositories]

    def __call__(self, actor: MemberSelf, code: str, key: RequestKey[Offered]) -> Offered:
        def plan(repositories: Repositories, now: datetime) -> Plan[Offered]:
            who = oneself(repositories, actor)
            if (before := answered_before(repositories, who.member, key, now)) is not None:
                return Plan(before)
            held = get_own(repositories, who.member, code)
            if not held.form.is_transferable:
                raise NotTransferable
            signed = f"{code}:{held.coupon.version + 1}"
            token = repositories.keyring.sign(PURPOSE, signed).hex()
            offer = GiftOffer(mark_of(token), now + OFFER_LASTS)
            after = held.coupon.offered(offer, now)
            gift = Gift(offer.mark, code, offer.until)
            changes = (Changed(held.coupon, after), Created(gift), *who.rests_on)
            return Plan(Offered(code, signed, offer.until), changes)

        return self.runner.run_once(actor.tenant_id, plan, key)


class WithdrawOffer(Struct, frozen=True):
    """The token is good for nothing any more; again, nothing changes.

    Raises CouponNotFound, CouponEnded if a friend took it, MemberNotFound or IdentityMoved.
    """

    runner: Runner[Repositories]

    def __call__(self, actor: MemberSelf, code: str) -> Shown:
        def plan(repositories: Repositories, now: datetime) -> Plan[Shown]:
            who = oneself(repositories, actor)
            held = get_own(repositories, who.member, code)
            after = held.coupon.withdrawn()
            if after is held.coupon:
                after.check_not_given()
                return Plan(Shown(held, now))
            return Plan(Shown(held.now_is(after), now), (Changed(held.coupon, after), *who.rests_on))

        return self.runner.run(actor.tenant_id, plan)


class TakeGift(Struct, frozen=True):
    """The coupon has a new owner and a new code; the old code is good for nothing.

    Raises CouponNotOffered, OwnGift, MemberNotFound or IdentityMoved.
    """

    runner: Runner[Repositories]
    ids: Ids

    def __call__(self, actor: MemberSelf, token: str, key: RequestKey[Claimed]) -> Claimed:
        def plan(repositories: Repositories, now: datetime) -> Plan[Claimed]:
            who = oneself(repositories, actor)
            if (before := answered_before(repositories, who.member, key, now)) is not None:
                return Plan(before)
            mark = mark_of(token)
            coupon = _on_offer(repositories, mark)
            if coupon.owner in who.member.ids:
                raise OwnGift
            (code,) = new_codes(self.ids, 1, coupon.code)
            gone, come = coupon.given(mark, now, code, who.member.member_id)
            return Plan(claimed_as(come), (Changed(coupon, gone), Created(come), *who.rests_on))

        return self.runner.run_once(actor.tenant_id, plan, key)


def _on_offer(repositories: Repositories, mark: str) -> Coupon:
    """Raises CouponNotOffered."""
    gift = repositories.gifts.find(mark)
    if gift is None:
        raise CouponNotOffered
    return get(repositories, gift.code).coupon
