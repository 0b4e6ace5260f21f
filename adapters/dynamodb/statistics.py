"""Figures of coupons: what each coupon adds beside the coupon itself, and the sums by template."""

import json
from collections.abc import Iterable, Iterator
from collections.abc import Mapping as Mapped
from datetime import date
from typing import Any, Final

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from adapters.dynamodb.coupons import to_coupon
from adapters.dynamodb.item import Item, Mapping, Tenancy, day, day_number, whole
from adapters.dynamodb.keys import Key, tenant_of
from adapters.dynamodb.outcome import RawItem
from adapters.dynamodb.table import Range, Table
from domain.coupon.model import Coupon
from domain.money import Money
from domain.page import Page
from domain.statistics.model import Count, CountedCoupon, Figures, Place, Shares, Spot, Sum
from domain.statistics.ports import CountedRef

COUNTED: Final = ("sent", "claimed", "locked", "used", "returned", "expired", "voided", "given")
AMOUNTS: Final = ("off", "sales")
"""In fen."""


class CountItem(Item, discriminator="coupon-count"):
    """Which counts there are."""

    shown = NumberAttribute()
    made = NumberAttribute(null=True)
    version = NumberAttribute()


class CountedCouponItem(Item, discriminator="counted-coupon"):
    """`shares`: rows of day, store and figures; zeros are left out."""

    coupon_version = NumberAttribute()
    shares = UnicodeAttribute()


class SumItem(Item, discriminator="coupon-sum"):
    """Zeros are left out when it is added to."""

    sent = NumberAttribute(null=True)
    claimed = NumberAttribute(null=True)
    locked = NumberAttribute(null=True)
    used = NumberAttribute(null=True)
    returned = NumberAttribute(null=True)
    expired = NumberAttribute(null=True)
    voided = NumberAttribute(null=True)
    given = NumberAttribute(null=True)
    off = NumberAttribute(null=True)
    sales = NumberAttribute(null=True)


def _numbers(figures: Figures) -> dict[str, int]:
    """By name, zeros left out."""
    amounts = {name: getattr(figures, name).fen for name in AMOUNTS}
    counted = {name: getattr(figures, name) for name in COUNTED}
    return {name: number for name, number in (counted | amounts).items() if number}


def _figures(numbers: Mapped[str, int]) -> Figures:
    """The reverse."""
    told: dict[str, Any] = {name: Money(numbers[name]) for name in AMOUNTS if name in numbers}
    told |= {name: numbers[name] for name in COUNTED if name in numbers}
    return Figures(**told)


def _count_items(count: Count, tenancy: Tenancy) -> tuple[Item, ...]:
    pk, sk = tenancy.keys.count()
    return (CountItem(pk=pk, sk=sk, shown=count.shown, made=count.made, version=count.version),)


def _counted_items(counted: CountedCoupon, tenancy: Tenancy) -> tuple[Item, ...]:
    pk, sk = tenancy.keys.counted_coupon(counted.count, counted.code)
    rows = [
        [day_number(spot.day), spot.store_id, _numbers(figures)]
        for spot, figures in sorted(counted.shares.items(), key=lambda pair: pair[0])
    ]
    shares = json.dumps(rows, separators=(",", ":"))
    return (CountedCouponItem(pk=pk, sk=sk, coupon_version=counted.coupon_version, shares=shares),)


def _to_counted(raw: RawItem) -> CountedCoupon:
    item = CountedCouponItem.from_raw_data(raw)
    code, count = item.pk.split("#", 3)[3], int(item.sk.removeprefix("S#"))
    return CountedCoupon(count, code, int(item.coupon_version), _to_shares(item.shares))


def _to_shares(text: str) -> Shares:
    found = {}
    for on, store_id, numbers in json.loads(text):
        if (business_day := day(on)) is not None:
            found[Spot(business_day, store_id)] = _figures(numbers)
    return found


def _key_of(place: Place, tenancy: Tenancy) -> Key:
    keys, count, template_id = tenancy.keys, place.count, place.template_id
    if place.day is not None:
        return keys.sum_of_day(count, template_id, place.day, place.store_id or "")
    if place.store_id is not None:
        return keys.sum_of_store(count, template_id, place.store_id)
    return keys.sum_of_template(count, template_id)


def _sum_items(sum_: Sum, tenancy: Tenancy) -> tuple[Item, ...]:
    pk, sk = _key_of(sum_.place, tenancy)
    numbers: dict[str, Any] = dict(_numbers(sum_.figures))
    return (SumItem(pk=pk, sk=sk, **numbers),)


