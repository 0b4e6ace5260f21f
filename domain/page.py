"""A stretch of a list, and where the next one starts."""

from typing import Generic, TypeVar

from msgspec import Struct

T = TypeVar("T")

PAGE_DEFAULT = 20
PAGE_MAX = 100


class Page(Struct, Generic[T], frozen=True):
    """`next_position` is None at the end; otherwise opaque to everybody but the list's own use case."""

    items: tuple[T, ...]
    next_position: str | None = None
