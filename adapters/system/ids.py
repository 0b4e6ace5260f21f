"""Ids, secrets and digits from the operating system's generator."""

import base64
import os
import secrets

ID_BYTES = 13
ID_CHARACTERS = 20


class SystemIds:
    """Implements `domain.ids.Ids`."""

    def new(self, prefix: str) -> str:
        text = base64.b32encode(os.urandom(ID_BYTES)).decode().lower()
        return prefix + text[:ID_CHARACTERS]

    def secret(self) -> str:
        return secrets.token_urlsafe(32)

    def digits(self, length: int) -> str:
        return str(secrets.randbelow(10**length)).zfill(length)
