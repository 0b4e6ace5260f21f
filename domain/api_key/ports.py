"""What API keys need from the outside world."""

from datetime import datetime
from typing import Protocol

from domain.api_key.model import ApiKey
from domain.tenant.ports import Stores


class ApiKeys(Protocol):
    def find(self, key_id: str) -> ApiKey | None:
        """The key as stored now; the tenant's settings come with the same call."""
        ...


class Nonces(Protocol):
    def use(self, key_id: str, nonce: str, by: str, ends_at: datetime) -> bool:
        """True the first time; False if this key has used the nonce before, for another request than `by`."""
        ...


class Repositories(Protocol):
    @property
    def api_keys(self) -> ApiKeys: ...

    @property
    def stores(self) -> Stores: ...

    @property
    def nonces(self) -> Nonces: ...
