"""Use cases of head office: the figures of a template, altogether, by store, and by day and store."""

from collections.abc import Callable
from datetime import date, datetime
from typing import TypeVar

from msgspec import Struct

from domain.actor import Operator
from domain.coupon.template import TemplateNotFound
from domain.errors import invalid
from domain.page import Page
from domain.statistics.model import Figures, Place, Sum
from domain.statistics.ports import Repositories, figures_at
from domain.unit_of_work import MovedMeanwhile, Plan, Runner

T = TypeVar("T")

Ask = Callable[[Repositories, int], T]


class Days(Struct, frozen=True):
    """From one business day through another. Raises InvalidInput if the first comes after the last."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise invalid("through_day", "out-of-order", "through_day is not before from_day.")


class ReadStatistics(Struct, frozen=True):
    """Of all days. Raises TemplateNotFound."""

    runner: Runner[Repositories]

    def __call__(self, actor: Operator, template_id: str) -> Figures:
        def ask(repositories: Repositories, count: int) -> Figures:
            return figures_at(repositories.statistics, Place(count, template_id))

        return _shown(self.runner, actor, template_id, ask)


class ListStatistics(Struct, frozen=True):
    """By day and store, or without days by store. Raises TemplateNotFound."""

    runner: Runner[Repositories]

    def __call__(
        self, actor: Operator, template_id: str, days: Days | None, limit: int, position: str | None
    ) -> Page[Sum]:
        def ask(repositories: Repositories, count: int) -> Page[Sum]:
            statistics = repositories.statistics
            if days is None:
                return statistics.of_stores(count, template_id, limit, position)
            return statistics.of_days(count, template_id, days.first, days.last, limit, position)

        return _shown(self.runner, actor, template_id, ask)


def _shown(runner: Runner[Repositories], actor: Operator, template_id: str, ask: Ask[T]) -> T:
    """From the count that is shown, and once more if another one is by then: the old one is removed."""

    def plan(repositories: Repositories, now: datetime) -> Plan[T]:
        if repositories.templates.find(template_id) is None:
            raise TemplateNotFound
        shown = repositories.statistics.count().shown
        answer = ask(repositories, shown)
        if repositories.statistics.count().shown != shown:
            raise MovedMeanwhile
        return Plan(answer)

    return runner.run(actor.tenant_id, plan)
