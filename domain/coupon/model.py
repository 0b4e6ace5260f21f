"""One coupon (优惠券): whose it is, where it stands, and every use that was made of it."""

from collections.abc import Callable
from datetime import date, datetime
from enum import StrEnum
from hmac import compare_digest

from msgspec import Struct
from msgspec.structs import replace

from domain.clock import epoch_milliseconds, shop_date
from domain.coupon.refusals import (
    CouponEnded,
    CouponExpired,
    CouponLocked,
    CouponNotClaimed,
    CouponNotStarted,
    CouponOnOffer,
    CouponUsed,
)
from domain.coupon.template import Edition
from domain.errors import Conflict, DomainError, RuleBroken
from domain.money import Money
from domain.order.model import OrderId

USES_MAX = 20
"""So often a coupon comes back at most; after that it stays used."""


class CouponNotRedeemed(Conflict):
    code = "coupon-not-redeemed"
    title = "The coupon was not redeemed for this order."
    message = "该优惠券未在此订单中使用"


class CouponStaysUsed(RuleBroken):
    code = "coupon-stays-used"
    title = "The coupon came back as often as it may; it stays used."
    message = "该优惠券退回次数已达上限"


class CouponNotOffered(Conflict):
    code = "coupon-not-on-offer"
    title = "The coupon is not offered to anybody; the offer is over, or was taken back."
    message = "该优惠券的赠送已失效"


class CouponState(StrEnum):
    """Where a coupon stands."""

    SENT = "sent"
    """It waits to be claimed."""
    OPEN = "open"
    """It can be used, within its days."""
    LOCKED = "locked"
    """Held for an order, for a while."""
    OFFERED = "offered"
    """Offered to a friend, for a while."""
    REDEEMED = "redeemed"
    GIVEN = "given"
    """A friend took it, under another code."""
    VOID = "void"
    EXPIRED = "expired"


LIVE = frozenset({CouponState.SENT, CouponState.OPEN, CouponState.LOCKED, CouponState.OFFERED})


class Source(StrEnum):
    """How a coupon came about."""

    ISSUED = "issued"
    CLAIMED = "claimed"
    EXCHANGED = "exchanged"
    """For points (C-34)."""
    CONVERTED = "converted"
    """From points that were over (C-37)."""
    GIFT = "gift"
    """From a friend."""


class Lock(Struct, frozen=True):
    """For which order a coupon is held, and until when."""

    order_id: OrderId
    store_id: str
    at: datetime
    until: datetime


class GiftOffer(Struct, frozen=True):
    """To whoever shows the token, of which only the mark is kept."""

    mark: str
    until: datetime


class Gift(Struct, frozen=True):
    """Leads from the mark of a token to the coupon that it was made for."""

    mark: str
    code: str
    until: datetime
    """It may be forgotten then."""


class Use(Struct, frozen=True):
    """One redemption, and whether it was taken back."""

    order_id: OrderId
    store_id: str
    at: datetime
    by: str
    off: Money
    sales: Money
    """What was left to pay after all coupons."""
    is_checkout: bool = False
    """It came with a checkout, and goes back with that only."""
    returned_at: datetime | None = None
    returned_by: str | None = None


