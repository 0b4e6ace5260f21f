"""Coupons over HTTP for members: they hold, claim and give them."""

from typing import Any, Protocol

from flask import Blueprint
from msgspec.structs import replace

from domain.actor import MemberSelf
from domain.coupon import refusals as why
from domain.coupon.claim import (
    ClaimCoupon,
    Claimed,
    ClaimSent,
    ClaimWish,
    CouponNotForYou,
    NotClaimable,
    claimed_from,
)
from domain.coupon.give import (
    PURPOSE,
    NotTransferable,
    OfferCoupon,
    OwnGift,
    TakeGift,
    WithdrawOffer,
    offered_from,
)
from domain.coupon.mint import CouponLimitReached
from domain.coupon.model import CouponNotOffered
from domain.coupon.read import ListClaimable, ListCoupons, ReadCoupon, Shown
from domain.coupon.template import CouponsGone, TemplateNotFound, TemplateStopped
from domain.errors import Conflict
from domain.member.own import IdentityMoved
from handlers import cursors
from handlers.operation import Call, Operation, operation, repeated
from handlers.schemas.coupon_templates import TemplatePath
from handlers.schemas.coupons import (
    ClaimableView,
    ClaimCodeRequest,
    ClaimedView,
    CouponPath,
    CouponsQuery,
    CouponView,
    GiftOfferView,
    GiftRequest,
)
from handlers.schemas.dry_run import DryRunQuery
from handlers.schemas.page import PageQuery, page_of

NOT_USABLE = (
    why.CouponNotFound,
    why.CouponUsed,
    why.CouponLocked,
    why.CouponOnOffer,
    why.CouponNotClaimed,
    why.CouponEnded,
    why.CouponExpired,
    why.CouponNotStarted,
)
CLAIM_REFUSALS = (
    TemplateNotFound,
    NotClaimable,
    CouponNotForYou,
    TemplateStopped,
    CouponLimitReached,
    CouponsGone,
    IdentityMoved,
    Conflict,
)
MINE = Operation(
    "My coupons",
    actor=MemberSelf,
    query=CouponsQuery,
    gives=page_of(CouponView),
    refuses=(IdentityMoved, Conflict),
)
ONE = Operation(
    "One of my coupons",
    actor=MemberSelf,
    path=CouponPath,
    gives=CouponView,
    refuses=(why.CouponNotFound, IdentityMoved, Conflict),
)
CLAIM_SENT = Operation(
    "Claim a coupon that was sent to me",
    actor=MemberSelf,
    path=CouponPath,
    gives=CouponView,
    status=201,
    refuses=(*NOT_USABLE, NotClaimable, IdentityMoved, Conflict),
)
OFFER = Operation(
    "Offer a coupon to a friend",
    actor=MemberSelf,
    path=CouponPath,
    gives=GiftOfferView,
    status=201,
    is_keyed=True,
    refuses=(*NOT_USABLE, NotTransferable, IdentityMoved, Conflict),
)
WITHDRAW = Operation(
    "Take the offer of a coupon back",
    actor=MemberSelf,
    path=CouponPath,
    gives=CouponView,
    status=201,
    refuses=(why.CouponNotFound, why.CouponEnded, IdentityMoved, Conflict),
)
TAKE = Operation(
    "Take a coupon that a friend offers",
    actor=MemberSelf,
    takes=GiftRequest,
    gives=ClaimedView,
    status=201,
    is_keyed=True,
    refuses=(CouponNotOffered, why.CouponNotFound, OwnGift, IdentityMoved, Conflict),
)
CLAIMABLE = Operation(
    "Coupons that I can claim",
    actor=MemberSelf,
    query=PageQuery,
    gives=page_of(ClaimableView),
    refuses=(IdentityMoved, Conflict),
)
CLAIM = Operation(
    "Claim a coupon",
    actor=MemberSelf,
    path=TemplatePath,
    query=DryRunQuery,
    gives=ClaimedView,
    status=201,
    is_keyed=True,
    refuses=CLAIM_REFUSALS,
)
CLAIM_BY_CODE = Operation(
    "Claim a coupon by its discount code",
    actor=MemberSelf,
    query=DryRunQuery,
    takes=ClaimCodeRequest,
    gives=ClaimedView,
    status=201,
    is_keyed=True,
    refuses=CLAIM_REFUSALS,
)


