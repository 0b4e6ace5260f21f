"""A coupon template (券模板): what merchants say about a coupon before any is issued (C-46 to C-50)."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, ClassVar

from msgspec import Struct
from msgspec.structs import replace

from domain.coupon.kinds import KINDS
from domain.coupon.kinds.goods_exchange import GoodsExchange
from domain.coupon.kinds.kind import Effect
from domain.errors import Conflict, NotFound, RuleBroken, invalid
from domain.money import Money
from domain.order.model import SaleChannel
from domain.programme.form import Day, Ident, ListOf, Moment, OneOf, Part, Tagged, Whole, Words, YesNo
from domain.programme.goods import ALL_GOODS, Goods
from domain.programme.said import Sentence
from domain.programme.when import TIERS_MAX, Circumstances
from domain.stock import STOCK_MAX, Stock, buckets_for

TITLE_MAX, COUPON_TITLE_MAX = 9, 15
"""In characters as people see them (D-10); counted by whoever saves a template."""
POINTS_OF_CODE = 16
"""So many code points one character may have, at most."""
TEXT_MAX = 1000
FORM_BYTES_MAX = 64 * 1024
DAYS_MAX = 1830
BLACKOUTS_MAX = 100
LIMIT_MAX = 1000
PER_BILL_MAX = 5
"""Coupons on one bill."""


class TemplateNotFound(NotFound):
    code = "coupon-template-not-found"
    title = "There is no such coupon template."
    message = "未找到该优惠券"


class TemplateFixed(RuleBroken):
    code = "coupon-template-fixed"
    title = "Whether coupons are counted, and how they are handed out, cannot change; make another template."
    message = "发放方式与是否限量不可修改，请新建优惠券"


class TemplateStopped(RuleBroken):
    code = "coupon-template-stopped"
    title = "No coupons of this template are handed out at present."
    message = "该优惠券暂停发放"


class CouponsGone(RuleBroken):
    code = "coupons-gone"
    title = "All coupons of this template are gone."
    message = "优惠券已被领完"


class ClaimCodeTaken(Conflict):
    code = "claim-code-taken"
    title = "Another template has this discount code."
    message = "该优惠码已被其他优惠券使用"


class Delivery(StrEnum):
    """How coupons come to people (D-13)."""

    PUSH = "push"
    """Sent is owned: validity starts at once."""
    CLAIM = "claim"
    """Members claim it on its page; one that was sent has to be claimed, too."""
    CODE = "code"
    """Members claim it with the template's discount code (优惠码)."""


class Face(Struct, frozen=True, kw_only=True):
    """What people read (C-47)."""

    title: Annotated[str, Words(TITLE_MAX * POINTS_OF_CODE)]
    """Up to 9 characters."""
    coupon_title: Annotated[str, Words(COUPON_TITLE_MAX * POINTS_OF_CODE)]
    """Up to 15 characters."""
    disclaimer: Annotated[str, Words(TEXT_MAX)]
    """How it may be used, and what is excluded (使用须知)."""
    description: Annotated[str | None, Words(TEXT_MAX)] = None
    logo: Annotated[str | None, Ident()] = None
    """An image that was uploaded as `coupon_logo`."""
    advert: Annotated[str | None, Ident()] = None
    """An image that was uploaded as `coupon_advert`."""


class Conditions(Circumstances, frozen=True, kw_only=True):
    """Where, when and for what it can be used.

    The minimum spend is held against the coupon's goods, after the price of the tier and before any coupon.
    """

    blackout_dates: Annotated[tuple[date, ...], ListOf(Day(), BLACKOUTS_MAX)] = ()
    channels: Annotated[tuple[SaleChannel, ...], ListOf(OneOf(SaleChannel), len(SaleChannel))] = ()
    goods: Annotated[Goods, Part(Goods)] = ALL_GOODS


class Fixed(Struct, frozen=True, kw_only=True):
    """From the start of one business day through the end of another."""

    name: ClassVar[str] = "fixed"
    from_day: Annotated[date, Day()]
    through_day: Annotated[date, Day()]

    def __post_init__(self) -> None:
        if self.through_day < self.from_day:
            raise invalid("through_day", "out-of-order", "The last day is not before the first.")

    def days(self, _: date) -> tuple[date, date]:
        return self.from_day, self.through_day


class Relative(Struct, frozen=True, kw_only=True):
    """So many days from that on which it is claimed, which is the first if nothing is waited for (C-48)."""

    name: ClassVar[str] = "relative"
    days_valid: Annotated[int, Whole(1, DAYS_MAX)]
    after_days: Annotated[int, Whole(0, DAYS_MAX)] = 0

    def days(self, claimed_on: date) -> tuple[date, date]:
        first = claimed_on + timedelta(days=self.after_days)
        return first, first + timedelta(days=self.days_valid - 1)


Validity = Fixed | Relative
VALIDITIES = {"fixed": Fixed, "relative": Relative}