class Coupon(Struct, frozen=True):
    """Issued once. Its code is its id; it stays with the member id to which it was issued."""

    code: str
    owner: str
    template_id: str
    template_version: int
    source: Source
    issued_at: datetime
    issued_by: str
    state: CouponState
    valid_from: date
    valid_through: date
    """The last business day; of a coupon that waits, the last on which it can be claimed."""
    bucket: int | None = None
    """From which part of the stock; None: it was not counted."""
    origin: str | None = None
    """The entry that paid for it, or the code that it had before."""
    claimed_at: datetime | None = None
    held: Lock | GiftOffer | None = None
    """For a while it is locked for an order, or offered to a friend."""
    uses: tuple[Use, ...] = ()
    """The last one is in force while the coupon is redeemed."""
    ended_at: datetime | None = None
    """When it was given, voided or found to be over."""
    ended_by: str | None = None
    note: str | None = None
    """Why it was voided, for staff."""
    version: int = 1

    @property
    def lock(self) -> Lock | None:
        return self.held if isinstance(self.held, Lock) else None

    @property
    def offer(self) -> GiftOffer | None:
        return self.held if isinstance(self.held, GiftOffer) else None

    @property
    def is_live(self) -> bool:
        """Whether it is listed with what can still be used, be it over or not."""
        return self.state in LIVE

    @property
    def place(self) -> str:
        """Sorts what is live by its last day, and what is ended by when it did."""
        at = f"{self.valid_through:%Y%m%d}" if self.is_live else f"{epoch_milliseconds(self.ended):015}"
        return f"{at}#{self.code}"

    @property
    def ended(self) -> datetime:
        """When it was used up or ended."""
        return self.ended_at or (self.uses[-1].at if self.uses else self.issued_at)

    @property
    def turn(self) -> int:
        """Sorts a list of either sort."""
        return self.valid_through.toordinal() if self.is_live else -epoch_milliseconds(self.ended)

    def state_at(self, now: datetime) -> CouponState:
        """As it is then, written down or not: locks and offers end by themselves, and days pass."""
        return self.state if self.held is not None and now < self.held.until else self._unheld(now)

    def _unheld(self, now: datetime) -> CouponState:
        """As if it were neither locked nor offered."""
        if self.state in LIVE and self.valid_through < shop_date(now):
            return CouponState.EXPIRED
        return CouponState.OPEN if self.held is not None else self.state

    def check_usable(self, now: datetime, order_id: OrderId | None) -> None:
        """Raises what stands in the way of using it now; what is locked for the order itself does not."""
        is_own = self.lock is not None and self.lock.order_id == order_id
        refusal = NOT_USABLE.get(self._unheld(now) if is_own else self.state_at(now))
        if refusal is not None:
            raise refusal()
        if shop_date(now) < self.valid_from:
            raise CouponNotStarted

    def claimed(self, now: datetime, edition: Edition) -> "Coupon":
        """From now on its owner may use it."""
        first, last = edition.form.validity.days(shop_date(now))
        return self._next(state=CouponState.OPEN, claimed_at=now, valid_from=first, valid_through=last)

    def locked(self, lock: Lock) -> "Coupon":
        """Raises what stands in the way."""
        self.check_usable(lock.at, lock.order_id)
        return self._next(state=CouponState.LOCKED, held=lock)

    def unlocked(self, order_id: OrderId) -> "Coupon":
        """As before it was held for that order; of another one nothing changes."""
        if self.lock is None or self.lock.order_id != order_id:
            return self
        return self._next(state=CouponState.OPEN, held=None)

    def redeemed(self, use: Use) -> "Coupon":
        """Raises what stands in the way."""
        self.check_usable(use.at, use.order_id)
        return self._next(state=CouponState.REDEEMED, held=None, uses=(*self.uses, use))

    def use_for(self, order_id: OrderId) -> Use | None:
        """The use in force, if it is for that order."""
        if self.state is not CouponState.REDEEMED or self.uses[-1].order_id != order_id:
            return None
        return self.uses[-1]

    def returned(self, order_id: OrderId, now: datetime, by: str) -> "Coupon":
        """It can be used again, on what is left of its days. Raises CouponNotRedeemed or CouponStaysUsed."""
        use = self.use_for(order_id)
        if use is None:
            raise CouponNotRedeemed
        if not self.can_return:
            raise CouponStaysUsed
        uses = (*self.uses[:-1], replace(use, returned_at=now, returned_by=by))
        return self._next(state=CouponState.OPEN, uses=uses)

    @property
    def can_return(self) -> bool:
        return len(self.uses) <= USES_MAX

    def offered(self, offer: GiftOffer, now: datetime) -> "Coupon":
        """Raises what stands in the way; what is not usable yet can be given, too."""
        refusal = NOT_USABLE.get(self.state_at(now))
        if refusal is not None:
            raise refusal()
        return self._next(state=CouponState.OFFERED, held=offer)

    def withdrawn(self) -> "Coupon":
        """Nobody can take it any more; of what is not offered nothing changes."""
        return self._next(state=CouponState.OPEN, held=None) if self.offer else self

    def check_not_given(self) -> None:
        """Raises CouponEnded."""
        if self.state is CouponState.GIVEN:
            raise CouponEnded

    def given(self, mark: str, now: datetime, code: str, to: str) -> tuple["Coupon", "Coupon"]:
        """This one, which is over, and the one that the friend has instead. Raises CouponNotOffered."""
        is_offered = self.state_at(now) is CouponState.OFFERED
        if not is_offered or self.offer is None or not compare_digest(self.offer.mark, mark):
            raise CouponNotOffered
        theirs = replace(
            self,
            code=code,
            owner=to,
            source=Source.GIFT,
            state=CouponState.OPEN,
            origin=self.code,
            held=None,
            issued_at=now,
            claimed_at=now,
            uses=(),
            version=1,
        )
        mine = self._next(
            state=CouponState.GIVEN, held=None, ended_at=now, ended_by=f"member:{to}", bucket=None
        )
        return mine, theirs

    def voided(self, now: datetime, by: str, note: str | None) -> "Coupon":
        """Raises CouponUsed, CouponLocked or CouponEnded; what is over can be voided, too."""
        refusal = NOT_VOIDABLE.get(self.state_at(now))
        if refusal is not None:
            raise refusal()
        return self._next(state=CouponState.VOID, ended_at=now, ended_by=by, note=note, held=None)

    def expired(self, now: datetime, by: str) -> "Coupon":
        """Written down; of one that is not over nothing changes."""
        if self.state_at(now) is not CouponState.EXPIRED or self.state is CouponState.EXPIRED:
            return self
        return self._next(state=CouponState.EXPIRED, ended_at=now, ended_by=by, held=None)

    def _next(self, **changes: object) -> "Coupon":
        return replace(self, version=self.version + 1, **changes)


NOT_USABLE: dict[CouponState, Callable[[], DomainError]] = {
    CouponState.SENT: CouponNotClaimed,
    CouponState.LOCKED: CouponLocked,
    CouponState.OFFERED: CouponOnOffer,
    CouponState.REDEEMED: CouponUsed,
    CouponState.GIVEN: CouponEnded,
    CouponState.VOID: CouponEnded,
    CouponState.EXPIRED: CouponExpired,
}
NOT_VOIDABLE: dict[CouponState, Callable[[], DomainError]] = {
    CouponState.LOCKED: CouponLocked,
    CouponState.REDEEMED: CouponUsed,
    CouponState.GIVEN: CouponEnded,
    CouponState.VOID: CouponEnded,
}
