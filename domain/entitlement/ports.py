"""What entitlements need from the outside world."""

from typing import Protocol

from domain.entitlement.model import Entitlement, EntitlementRef
from domain.member import ports as member
from domain.order.ports import Orders
from domain.tenant.ports import Stores


class Entitlements(Protocol):
    """As stored now."""

    def find(self, ref: EntitlementRef) -> Entitlement | None: ...

    def of_entry(self, member_id: str, sequence: int) -> list[Entitlement]:
        """All that one entry granted; one call."""
        ...

    def newest(self, member_id: str, below: str | None, limit: int) -> list[Entitlement]:
        """Of exactly that member, those below an id, the latest entry first; one call."""
        ...


class Repositories(member.Repositories, Protocol):
    """What members need, and entitlements."""

    @property
    def entitlements(self) -> Entitlements: ...

    @property
    def orders(self) -> Orders: ...

    @property
    def stores(self) -> Stores: ...
