"""Points for sharing; a cap for each day belongs to the rule (C-27)."""

from typing import ClassVar

from domain.programme.event import Event, Shared
from domain.programme.kinds.kind import Flat


class Share(Flat, frozen=True, kw_only=True):
    """So many points each time."""

    name: ClassVar[str] = "share"
    answers: ClassVar[tuple[type[Event], ...]] = (Shared,)
    zh: ClassVar[str] = "分享"
    en: ClassVar[str] = "sharing"
