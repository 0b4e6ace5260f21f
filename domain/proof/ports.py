"""What proving the books needs from the outside world."""

from collections.abc import Iterator
from typing import Protocol

from domain.activity import ports as activity
from domain.checkout import ports as checkout
from domain.checkout.model import Hold
from domain.coupon.model import Coupon
from domain.entitlement.model import Entitlement
from domain.member.model import Member, Sentinel
from domain.order.model import Order, Refund
from domain.points.model import Account, Entry
from domain.reward import ports as reward
from domain.reward.model import Exchange

Thing = Account | Entry | Order | Refund | Exchange | Entitlement | Coupon | Hold | Member | Sentinel


class Repositories(activity.Repositories, reward.Repositories, checkout.Repositories, Protocol):
    """Whatever things may refer to."""


class Everything(Protocol):
    def things(self, segment: int, segments: int) -> Iterator[tuple[str, Thing]]:
        """Tenant and thing, for one of `segments` parts of the table; never for a request."""
        ...