class Claiming(Struct, frozen=True, kw_only=True):
    """Who may have how many, and when; unless said, there is no limit (D-12)."""

    starts_at: Annotated[datetime | None, Moment()] = None
    ends_at: Annotated[datetime | None, Moment()] = None
    per_member: Annotated[int | None, Whole(1, LIMIT_MAX)] = None
    """To one person ever."""
    per_day: Annotated[int | None, Whole(1, LIMIT_MAX)] = None
    """To one person on one business day."""
    is_members_only: Annotated[bool, YesNo()] = False
    tier_ids: Annotated[tuple[str, ...], ListOf(Ident(), TIERS_MAX)] = ()
    is_shown: Annotated[bool, YesNo()] = True
    """Whether it stands on the page where members claim coupons."""

    def __post_init__(self) -> None:
        if self.starts_at and self.ends_at and self.starts_at >= self.ends_at:
            raise invalid("ends_at", "out-of-order", "Claiming ends after it starts.")

    @property
    def counts_persons(self) -> bool:
        return self.per_member is not None or self.per_day is not None

    def is_open(self, now: datetime) -> bool:
        has_begun = self.starts_at is None or self.starts_at <= now
        return has_begun and not self.is_over(now)

    def is_over(self, now: datetime) -> bool:
        return self.ends_at is not None and self.ends_at <= now


class Stacking(Struct, frozen=True, kw_only=True):
    """Of the coupons of one group so many may stand on one bill; each group counts for itself (C-52).

    Unless said, a coupon belongs to the one group of which a bill takes one.
    """

    group: Annotated[str, Ident()]
    most: Annotated[int, Whole(1, PER_BILL_MAX)] = 1


class Form(Struct, frozen=True, kw_only=True):
    """All that is said about a coupon."""

    face: Annotated[Face, Part(Face)]
    effect: Annotated[Effect, Tagged(KINDS)]
    validity: Annotated[Validity, Tagged(VALIDITIES)]
    delivery: Annotated[Delivery, OneOf(Delivery)]
    conditions: Annotated[Conditions, Part(Conditions)] = Conditions()
    claiming: Annotated[Claiming, Part(Claiming)] = Claiming()
    stacking: Annotated[Stacking | None, Part(Stacking)] = None
    claim_code: Annotated[str | None, Ident()] = None
    """With delivery by code: what members type; in capitals, however they type it."""
    total: Annotated[int | None, Whole(1, STOCK_MAX)] = None
    """So many are issued in all; None: as many as are wanted. It can be changed, but not taken away."""
    is_transferable: Annotated[bool, YesNo()] = False
    """Whether it may be given to a friend."""
    returns_on_refund: Annotated[bool, YesNo()] = True
    """Whether it comes back when its order is wholly refunded."""
    is_stopped: Annotated[bool, YesNo()] = False
    """No more are handed out; what was handed out stays good."""

    def __post_init__(self) -> None:
        if self.claim_code is None and self.delivery is Delivery.CODE:
            raise invalid("claim_code", "required", "Coupons handed out by code have one.")
        if self.claim_code is not None and self.delivery is not Delivery.CODE:
            raise invalid("claim_code", "invalid-choice", "Only coupons handed out by code have one.")
        if self.claim_code is not None and self.claim_code != self.claim_code.upper():
            raise invalid("claim_code", "invalid-format", "A discount code is written in capitals.")
        if isinstance(self.effect, GoodsExchange) and not self.conditions.goods.is_named:
            raise invalid("conditions.goods", "required", "A coupon for goods names them.")

    @property
    def benefit(self) -> Sentence:
        """What the coupon does, for people."""
        return self.effect.said()

    @property
    def at_least(self) -> Money:
        """The minimum spend."""
        return max(self.conditions.at_least_fen, self.effect.least)


class Template(Struct, frozen=True):
    """A template as it is now. Each change of its form makes the next version, and coupons keep theirs."""

    template_id: str
    form: Form
    version: int
    buckets: int
    """Into how many parts the stock is split; they become more with it, never fewer."""
    changed_at: datetime
    changed_by: str

    @property
    def stock(self) -> Stock | None:
        """None: it is not counted."""
        return stock_of(self.template_id, self.buckets) if self.form.total is not None else None

    @property
    def edition(self) -> "Edition":
        """This version, to be kept for ever."""
        return Edition(self.template_id, self.version, self.form)

    def with_form(self, form: Form, at: datetime, by: str) -> "Template":
        return replace(
            self,
            form=form,
            version=self.version + 1,
            buckets=max(self.buckets, buckets_for(form.total or 0)),
            changed_at=at,
            changed_by=by,
        )


class ClaimCode(Struct, frozen=True):
    """To which template a discount code leads."""

    claim_code: str
    template_id: str


class Edition(Struct, frozen=True):
    """One version of a template, by which the coupons are judged that were issued under it. Never changes."""

    template_id: str
    version: int
    form: Form


def stock_of(template_id: str, buckets: int = 1) -> Stock:
    """Where the pieces of a counted template lie."""
    return Stock(f"coupon#{template_id}", buckets)


def limit_counter(template_id: str, member_id: str) -> str:
    """The counter of how many coupons of a template one id was given."""
    return f"coupon-limit#{template_id}#{member_id}"


def day_counter(template_id: str, member_id: str, day: date) -> str:
    """The same for one business day."""
    return f"coupon-limit#{template_id}#{member_id}#{day:%Y%m%d}"
