"""What proving the books needs from the outside world."""

from collections.abc import Iterator
from typing import Protocol

from domain.member.model import Member, Sentinel
from domain.order.model import Order, Refund
from domain.points.model import Account, Entry

Thing = Account | Entry | Order | Refund | Member | Sentinel


class Everything(Protocol):
    def things(self, segment: int, segments: int) -> Iterator[tuple[str, Thing]]:
        """Tenant and thing, for one of `segments` parts of the table; never for a request."""
        ...
