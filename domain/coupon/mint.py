"""How a coupon comes about, whoever asks for it: from the stock, within the limits of its owner."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta

from msgspec import Struct

from domain.clock import end_of, shop_date
from domain.coupon.judge import Held
from domain.coupon.model import Coupon, CouponState, Source
from domain.coupon.ports import Repositories
from domain.coupon.template import (
    LIMIT_MAX,
    CouponsGone,
    Delivery,
    Fixed,
    Form,
    Template,
    TemplateStopped,
    day_counter,
    limit_counter,
    stock_of,
)
from domain.errors import RuleBroken
from domain.member.model import Member
from domain.stock import choose
from domain.unit_of_work import Change, Counted, Created

WAITING_DAYS = 90
"""So long a coupon waits to be claimed, if its template does not say."""
COUNTED = frozenset({Source.ISSUED, Source.CLAIMED})
"""What counts towards the limits of a template."""


class CouponLimitReached(RuleBroken):
    code = "coupon-limit-reached"
    title = "This person has had as many coupons of this template as it allows."
    message = "已达到该优惠券的领取上限"


class Minted(Struct, frozen=True):
    """A coupon that does not exist yet, and all that has to change for it."""

    coupon: Coupon
    changes: tuple[Change, ...]


class Reason(Struct, frozen=True):
    """Why a coupon comes about, by whom, and under which code."""

    source: Source
    code: str
    by: str
    now: datetime
    origin: str | None = None


def mint(repositories: Repositories, template: Template, member: Member, reason: Reason) -> Minted:
    """One coupon for one person; what is paid for does not count towards limits.

    Raises TemplateStopped, CouponsGone or CouponLimitReached.
    """
    bucket = None
    if template.stock is not None:
        bucket = choose(repositories.stocks, template.stock, reason.code)
        if bucket is None:
            raise CouponsGone
    coupon = make(template, member.member_id, reason, bucket)
    stock = (template.stock.take(bucket),) if template.stock is not None and bucket is not None else ()
    is_counted = reason.source in COUNTED
    limits = _counted(repositories, template, member, reason.now) if is_counted else ()
    return Minted(coupon, (Created(coupon), *stock, *limits))


def make(template: Template, owner: str, reason: Reason, bucket: int | None) -> Coupon:
    """A coupon as it is at first. Raises TemplateStopped."""
    form, today = template.form, shop_date(reason.now)
    waits = reason.source is Source.ISSUED and form.delivery is not Delivery.PUSH
    first, last = (today, _claim_through(form, today)) if waits else form.validity.days(today)
    is_too_late = waits and form.claiming.is_over(reason.now)
    if form.is_stopped or last < today or is_too_late:
        raise TemplateStopped
    return Coupon(
        code=reason.code,
        owner=owner,
        template_id=template.template_id,
        template_version=template.version,
        source=reason.source,
        issued_at=reason.now,
        issued_by=reason.by,
        state=CouponState.SENT if waits else CouponState.OPEN,
        valid_from=first,
        valid_through=last,
        bucket=bucket,
        origin=reason.origin,
        claimed_at=None if waits else reason.now,
    )


def _claim_through(form: Form, today: date) -> date:
    """The last day on which it can be claimed: of its days, of claiming, or of waiting."""
    ends_at, validity = form.claiming.ends_at, form.validity
    ends = [shop_date(ends_at - timedelta(microseconds=1))] if ends_at else []
    ends += [validity.through_day] if isinstance(validity, Fixed) else []
    return min(ends, default=today + timedelta(days=WAITING_DAYS))


class Limit(Struct, frozen=True):
    """One limit of a template for one person."""

    own: str
    """The counter of the person's own id."""
    others: tuple[str, ...]
    """Those of ids that were merged into it: what came to them counts as well."""
    most: int
    ends_at: datetime | None
    """When the counter may be forgotten."""

    def one_more(self, counted: Mapping[str, int], refusal: CouponLimitReached | None) -> Counted:
        """Raises CouponLimitReached if there is no room beside what the others count."""
        room = self.most - sum(counted.get(each, 0) for each in self.others)
        if room <= 0:
            raise CouponLimitReached
        return Counted(self.own, 1, room, self.ends_at, refusal)

    def is_reached(self, counted: Mapping[str, int]) -> bool:
        return sum(counted.get(each, 0) for each in (self.own, *self.others)) >= self.most


def limits_of(template: Template, member: Member, now: datetime) -> list[Limit]:
    """For one person ever, and for one day; unless said, there are none (D-12)."""
    claiming, name, today = template.form.claiming, template.template_id, shop_date(now)
    ever = [limit_counter(name, each) for each in member.ids]
    on_day = [day_counter(name, each, today) for each in member.ids]
    both = ((ever, claiming.per_member, None), (on_day, claiming.per_day, end_of(today)))
    return [
        Limit(counters[0], tuple(counters[1:]), most, ends_at)
        for counters, most, ends_at in both
        if most is not None
    ]


def _counted(
    repositories: Repositories, template: Template, member: Member, now: datetime
) -> Iterator[Counted]:
    """Mostly there are no other ids, and nothing is read: the commit finds out."""
    limits = limits_of(template, member, now)
    others = [each for limit in limits for each in limit.others]
    counted = repositories.limits.counted(others) if others else {}
    return (limit.one_more(counted, CouponLimitReached()) for limit in limits)


def given_back(held: Held, now: datetime) -> Iterator[Counted]:
    """What a coupon that is voided leaves free again: its piece of the stock, its place within the limits."""
    coupon, claiming, today = held.coupon, held.form.claiming, shop_date(now)
    if coupon.bucket is not None:
        yield stock_of(coupon.template_id).put_back(coupon.bucket)
    if coupon.source not in COUNTED:
        return
    if claiming.per_member is not None:
        yield Counted(limit_counter(coupon.template_id, coupon.owner), -1, LIMIT_MAX, None, None)
    if claiming.per_day is not None and shop_date(coupon.issued_at) == today:
        counter = day_counter(coupon.template_id, coupon.owner, today)
        yield Counted(counter, -1, LIMIT_MAX, end_of(today), None)
