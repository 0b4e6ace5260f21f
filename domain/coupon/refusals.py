"""Why a coupon cannot be used on this bill. A quote names the same reasons that a refusal does."""

from domain.errors import Conflict, NotFound, RuleBroken


class CouponNotFound(NotFound):
    code = "coupon-not-found"
    title = "There is no such coupon, or it is somebody else's."
    message = "未找到该优惠券"


class CouponUsed(Conflict):
    code = "coupon-used"
    title = "The coupon was redeemed before."
    message = "该优惠券已使用"


class CouponLocked(Conflict):
    code = "coupon-locked"
    title = "The coupon is held for another order."
    message = "该优惠券正在其他订单中使用"


class CouponOnOffer(Conflict):
    code = "coupon-on-offer"
    title = "The coupon was offered to a friend; take the offer back first."
    message = "该优惠券正在赠送中"


class CouponNotClaimed(RuleBroken):
    code = "coupon-not-claimed"
    title = "The coupon was sent, but not claimed yet."
    message = "该优惠券尚未领取"


class CouponEnded(Conflict):
    code = "coupon-ended"
    title = "The coupon was voided, or given to somebody else."
    message = "该优惠券已失效"


class CouponExpired(RuleBroken):
    code = "coupon-expired"
    title = "The last day of the coupon is over."
    message = "该优惠券已过期"


class CouponNotStarted(RuleBroken):
    code = "coupon-not-started"
    title = "The first day of the coupon has not come yet."
    message = "该优惠券尚未到使用时间"


class DayNotApplicable(RuleBroken):
    code = "day-not-applicable"
    title = "The coupon cannot be used on this day."
    message = "今日不可使用该优惠券"


class TimeNotApplicable(RuleBroken):
    code = "time-not-applicable"
    title = "The coupon cannot be used at this hour."
    message = "当前时段不可使用该优惠券"


class StoreNotApplicable(RuleBroken):
    code = "store-not-applicable"
    title = "The coupon cannot be used in this store."
    message = "该门店不可使用此优惠券"


class ChannelNotApplicable(RuleBroken):
    code = "channel-not-applicable"
    title = "The coupon cannot be used for orders of this channel."
    message = "该渠道不可使用此优惠券"


class TierNotApplicable(RuleBroken):
    code = "tier-not-applicable"
    title = "The coupon is for members of other tiers."
    message = "当前会员等级不可使用此优惠券"


class MembersOnly(RuleBroken):
    code = "members-only"
    title = "The coupon is for registered members."
    message = "仅限注册会员使用"


class BirthdayOnly(RuleBroken):
    code = "birthday-only"
    title = "The coupon is for the birthday."
    message = "仅限生日期间使用"


class GoodsNotInBill(RuleBroken):
    code = "goods-not-in-bill"
    title = "None of the coupon's goods is on the bill."
    message = "订单中没有该优惠券适用的商品"


class BelowMinimumSpend(RuleBroken):
    code = "below-minimum-spend"
    title = "The coupon's goods on the bill come to less than its minimum spend."
    message = "未达到优惠券的最低消费金额"


class NotCombinable(RuleBroken):
    code = "coupons-not-combinable"
    title = "These coupons cannot be used together."
    message = "所选优惠券不可叠加使用"


class NothingLeftToTakeOff(RuleBroken):
    code = "coupon-without-effect"
    title = "The coupon takes nothing off this bill."
    message = "该优惠券对本单没有优惠"


Unusable = NotFound | Conflict | RuleBroken
