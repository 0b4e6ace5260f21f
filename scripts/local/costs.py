"""What an operation of the store costs, what it may cost, and the table of both."""

from itertools import pairwise
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


DESIGN = {
    "Prove a phone: join": (1, 12),
    "Earn from an order": (1, 6),
    "Refund an order": (2, 8),
    "Adjust points by hand": (1, 8),
    "Exchange points for goods": (1, 12),
    "Claim a coupon (stock and limit)": (1, 8),
    "Redeem a coupon": (1, 4),
    "Expire one account (without the search), and turn points into coupons (two for that)": (1, 4 + 2),
}
"""Read and write units that the design of the data foresaw, where it did."""
READ_DOLLARS, WRITE_DOLLARS = 0.125, 0.625
"""Of a million units."""
MORE_READS = {"Claim a coupon (stock and limit)": 1}
"""Read units beyond the design, each with its reason in decision 0035."""


class Row(Struct, frozen=True):
    """One measured operation."""

    name: str
    usage: Usage
    limit: Limit

    @property
    def holds(self) -> bool:
        return self.limit.allows(self.usage)

    @property
    def dollars(self) -> float:
        """Of a million, for the table alone."""
        return READ_DOLLARS * self.usage.read_units + WRITE_DOLLARS * self.usage.write_units

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
        "above it fails. What the design of the data foresaw stands beside it (read units, write units); no",
        "operation writes more or costs more than that, but for one read unit of claims",
        "([decision 0035](decisions/0035-a-claim-reads-who-claims.md)).",
        "",
        "| Operation | Calls | Read units | Write units | Index writes | Limit | Design |",
        "|---|---:|---:|---:|---:|---|---|",
    ]
    for row in rows:
        usage = row.usage
        lines.append(
            f"| {row.name} | {sum(usage.calls.values())} | {usage.read_units:g} | {usage.write_units:g} "
            f"| {usage.index_write_units:g} | {_limit(row.limit)} | {_design(row.name)} |"
        )
    return "\n".join(lines) + "\n"


def dearer_again(rows: list[Row]) -> list[str]:
    """Repeated requests that cost more than the first try, each right after it."""
    pairs = pairwise(rows)
    return [again.name for first, again in pairs if _is_again(again) and again.dollars > first.dollars]


def _is_again(row: Row) -> bool:
    return " again" in row.name or ": the same" in row.name


def above_design(rows: list[Row]) -> list[str]:
    """Those that write more than was foreseen, or cost more altogether."""
    found = []
    for row in rows:
        if row.name in DESIGN:
            reads, writes = DESIGN[row.name]
            most = READ_DOLLARS * (reads + MORE_READS.get(row.name, 0)) + WRITE_DOLLARS * writes
            found += [row.name] if row.usage.write_units > writes or row.dollars > most else []
    return found


def _design(name: str) -> str:
    return " / ".join(map(str, DESIGN[name])) if name in DESIGN else ""


def _limit(limit: Limit) -> str:
    parts = (limit.calls, limit.reads, limit.writes)
    return " / ".join("–" if part is None else f"{part:g}" for part in parts)
