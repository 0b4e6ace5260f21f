"""Which stores a key may speak of."""

from typing import Protocol

from domain.actor import KeyHolder
from domain.tenant.model import StoreNotFound
from domain.tenant.ports import Stores


class Repositories(Protocol):
    @property
    def stores(self) -> Stores: ...


def check_known(repositories: Repositories, actor: KeyHolder, store_id: str) -> None:
    """A key that is bound to stores was held to them before; any other names one that there is.

    Raises StoreNotFound.
    """
    if actor.store_ids is None and not repositories.stores.is_known(store_id):
        raise StoreNotFound
