"""What points need from the outside world."""

from collections.abc import Iterator
from datetime import date
from typing import Protocol

from msgspec import Struct

from domain.entitlement.ports import Entitlements
from domain.member import own
from domain.member import ports as member
from domain.member.model import Member
from domain.order.ports import Orders
from domain.points.model import Account, Entry
from domain.points.standing import TierChange
from domain.programme.ports import Budgets, Programmes
from domain.tenant.ports import Stores


class Accounts(Protocol):
    """Points accounts, as stored now."""

    def get(self, member_id: str) -> Account:
        """The account of that member, or of the one it was merged into. Raises MemberNotFound."""
        ...

    def way(self, member_id: str) -> tuple[Account, ...]:
        """The accounts that lead from that id to the one in use, which comes last. Raises MemberNotFound."""
        ...

    def person(
        self, member_id: str, *, with_settings: bool = False, is_condition: bool = True
    ) -> tuple[tuple[Account, ...], Member]:
        """The way, and the member who is at its end; one call unless a merge lies between.

        The first attempt of a plan may read a moment old, for half: what it writes is conditional. Unless
        `is_condition`, nothing is, and what is read is as stored now.
        `with_settings`: the tenant's settings come in the same call, for callers whose authentication does
        not read them. Raises MemberNotFound.
        """
        ...

    def exact(self, member_id: str) -> Account | None: ...


class Entries(Protocol):
    def newest(self, member_id: str, below: int | None, limit: int, *, strong: bool = False) -> list[Entry]:
        """Entries of exactly that member with a smaller sequence, newest first; one call.

        A list for people may be a moment old; what decides is read strongly.
        """
        ...

    def get(self, member_id: str, sequence: int) -> Entry | None: ...

    def all(self, member_id: str) -> Iterator[Entry]:
        """Every entry from the first on."""
        ...


class TierChanges(Protocol):
    def newest(
        self, member_id: str, below: int | None, limit: int, *, strong: bool = False
    ) -> list[TierChange]:
        """Changes of exactly that member with a smaller number, newest first; one call."""
        ...


class Repositories(member.Repositories, own.Repositories, Protocol):
    """What members need, and the books."""

    @property
    def accounts(self) -> Accounts: ...

    @property
    def entries(self) -> Entries: ...

    @property
    def tier_changes(self) -> TierChanges: ...

    @property
    def orders(self) -> Orders: ...

    @property
    def entitlements(self) -> Entitlements: ...

    @property
    def stores(self) -> Stores: ...

    @property
    def programmes(self) -> Programmes: ...

    @property
    def budgets(self) -> Budgets: ...


class Due(Struct, frozen=True):
    """An account that has a lot whose last day is over."""

    tenant_id: str
    member_id: str


class DueAccounts(Protocol):
    def before(self, today: date) -> Iterator[Due]:
        """Accounts of all tenants whose next expiry lies before today, the longest overdue first."""
        ...
