"""The one table that all processes share: transactions take time, lock items, show piece by piece."""

from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from msgspec import Struct

from tests.simulation.schedule import Schedule
from tests.simulation.table import calls
from tests.simulation.table.storage import Key, Storage
from tests.simulation.table.values import Item

STEP_PAUSES = 0.3
"""How often others get a turn between two items of a commit."""


def key_of(raw: Mapping[str, Any]) -> Key:
    """The key of a raw item, or of a raw key."""
    return raw["pk"]["S"], raw["sk"]["S"]


class Change(Struct, frozen=True):
    """What a commit did to one item."""

    key: Key
    before: Item | None
    after: Item | None

    @property
    def kind(self) -> str:
        """Which sort of item it is."""
        item = self.after or self.before or {}
        kind: str = item["kind"]["S"]
        return kind

    @property
    def thing_id(self) -> str:
        """What stands behind the kind in the partition key; the tenant itself has nothing there."""
        return (*self.key[0].split("#", 3), "")[3]


class Commit(Struct, frozen=True):
    """One write that took effect, with who asked for it."""

    number: int
    by: Any
    """The attempt behind it."""
    decided_at: int
    """Milliseconds since 1970: what the process's clock had said when it decided."""
    changes: tuple[Change, ...]

    def of(self, kind: str) -> list[Change]:
        return [change for change in self.changes if change.kind == kind]

    @property
    def kinds(self) -> frozenset[str]:
        return frozenset(change.kind for change in self.changes)


class Cloud:
    """Raises what botocore's client raises."""

    def __init__(
        self, storage: Storage, schedule: Schedule, chance: Random, told: Callable[[Commit], None]
    ) -> None:
        self.storage, self._schedule, self._chance, self._told = storage, schedule, chance, told
        self.commits = 0
        self.before: dict[Key, Item | None] = {}
        """How each changed item was before its last change."""
        self._locked: set[Key] = set()
        self.last_change: dict[Key, int] = {}
        self._showing: list[int] = []
        """Commits of which readers do not see all yet."""

    def follow(self, other: "Cloud") -> None:
        """With the same past; the items are copied already."""
        self.commits, self.before = other.commits, dict(other.before)
        self.last_change = dict(other.last_change)
        self._chance.setstate(other._chance.getstate())

    def read(
        self,
        operation: str,
        arguments: Mapping[str, Any],
        *,
        look: Callable[[Key], Item | None] | None = None,
        items_max: int | None = None,
    ) -> dict[str, Any]:
        return calls.read(
            self.storage, operation, arguments, look=look, locked=self._locked, items_max=items_max
        )

    def write(self, operation: str, arguments: Mapping[str, Any], by: Any, decided_at: int) -> dict[str, Any]:
        """Prepares, locks, decides, shows item by item, unlocks. Readers may see half of it."""
        prepared = calls.prepare(self.storage, operation, arguments, locked=self._locked)
        if not prepared.changes:
            return prepared.answer
        self._locked.update(prepared.keys)
        if len(prepared.keys) > 1:
            self._schedule.pause()
        changes = tuple(Change(key, self.storage.get(key), after) for key, after in prepared.changes)
        self.commits += 1
        number = self.commits
        self._told(Commit(number, by, decided_at, changes))
        self._showing.append(number)
        for change in changes:
            self.before[change.key] = change.before
            self.last_change[change.key] = number
            self.storage.apply([(change.key, change.after)])
            if len(changes) > 1 and self._chance.random() < STEP_PAUSES:
                self._schedule.pause()
        self._locked.difference_update(prepared.keys)
        self._showing.remove(number)
        return prepared.answer

    @property
    def shown(self) -> int:
        """So many commits, at least, are visible to every reader."""
        return min(self._showing, default=self.commits + 1) - 1
