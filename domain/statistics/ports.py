"""What statistics need from the outside world."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Protocol

from domain.coupon import ports as coupon
from domain.coupon.model import Coupon
from domain.page import Page
from domain.statistics.model import NOTHING, Count, CountedCoupon, Figures, Place, Sum

CountedRef = tuple[int, str]
"""The number of the count, and the code of the coupon."""


class Statistics(Protocol):
    def count(self) -> Count:
        """As stored now."""
        ...

    def counted(self, refs: Iterable[CountedRef]) -> Mapping[CountedRef, CountedCoupon]:
        """As stored now; one call for up to 100."""
        ...

    def sums(self, places: Iterable[Place]) -> Mapping[Place, Sum]:
        """As stored now; one call for up to 100."""
        ...

    def of_stores(self, count: int, template_id: str, limit: int, position: str | None) -> Page[Sum]:
        """What each store has altogether, by store, zeros left out; mostly one call."""
        ...

    def of_days(
        self, count: int, template_id: str, first: date, last: date, limit: int, position: str | None
    ) -> Page[Sum]:
        """By day and store, zeros left out; mostly one call."""
        ...


class Repositories(coupon.Repositories, Protocol):
    """What coupons need, and their figures."""

    @property
    def statistics(self) -> Statistics: ...


class StoredCoupons(Protocol):
    """The whole table, read from end to end; never for a request."""

    def tenants(self) -> Iterator[str]:
        """All there are."""
        ...

    def coupons(self) -> Iterator[tuple[str, Coupon]]:
        """Every coupon with its tenant: at least as new as when the first one was asked for."""
        ...

    def figures(self) -> Iterator[tuple[str, CountedCoupon | Sum]]:
        """Every counted coupon and every sum, with its tenant."""
        ...


def figures_at(statistics: Statistics, place: Place) -> Figures:
    """Zero of what nobody has counted yet."""
    found = statistics.sums([place]).get(place)
    return found.figures if found else NOTHING
