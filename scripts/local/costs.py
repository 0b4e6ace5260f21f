"""What an operation of the store costs, what it may cost, and the table of both."""

from itertools import pairwise
from typing import Any

from msgspec import Struct

from adapters.dynamodb.meter import READS, Usage


class Limit(Struct, frozen=True):
    """The most that an operation may cost."""

    calls: int
    reads: float
    writes: float
    index_writes: float = 0

    def allows(self, usage: Usage) -> bool:
        pairs = (
            (self.calls, sum(usage.calls.values())),
            (self.reads, usage.read_units),
            (self.writes, usage.write_units),
            (self.index_writes, usage.index_write_units),
        )
        return all(spent <= most for most, spent in pairs)

    def text(self) -> str:
        return _joined(self.calls, self.reads, self.writes, self.index_writes)


class Units(Struct, frozen=True):
    """What the design of the data foresaw for an operation, or how far beyond that it may go."""

    reads: float = 0
    writes: float = 0
    index_writes: float = 0

    def __add__(self, other: "Units") -> "Units":
        return Units(
            self.reads + other.reads, self.writes + other.writes, self.index_writes + other.index_writes
        )

    @property
    def dollars(self) -> float:
        """Of a million, for the table alone."""
        return READ_DOLLARS * self.reads + WRITE_DOLLARS * (self.writes + self.index_writes)

    def text(self) -> str:
        return _joined(self.reads, self.writes, self.index_writes)


READ_DOLLARS, WRITE_DOLLARS = 0.125, 0.625
"""Of a million units; a write to an index is billed as any other."""
SENTINELS = 3
"""That move with the merge which is measured."""
MERGE = Units(6 + SENTINELS, 24 + 2 * SENTINELS, 6)
DESIGN = {
    "Prove a phone: join": Units(1, 12),
    "Earn the first points, and reach the first tier (two for it)": Units(1, 6 + 2, 1),
    "Earn from an order": Units(1, 6),
    "Refund an order": Units(2, 8, 1),
    "Adjust points by hand": Units(1, 8, 1),
    "Exchange points for a coupon": Units(1, 12, 2),
    "Exchange points for goods": Units(1, 12, 2),
    "Claim a coupon (stock and limit)": Units(1, 8, 1),
    "Hold a coupon alone": Units(1, 4, 1),
    "Redeem a coupon": Units(1, 4, 1),
    "Release a redemption": Units(1, 4, 1),
    "Release a coupon that is held alone": Units(1, 4, 1),
    "Merge by a proven phone, sessions included": MERGE,
    "Approve a merge, sessions included": MERGE,
    "Expire one account (without the search), and turn points into coupons (two for that)": Units(
        1, 4 + 2, 3
    ),
}
"""Where it foresaw something."""
BEYOND = {
    "Claim a coupon (stock and limit)": Units(reads=1, index_writes=1),
    "Hold a coupon alone": Units(reads=4, writes=2, index_writes=1),
    "Redeem a coupon": Units(index_writes=2),
    "Release a redemption": Units(index_writes=2),
    "Release a coupon that is held alone": Units(reads=1, index_writes=1),
}
"""What is spent beyond the design, each with its reason in decision 0035."""


class Row(Struct, frozen=True):
    """One measured operation."""

    name: str
    usage: Usage
    limit: Limit
    ran: frozenset[str] = frozenset()
    """The use cases that it took, by the wiring's names."""

    @property
    def holds(self) -> bool:
        return self.limit.allows(self.usage)

    @property
    def dollars(self) -> float:
        """Of a million, for the table alone."""
        usage = self.usage
        return Units(usage.read_units, usage.write_units, usage.index_write_units).dollars

    @property
    def write_dollars(self) -> float:
        """The part of them that is for writing."""
        return self.dollars - READ_DOLLARS * self.usage.read_units

    @property
    def is_refused(self) -> bool:
        """Whether it tried to write what was written before."""
        return bool(self.usage.calls.keys() - READS) and not self.usage.write_units

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
        "The limit is the most that the operation may cost (calls, read units, write units, index writes);",
        "a build above it fails. What the design of the data foresaw stands beside it (read units, write",
        "units, index writes). Only what [decision 0035](decisions/0035-beyond-the-design-of-the-data.md)",
        "names goes beyond it, with the reason. A write that its condition refuses, as with most repeated",
        "requests, shows no units, because its answer names none; AWS bills it. A repeated request costs no",
        "more than the first try also if that is taken to cost as much.",
        "",
        "| Operation | Calls | Read units | Write units | Index writes | Limit | Design |",
        "|---|---:|---:|---:|---:|---|---|",
    ]
    for row in rows:
        usage = row.usage
        lines.append(
            f"| {row.name} | {sum(usage.calls.values())} | {usage.read_units:g} | {usage.write_units:g} "
            f"| {usage.index_write_units:g} | {row.limit.text()} | {_design(row.name)} |"
        )
    return "\n".join(lines) + "\n"


def dearer_again(rows: list[Row]) -> list[str]:
    """Repeated requests that cost more than the first try, each right after it.

    A write that its condition refuses is billed, though its answer names no units: it is taken to cost as
    much as that of the first try.
    """
    return [again.name for first, again in pairwise(rows) if _is_again(again) and _is_dearer(again, first)]


def _is_dearer(again: Row, first: Row) -> bool:
    return again.dollars + (first.write_dollars if again.is_refused else 0) > first.dollars


def _is_again(row: Row) -> bool:
    return " again" in row.name or ": the same" in row.name


def above_design(rows: list[Row]) -> list[str]:
    """Those that write more than was foreseen, to the table or to an index, or cost more altogether."""
    return [row.name for row in rows if row.name in DESIGN and _is_above(row, _most(row.name))]


def _most(name: str) -> Units:
    return DESIGN[name] + BEYOND.get(name, Units())


def _is_above(row: Row, most: Units) -> bool:
    usage = row.usage
    writes_more = usage.write_units > most.writes or usage.index_write_units > most.index_writes
    return writes_more or row.dollars > most.dollars


def _design(name: str) -> str:
    if name not in DESIGN:
        return ""
    return DESIGN[name].text() + (f", beyond it {BEYOND[name].text()}" if name in BEYOND else "")


def _joined(*units: float) -> str:
    return " / ".join(f"{each:g}" for each in units)
