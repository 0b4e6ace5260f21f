"""A stretch of a list, and where the next one starts."""

from collections import deque
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from msgspec import Struct

from domain.clock import epoch_milliseconds

T = TypeVar("T")

PAGE_DEFAULT = 20
PAGE_MAX = 100


class Page(Struct, Generic[T], frozen=True):
    """`next_position` is None at the end; otherwise opaque to everybody but the list's own use case."""

    items: tuple[T, ...]
    next_position: str | None = None


class Placed(Protocol):
    """Something in the list of one id of a person."""

    @property
    def owner(self) -> str: ...

    @property
    def place(self) -> str:
        """From which its list goes on; no `,` or `=` in it."""
        ...


class Dated(Placed, Protocol):
    """Something in the history of one id of a person."""

    @property
    def at(self) -> datetime: ...


P = TypeVar("P", bound=Placed)
D = TypeVar("D", bound=Dated)
Stretch = Callable[[str, str | None, int], list[P]]
"""Of one id, so many things beyond a place."""


def of_all_ids(
    owners: Iterable[str],
    stretch: Stretch[P],
    limit: int,
    position: str | None,
    turn: Callable[[P], int],
) -> Page[P]:
    """Lists of all ids of one person as one, in their turn."""
    parts = (part.partition("=") for part in position.split(",")) if position else ()
    beyond = {owner: place for owner, _, place in parts}
    waiting = [deque(stretch(owner, beyond.get(owner), limit + 1)) for owner in owners]
    page: list[P] = []
    while len(page) < limit and any(waiting):
        page.append(min(filter(None, waiting), key=lambda line: turn(line[0])).popleft())
        beyond[page[-1].owner] = page[-1].place
    position_after = ",".join(f"{owner}={place}" for owner, place in beyond.items())
    return Page(tuple(page), position_after if any(waiting) else None)


def newest_of(owners: Iterable[str], newest: Stretch[D], limit: int, position: str | None) -> Page[D]:
    """Histories of all ids of one person as one, the newest first."""
    return of_all_ids(owners, newest, limit, position, lambda thing: -epoch_milliseconds(thing.at))
