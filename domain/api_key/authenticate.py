"""Use case: find out who signed a request (docs/signing.md, with vectors)."""

import hashlib
import hmac
from datetime import datetime, timedelta
from urllib.parse import quote

from msgspec import Struct

from domain.actor import KeyHolder
from domain.api_key.model import ApiKey, ClockSkewed, NonceReused, SignatureRefused
from domain.api_key.ports import Repositories
from domain.clock import Clock, epoch_seconds
from domain.ids import Ids
from domain.tenant.model import split_address
from domain.unit_of_work import Runner

WINDOW = timedelta(seconds=300)
TIMESTAMP_MAX = 12
"""Digits of whole seconds; milliseconds have 13."""
NONCE_LIFE = timedelta(minutes=15)


class SignedRequest(Struct, frozen=True):
    """The parts of a request that the signature covers, and the signature."""

    key: str
    """`<tenant>.<key id>`"""
    timestamp: str
    """Whole seconds since 1970."""
    nonce: str
    signature: str
    """64 hex digits."""
    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    body: bytes
    idempotency_key: str = ""

    def canonical(self) -> str:
        """Seven lines: method, path, sorted query, SHA-256 of the body, timestamp, nonce, key.

        The idempotency key is an eighth one, if the request has it.
        """
        query = "&".join(
            sorted(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in self.query)
        )
        body = hashlib.sha256(self.body).hexdigest()
        lines = [self.method, self.path, query, body, self.timestamp, self.nonce, self.key]
        return "\n".join([*lines, self.idempotency_key] if self.idempotency_key else lines)


def signature_of(request: SignedRequest, secret: str) -> str:
    """HMAC-SHA-256 of the canonical text, in hex."""
    return hmac.new(secret.encode(), request.canonical().encode(), hashlib.sha256).hexdigest()


class AuthenticateKey(Struct, frozen=True):
    """Raises SignatureRefused, ClockSkewed or NonceReused."""

    runner: Runner[Repositories]
    clock: Clock
    ids: Ids

    def __call__(self, request: SignedRequest, *, once: bool) -> KeyHolder:
        """`once`: the nonce is stored, because nothing else in the request can be recognised again."""
        now = self.clock()
        tenant_id, key_id = split_address(request.key)
        if not tenant_id:
            raise SignatureRefused
        key = self.runner.use(tenant_id, lambda repositories, _: repositories.api_keys.find(key_id))
        if key is None or key.revoked_at is not None or not _signed_by(request, key):
            raise SignatureRefused
        _check_time(request.timestamp, now)
        if once and not self._is_first(tenant_id, key_id, request.nonce, now):
            raise NonceReused
        return key.actor(tenant_id)

    def _is_first(self, tenant_id: str, key_id: str, nonce: str, now: datetime) -> bool:
        """An answer that was lost on the way must not make the request look like its own repetition."""
        by = self.ids.new("x_")
        return self.runner.use(
            tenant_id, lambda repositories, _: repositories.nonces.use(key_id, nonce, by, now + NONCE_LIFE)
        )


def _signed_by(request: SignedRequest, key: ApiKey) -> bool:
    given = request.signature.encode()
    matches = [
        hmac.compare_digest(signature_of(request, secret.open()).encode(), given) for secret in key.secrets
    ]
    return any(matches)


def _check_time(timestamp: str, now: datetime) -> None:
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= TIMESTAMP_MAX):
        raise ClockSkewed("The timestamp is whole seconds since 1970, and nothing else.")
    if abs(epoch_seconds(now) - int(timestamp)) > WINDOW.total_seconds():
        raise ClockSkewed
