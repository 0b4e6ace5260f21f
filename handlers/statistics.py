"""Figures of coupons over HTTP, for head office."""

from typing import Any, Protocol

from flask import Blueprint
from msgspec.structs import asdict

from domain.actor import Operator
from domain.coupon.template import TemplateNotFound
from domain.errors import Conflict
from domain.statistics.model import Sum
from domain.statistics.read import Days, ListStatistics, ReadStatistics
from handlers import cursors
from handlers.operation import Call, Operation, operation
from handlers.schemas.coupon_templates import TemplatePath
from handlers.schemas.page import PageQuery, page_of
from handlers.schemas.statistics import DayFiguresView, DaysQuery, StatisticsView, StoreFiguresView

REFUSES = (TemplateNotFound, Conflict)
ALL = Operation(
    "What became of a template's coupons",
    actor=Operator,
    path=TemplatePath,
    gives=StatisticsView,
    refuses=REFUSES,
)
STORES = Operation(
    "The same by store",
    actor=Operator,
    path=TemplatePath,
    query=PageQuery,
    gives=page_of(StoreFiguresView),
    refuses=REFUSES,
)
DAYS = Operation(
    "The same by day and store",
    actor=Operator,
    path=TemplatePath,
    query=DaysQuery,
    gives=page_of(DayFiguresView),
    refuses=REFUSES,
)


class Needs(cursors.Signer, Protocol):
    @property
    def read_statistics(self) -> ReadStatistics: ...

    @property
    def list_statistics(self) -> ListStatistics: ...


def routes(services: Needs) -> Blueprint:
    prefix = "/v1/staff/coupon-templates/<template_id>/statistics"
    bp = Blueprint("coupon_statistics", __name__, url_prefix=prefix)

    def listed(call: Call[Operator], days: Days | None) -> dict[str, Any]:
        template_id = call.path["template_id"]
        shown = template_id if days is None else f"{template_id}|{days.first}|{days.last}"
        page = cursors.page(
            services.sign,
            call,
            shown,
            lambda limit, at: services.list_statistics(call.actor, template_id, days, limit, at),
        )
        return {**page, "items": [_row(each) for each in page["items"]]}

    @bp.get("")
    @operation(ALL)
    def everything(call: Call[Operator]) -> dict[str, Any]:
        """A moment behind what happens. 250 of a thousand is 25 %."""
        figures = services.read_statistics(call.actor, call.path["template_id"])
        return {
            **asdict(figures),
            "used_of_sent_permille": figures.used_of(figures.sent),
            "used_of_claimed_permille": figures.used_of(figures.claimed),
        }

    @bp.get("/stores")
    @operation(STORES)
    def stores(call: Call[Operator]) -> dict[str, Any]:
        """By store; what happened in none is left out."""
        return listed(call, None)

    @bp.get("/days")
    @operation(DAYS)
    def days(call: Call[Operator]) -> dict[str, Any]:
        """By day and store; days on which nothing happened are left out."""
        return listed(call, Days(call.query["from_day"], call.query["through_day"]))

    return bp


def _row(each: Sum) -> dict[str, Any]:
    return {**asdict(each.figures), "day": each.place.day, "store_id": each.place.store_id or None}
