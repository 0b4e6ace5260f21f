"""Whether a coupon can be used on a bill, and if not, the first reason. Pure."""

from collections.abc import Mapping
from datetime import date, datetime

from msgspec import Struct

from domain.clock import shop_date
from domain.coupon.model import Coupon
from domain.coupon.refusals import (
    BelowMinimumSpend,
    BirthdayOnly,
    ChannelNotApplicable,
    DayNotApplicable,
    GoodsNotInBill,
    MembersOnly,
    StoreNotApplicable,
    TierNotApplicable,
    TimeNotApplicable,
)
from domain.coupon.slip import Slip
from domain.coupon.template import Edition, Form
from domain.errors import DomainError
from domain.money import NO_MONEY, Money
from domain.order.model import Line, OrderId, SaleChannel
from domain.programme.event import Event, Person
from domain.programme.why import Why


class Sale(Struct, frozen=True):
    """What is being bought, before anything is taken off."""

    order_id: OrderId | None
    """None while it has no number yet."""
    store_id: str
    channel: SaleChannel
    at: datetime
    lines: tuple[Line, ...]


class Purchase(Event, frozen=True):
    """A coupon's part of a sale, as its conditions see it."""

    money: Money = NO_MONEY

    @property
    def counted(self) -> Money:
        return self.money


class Held(Struct, frozen=True):
    """A coupon, and the version of its template under which it was issued."""

    coupon: Coupon
    edition: Edition

    @property
    def form(self) -> Form:
        return self.edition.form

    def now_is(self, coupon: Coupon) -> "Held":
        """The same one, changed."""
        return Held(coupon, self.edition)


class Fitting(Struct, frozen=True):
    """A coupon that can be used on a bill, with the lines that it is for."""

    held: Held
    places: tuple[int, ...]
    priced: Money
    """What these lines cost before any coupon."""

    @property
    def turn(self) -> tuple[int, int, str, int, date, str]:
        """Sorts the coupons of one bill (D-25): by stage; what is for less of the bill goes first.

        Those that are alike stand side by side, the first to end first.
        """
        coupon, stage = self.held.coupon, self.held.form.effect.stage
        like = (coupon.template_id, coupon.template_version)
        return (stage, self.priced.fen, *like, coupon.valid_through, coupon.code)


def judge(held: Held, sale: Sale, person: Person, slip: Slip) -> Fitting:
    """Raises the first reason why it cannot be used."""
    held.coupon.check_usable(sale.at, sale.order_id)
    conditions = held.form.conditions
    if shop_date(sale.at) in conditions.blackout_dates:
        raise DayNotApplicable
    if conditions.channels and sale.channel not in conditions.channels:
        raise ChannelNotApplicable
    places = slip.places(conditions.goods)
    priced = slip.priced(places)
    why = conditions.misses(Purchase(sale.at, person, sale.store_id, priced))
    if why is not None and why is not Why.TOO_LITTLE:
        raise REASONS[why]
    if not places:
        raise GoodsNotInBill
    if priced < held.form.at_least:
        raise BelowMinimumSpend
    return Fitting(held, places, priced)


def asks_for_person(form: Form) -> bool:
    """Whether it has to be known who pays."""
    conditions = form.conditions
    return bool(conditions.tier_ids or conditions.is_members_only or conditions.birthday)


REASONS: Mapping[Why, type[DomainError]] = {
    Why.OTHER_DAY: DayNotApplicable,
    Why.OTHER_TIME: TimeNotApplicable,
    Why.OTHER_STORE: StoreNotApplicable,
    Why.OTHER_TIER: TierNotApplicable,
    Why.MEMBERS_ONLY: MembersOnly,
    Why.NO_BIRTHDAY: BirthdayOnly,
}
