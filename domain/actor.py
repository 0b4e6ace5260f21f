"""Who is asking. Handed to every use case; the only source of the tenant."""

from datetime import datetime

from msgspec import Struct

from domain.errors import NotPermitted


class StoreNotAllowed(NotPermitted):
    code = "store-not-allowed"
    title = "This key may not act for that store."
    message = "该密钥无权操作此门店"


class ScopeMissing(NotPermitted):
    code = "scope-missing"
    title = "This key lacks the scope that the operation needs."
    message = "该密钥没有此操作的权限"


class Actor(Struct, frozen=True):
    """Somebody whose credential was verified, or nobody in particular (`Anyone`)."""

    tenant_id: str

    @property
    def caller(self) -> str:
        """Names the actor in entries and scopes idempotency keys; never a secret."""
        return "anyone"


class Anyone(Actor, frozen=True):
    """A caller without credential; operations that admit it are listed by a test."""

    tenant_id: str = ""


class MemberSelf(Actor, frozen=True):
    """A person (fan or member) through one session of one channel."""

    member_id: str
    session_id: str
    channel_id: str
    identity: str
    opened_at: datetime

    @property
    def caller(self) -> str:
        return f"member:{self.member_id}"


class KeyHolder(Actor, frozen=True):
    """A system that signs its requests with an API key."""

    key_id: str
    scopes: frozenset[str]
    store_ids: frozenset[str] | None = None
    """None: every store of the tenant."""
    order_source: str | None = None
    """Where the key's order numbers are unique, if not in each store."""
    daily_cap_fen: int | None = None

    @property
    def caller(self) -> str:
        return f"key:{self.key_id}"

    def require_scope(self, scope: str) -> None:
        """Raises ScopeMissing."""
        if scope not in self.scopes:
            raise ScopeMissing(f"The operation needs the scope {str(scope)!r}.")

    def require_store(self, store_id: str) -> None:
        """Raises StoreNotAllowed."""
        if self.store_ids is not None and store_id not in self.store_ids:
            raise StoreNotAllowed(f"The key may not act for the store {store_id!r}.")


class Till(KeyHolder, frozen=True):
    """The till of a store."""


class Operator(KeyHolder, frozen=True):
    """The merchant's head office; until roles exist, an API key with the scope `admin`."""
