"""Points for becoming a member, once (C-30)."""

from typing import ClassVar

from domain.programme.event import Event, Joined
from domain.programme.kinds.kind import Flat


class Joining(Flat, frozen=True, kw_only=True):
    """So many points each time."""

    name: ClassVar[str] = "joining"
    answers: ClassVar[tuple[type[Event], ...]] = (Joined,)
    zh: ClassVar[str] = "新会员入会"
    en: ClassVar[str] = "becoming a member"
