"""What coupons need from the outside world."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Protocol

from msgspec import Struct

from domain.coupon.model import Coupon, Gift
from domain.coupon.template import ClaimCode, Edition, Template
from domain.image.ports import Images
from domain.page import Page
from domain.points import ports as points
from domain.stock import Stocks

EditionRef = tuple[str, int]
"""Template and version."""


class Templates(Protocol):
    def find(self, template_id: str) -> Template | None:
        """As stored now."""
        ...

    def page(self, limit: int, position: str | None) -> Page[Template]:
        """By id; one call."""
        ...

    def editions(self, refs: Iterable[EditionRef]) -> Mapping[EditionRef, Edition]:
        """Versions never change, so each is read once by a process; one call for those that were not.

        Raises MovedMeanwhile if one does not show yet.
        """
        ...

    def with_claim_code(self, claim_code: str) -> ClaimCode | None:
        """As stored now."""
        ...


class Coupons(Protocol):
    def find(self, code: str) -> Coupon | None:
        """As stored now."""
        ...

    def those(self, codes: Iterable[str]) -> Mapping[str, Coupon]:
        """As stored now; one call for up to 100."""
        ...

    def live(self, owner: str, first: date | None, after: str | None, limit: int) -> list[Coupon]:
        """Of exactly that id, what is not ended, the first to end first; perhaps a moment old.

        `first`: those whose last day is not before that one. Without what only a change of the coupon needs:
        such a coupon is never written. One call.
        """
        ...

    def ended(self, owner: str, after: str | None, limit: int) -> list[Coupon]:
        """The same of what is ended, the last to end first."""
        ...


class Gifts(Protocol):
    def find(self, mark: str) -> Gift | None:
        """As stored now."""
        ...


class Limits(Protocol):
    def counted(self, counters: Iterable[str]) -> Mapping[str, int]:
        """How far these counters are, as stored now; one call for up to 100."""
        ...


class Repositories(points.Repositories, Protocol):
    """What points need, and coupons."""

    @property
    def templates(self) -> Templates: ...

    @property
    def coupons(self) -> Coupons: ...

    @property
    def gifts(self) -> Gifts: ...

    @property
    def limits(self) -> Limits: ...

    @property
    def stocks(self) -> Stocks: ...

    @property
    def images(self) -> Images: ...


class DueCoupon(Struct, frozen=True):
    """A coupon whose last day is over, and that is not ended."""

    tenant_id: str
    code: str


class DueCoupons(Protocol):
    def before(self, today: date) -> Iterator[DueCoupon]:
        """Of all tenants, the longest overdue first."""
        ...


class Characters(Protocol):
    """What people take for one character."""

    def __call__(self, text: str) -> int:
        """How many there are (decision D-10)."""
        ...
