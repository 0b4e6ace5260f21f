"""Points that had paid for something go back to the lots that they came from (D-21, D-22)."""

from datetime import timedelta

from domain.clock import shop_date
from domain.money import NO_POINTS, Points
from domain.points.book import Book
from domain.points.model import Cause, Entry, EntryKind, LotKey, Posting

GRACE = "refund"
"""The source of lots that a refund made; days of grace are given once."""


def give_back(book: Book, paid: Entry, points: Points, cause: Cause, before: Points = NO_POINTS) -> Entry:
    """So many of the points that an entry took, the last taken first; `before`: went back earlier.

    What goes back to a lot that is over is over, too, unless the programme gives it days of grace.
    """
    today = shop_date(book.at)
    grace_days = book.programme.terms.refund_grace_days if book.programme else 0
    grace = LotKey(today + timedelta(days=grace_days - 1), GRACE) if grace_days else None
    back = [
        Posting(grace if grace and lot.is_over(today) and lot.source != GRACE else lot, part)
        for lot, part in _parts(paid, points, before)
    ]
    entry = book.post(back, NO_POINTS, cause, EntryKind.REFUND_REDEEM)
    book.expire()
    return entry


def _parts(paid: Entry, points: Points, before: Points) -> list[tuple[LotKey, Points]]:
    parts = []
    for posting in reversed(paid.postings):
        taken = -posting.points
        passed = min(before, taken)
        before, taken = before - passed, taken - passed
        part = min(points, taken)
        points = points - part
        if part:
            parts.append((posting.lot, part))
    return parts
