"""Use cases: create an API key, change what it may do, give it a second secret, revoke it."""

import hmac
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from domain.api_key.model import SECRETS_MAX, ApiKey
from domain.api_key.ports import Repositories
from domain.errors import NotFound, invalid
from domain.ids import Ids
from domain.keyring import Fresh
from domain.tenant.model import StoreNotFound
from domain.unit_of_work import Changed, Created, Plan, Runner


class ApiKeyNotFound(NotFound):
    code = "api-key-not-found"
    title = "There is no such API key."
    message = "密钥不存在"


class KeyWish(Struct, frozen=True):
    """An API key as the file describes it."""

    key_id: str
    name: str
    scopes: frozenset[str]
    store_ids: frozenset[str] | None
    order_source: str | None = None
    daily_cap_fen: int | None = None


class KeyApplied(Struct, frozen=True):
    """`secret` is there only when it was just made; it is shown once and never again."""

    said: str
    secret: str | None = None


class ApplyKey(Struct, frozen=True):
    """A new key gets its first secret; a known key keeps its secrets."""

    runner: Runner[Repositories]
    ids: Ids

    def __call__(self, tenant_id: str, wish: KeyWish) -> KeyApplied:
        secret = self.ids.secret()

        def plan(repositories: Repositories, _: datetime) -> Plan[KeyApplied]:
            before = repositories.api_keys.find(wish.key_id)
            _check_stores(repositories, wish)
            _check_source(repositories, wish)
            wished = ApiKey(
                wish.key_id,
                wish.name,
                wish.scopes,
                wish.store_ids,
                wish.order_source,
                wish.daily_cap_fen,
                secrets=before.secrets if before else (Fresh(secret),),
                revoked_at=before.revoked_at if before else None,
                version=before.version if before else 1,
            )
            if before is None:
                return Plan(KeyApplied("created", secret), (Created(wished),))
            if wished == before:
                # The first try may have been written although no answer came.
                is_ours = _holds(before, secret)
                return Plan(KeyApplied("created", secret) if is_ours else KeyApplied("unchanged"))
            return Plan(
                KeyApplied("changed"), (Changed(before, replace(wished, version=before.version + 1)),)
            )

        return self.runner.run(tenant_id, plan)


def _check_stores(repositories: Repositories, wish: KeyWish) -> None:
    """A till of a store that does not exist would record orders nowhere. Raises StoreNotFound."""
    for store_id in sorted(wish.store_ids or ()):
        if repositories.stores.find(store_id) is None:
            raise StoreNotFound(
                f"The key {wish.key_id!r} names the store {store_id!r}, which does not exist."
            )


def _check_source(repositories: Repositories, wish: KeyWish) -> None:
    """A source named like a store would share the store's order numbers. Raises InvalidInput."""
    if wish.order_source is not None and repositories.stores.find(wish.order_source) is not None:
        raise invalid("api_keys.order_source", "duplicate", "An order_source must not be the id of a store.")


def _holds(key: ApiKey, secret: str) -> bool:
    return any(hmac.compare_digest(each.open().encode(), secret.encode()) for each in key.secrets)


class RotateKey(Struct, frozen=True):
    """Adds a secret; the newest two stay active, so that tills can follow without a gap."""

    runner: Runner[Repositories]
    ids: Ids

    def __call__(self, tenant_id: str, key_id: str) -> str:
        """The new secret. Raises ApiKeyNotFound."""
        secret = self.ids.secret()

        def plan(repositories: Repositories, _: datetime) -> Plan[str]:
            before = repositories.api_keys.find(key_id)
            if before is None:
                raise ApiKeyNotFound
            if _holds(before, secret):
                return Plan(secret)
            secrets = (*before.secrets, Fresh(secret))[-SECRETS_MAX:]
            return Plan(
                secret, (Changed(before, replace(before, secrets=secrets, version=before.version + 1)),)
            )

        return self.runner.run(tenant_id, plan)


class RevokeKey(Struct, frozen=True):
    """Works from the next request on. Raises ApiKeyNotFound."""

    runner: Runner[Repositories]

    def __call__(self, tenant_id: str, key_id: str) -> None:
        def plan(repositories: Repositories, now: datetime) -> Plan[None]:
            before = repositories.api_keys.find(key_id)
            if before is None:
                raise ApiKeyNotFound
            if before.revoked_at is not None:
                return Plan(None)
            after = replace(before, revoked_at=now, version=before.version + 1)
            return Plan(None, (Changed(before, after),))

        self.runner.run(tenant_id, plan)
