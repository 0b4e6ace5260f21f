"""Counts what a request costs: calls by kind, read and write units, writes to indexes."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from msgspec import Struct, field


class Usage(Struct):
    """Calls and capacity units of one stretch of work. Units of the table and of its indexes stand apart."""

    calls: Counter[str] = field(default_factory=Counter)
    read_units: float = 0.0
    write_units: float = 0.0
    index_write_units: float = 0.0

    def add(self, operation: str, response: Mapping[str, Any]) -> None:
        self.calls[operation] += 1
        consumed = response.get("ConsumedCapacity") or []
        for capacity in consumed if isinstance(consumed, list) else [consumed]:
            self._add_units(operation, capacity)

    def _add_units(self, operation: str, capacity: Mapping[str, Any]) -> None:
        total = float(capacity.get("CapacityUnits", 0.0))
        in_indexes = sum(
            float(index.get("CapacityUnits", 0.0))
            for index in (capacity.get("GlobalSecondaryIndexes") or {}).values()
        )
        if operation in READS:
            self.read_units += total
        else:
            self.write_units += total - in_indexes
            self.index_write_units += in_indexes

    def summary(self) -> dict[str, object]:
        """For a log line."""
        return {
            "calls": sum(self.calls.values()),
            "read_units": self.read_units,
            "write_units": self.write_units,
            "index_write_units": self.index_write_units,
        }


READS = frozenset({"get_item", "batch_get_item", "transact_get_items", "query", "scan"})

_current: ContextVar[Usage | None] = ContextVar("usage", default=None)


@contextmanager
def metered() -> Iterator[Usage]:
    """Everything that the table does inside, in this thread, is counted."""
    usage = Usage()
    token = _current.set(usage)
    try:
        yield usage
    finally:
        _current.reset(token)


def count(operation: str, response: Mapping[str, Any]) -> None:
    """Called by the table after each call."""
    usage = _current.get()
    if usage is not None:
        usage.add(operation, response)
