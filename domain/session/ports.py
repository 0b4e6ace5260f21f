"""What sessions need from the outside world."""

from collections.abc import Iterator
from typing import Protocol

from domain.member.ports import Members
from domain.page import Page
from domain.session.model import Session, Sweep


class Sessions(Protocol):
    def find(self, session_id: str) -> Session | None:
        """Read for each request, never from a cache."""
        ...

    def open(self, session: Session) -> None:
        """Writes one item; nothing else depends on it."""
        ...

    def extend(self, session: Session) -> None:
        """Moves the end forward, unless the session was revoked meanwhile."""
        ...

    def revoke(self, session: Session) -> None:
        """Revoking again changes nothing."""
        ...

    def move(self, session: Session, member_id: str) -> None:
        """Hands a revoked session, as a login record, to another member."""
        ...

    def find_sweep(self, sweep_id: str) -> Sweep | None: ...

    def of_member(self, member_id: str, limit: int, position: str | None = None) -> Page[Session]:
        """Newest first."""
        ...


class Sweeps(Protocol):
    def waiting(self) -> Iterator[tuple[str, str]]:
        """Tenant and id of sweeps that no job has finished yet."""
        ...


class Repositories(Protocol):
    @property
    def members(self) -> Members: ...

    @property
    def sessions(self) -> Sessions: ...
