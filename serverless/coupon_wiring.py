"""The use cases of coupons, checkout and images, by name; see `wiring.py`."""

import logging
from collections.abc import Sequence
from functools import cached_property

from adapters.dynamodb.changes import coupons_in
from adapters.dynamodb.coupons import DynamoDueCoupons
from adapters.dynamodb.holds import DynamoDueHolds
from adapters.dynamodb.outcome import RawItem
from adapters.dynamodb.points import DynamoDueAccounts
from adapters.dynamodb.statistics import DynamoStoredCoupons
from domain.checkout.complete import CompleteCheckout
from domain.checkout.hold import HoldCheckout, ReleaseHold, ReleaseHolds
from domain.checkout.ports import DueHold
from domain.checkout.quote import QuoteCheckout
from domain.checkout.read import ReadCheckout
from domain.checkout.reverse import ReverseCheckout
from domain.coupon.claim import ClaimCoupon, ClaimSent
from domain.coupon.convert import ConvertPoints
from domain.coupon.expire import ExpireCoupons
from domain.coupon.give import OfferCoupon, TakeGift, WithdrawOffer
from domain.coupon.issue import IssueCoupons
from domain.coupon.keep import ListTemplates, ReadTemplate, SaveTemplate
from domain.coupon.ports import DueCoupon
from domain.coupon.read import ListClaimable, ListCoupons, ReadCoupon
from domain.coupon.redeem import RedeemCoupon, ReleaseRedemption
from domain.coupon.void import VoidCoupon
from domain.image.upload import UploadImage
from domain.points.ports import Due
from domain.statistics.count import CountCoupons
from domain.statistics.read import ListStatistics, ReadStatistics
from domain.statistics.recount import RecountStatistics
from serverless.ground import Ground, code_of

log = logging.getLogger("tongka.jobs")


class CouponWiring(Ground):
    """A part of `Wiring`."""

    # Coupons.

    @cached_property
    def save_template(self) -> SaveTemplate:
        return SaveTemplate(self.runner, self.count_characters)

    @cached_property
    def read_template(self) -> ReadTemplate:
        return ReadTemplate(self.runner)

    @cached_property
    def list_templates(self) -> ListTemplates:
        return ListTemplates(self.runner)

    @cached_property
    def issue_coupons(self) -> IssueCoupons:
        return IssueCoupons(self.runner, self.ids)

    @cached_property
    def list_coupons(self) -> ListCoupons:
        return ListCoupons(self.runner)

    @cached_property
    def read_coupon(self) -> ReadCoupon:
        return ReadCoupon(self.runner)

    @cached_property
    def list_claimable(self) -> ListClaimable:
        return ListClaimable(self.runner)

    @cached_property
    def claim_coupon(self) -> ClaimCoupon:
        return ClaimCoupon(self.runner, self.ids)

    @cached_property
    def claim_sent(self) -> ClaimSent:
        return ClaimSent(self.runner)

    @cached_property
    def offer_coupon(self) -> OfferCoupon:
        return OfferCoupon(self.runner)

    @cached_property
    def withdraw_offer(self) -> WithdrawOffer:
        return WithdrawOffer(self.runner)

    @cached_property
    def take_gift(self) -> TakeGift:
        return TakeGift(self.runner, self.ids)

    @cached_property
    def redeem_coupon(self) -> RedeemCoupon:
        return RedeemCoupon(self.runner)

    @cached_property
    def release_redemption(self) -> ReleaseRedemption:
        return ReleaseRedemption(self.runner)

    @cached_property
    def void_coupon(self) -> VoidCoupon:
        return VoidCoupon(self.runner)

    @cached_property
    def upload_image(self) -> UploadImage:
        return UploadImage(self.runner, self.read_image, self.image_shelf)

    # Statistics.

    @cached_property
    def count_coupons(self) -> CountCoupons:
        return CountCoupons(self.runner)

    @cached_property
    def read_statistics(self) -> ReadStatistics:
        return ReadStatistics(self.runner)

    @cached_property
    def list_statistics(self) -> ListStatistics:
        return ListStatistics(self.runner)

    @cached_property
    def recount_statistics(self) -> RecountStatistics:
        return RecountStatistics(self.runner, self.count_coupons, DynamoStoredCoupons(self.patient_table))

    def hear(self, images: Sequence[RawItem]) -> None:
        for tenant_id, coupons in coupons_in(images).items():
            self.count_coupons(tenant_id, coupons)

    # Checkout.

    @cached_property
    def quote_checkout(self) -> QuoteCheckout:
        return QuoteCheckout(self.runner)

    @cached_property
    def complete_checkout(self) -> CompleteCheckout:
        return CompleteCheckout(self.runner)

    @cached_property
    def read_checkout(self) -> ReadCheckout:
        return ReadCheckout(self.runner)

    @cached_property
    def reverse_checkout(self) -> ReverseCheckout:
        return ReverseCheckout(self.runner)

    @cached_property
    def hold_checkout(self) -> HoldCheckout:
        return HoldCheckout(self.runner)

    @cached_property
    def release_hold(self) -> ReleaseHold:
        return ReleaseHold(self.runner)

    # Jobs.

    @cached_property
    def convert_points(self) -> ConvertPoints:
        due = DynamoDueAccounts(self.patient_table, self._settings.shards)
        return ConvertPoints(self.runner, due, self.ids, self.clock, _report_conversion)

    @cached_property
    def expire_coupons(self) -> ExpireCoupons:
        due = DynamoDueCoupons(self.patient_table, self._settings.shards)
        return ExpireCoupons(self.runner, due, self.clock, _report_coupon)

    @cached_property
    def release_holds(self) -> ReleaseHolds:
        due = DynamoDueHolds(self.patient_table, self._settings.shards)
        return ReleaseHolds(self.runner, due, self.clock, _report_hold)


def _report_conversion(due: Due, problem: Exception) -> None:
    where = {"tenant_id": due.tenant_id, "member_id": due.member_id, "code": code_of(problem)}
    log.error("points of one account did not become coupons", extra=where)


def _report_coupon(due: DueCoupon, problem: Exception) -> None:
    log.error("one coupon was not ended", extra={"tenant_id": due.tenant_id, "code": code_of(problem)})


def _report_hold(due: DueHold, problem: Exception) -> None:
    where = {"tenant_id": due.tenant_id, "order_number": due.order_id.number, "code": code_of(problem)}
    log.error("what was held for one order was not released", extra=where)
