"""Figures of coupons: what each coupon adds to which day and store, and the sums of that.

A coupon tells all of it by itself, because it keeps every use that was made of it. So the sums can be
brought up to date from any later state of a coupon, however many changes were missed, and a count from
the beginning comes to the same (docs/decisions/0032).
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date

from msgspec import Struct
from msgspec.structs import astuple, replace

from domain.clock import end_of, shop_date
from domain.coupon.model import Coupon, CouponState, Source
from domain.money import NO_MONEY, Money

PERMILLE = 1000


class Figures(Struct, frozen=True):
    """How many coupons, and how much money. Of one day they may be negative: what came back is taken off."""

    sent: int = 0
    """Issued, in whatever way: to a list, by a claim, for points. A gift is none: it was counted before."""
    claimed: int = 0
    """Got by somebody: what is pushed at once, what waits when it is claimed."""
    locked: int = 0
    """Held for an order at this moment."""
    used: int = 0
    """Redemptions, those included that were taken back later."""
    returned: int = 0
    """Redemptions that were taken back."""
    expired: int = 0
    voided: int = 0
    given: int = 0
    """Passed on to a friend."""
    off: Money = NO_MONEY
    """What they took off bills, less what was taken back."""
    sales: Money = NO_MONEY
    """What was left to pay of those bills after all coupons, less the bills that were taken back."""

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(*(one + more for one, more in zip(astuple(self), astuple(other), strict=True)))

    def __sub__(self, other: "Figures") -> "Figures":
        return Figures(*(one - less for one, less in zip(astuple(self), astuple(other), strict=True)))

    def __bool__(self) -> bool:
        return self != NOTHING

    def used_of(self, whole: int) -> int | None:
        """How many of a thousand are used and stayed so, rounded half up; None of nothing."""
        if whole <= 0:
            return None
        return (2 * PERMILLE * (self.used - self.returned) + whole) // (2 * whole)


NOTHING = Figures()


class Spot(Struct, frozen=True, order=True):
    """A business day and a store; "" where no store had a part in it."""

    day: date
    store_id: str = ""


Shares = Mapping[Spot, Figures]


def shares_of(coupon: Coupon) -> Shares:
    """What the coupon adds to the figures of its template, as it is now.

    A coupon has expired on the day after its last. What is locked counts on the day on which it was.
    """
    found: defaultdict[Spot, Figures] = defaultdict(Figures)
    for spot, figures in (*_coming(coupon), *_uses(coupon), *_standing(coupon)):
        found[spot] += figures
    return dict(found)


def _coming(coupon: Coupon) -> Iterator[tuple[Spot, Figures]]:
    if coupon.source is Source.GIFT:
        return
    yield Spot(shop_date(coupon.issued_at)), Figures(sent=1)
    if coupon.claimed_at is not None:
        yield Spot(shop_date(coupon.claimed_at)), Figures(claimed=1)


def _uses(coupon: Coupon) -> Iterator[tuple[Spot, Figures]]:
    for use in coupon.uses:
        yield Spot(shop_date(use.at), use.store_id), Figures(used=1, off=use.off, sales=use.sales)
        if use.returned_at is not None:
            back = Figures(returned=1, off=-use.off, sales=-use.sales)
            yield Spot(shop_date(use.returned_at), use.store_id), back


def _standing(coupon: Coupon) -> Iterator[tuple[Spot, Figures]]:
    match coupon.state:
        case CouponState.LOCKED if coupon.lock is not None:
            yield Spot(shop_date(coupon.lock.at), coupon.lock.store_id), Figures(locked=1)
        case CouponState.EXPIRED:
            yield Spot(shop_date(end_of(coupon.valid_through))), Figures(expired=1)
        case CouponState.VOID:
            yield Spot(shop_date(coupon.ended)), Figures(voided=1)
        case CouponState.GIVEN:
            yield Spot(shop_date(coupon.ended)), Figures(given=1)


class Count(Struct, frozen=True):
    """Which counts there are: one is shown, and perhaps another is being made from the beginning."""

    shown: int = 1
    made: int | None = None
    version: int = 0
    """0: nothing is stored yet."""

    @property
    def numbers(self) -> tuple[int, ...]:
        """Both go on with every change."""
        return (self.shown,) if self.made is None else (self.shown, self.made)

    def begun(self) -> "Count":
        """One that somebody began before is gone on with."""
        if self.made is not None:
            return self
        return replace(self, made=self.shown + 1, version=self.version + 1)

    def finished(self) -> "Count":
        """From now on the other one is shown."""
        if self.made is None:
            return self
        return Count(self.made, None, self.version + 1)


class CountedCoupon(Struct, frozen=True):
    """What of one coupon one count holds, and as of which version of the coupon."""

    count: int
    code: str
    coupon_version: int
    shares: Shares


class Place(Struct, frozen=True):
    """One sum of one count: of a template on a day in a store, of a store altogether, or of all."""

    count: int
    template_id: str
    day: date | None = None
    store_id: str | None = None
    """With a day "" is for what no store had a part in; without one None is for the whole template."""

    @classmethod
    def all_of(cls, count: int, template_id: str, spot: Spot) -> Iterator["Place"]:
        """The sums to which belongs what happened there and then."""
        yield cls(count, template_id)
        yield cls(count, template_id, spot.day, spot.store_id)
        if spot.store_id:
            yield cls(count, template_id, None, spot.store_id)


class Sum(Struct, frozen=True):
    """The figures of one place, or what is to be added to them."""

    place: Place
    figures: Figures
