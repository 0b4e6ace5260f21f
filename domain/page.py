"""A stretch of a list, and where the next one starts."""

from collections import deque
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from msgspec import Struct

T = TypeVar("T")

PAGE_DEFAULT = 20
PAGE_MAX = 100


class Page(Struct, Generic[T], frozen=True):
    """`next_position` is None at the end; otherwise opaque to everybody but the list's own use case."""

    items: tuple[T, ...]
    next_position: str | None = None


class Placed(Protocol):
    """Something in the history of one id of a person."""

    @property
    def owner(self) -> str: ...

    @property
    def place(self) -> str:
        """Below which its history goes on; no `,` or `=` in it."""
        ...

    @property
    def at(self) -> datetime: ...


P = TypeVar("P", bound=Placed)


def newest_of(
    owners: Iterable[str],
    newest: Callable[[str, str | None, int], list[P]],
    limit: int,
    position: str | None,
) -> Page[P]:
    """Histories of all ids of one person as one, the newest first.

    `newest`: of one id, so many things below a place.
    """
    parts = (part.partition("=") for part in position.split(",")) if position else ()
    below = {owner: place for owner, _, place in parts}
    waiting = [deque(newest(owner, below.get(owner), limit + 1)) for owner in owners]
    page: list[P] = []
    while len(page) < limit and any(waiting):
        page.append(max(filter(None, waiting), key=lambda line: line[0].at).popleft())
        below[page[-1].owner] = page[-1].place
    position_after = ",".join(f"{owner}={place}" for owner, place in below.items())
    return Page(tuple(page), position_after if any(waiting) else None)