def _to_sum(raw: RawItem) -> Sum:
    item = SumItem.from_raw_data(raw)
    _, _, _, count, template_id = item.pk.split("#", 4)
    what, _, rest = item.sk.partition("#")
    on, _, store_id = rest.partition("#")
    place = Place(int(count), template_id)
    if what == "S":
        place = Place(int(count), template_id, None, rest)
    if what == "D":
        place = Place(int(count), template_id, day(int(on)), store_id)
    found = {name: whole(getattr(item, name)) or 0 for name in (*COUNTED, *AMOUNTS)}
    return Sum(place, _figures(found))


MAPPINGS: dict[type, Mapping[Any]] = {
    Count: Mapping(_count_items, lambda count: CountItem.version == count.version),
    CountedCoupon: Mapping(
        _counted_items, lambda one: CountedCouponItem.coupon_version == one.coupon_version
    ),
    Sum: Mapping(_sum_items, lambda _: SumItem.pk.exists()),
}


class DynamoStatistics:
    """Implements `domain.statistics.ports.Statistics`."""

    def __init__(self, table: Table, tenancy: Tenancy) -> None:
        self._table, self._tenancy = table, tenancy

    def count(self) -> Count:
        raw = self._table.get(self._tenancy.keys.count())
        if raw is None:
            return Count()
        item = CountItem.from_raw_data(raw)
        return Count(int(item.shown), whole(item.made), int(item.version))

    def counted(self, refs: Iterable[CountedRef]) -> Mapped[CountedRef, CountedCoupon]:
        found = self._table.get_many([self._tenancy.keys.counted_coupon(*ref) for ref in refs])
        coupons = [_to_counted(raw) for raw in found.values()]
        return {(one.count, one.code): one for one in coupons}

    def sums(self, places: Iterable[Place]) -> Mapped[Place, Sum]:
        found = self._table.get_many([_key_of(place, self._tenancy) for place in places])
        sums = [_to_sum(raw) for raw in found.values()]
        return {each.place: each for each in sums}

    def of_stores(self, count: int, template_id: str, limit: int, position: str | None) -> Page[Sum]:
        start = f"{position}!" if position else ""
        keys = self._tenancy.keys
        first, last = (keys.sum_of_store(count, template_id, each) for each in (start, "~"))
        return self._page(first, last, limit)

    def of_days(
        self, count: int, template_id: str, first: date, last: date, limit: int, position: str | None
    ) -> Page[Sum]:
        keys = self._tenancy.keys
        start = keys.sum_of_day(count, template_id, first, "")
        if position:
            start = start[0], f"D#{position}!"
        return self._page(start, keys.sum_of_day(count, template_id, last, "~"), limit)

    def _page(self, first: Key, last: Key, limit: int) -> Page[Sum]:
        """A position is what stands behind the letter in the key of the last one shown.

        What came and went again leaves a sum of zero, which nobody wants to see.
        """
        (pk, start), sums = first, list[tuple[str, Sum]]()
        while len(sums) <= limit:
            found = self._table.query(Range(pk, first=start, last=last[1]), limit + 1, strong=True)
            told = ((raw["sk"]["S"], _to_sum(raw)) for raw in found)
            sums += [(sk, sum_) for sk, sum_ in told if sum_.figures]
            if len(found) <= limit:
                break
            start = f"{found[-1]['sk']['S']}!"
        more = sums[limit - 1][0].partition("#")[2] if len(sums) > limit else None
        return Page(tuple(sum_ for _, sum_ in sums[:limit]), more)


class DynamoStoredCoupons:
    """Implements `domain.statistics.ports.StoredCoupons`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def tenants(self) -> Iterator[str]:
        for raw in self._table.scan():
            if raw["kind"]["S"] == "tenant":
                yield tenant_of(raw["pk"]["S"])

    def coupons(self) -> Iterator[tuple[str, Coupon]]:
        for raw in self._table.scan(strong=True):
            if raw["kind"]["S"] == "coupon":
                yield tenant_of(raw["pk"]["S"]), to_coupon(raw)

    def figures(self) -> Iterator[tuple[str, CountedCoupon | Sum]]:
        readers: dict[str, Any] = {"counted-coupon": _to_counted, "coupon-sum": _to_sum}
        for raw in self._table.scan():
            read = readers.get(raw["kind"]["S"])
            if read is not None:
                yield tenant_of(raw["pk"]["S"]), read(raw)
