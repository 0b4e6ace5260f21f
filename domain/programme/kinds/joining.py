"""Points for becoming a member, once (C-30)."""

from dataclasses import dataclass
from typing import ClassVar

from domain.programme.event import Event, Joined
from domain.programme.kinds.kind import Flat


@dataclass(frozen=True, slots=True, kw_only=True)
class Joining(Flat):
    """So many points each time."""

    name: ClassVar[str] = "joining"
    answers: ClassVar[tuple[type[Event], ...]] = (Joined,)
    zh: ClassVar[str] = "新会员入会"
    en: ClassVar[str] = "becoming a member"
