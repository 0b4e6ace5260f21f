"""Points for a comment, counted once for each order (C-27)."""

from typing import ClassVar

from domain.programme.event import Commented, Event
from domain.programme.kinds.kind import Flat


class Comment(Flat, frozen=True, kw_only=True):
    """So many points each time."""

    name: ClassVar[str] = "comment"
    answers: ClassVar[tuple[type[Event], ...]] = (Commented,)
    zh: ClassVar[str] = "评价订单"
    en: ClassVar[str] = "commenting on an order"
