"""What an operation of the store costs, what it may cost, and the table of both."""

from typing import Any

from msgspec import Struct

from adapters.dynamodb.meter import Usage


class Limit(Struct, frozen=True):
    """The most that an operation may cost; None: not limited."""

    calls: int | None = None
    reads: float | None = None
    writes: float | None = None

    def allows(self, usage: Usage) -> bool:
        pairs = (
            (self.calls, sum(usage.calls.values())),
            (self.reads, usage.read_units),
            (self.writes, usage.write_units),
        )
        return all(most is None or spent <= most for most, spent in pairs)


class Row(Struct, frozen=True):
    """One measured operation."""

    name: str
    usage: Usage
    limit: Limit

    @property
    def holds(self) -> bool:
        return self.limit.allows(self.usage)

    def facts(self) -> dict[str, Any]:
        return {"operation": self.name, "holds": self.holds, **self.usage.summary()}


def table(rows: list[Row]) -> str:
    """docs/operations.md."""
    lines = [
        "# What each operation costs",
        "",
        "Made by `python3 scripts/bench.py operations --write`, checked by `scripts/test.py`. Counted on",
        "the local engine for items of ordinary size. Units are DynamoDB's: a read unit is a strong read",
        "of 4 KB, a write unit 1 KB; an item in a transaction costs two. Writes to indexes stand apart.",
        "The limit is the most that the operation may cost (calls, read units, write units); a build",
        "above it fails.",
        "",
        "| Operation | Calls | Read units | Write units | Index writes | Limit |",
        "|---|---:|---:|---:|---:|---|",
    ]
    for row in rows:
        usage = row.usage
        lines.append(
            f"| {row.name} | {sum(usage.calls.values())} | {usage.read_units:g} | {usage.write_units:g} "
            f"| {usage.index_write_units:g} | {_limit(row.limit)} |"
        )
    return "\n".join(lines) + "\n"


def _limit(limit: Limit) -> str:
    parts = (limit.calls, limit.reads, limit.writes)
    return " / ".join("–" if part is None else f"{part:g}" for part in parts)
