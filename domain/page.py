"""A stretch of a list, and where the next one starts."""

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

PAGE_DEFAULT = 20
PAGE_MAX = 100


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """`next_position` is None at the end; otherwise opaque to everybody but the list's own use case."""

    items: tuple[T, ...]
    next_position: str | None = None
