"""A reward of the catalogue, the codes behind a virtual one, and an exchange of points for it."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from domain.errors import Conflict, NotFound, RuleBroken
from domain.keyring import Sealed
from domain.money import Points
from domain.points.model import EntryRef
from domain.points.usage import LIMIT
from domain.stock import Stock, buckets_for

NAME_MAX, DESCRIPTION_MAX = 40, 200
POINTS_MAX = 10_000_000
LIMIT_MAX = 1_000
TIERS_MAX = 20
CODES_MAX = 25
"""Codes that one request may bring: each is written with its own condition, in one transaction."""
CODE_MAX = 64


class RewardNotFound(NotFound):
    code = "reward-not-found"
    title = "There is no such reward."
    message = "未找到该兑换商品"


class RewardNotOffered(RuleBroken):
    code = "reward-not-offered"
    title = "The reward is not offered at present."
    message = "该商品暂不可兑换"


class RewardNotForYou(RuleBroken):
    code = "reward-not-for-you"
    title = "The reward is for members, or for certain tiers, to which this person does not belong."
    message = "您暂不满足该商品的兑换条件"


class RewardLimitReached(RuleBroken):
    code = "reward-limit-reached"
    title = "This person has exchanged points for this reward as often as it allows."
    message = "已达到该商品的兑换次数上限"


class RewardChanged(Conflict):
    code = "reward-changed"
    title = "The reward costs another number of points now; show it again before you exchange."
    message = "商品所需积分已变化，请确认后再兑换"


class SoldOut(RuleBroken):
    code = "reward-sold-out"
    title = "Nothing of this reward is left."
    message = "该商品已兑完"


class StockNotCounted(RuleBroken):
    code = "stock-not-counted"
    title = "The stock of this reward is not counted by pieces: it has codes, or no end."
    message = "该商品不按数量管理库存"


class KindFixed(RuleBroken):
    code = "reward-kind-fixed"
    title = "What a reward is and whether its stock is counted cannot change; make another reward."
    message = "商品类型不可修改，请新建商品"


class CodesKnown(RuleBroken):
    code = "codes-known"
    title = "Some of these codes were brought before; nothing was added."
    message = "部分兑换码已存在，未添加"


class ExchangeNotFound(NotFound):
    code = "exchange-not-found"
    title = "There is no such exchange."
    message = "未找到该兑换单"


class ExchangeNotOpen(Conflict):
    code = "exchange-not-open"
    title = "The exchange was fulfilled or refunded before."
    message = "该兑换单已处理"


class NotRefundable(RuleBroken):
    code = "exchange-not-refundable"
    title = "A code that was shown, or a coupon that is used or given away, cannot be taken back."
    message = "兑换码或优惠券已发放使用，无法退还"


class RewardKind(StrEnum):
    """What is handed over."""

    GOODS = "goods"
    SERVICE = "service"
    VIRTUAL = "virtual"
    """A code, at once."""
    COUPON = "coupon"
    """A coupon of a template, at once (C-34)."""


COUNTED_ELSEWHERE = frozenset({RewardKind.VIRTUAL, RewardKind.COUPON})
"""By their codes, or by the stock of the template."""


class Offer(Struct, frozen=True, kw_only=True):
    """What staff says about a reward."""

    name: str
    description: str | None = None
    kind: RewardKind
    points: Points
    is_counted: bool = True
    """False: there is always one left. Codes and coupons are counted by themselves."""
    is_shown: bool = True
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    per_member: int | None = None
    """How often one person may have it; counted from when this was set."""
    is_members_only: bool = False
    tier_ids: tuple[str, ...] = ()
    """Empty: for every tier, and for those without."""
    template_id: str | None = None
    """Of a coupon."""

    def is_open(self, now: datetime) -> bool:
        has_begun = self.starts_at is None or self.starts_at <= now
        return self.is_shown and has_begun and (self.ends_at is None or now < self.ends_at)

    @property
    def has_buckets(self) -> bool:
        return self.is_counted and self.kind not in COUNTED_ELSEWHERE


class Reward(Struct, frozen=True):
    """One thing of the catalogue (积分商城)."""

    reward_id: str
    offer: Offer
    changed_at: datetime
    changed_by: str
    stock: int = 0
    """Pieces that were ever put on the shelf, less those that were taken away by hand."""
    buckets: int = 1
    """Into how many parts the stock is split; they become more with it, never fewer."""
    version: int = 1

    @property
    def shelf(self) -> Stock:
        """Where its pieces lie."""
        return Stock(self.reward_id, self.buckets)

    def with_stock(self, more: int, left: int, at: datetime, by: str) -> "Reward":
        """So many pieces more, or fewer; `left`: on the shelf before."""
        return replace(
            self,
            stock=self.stock + more,
            buckets=max(self.buckets, buckets_for(left + more)),
            changed_at=at,
            changed_by=by,
            version=self.version + 1,
        )

    def with_offer(self, offer: Offer, at: datetime, by: str) -> "Reward":
        return replace(self, offer=offer, changed_at=at, changed_by=by, version=self.version + 1)


def usage_name(reward_id: str) -> str:
    """Under which an account counts how often the reward was had."""
    return f"{LIMIT}{reward_id}"


class RewardCode(Struct, frozen=True):
    """A code of a virtual reward that nobody has yet. `index` is blind: it tells equal codes apart."""

    reward_id: str
    index: str
    code: Sealed


class CodeMark(Struct, frozen=True):
    """Says that a code was brought, to whichever reward; it stays, so that no code ever comes back."""

    index: str


class ExchangeState(StrEnum):
    """A virtual reward is fulfilled at once."""

    OPEN = "open"
    FULFILLED = "fulfilled"
    REFUNDED = "refunded"


class Exchange(Struct, frozen=True):
    """Points for one piece of a reward (兑换单), named by the entry that took them."""

    member_id: str
    sequence: int
    """Of the entry."""
    reward_id: str
    name: str
    kind: RewardKind
    points: Points
    at: datetime
    state: ExchangeState = ExchangeState.OPEN
    bucket: int | None = None
    """From which part of the stock; None: the stock is not counted."""
    is_limited: bool = False
    """It counts towards what one person may have."""
    code: Sealed | None = None
    coupon_code: str | None = None
    fulfilled_at: datetime | None = None
    fulfilled_by: str | None = None
    store_id: str | None = None
    """Where it was handed over."""
    refunded_at: datetime | None = None
    refund_entry: EntryRef | None = None
    """Which gave the points back."""
    refunded_by: str | None = None
    version: int = 1

    @property
    def exchange_id(self) -> str:
        return EntryRef(self.member_id, self.sequence).text()

    @property
    def owner(self) -> str:
        return self.member_id

    @property
    def place(self) -> str:
        return str(self.sequence)

    def fulfilled(self, at: datetime, by: str, store_id: str | None) -> "Exchange":
        """Handed over. Raises ExchangeNotOpen."""
        if self.state is not ExchangeState.OPEN:
            raise ExchangeNotOpen(f"The exchange was {self.state.value} before.")
        return replace(
            self,
            state=ExchangeState.FULFILLED,
            fulfilled_at=at,
            fulfilled_by=by,
            store_id=store_id,
            version=self.version + 1,
        )

    def refunded(self, at: datetime, by: str, entry: EntryRef) -> "Exchange":
        return replace(
            self,
            state=ExchangeState.REFUNDED,
            refunded_at=at,
            refunded_by=by,
            refund_entry=entry,
            version=self.version + 1,
        )
