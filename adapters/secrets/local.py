"""The master key in a file, for development only."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
NONCE_BYTES = 12


class LocalMaster:
    """Implements `adapters.secrets.keyring.Master`. The file is made on first use, for its owner only."""

    def __init__(self, path: Path) -> None:
        self._key = AESGCM(_read_or_make(path))

    def wrap(self, tenant_id: str, keys: bytes) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._key.encrypt(nonce, keys, tenant_id.encode())

    def unwrap(self, tenant_id: str, wrapped: bytes) -> bytes:
        try:
            return self._key.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], tenant_id.encode())
        except InvalidTag as wrong:
            raise ValueError(
                "The master key does not open this tenant's keys: is it the file that the data was made with?"
            ) from wrong


def _read_or_make(path: Path) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        _make(path)
    key = path.read_bytes()
    if len(key) != KEY_BYTES:
        raise ValueError(f"{path} does not hold a master key of 32 bytes.")
    return key


def _make(path: Path) -> None:
    """Written beside and linked into place, so that two first starts at once agree on one whole key."""
    descriptor, beside = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(os.urandom(KEY_BYTES))
        with suppress(FileExistsError):
            os.link(beside, path)
    finally:
        Path(beside).unlink()
