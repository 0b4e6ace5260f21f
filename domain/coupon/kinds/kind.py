"""What every kind of coupon offers: a file in this folder holds one, `__init__.py` lists them."""

from collections.abc import Sequence
from enum import IntEnum
from typing import ClassVar, Protocol

from domain.coupon.slip import Slip
from domain.money import Money
from domain.programme.said import Sentence


class Stage(IntEnum):
    """When a coupon's turn is (D-25); what is for fewer goods goes first within a stage."""

    GOODS = 0
    RATE = 1
    AMOUNT = 2


class Effect(Protocol):
    """What a coupon takes off."""

    name: ClassVar[str]
    stage: ClassVar[Stage]

    @property
    def least(self) -> Money:
        """The minimum spend that the kind itself asks for."""
        ...

    def take(self, slip: Slip, places: Sequence[int]) -> Money:
        """Takes it off those of the lines that are meant; how much that was."""
        ...

    def most(self, slip: Slip, places: Sequence[int]) -> Money:
        """No less than what it takes off now, or later when less is left."""
        ...

    def said(self) -> Sentence:
        """What it does, for people."""
        ...
