"""What rewards need from the outside world."""

from collections.abc import Iterable
from typing import Protocol

from domain.coupon import ports as coupon
from domain.page import Page
from domain.reward.model import Exchange, Reward, RewardCode


class Rewards(Protocol):
    def find(self, reward_id: str) -> Reward | None:
        """As stored now."""
        ...

    def page(self, limit: int, position: str | None) -> Page[Reward]:
        """By id; one call."""
        ...


class Codes(Protocol):
    def next_free(self, reward_id: str, start: str) -> RewardCode | None:
        """One that nobody has, the first from `start` on, or any; one call, or two."""
        ...

    def count_free(self, reward_id: str, most: int) -> int:
        """How many nobody has, up to `most`."""
        ...

    def known(self, indexes: Iterable[str]) -> frozenset[str]:
        """Which of these were ever brought, to whichever reward."""
        ...

    def index(self, code: str) -> str:
        """The blind index of a code, in hex."""
        ...


class Exchanges(Protocol):
    def find(self, member_id: str, sequence: int) -> Exchange | None:
        """As stored now."""
        ...

    def newest(self, member_id: str, below: str | None, limit: int) -> list[Exchange]:
        """Exchanges of exactly that member below a place, newest first; one call."""
        ...


class Repositories(coupon.Repositories, Protocol):
    """What coupons need, and the catalogue."""

    @property
    def rewards(self) -> Rewards: ...

    @property
    def codes(self) -> Codes: ...

    @property
    def exchanges(self) -> Exchanges: ...
