"""Coupons over HTTP at the counter: tills look at them and take them, staff voids them."""

from typing import Any, Protocol

from flask import Blueprint

from domain.actor import Operator, ScopeMissing, StoreNotAllowed, Till
from domain.coupon import refusals as why
from domain.coupon.model import CouponNotRedeemed, CouponStaysUsed
from domain.coupon.read import ListCoupons, ReadCoupon, Shown
from domain.coupon.redeem import (
    RedeemCoupon,
    Redeemed,
    RedeemedInCheckout,
    RedeemWish,
    ReleaseRedemption,
    redeemed_from,
)
from domain.coupon.void import VoidCoupon
from domain.errors import Conflict
from domain.member.model import MemberNotFound
from domain.tenant.model import StoreNotFound
from handlers import cursors
from handlers.coupons import NOT_USABLE
from handlers.operation import Call, Operation, operation, repeated
from handlers.orders import order_id_of
from handlers.schemas.coupons import (
    CouponPath,
    CouponsQuery,
    CouponView,
    RedeemedView,
    RedeemRequest,
    ReleaseRequest,
    VoidRequest,
)
from handlers.schemas.dry_run import DryRunQuery
from handlers.schemas.members import MemberPath
from handlers.schemas.page import page_of

NOT_APPLICABLE = (
    why.DayNotApplicable,
    why.TimeNotApplicable,
    why.StoreNotApplicable,
    why.ChannelNotApplicable,
    why.TierNotApplicable,
    why.MembersOnly,
    why.BirthdayOnly,
    why.GoodsNotInBill,
    why.BelowMinimumSpend,
    why.NothingLeftToTakeOff,
)
TILL_LIST = Operation(
    "A member's coupons",
    actor=Till,
    path=MemberPath,
    query=CouponsQuery,
    gives=page_of(CouponView),
    refuses=(MemberNotFound, ScopeMissing, Conflict),
)
TILL_ONE = Operation(
    "A coupon by its code",
    actor=Till,
    path=CouponPath,
    gives=CouponView,
    refuses=(why.CouponNotFound, ScopeMissing, Conflict),
)
REDEEM = Operation(
    "Redeem one coupon for an order",
    actor=Till,
    path=CouponPath,
    query=DryRunQuery,
    takes=RedeemRequest,
    gives=RedeemedView,
    status=201,
    is_keyed=True,
    refuses=(*NOT_USABLE, *NOT_APPLICABLE, ScopeMissing, StoreNotAllowed, StoreNotFound, Conflict),
)
RELEASE = Operation(
    "Take the redemption of a coupon back",
    actor=Till,
    path=CouponPath,
    takes=ReleaseRequest,
    gives=CouponView,
    status=201,
    refuses=(
        why.CouponNotFound,
        CouponNotRedeemed,
        CouponStaysUsed,
        RedeemedInCheckout,
        ScopeMissing,
        StoreNotAllowed,
        Conflict,
    ),
)
STAFF_LIST = Operation(
    "A member's coupons",
    actor=Operator,
    path=MemberPath,
    query=CouponsQuery,
    gives=page_of(CouponView),
    refuses=(MemberNotFound, ScopeMissing, Conflict),
)
VOID = Operation(
    "Void a coupon",
    actor=Operator,
    path=CouponPath,
    query=DryRunQuery,
    takes=VoidRequest,
    gives=CouponView,
    status=201,
    refuses=(why.CouponNotFound, why.CouponUsed, why.CouponLocked, why.CouponEnded, Conflict),
)


class TillNeeds(cursors.Signer, Protocol):
    @property
    def list_coupons(self) -> ListCoupons: ...

    @property
    def read_coupon(self) -> ReadCoupon: ...

    @property
    def redeem_coupon(self) -> RedeemCoupon: ...

    @property
    def release_redemption(self) -> ReleaseRedemption: ...


class StaffNeeds(cursors.Signer, Protocol):
    @property
    def list_coupons(self) -> ListCoupons: ...

    @property
    def void_coupon(self) -> VoidCoupon: ...


def till_routes(services: TillNeeds) -> Blueprint:
    bp = Blueprint("till_coupons", __name__, url_prefix="/v1/till")

    @bp.get("/members/<member_id>/coupons")
    @operation(TILL_LIST)
    def coupons(call: Call[Till]) -> dict[str, Any]:
        """What can be used now or later, the first to end first; or what is ended."""
        return cursors.page_by(services.sign, call, call.path["member_id"], services.list_coupons, "group")

    @bp.get("/coupons/<code>")
    @operation(TILL_ONE)
    def one(call: Call[Till]) -> Shown:
        """Whoever holds it."""
        return services.read_coupon(call.actor, call.path["code"])

    @bp.post("/coupons/<code>/redemption")
    @operation(REDEEM)
    def redeem(call: Call[Till]) -> Redeemed:
        """For tills that pay without us: once, for one order."""
        body = call.body
        wish = RedeemWish(
            code=call.path["code"],
            order_id=order_id_of(call.actor, body["store_id"], body["order_number"]),
            store_id=body["store_id"],
            channel=body["channel"],
            lines=tuple(body["lines"]),
            key=call.request_key(redeemed_from),
        )
        return repeated(services.redeem_coupon(call.actor, wish, dry_run=call.dry_run))

    @bp.post("/coupons/<code>/release")
    @operation(RELEASE)
    def release(call: Call[Till]) -> Shown:
        """It can be used again; again, nothing changes."""
        body = call.body
        order_id = order_id_of(call.actor, body["store_id"], body["order_number"])
        return services.release_redemption(call.actor, call.path["code"], order_id, body["store_id"])

    return bp


def staff_routes(services: StaffNeeds) -> Blueprint:
    bp = Blueprint("staff_coupons", __name__, url_prefix="/v1/staff")

    @bp.get("/members/<member_id>/coupons")
    @operation(STAFF_LIST)
    def coupons(call: Call[Operator]) -> dict[str, Any]:
        """What can be used now or later, or what is ended."""
        return cursors.page_by(services.sign, call, call.path["member_id"], services.list_coupons, "group")

    @bp.post("/coupons/<code>/void")
    @operation(VOID)
    def void(call: Call[Operator]) -> Shown:
        """Good for nothing from now on; its piece goes back to the stock. Again, nothing changes."""
        code, note = call.path["code"], call.body["note"]
        return services.void_coupon(call.actor, code, note, dry_run=call.dry_run)

    return bp
