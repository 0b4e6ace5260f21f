"""What merging needs from the outside world."""

from collections.abc import Iterable, Iterator
from typing import Protocol

from domain.member import ports as member
from domain.member.model import Member
from domain.merge.model import Merge
from domain.page import Page
from domain.points.model import Account
from domain.points.ports import Accounts, Entries
from domain.programme.ports import Programmes
from domain.session.ports import Sessions


class Merges(Protocol):
    def find(self, merge_id: str) -> Merge | None:
        """As stored now."""
        ...

    def waiting(self, limit: int, position: str | None) -> Page[Merge]:
        """Those that wait for staff, the oldest first."""
        ...


class People(Protocol):
    """Both halves of a person in one call."""

    def pair(self, one: str, other: str) -> tuple[tuple[Member, Account], tuple[Member, Account]]:
        """Exactly those two, as stored now. Raises MemberNotFound."""
        ...

    def those(self, member_ids: Iterable[str]) -> Iterable[tuple[Member, Account]]:
        """Exactly those who are there, as stored now."""
        ...


class Repositories(member.Repositories, Protocol):
    """What members need, their books and logins, and the merges."""

    @property
    def merges(self) -> Merges: ...

    @property
    def people(self) -> People: ...

    @property
    def accounts(self) -> Accounts: ...

    @property
    def entries(self) -> Entries: ...

    @property
    def programmes(self) -> Programmes: ...

    @property
    def sessions(self) -> Sessions: ...


class UnsettledMerges(Protocol):
    def unsettled(self) -> Iterator[tuple[str, str]]:
        """Tenant and merge id of merges whose sessions have not followed yet."""
        ...
