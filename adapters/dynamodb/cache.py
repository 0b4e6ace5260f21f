"""What one process remembers: settings for a minute, and for ever what never changes."""

from collections.abc import Callable
from typing import Generic, TypeVar

from adapters.dynamodb.keys import Key
from adapters.dynamodb.outcome import RawItem

T = TypeVar("T")

CACHED_SECONDS = 60.0
VERSIONS_KEPT = 256
"""Of programmes and coupon templates, that one process keeps open."""


class Cache:
    """Raw items of tenants, stores and so on, at most 60 seconds old; shared by the requests of a process."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._items: dict[Key, tuple[float, RawItem]] = {}

    def get(self, key: Key) -> RawItem | None:
        read_at, raw = self._items.get(key, (float("-inf"), None))
        return raw if self._monotonic() - read_at < CACHED_SECONDS else None

    def put(self, key: Key, raw: RawItem) -> None:
        self._items[key] = (self._monotonic(), raw)

    def clear(self) -> None:
        """Somebody changed something that was relied on: read everything anew."""
        self._items.clear()

    def put_found(self, key: Key, found: dict[Key, RawItem]) -> None:
        """Keeps what was read along with other things, and takes it out of these."""
        if (raw := found.pop(key, None)) is not None:
            self.put(key, raw)


class Library(Generic[T]):
    """Versions that this process has read; one never changes, so none grows old."""

    def __init__(self) -> None:
        self._versions: dict[Key, T] = {}

    def get(self, key: Key) -> T | None:
        return self._versions.get(key)

    def put(self, key: Key, version: T) -> None:
        if len(self._versions) >= VERSIONS_KEPT:
            self._versions.clear()
        self._versions[key] = version
