"""Figures of coupons for the matrix: a good request for each route, and what it is about."""

from collections.abc import Callable, Mapping
from datetime import date

from domain.statistics.model import Figures, Place, Sum
from domain.unit_of_work import Added, Plan
from tests.handlers.callers import OK, Caller
from tests.handlers.coupons import NO_TEMPLATE, pushed
from tests.handlers.scene import Sample, signed
from tests.handlers.whose import INVALID, About, Whose, kept, shop_of
from tests.shop import Shop

PATH = "/v1/staff/coupon-templates/{}/statistics"
DAYS = (("from_day", "2026-11-01"), ("through_day", "2026-11-30"))


def counted(shop: Shop) -> str:
    """A template of which something is told of two stores and of two days."""
    template_id = pushed(shop)
    places = [
        *(Place(1, template_id, None, store_id) for store_id in ("east", "west")),
        *(Place(1, template_id, date(2026, 11, day), "") for day in (2, 3)),
    ]
    sums = tuple(Added(Sum(place, Figures(sent=1))) for place in places)
    shop.services.runner.run(shop.tenant_id, lambda _, __: Plan(None, sums))
    return template_id


def _named(who: Caller, whose: Whose) -> str:
    return "t-nothing" if whose is Whose.NONE else kept(who, whose, "counted", counted)


def _all(who: Caller, whose: Whose) -> Sample:
    return Sample("GET", PATH.format(_named(who, whose)))


def _list(part: str, query: tuple[tuple[str, str], ...]) -> Callable[[Caller, Whose], Sample]:
    """Another's: the cursor of another template's list."""

    def make(who: Caller, whose: Whose) -> Sample:
        path = f"{PATH}/{part}"
        named = _named(who, whose)
        if whose in {Whose.ELSEWHERE, Whose.NONE}:
            return Sample("GET", path.format(named), query=query)
        first = shop_of(who, whose).office.get(path.format(named), limit="1", **dict(query))
        asked = named if whose is Whose.OWN else kept(who, whose, "also counted", counted)
        more = (("limit", "1"), ("cursor", first.json["next_cursor"]))
        return Sample("GET", path.format(asked), query=(*query, *more))

    return make


OBJECTS: Mapping[str, About] = {
    "coupon_statistics.everything": About(_all, OK, OK, NO_TEMPLATE, NO_TEMPLATE),
    "coupon_statistics.stores": About(_list("stores", ()), OK, INVALID, NO_TEMPLATE, NO_TEMPLATE),
    "coupon_statistics.days": About(_list("days", DAYS), OK, INVALID, NO_TEMPLATE, NO_TEMPLATE),
}


def _good(part: str, query: tuple[tuple[str, str], ...] = ()) -> Callable[[Shop], Sample]:
    return lambda shop: Sample("GET", PATH.format(counted(shop)) + part, signed(shop.office), query=query)


BUILDERS: Mapping[str, Callable[[Shop], Sample]] = {
    "coupon_statistics.everything": _good(""),
    "coupon_statistics.stores": _good("/stores"),
    "coupon_statistics.days": _good("/days", DAYS),
}
