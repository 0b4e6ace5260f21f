"""What checkout needs from the outside world."""

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from domain.checkout.model import Hold
from domain.coupon import ports as coupon
from domain.order.model import OrderId


class Holds(Protocol):
    def find(self, order_id: OrderId) -> Hold | None:
        """As stored now."""
        ...

    def and_order(self, order_id: OrderId) -> tuple[Hold | None, bool]:
        """The same, and whether there is the order itself; one call."""
        ...


class Repositories(coupon.Repositories, Protocol):
    """What coupons need, and bills that are held."""

    @property
    def holds(self) -> Holds: ...


class DueHold(Struct, frozen=True):
    """A hold whose time is over."""

    tenant_id: str
    order_id: OrderId


class DueHolds(Protocol):
    def before(self, now: datetime) -> Iterator[DueHold]:
        """Of all tenants, the longest overdue first."""
        ...
