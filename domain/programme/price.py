"""What a programme gives for an event: pure, exact, rounded once at the end (D-09, D-24).

First the rules that give points, each within its limits; then the multipliers that cover them. Of the
multipliers that stack as `best` the one that gives most counts; those that stack as `multiply` count
one after the other on top of it. Benefits are granted last, beside the points.
"""

from collections.abc import Mapping
from fractions import Fraction
from math import ceil
from types import MappingProxyType

from msgspec import Struct

from domain.money import Points
from domain.programme.event import Event, Used
from domain.programme.kinds.kind import Covers, Giving, Granting, Multiplying, Stack
from domain.programme.model import Programme
from domain.programme.rule import Rule
from domain.programme.why import Why

NOTHING_SHORT: Mapping[str, int] = MappingProxyType({})
UNUSED = Used()


class Gain(Struct, frozen=True):
    """What one rule gave."""

    rule: Rule
    exact: Fraction

    @property
    def count(self) -> int:
        """How much of the rule's limits it uses up: rounded up."""
        return ceil(self.exact)


class Grant(Gain, frozen=True):
    """One benefit that a rule granted; it uses up one of the rule's limits."""

    granting: Granting


class Passed(Struct, frozen=True):
    """A rule that gave nothing."""

    rule: Rule
    why: Why


class Price(Struct, frozen=True):
    """What an event is worth, and which rules made it so. The gains add up to `exact`."""

    gains: tuple[Gain, ...]
    passed: tuple[Passed, ...]
    exact: Fraction
    points: Points
    granted: tuple[Grant, ...] = ()
    """Beside the points."""

    @property
    def all_gains(self) -> tuple[Gain, ...]:
        """Whatever uses up limits."""
        return (*self.gains, *self.granted)


def price(programme: Programme, event: Event, left: Mapping[str, int] = NOTHING_SHORT) -> Price:
    """`left`: of budgets that are known to run short, what is left."""
    pricing = _Pricing(event, left)
    for rule, giving in programme.giving(type(event)):
        pricing.give(rule, giving)
    pricing.multiply(programme.multiplying(type(event)))
    for rule, granting in programme.granting(type(event)):
        pricing.grant(rule, granting)
    gains, granted = tuple(pricing.gains), tuple(pricing.granted)
    exact = sum((gain.exact for gain in gains), Fraction(0))
    points = Points(programme.terms.rounding.of(exact))
    return Price(gains, tuple(pricing.passed), exact, points, granted)


class _Pricing:
    def __init__(self, event: Event, left: Mapping[str, int]) -> None:
        self.event, self.left = event, left
        self.gains: list[Gain] = []
        self.granted: list[Grant] = []
        self.passed: list[Passed] = []
        self._spend, self._other = Fraction(0), Fraction(0)

    def give(self, rule: Rule, giving: Giving) -> None:
        exact = rule.when.misses(self.event) or self._limited(rule, giving.points(self.event))
        if isinstance(exact, Why):
            self.passed.append(Passed(rule, exact))
            return
        self.gains.append(Gain(rule, exact))
        if giving.is_spend:
            self._spend += exact
        else:
            self._other += exact

    def grant(self, rule: Rule, granting: Granting) -> None:
        one = rule.when.misses(self.event) or self._limited(rule, Fraction(1))
        if isinstance(one, Why):
            self.passed.append(Passed(rule, one))
        else:
            self.granted.append(Grant(rule, one, granting))

    def multiply(self, rules: tuple[tuple[Rule, Multiplying], ...]) -> None:
        """The best of those that stack as `best` first, then the others one after the other."""
        best: tuple[Rule, Multiplying, Fraction] | None = None
        others: list[tuple[Rule, Multiplying]] = []
        for rule, multiplying in rules:
            if multiplying.stack is Stack.MULTIPLY:
                others.append((rule, multiplying))
                continue
            gain = self._worth(rule, multiplying)
            if isinstance(gain, Why):
                self.passed.append(Passed(rule, gain))
            elif best is None or gain > best[2]:
                if best:
                    self.passed.append(Passed(best[0], Why.HIGHER_COUNTS))
                best = (rule, multiplying, gain)
            else:
                self.passed.append(Passed(rule, Why.HIGHER_COUNTS))
        if best:
            self._add(*best)
        for rule, multiplying in others:
            gain = self._worth(rule, multiplying)
            if isinstance(gain, Why):
                self.passed.append(Passed(rule, gain))
            else:
                self._add(rule, multiplying, gain)

    def _worth(self, rule: Rule, multiplying: Multiplying) -> Fraction | Why:
        """What it adds to what is there by now."""
        covered = self._spend + (self._other if multiplying.covers is Covers.ALL else 0)
        if why := rule.when.misses(self.event):
            return why
        if not covered:
            return Why.NOTHING_TO_MULTIPLY
        factor = multiplying.factor(self.event)
        return factor if isinstance(factor, Why) else self._limited(rule, covered * (factor - 1))

    def _add(self, rule: Rule, multiplying: Multiplying, gain: Fraction) -> None:
        self.gains.append(Gain(rule, gain))
        others = Fraction(0)
        if multiplying.covers is Covers.ALL:
            others = gain * self._other / (self._spend + self._other)
        self._spend, self._other = self._spend + gain - others, self._other + others

    def _limited(self, rule: Rule, exact: Fraction | Why) -> Fraction | Why:
        """No more than the rule may give: to one person, on one day, to all."""
        if isinstance(exact, Why):
            return exact
        limits, used = rule.limits, self.event.person.used.get(rule.rule_id, UNUSED)
        caps = (
            (limits.per_event, 0, Why.TOO_LITTLE),
            (limits.per_day, used.today, Why.CAP_OF_DAY),
            (limits.per_member, used.ever, Why.CAP_OF_MEMBER),
            (self.left.get(rule.rule_id), 0, Why.BUDGET_SPENT),
        )
        for most, so_far, why in caps:
            if most is not None:
                if most <= so_far:
                    return why
                exact = min(exact, Fraction(most - so_far))
        return exact
