"""Points for sharing; a cap for each day belongs to the rule (C-27)."""

from dataclasses import dataclass
from typing import ClassVar

from domain.programme.event import Event, Shared
from domain.programme.kinds.kind import Flat


@dataclass(frozen=True, slots=True, kw_only=True)
class Share(Flat):
    """So many points each time."""

    name: ClassVar[str] = "share"
    answers: ClassVar[tuple[type[Event], ...]] = (Shared,)
    zh: ClassVar[str] = "分享"
    en: ClassVar[str] = "sharing"
