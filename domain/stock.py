"""A stock that many take from at once: it lies in buckets, so that not everybody waits for the same one.

Each bucket is a counter below zero, minus what is left in it (docs/decisions/0027).
"""

from collections.abc import Sequence
from typing import Protocol
from zlib import crc32

from msgspec import Struct

from domain.errors import RuleBroken
from domain.unit_of_work import Counted

STOCK_MAX = 1_000_000
BUCKETS_MAX = 64
BUCKET_PIECES = 32
"""A stock is counted in parts of so many."""


class StockTooLow(RuleBroken):
    code = "stock-too-low"
    title = "There is not so much on the shelf to take away."
    message = "库存不足，无法减少"


class Stock(Struct, frozen=True):
    """Where the pieces of one thing lie."""

    name: str
    """The id of a reward, or `coupon#<id of a template>`."""
    buckets: int = 1
    """Into how many parts it is split; matters only to whoever looks for a piece."""

    def counter(self, bucket: int) -> str:
        """The counter of one part."""
        return f"stock#{self.name}#{bucket:02}"

    @property
    def counters(self) -> tuple[str, ...]:
        return tuple(self.counter(bucket) for bucket in range(self.buckets))

    def take(self, bucket: int) -> Counted:
        """One piece out of a bucket; the plan is made again if it is empty."""
        return self._moved(bucket, 1)

    def put_back(self, bucket: int) -> Counted:
        """One piece into the bucket from which it came."""
        return self._moved(bucket, -1)

    def add(self, pieces: int) -> tuple[Counted, ...]:
        """So many more, spread over all buckets."""
        whole, rest = divmod(pieces, self.buckets)
        parts = [whole + (1 if bucket < rest else 0) for bucket in range(self.buckets)]
        return tuple(self._moved(bucket, -part) for bucket, part in enumerate(parts) if part)

    def withdraw(self, pieces: int, left: Sequence[int]) -> tuple[Counted, ...]:
        """So many away, from the fullest buckets on. Raises StockTooLow."""
        if sum(left) < pieces:
            raise StockTooLow
        taken = []
        for bucket in sorted(range(len(left)), key=lambda each: -left[each]):
            part = min(pieces, left[bucket])
            pieces -= part
            if part:
                taken.append(self._moved(bucket, part))
        return tuple(taken)

    def _moved(self, bucket: int, by: int) -> Counted:
        return Counted(self.counter(bucket), by, 0, None, None)


def buckets_for(pieces: int) -> int:
    """Into how many parts a stock of so many pieces is split: a power of two."""
    wanted = 1
    while wanted < BUCKETS_MAX and wanted * BUCKET_PIECES < pieces:
        wanted *= 2
    return wanted


class Stocks(Protocol):
    """What is there of things that are counted."""

    def left(self, stock: Stock) -> tuple[int, ...]:
        """What is left in each bucket, as stored now; one call."""
        ...

    def ran_short(self, stock: Stock) -> bool:
        """Whether an earlier attempt of the same unit of work found a bucket empty."""
        ...


def choose(stocks: Stocks, stock: Stock, name: str) -> int | None:
    """From which bucket a piece comes: any, or the fullest once that ran short; None: all are empty.

    Nothing is read before a bucket was found empty: the commit finds out.
    """
    if not stocks.ran_short(stock):
        return crc32(name.encode()) % stock.buckets
    left = stocks.left(stock)
    return left.index(max(left)) if max(left) > 0 else None