class MyNeeds(cursors.Signer, Protocol):
    @property
    def list_coupons(self) -> ListCoupons: ...

    @property
    def read_coupon(self) -> ReadCoupon: ...

    @property
    def claim_sent(self) -> ClaimSent: ...

    @property
    def offer_coupon(self) -> OfferCoupon: ...

    @property
    def withdraw_offer(self) -> WithdrawOffer: ...

    @property
    def take_gift(self) -> TakeGift: ...

    @property
    def list_claimable(self) -> ListClaimable: ...

    @property
    def claim_coupon(self) -> ClaimCoupon: ...


def my_routes(services: MyNeeds) -> Blueprint:
    bp = Blueprint("my_coupons", __name__, url_prefix="/v1/me")

    @bp.get("/coupons")
    @operation(MINE)
    def coupons(call: Call[MemberSelf]) -> dict[str, Any]:
        """What can be used now or later, the first to end first; or what is ended, the last first."""
        owner = call.actor.member_id
        return cursors.page_by(services.sign, call, owner, services.list_coupons, "group")

    @bp.get("/coupons/<code>")
    @operation(ONE)
    def one(call: Call[MemberSelf]) -> Shown:
        """With what a till scans."""
        return services.read_coupon(call.actor, call.path["code"])

    @bp.post("/coupons/<code>/claim")
    @operation(CLAIM_SENT)
    def claim_sent(call: Call[MemberSelf]) -> Shown:
        """From now on it can be used; again, nothing changes."""
        return services.claim_sent(call.actor, call.path["code"])

    @bp.post("/coupons/<code>/offer")
    @operation(OFFER)
    def offer(call: Call[MemberSelf]) -> dict[str, Any]:
        """For 24 hours whoever shows the token can take it; until then it cannot be used."""
        key = call.request_key(offered_from)
        done = repeated(services.offer_coupon(call.actor, call.path["code"], key))
        token = services.sign(call.actor.tenant_id, PURPOSE, done.signed).hex()
        return {"code": done.code, "until": done.until, "token": token}

    @bp.post("/coupons/<code>/offer-withdrawal")
    @operation(WITHDRAW)
    def withdraw(call: Call[MemberSelf]) -> Shown:
        """The token is good for nothing any more; again, nothing changes."""
        return services.withdraw_offer(call.actor, call.path["code"])

    @bp.post("/coupon-gifts")
    @operation(TAKE)
    def take(call: Call[MemberSelf]) -> Claimed:
        """The coupon gets a new code; the old one is good for nothing."""
        key = call.request_key(claimed_from)
        return repeated(services.take_gift(call.actor, call.body["token"], key))

    @bp.get("/coupon-templates")
    @operation(CLAIMABLE)
    def claimable(call: Call[MemberSelf]) -> dict[str, Any]:
        """What is handed out now, by id."""
        owner = call.actor.member_id
        return cursors.page(
            services.sign, call, owner, lambda limit, at: services.list_claimable(call.actor, limit, at)
        )

    @bp.post("/coupon-templates/<template_id>/claims")
    @operation(CLAIM)
    def claim(call: Call[MemberSelf]) -> Claimed:
        """One, as long as there are any."""
        wish = ClaimWish(call.request_key(claimed_from), template_id=call.path["template_id"])
        return _claimed(call, repeated(services.claim_coupon(call.actor, wish, dry_run=call.dry_run)))

    @bp.post("/coupon-claims")
    @operation(CLAIM_BY_CODE)
    def claim_by_code(call: Call[MemberSelf]) -> Claimed:
        """One of the template that has this discount code."""
        claim_code = call.body["claim_code"].upper()
        wish = ClaimWish(call.request_key(claimed_from), claim_code=claim_code)
        return _claimed(call, repeated(services.claim_coupon(call.actor, wish, dry_run=call.dry_run)))

    return bp


def _claimed(call: Call[MemberSelf], done: Claimed) -> Claimed:
    """A dry run shows no code: the real call makes another one."""
    return replace(done, code="") if call.dry_run else done
