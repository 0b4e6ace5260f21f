"""What proving the books needs from the outside world."""

from collections.abc import Iterator
from typing import Protocol

from domain.member.model import Member, Sentinel
from domain.member.ports import Identities, Members
from domain.order.model import Order, Refund
from domain.order.ports import Orders
from domain.points.model import Account, Entry
from domain.points.ports import Accounts, Entries

Thing = Account | Entry | Order | Refund | Member | Sentinel


class Everything(Protocol):
    def things(self, segment: int, segments: int) -> Iterator[tuple[str, Thing]]:
        """Tenant and thing, for one of `segments` parts of the table; never for a request."""
        ...


class Repositories(Protocol):
    @property
    def accounts(self) -> Accounts: ...

    @property
    def entries(self) -> Entries: ...

    @property
    def orders(self) -> Orders: ...

    @property
    def members(self) -> Members: ...

    @property
    def identities(self) -> Identities: ...
