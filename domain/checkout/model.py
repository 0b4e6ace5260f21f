"""A bill that is held while its guest pays: coupons are locked and points are taken for it, for a while."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from domain.errors import Conflict, NotFound
from domain.money import Money, Points
from domain.order.model import OrderId


class HoldNotFound(NotFound):
    code = "hold-not-found"
    title = "Nothing is held for this order."
    message = "该订单没有锁定的优惠"


class HoldDiffers(Conflict):
    code = "hold-differs"
    title = "Something else is held for this order; release it first."
    message = "该订单锁定的优惠与请求不一致，请先释放"


class HoldOver(Conflict):
    code = "hold-over"
    title = "What was held for this order is over; see that it is released, and quote the order anew."
    message = "锁定已失效，请释放后重新计算优惠"


class OrderIsHeld(Conflict):
    code = "order-is-held"
    title = "Coupons or points are held for this order; complete it as held, or release them first."
    message = "该订单已锁定优惠，请按锁定结算或先释放"


class HoldCaptured(Conflict):
    code = "hold-captured"
    title = "The order was completed; reverse it instead."
    message = "订单已完成结算，请使用撤销接口"


class HoldState(StrEnum):
    """What became of it."""

    OPEN = "open"
    CAPTURED = "captured"
    """The checkout was completed."""
    RELEASED = "released"


class HoldPlace(Struct, frozen=True):
    """Where a hold for that order lies, if there is one."""

    order_id: OrderId


class Hold(Struct, frozen=True):
    """One for each order; it can be made anew when it was released."""

    order_id: OrderId
    store_id: str
    member_id: str
    """Whose account paid the points."""
    coupon_codes: tuple[str, ...]
    points: Points
    entry_sequence: int | None
    """Of the entry that took the points."""
    to_pay: Money
    """What was left to pay by money."""
    fingerprint: str
    """Of the request."""
    at: datetime
    until: datetime
    by: str
    state: HoldState = HoldState.OPEN
    ended_at: datetime | None = None
    version: int = 1

    @property
    def is_open(self) -> bool:
        """Whether something is held; what is over is open until somebody has released it."""
        return self.state is HoldState.OPEN

    def counts_at(self, now: datetime) -> datetime | None:
        """The instant at which coupons are looked at: when they were held, as long as that lasts."""
        return self.at if now < self.until else None

    def ended(self, state: HoldState, at: datetime) -> "Hold":
        return replace(self, state=state, ended_at=at, version=self.version + 1)
