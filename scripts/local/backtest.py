"""Reads past orders with what was known of each person then, and draws what a rule would have given."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

from msgspec.structs import replace

from adapters.dynamodb.everything import DynamoEverything
from domain.clock import shop_date
from domain.order.model import Order
from domain.points.backtest import BackTest, PastOrder
from domain.programme.event import Person, birthday_of
from domain.programme.model import Programme
from domain.programme.rule import Rule
from serverless.wiring import Wiring

SEGMENTS = 8
BAR = 40
ROWS_MAX = 60
"""More days are drawn by the month."""


class NothingToTry(Exception):
    """There is no such rule, or no draft of it."""


def rule_to_try(services: Wiring, tenant_id: str, rule_id: str) -> tuple[Programme, Rule]:
    """The programme in force, and the draft of the rule. Raises NothingToTry."""

    def ask(repositories: Any, _: object) -> tuple[Programme, Rule]:
        record = repositories.rules.those([rule_id]).get(rule_id)
        if record is None or record.draft is None:
            raise NothingToTry(f"{rule_id} has no draft: PUT /v1/staff/programme/rules/{rule_id} writes one.")
        return repositories.programmes.current(), record.draft

    return services.runner.use(tenant_id, ask)


def past_orders(
    services: Wiring, tenant_id: str, first: date | None, last: date | None, progress: Callable[[int], None]
) -> Iterator[PastOrder]:
    """All of a tenant's orders of these days. One scan of the table, an entry and a person for each order."""
    everything = DynamoEverything(services.table)
    for segment in range(SEGMENTS):
        for owner, thing in everything.things(segment, SEGMENTS):
            if owner == tenant_id and isinstance(thing, Order):
                day = shop_date(thing.bill.paid_at)
                if (first is None or first <= day) and (last is None or day <= last):
                    yield PastOrder(*_whole(services, tenant_id, thing))
        progress(segment + 1)


def _whole(services: Wiring, tenant_id: str, order: Order) -> tuple[Order, Person]:
    """With its lines, which may lie apart, and whoever paid it, as they were then."""

    def ask(repositories: Any, _: object) -> tuple[Order, Person]:
        found = repositories.orders.find(order.bill.order_id) or order
        entry = repositories.entries.get(order.member_id, order.award.entry_sequence)
        known = entry.given.person if entry and entry.given else Person()
        member = repositories.members.get(order.member_id)
        born, joined = member.profile.birthday, member.joined_at
        at = order.bill.paid_at
        return found, replace(
            known,
            is_member=joined is not None and joined <= order.recorded_at,
            birthday=birthday_of((born.month, born.day) if born else None, at),
        )

    return services.runner.use(tenant_id, ask)


def report(found: BackTest, programme: Programme) -> Iterator[str]:
    """Lines for people: figures, then bars by day or by month."""
    yield f"orders            {found.orders:>12,}"
    yield f"  would differ    {found.touched:>12,}"
    yield f"members touched   {len(found.members):>12,}"
    yield f"points before     {found.before.count:>12,}"
    yield f"points after      {found.after.count:>12,}"
    yield f"more points       {found.more.count:>+12,}"
    if programme.terms.deduction is not None:
        fen = programme.terms.deduction.worth(found.more).fen
        yield f"worth             {fen / 100:>+12,.2f} yuan at the counter"
    if found.by_day:
        yield ""
        yield from _bars(found)


def _bars(found: BackTest) -> Iterator[str]:
    days = sorted(found.by_day)
    is_long = (days[-1] - days[0]) // timedelta(days=1) >= ROWS_MAX
    rows: dict[str, int] = {}
    for day in days:
        name = f"{day:%Y-%m}" if is_long else f"{day:%Y-%m-%d}"
        rows[name] = rows.get(name, 0) + found.by_day[day]
    most = max(abs(count) for count in rows.values())
    for name, count in rows.items():
        bar = ("█" if count > 0 else "░") * max(round(abs(count) * BAR / most), 1)
        yield f"{name:<10}  {bar:<{BAR}}  {count:>+10,}"
