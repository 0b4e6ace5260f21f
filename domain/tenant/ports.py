"""What tenants need from the outside world."""

from typing import Protocol

from domain.tenant.model import Channel, Settings, Store, Tenant


class Tenants(Protocol):
    """The tenant whose repositories these are."""

    def get(self) -> Tenant:
        """Read now. Raises TenantNotFound."""
        ...

    def settings(self) -> Settings:
        """As read by this request's authentication, or at most 60 seconds ago. Raises TenantNotFound."""
        ...

    def find(self) -> Tenant | None: ...


class Stores(Protocol):
    def find(self, store_id: str) -> Store | None:
        """As stored now."""
        ...

    def is_known(self, store_id: str) -> bool:
        """A store that was there at most 60 seconds ago counts."""
        ...


class Channels(Protocol):
    def find(self, channel_id: str) -> Channel | None: ...

    def get(self, channel_id: str) -> Channel:
        """At most 60 seconds old. Raises ChannelNotFound."""
        ...


class Repositories(Protocol):
    @property
    def tenants(self) -> Tenants: ...

    @property
    def stores(self) -> Stores: ...

    @property
    def channels(self) -> Channels: ...


class TenantKeys(Protocol):
    """Makes the keys of a new tenant."""

    def new(self, tenant_id: str) -> bytes:
        """A data key and an index key, wrapped under the master key."""
        ...
