"""One tenant's keys, behind a port: seals personal fields, indexes phones, signs what we hand out."""

from typing import Protocol

from msgspec import Struct


class Sealed(Protocol):
    """A personal field that is encrypted where it rests, and opened only when somebody needs it."""

    def open(self) -> str: ...


class Fresh(Struct, frozen=True):
    """A personal field that has just come in and is sealed when it is written."""

    value: str

    def open(self) -> str:
        return self.value


class Vault(Protocol):
    """Encrypts single fields under a tenant's data key; the context binds a value to its place."""

    def seal(self, context: str, text: str) -> bytes: ...

    def open(self, context: str, sealed: bytes) -> str:
        """Raises ValueError if the value was changed or comes from another place."""
        ...


class Keyring(Vault, Protocol):
    """The keys of one tenant (docs/decisions/0007: data key and index key, wrapped side by side)."""

    def index(self, kind: str, value: str) -> str:
        """A blind index: HMAC-SHA-256 in hex, never shortened, equal for equal values of one kind."""
        ...

    def sign(self, purpose: str, text: str) -> bytes:
        """HMAC-SHA-256 for codes and cursors; `purpose` keeps uses apart."""
        ...
