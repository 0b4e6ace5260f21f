"""What members need from the outside world."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from domain.keyring import Keyring
from domain.member.identity import Identity
from domain.member.model import Member
from domain.tenant.ports import Tenants


class Members(Protocol):
    """People of one tenant, as stored now."""

    def get(self, member_id: str) -> Member:
        """The person with that id, or the one that it was merged into. Raises MemberNotFound."""
        ...

    def way(self, member_id: str) -> tuple[Member, ...]:
        """The records that lead from that id to the person, who comes last. Raises MemberNotFound."""
        ...

    def exact(self, member_id: str) -> Member | None:
        """The person with exactly that id, merged away or not."""
        ...

    def people(self, member_ids: Iterable[str]) -> Mapping[str, Member]:
        """By the ids that were asked for, the people behind them; ids of nobody are absent.

        One call for up to 100, unless a merge lies between.
        """
        ...

    def glance(
        self, member_id: str, identities: Iterable[Identity]
    ) -> tuple[tuple[Member, ...], dict[Identity, str]]:
        """`way`, `holders` and the tenant's settings in one call.

        Possibly a moment old: for plans whose conditions notice that.
        """
        ...


class Identities(Protocol):
    """Who holds which identity."""

    def holders(
        self, identities: Iterable[Identity], *, may_lag: bool = False, with_settings: bool = False
    ) -> dict[Identity, str]:
        """Member ids by identity, in one call; identities that nobody holds are absent.

        `may_lag`: possibly a moment old, for plans whose conditions notice that. `with_settings`: the
        tenant's settings come in the same call.
        """
        ...


class Repositories(Protocol):
    @property
    def members(self) -> Members: ...

    @property
    def identities(self) -> Identities: ...

    @property
    def tenants(self) -> Tenants: ...

    @property
    def keyring(self) -> Keyring: ...
