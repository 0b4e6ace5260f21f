"""An API key and what it may do."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from domain.actor import KeyHolder, Operator, Till
from domain.errors import InvalidInput, NotAuthenticated
from domain.keyring import Sealed

SECRETS_MAX = 2


class SignatureRefused(NotAuthenticated):
    """One answer for every fault of a signature, so that nobody learns which part was wrong."""

    code = "signature-refused"
    title = "The key or the signature is not valid."
    message = "签名验证失败"


class ClockSkewed(NotAuthenticated):
    code = "timestamp-out-of-window"
    title = "The timestamp is more than 300 seconds away; set the clock of the till."
    message = "请求时间偏差过大，请校准设备时间"


class NonceReused(NotAuthenticated):
    code = "nonce-reused"
    title = "This signed request was sent before; sign a new one."
    message = "请求已被使用，请重新发起"


class Scope(StrEnum):
    """What a key may do."""

    MEMBERS_READ = "members.read"
    ORDERS_WRITE = "orders.write"
    REWARDS_WRITE = "rewards.write"
    COUPONS_WRITE = "coupons.write"
    ADMIN = "admin"


class ApiKey(Struct, frozen=True):
    """A named key with at most two active secrets, so that secrets can be changed without a gap."""

    key_id: str
    name: str
    scopes: frozenset[str]
    store_ids: frozenset[str] | None
    order_source: str | None
    daily_cap_fen: int | None
    secrets: tuple[Sealed, ...]
    revoked_at: datetime | None = None
    version: int = 1

    def __post_init__(self) -> None:
        unknown = self.scopes - {scope.value for scope in Scope}
        if unknown:
            raise InvalidInput(f"The key {self.key_id!r} names unknown scopes: {sorted(unknown)}.")

    def actor(self, tenant_id: str) -> KeyHolder:
        """Who speaks with this key: an operator with the scope `admin`, otherwise a till."""
        kind = Operator if Scope.ADMIN in self.scopes else Till
        return kind(
            tenant_id=tenant_id,
            key_id=self.key_id,
            scopes=self.scopes,
            store_ids=self.store_ids,
            order_source=self.order_source,
            daily_cap_fen=self.daily_cap_fen,
        )
