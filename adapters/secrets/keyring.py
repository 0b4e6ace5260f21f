"""A tenant's keys in use: AES-256-GCM for fields, HMAC-SHA-256 for indexes and codes.

Envelope (docs/decisions/0007): master key -> wrapped per tenant: 32 bytes data key, 32 bytes index key.
A sealed field is one version byte, a random 96-bit nonce, and the ciphertext with its tag; the place of
the field is the associated data.
"""

import hashlib
import hmac
import os
from collections.abc import Callable
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.keyring import Keyring

KEY_BYTES = 32
NONCE_BYTES = 12
VERSION = b"\x01"
KEPT_SECONDS = 600.0


class Master(Protocol):
    """Wraps and unwraps a tenant's keys."""

    def wrap(self, tenant_id: str, keys: bytes) -> bytes: ...

    def unwrap(self, tenant_id: str, wrapped: bytes) -> bytes: ...


class TenantKeyring:
    """Implements `domain.keyring.Keyring`."""

    def __init__(self, keys: bytes) -> None:
        if len(keys) != 2 * KEY_BYTES:
            raise ValueError("A tenant has a data key and an index key of 32 bytes each.")
        self._fields = AESGCM(keys[:KEY_BYTES])
        self._index_key = keys[KEY_BYTES:]

    def seal(self, context: str, text: str) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return VERSION + nonce + self._fields.encrypt(nonce, text.encode(), VERSION + context.encode())

    def open(self, context: str, sealed: bytes) -> str:
        version, nonce, ciphertext = sealed[:1], sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
        try:
            if version != VERSION:
                raise InvalidTag
            return self._fields.decrypt(nonce, ciphertext, version + context.encode()).decode()
        except InvalidTag as changed:
            raise ValueError(
                "A sealed field does not open: it was changed, or it lies in another place."
            ) from changed

    def index(self, kind: str, value: str) -> str:
        return self._mac(f"index:{kind}", value).hex()

    def sign(self, purpose: str, text: str) -> bytes:
        return self._mac(f"sign:{purpose}", text)

    def _mac(self, use: str, text: str) -> bytes:
        # The use is length-prefixed, so that no two uses can meet in one input.
        return hmac.new(self._index_key, f"{len(use)}:{use}:{text}".encode(), hashlib.sha256).digest()


class Keyrings:
    """Opens keyrings and keeps them for ten minutes at most; makes the keys of new tenants."""

    def __init__(self, master: Callable[[], Master], monotonic: Callable[[], float]) -> None:
        self._master, self._monotonic = master, monotonic
        self._open: dict[tuple[str, bytes], tuple[float, TenantKeyring]] = {}

    def open(self, tenant_id: str, wrapped: bytes) -> Keyring:
        opened_at, keyring = self._open.get((tenant_id, wrapped), (float("-inf"), None))
        now = self._monotonic()
        if keyring is None or now - opened_at >= KEPT_SECONDS:
            keyring = TenantKeyring(self._master().unwrap(tenant_id, wrapped))
            fresh = {key: kept for key, kept in self._open.items() if now - kept[0] < KEPT_SECONDS}
            self._open = {**fresh, (tenant_id, wrapped): (now, keyring)}
        return keyring

    def new(self, tenant_id: str) -> bytes:
        """Implements `domain.tenant.ports.TenantKeys`."""
        return self._master().wrap(tenant_id, os.urandom(2 * KEY_BYTES))
