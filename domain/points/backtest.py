"""What a rule would have given for past orders: the same pricing, with what was known of each person then."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from fractions import Fraction
from math import ceil

from msgspec import Struct, field
from msgspec.structs import replace

from domain.clock import shop_date
from domain.money import NO_POINTS, Points
from domain.order.model import Order, counting
from domain.points.usage import Usage
from domain.programme.event import OrderPaid, Person, Used
from domain.programme.model import Programme
from domain.programme.price import price
from domain.programme.rule import Rule


class PastOrder(Struct, frozen=True):
    """An order with whoever paid it, as they were then."""

    order: Order
    person: Person

    @property
    def at(self) -> datetime:
        return self.order.bill.paid_at


class BackTest(Struct):
    """What came of it; points are before refunds. A rule that is in force already is compared with itself."""

    orders: int = 0
    touched: int = 0
    """Orders that would have earned something else."""
    members: set[str] = field(default_factory=set)
    """Whose orders these are."""
    before: Points = NO_POINTS
    """By the rules in force."""
    after: Points = NO_POINTS
    """By these with the rule."""
    benefits: int = 0
    """More that would be granted."""
    by_day: dict[date, int] = field(default_factory=dict)
    """Points more, by business day; days on which nothing was touched are left out."""

    @property
    def more(self) -> Points:
        return self.after - self.before


def back_test(orders: Iterable[PastOrder], programme: Programme, rule: Rule) -> BackTest:
    """By the programme in force with and without the rule, order by order in the order of their payment.

    Caps of a person and the budget of the rule run along; those of other rules are as they were then.
    """
    others = tuple(each for each in programme.rules if each.rule_id != rule.rule_id)
    trial = replace(programme, rules=tuple(sorted((*others, rule), key=lambda each: each.rule_id)))
    found, usage = BackTest(), _Usage(rule)
    for past in sorted(orders, key=lambda each: each.at):
        bill, day = past.order.bill, shop_date(past.at)
        money = counting(bill.payments, programme.terms.bonus_counts)
        member_id = past.order.member_id
        known = OrderPaid(past.at, past.person, bill.store_id, money, bill.lines)
        tried = replace(known, person=usage.of(past.person, member_id, day))
        was, would = price(programme, known), price(trial, tried, usage.left())
        gains = [gain.exact for gain in would.all_gains if gain.rule.rule_id == rule.rule_id]
        usage.add(member_id, day, sum(gains, Fraction(0)))
        found.orders += 1
        found.before, found.after = found.before + was.points, found.after + would.points
        found.benefits += len(would.granted) - len(was.granted)
        difference = (would.points - was.points).count
        if difference or len(would.granted) != len(was.granted):
            found.touched += 1
            found.members.add(member_id)
        if difference:
            found.by_day[day] = found.by_day.get(day, 0) + difference
    return found


class _Usage:
    """What the rule would have given to whom so far."""

    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self._spent = 0
        self._given: dict[str, Usage] = {}

    def of(self, person: Person, member_id: str, day: date) -> Person:
        usage = self._given.get(member_id, Usage(day, 0, 0))
        used = Used(usage.today if usage.on == day else 0, usage.ever)
        return replace(person, used={**person.used, self._rule.rule_id: used})

    def left(self) -> Mapping[str, int]:
        budget = self._rule.limits.budget
        return {} if budget is None else {self._rule.rule_id: max(budget - self._spent, 0)}

    def add(self, member_id: str, day: date, exact: Fraction) -> None:
        count = ceil(exact)
        now = Usage(day, count, count)
        before = self._given.get(member_id)
        self._given[member_id] = before.plus(now) if before else now
        self._spent += count
