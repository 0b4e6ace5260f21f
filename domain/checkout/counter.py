"""What quoting, holding and completing a checkout share: one bill of one person, with all that counts."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec import Struct

from domain.actor import KeyHolder
from domain.checkout.ports import Repositories
from domain.checkout.price import PointsPayNothing, Priced, price
from domain.clock import shop_date
from domain.coupon.judge import Fitting, Held, Sale, judge
from domain.coupon.model import Coupon
from domain.coupon.read import held_of
from domain.coupon.refusals import CouponNotFound, NotCombinable, NothingLeftToTakeOff
from domain.coupon.slip import Slip
from domain.errors import DomainError, FieldProblem, invalid
from domain.member.find import Found, Reference, resolve
from domain.money import NO_POINTS, Money, Points, total_money
from domain.order.model import Line, OrderId, SaleChannel
from domain.points.adjust import not_enough
from domain.points.book import Book
from domain.points.give import Who
from domain.points.person import person_of
from domain.programme.deduct import TooManyPoints
from domain.programme.event import Person
from domain.programme.model import Programme


class Basket(Struct, frozen=True):
    """What a till sends of a bill, before it is paid. The lines add up to the total."""

    order_id: OrderId | None
    store_id: str
    channel: SaleChannel
    lines: tuple[Line, ...]
    total: Money

    def check(self) -> None:
        """Raises InvalidInput."""
        if total_money([line.amount for line in self.lines]) != self.total:
            raise invalid("lines", "sum-differs", "The lines do not add up to total_fen.")


class Wish(Struct, frozen=True):
    """Whose coupons and how many points are to pay."""

    reference: Reference
    coupon_codes: tuple[str, ...] = ()
    points: Points = NO_POINTS

    def check(self) -> None:
        """Raises InvalidInput."""
        if len(set(self.coupon_codes)) != len(self.coupon_codes):
            raise invalid("coupon_codes", "duplicate", "Name each coupon once.")


class Counter:
    """One person at the counter with one bill. Raises MemberNotFound or AccountFrozen."""

    def __init__(
        self,
        repositories: Repositories,
        actor: KeyHolder,
        basket: Basket,
        reference: Reference,
        now: datetime,
        *,
        is_condition: bool = True,
    ) -> None:
        """`is_condition`: what is read here is held to when something is written."""
        self.found: Found = resolve(repositories, reference, now)
        way, self.member = repositories.accounts.person(self.found.member_id, is_condition=is_condition)
        self.who = Who(way, self.member)
        self.programme: Programme = repositories.programmes.current()
        self.book = Book(way[-1], now, actor.caller, self.programme)
        self.now, self._repositories, self._basket = now, repositories, basket

    @property
    def person(self) -> Person:
        """Before this bill."""
        return person_of(self.book.account, self.member, self.now, shop_date(self.now))

    def slip(self) -> Slip:
        """The bill at the price of the tier, before any coupon."""
        account = self.book.account
        tier_id = account.standing.tier_id if account.standing else None
        return Slip(self._basket.lines, self.programme.terms.discounts(tier_id, account.order_count))

    def sale(self, at: datetime | None = None) -> Sale:
        """`at`: when it was held, if that still counts."""
        basket = self._basket
        return Sale(basket.order_id, basket.store_id, basket.channel, at or self.now, basket.lines)

    def held(self, codes: Sequence[str]) -> tuple[Held, ...]:
        """The coupons with these codes, which are this person's. Raises CouponNotFound, with the field."""
        found = self._repositories.coupons.those(codes) if codes else {}
        for place, code in enumerate(codes):
            if code not in found or found[code].owner not in self.member.ids:
                raise at_coupon(CouponNotFound(), place)
        return held_of(self._repositories, [found[code] for code in codes])

    def fitting(self, held: Iterable[Held], slip: Slip, at: datetime | None = None) -> list[Fitting]:
        """Raises the first reason why one cannot be used, with the field."""
        fitting, sale, person = [], self.sale(at), self.person
        for place, each in enumerate(held):
            try:
                fitting.append(judge(each, sale, person, slip))
            except DomainError as reason:
                raise at_coupon(reason, place) from reason
        return fitting

    def price(
        self, slip: Slip, chosen: Iterable[Fitting], points: Points, taken: Points = NO_POINTS
    ) -> Priced:
        """`taken`: points that were taken before, when the bill was held. Raises NotEnoughPoints."""
        account, today, more = self.book.account, shop_date(self.now), points - taken
        if more > max(account.available(today), NO_POINTS):
            raise about("points", not_enough(account, today))
        try:
            return price(slip, chosen, self.programme.terms.deduction, points)
        except (NotCombinable, NothingLeftToTakeOff) as reason:
            raise about("coupon_codes", reason) from reason
        except (PointsPayNothing, TooManyPoints) as reason:
            raise about("points", reason) from reason


def about(field: str, reason: DomainError) -> DomainError:
    """The refusal, with the field that it is about."""
    return type(reason)(reason.detail, fields=(FieldProblem(field, reason.code),))


def at_coupon(reason: DomainError, place: int) -> DomainError:
    """The same about one of the coupons."""
    return about(f"coupon_codes.{place}", reason)


def used_coupons(priced: Priced) -> list[Coupon]:
    """In their turn."""
    return [each.fitting.held.coupon for each in priced.taken_off]
