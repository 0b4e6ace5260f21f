"""Rules by hand: what each gives for an order, and how they go together (D-09, D-24)."""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from math import ceil

from msgspec import Struct, field


class Rule(Struct, frozen=True):
    """`does`: spend, cups, nth, step, times, bands, tiers, check_in, share, comment, join, bring,
    benefit.

    A limit of 0 is none.
    """

    does: str
    points: int = 1
    guest_points: int = 0
    """For who was brought; `points` are for who brought them."""
    per_fen: int = 100
    nth: int = 1
    from_fen: int = 0
    permille: int = 1000
    tier: str = ""
    is_beside: bool = False
    """A multiplier that counts beside the best one, and on everything."""
    weekdays: tuple[int, ...] = ()
    birthday: bool = False
    members_only: bool = False
    day_cap: int = 0
    member_cap: int = 0
    budget: int = 0
    days: int = 30
    """So long a benefit can be used."""
    version: int = 1

    @property
    def asks_for_person(self) -> bool:
        return self.birthday or self.members_only

    @property
    def is_capped(self) -> bool:
        return bool(self.day_cap or self.member_cap)


ORDERS = {"spend", "cups", "nth", "step"}
Rules = Mapping[str, Rule]
NO_RULES: Rules = {}


class Paid(Struct, frozen=True):
    """An order, and whoever paid it."""

    money: int
    cups: int
    day: int
    orders: int
    is_member: bool = True
    has_birthday: bool = False
    used: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """By rule: how much was given that day, and ever."""
    spent: Mapping[str, int] = field(default_factory=dict)
    """By rule: how much of the budget is gone."""
    tier: str = ""


def price(rules: Rules, paid: Paid) -> dict[str, Fraction]:
    """What each rule gives that gives something."""
    gains = {name: _flat(rule, paid) for name, rule in rules.items() if rule.does in ORDERS}
    gains = {name: _within(name, rules[name], gain, paid) for name, gain in gains.items()}
    spend = sum((gain for name, gain in gains.items() if rules[name].does == "spend"), Fraction(0))
    more = {
        name: _within(name, rule, spend * (_factor(rule, paid) - 1), paid)
        for name, rule in sorted(rules.items())
        if rule.does in {"times", "bands", "tiers"} and not rule.is_beside
    }
    best = max(more, key=lambda name: more[name], default="")
    gains.update({best: more[best]} if best else {})
    for name, rule in sorted(rules.items()):
        if rule.does == "times" and rule.is_beside:
            whole = sum(gains.values(), Fraction(0))
            gains[name] = _within(name, rule, whole * (_factor(rule, paid) - 1), paid)
    return {name: gain for name, gain in gains.items() if gain}


def grants(rules: Rules, paid: Paid) -> dict[str, Fraction]:
    """Which rules grant a benefit: one each."""
    meant = {
        name: rule
        for name, rule in rules.items()
        if rule.does == "benefit" and _is_met(rule, paid) and paid.money >= rule.from_fen
    }
    found = {name: _within(name, rule, Fraction(1), paid) for name, rule in meant.items()}
    return {name: one for name, one in found.items() if one}


def give(rules: Rules, used: Mapping[str, tuple[int, int]], spent: Mapping[str, int]) -> dict[str, Fraction]:
    """What rules without conditions give for something that people do."""
    done = Paid(0, 0, 0, 0, used=used, spent=spent)
    gains = {name: _within(name, rule, Fraction(rule.points), done) for name, rule in rules.items()}
    return {name: gain for name, gain in gains.items() if gain}


def _is_met(rule: Rule, paid: Paid) -> bool:
    weekday = date(paid.day // 10_000, paid.day // 100 % 100, paid.day % 100).isoweekday()
    return (
        (not rule.weekdays or weekday in rule.weekdays)
        and (not rule.members_only or paid.is_member)
        and (not rule.birthday or paid.has_birthday)
    )


def _flat(rule: Rule, paid: Paid) -> Fraction:
    if not _is_met(rule, paid):
        return Fraction(0)
    worth = {
        "spend": Fraction(paid.money * rule.points, rule.per_fen),
        "cups": Fraction(rule.points * paid.cups),
        "nth": Fraction(rule.points if (paid.orders + 1) % rule.nth == 0 else 0),
        "step": Fraction(rule.points if paid.money >= rule.from_fen else 0),
    }
    return worth[rule.does]


def _factor(rule: Rule, paid: Paid) -> Fraction:
    reached = (rule.does != "bands" or paid.money >= rule.from_fen) and (
        rule.does != "tiers" or paid.tier == rule.tier
    )
    return Fraction(rule.permille, 1000) if reached and _is_met(rule, paid) else Fraction(1)


def _within(name: str, rule: Rule, gain: Fraction, paid: Paid) -> Fraction:
    today, ever = paid.used.get(name, (0, 0))
    rooms = [
        most - so_far
        for most, so_far in (
            (rule.day_cap, today),
            (rule.member_cap, ever),
            (rule.budget, paid.spent.get(name, 0)),
        )
        if most
    ]
    return max(min([gain, *(Fraction(room) for room in rooms)]), Fraction(0))


def use(
    used: Mapping[str, tuple[int, int, int]], rules: Rules, gains: Mapping[str, Fraction], today: int
) -> dict[str, tuple[int, int, int]]:
    """Day, that day, ever: with what was given now, without what no cap asks for any more."""
    now = {name: (today, ceil(gain), ceil(gain)) for name, gain in gains.items() if rules[name].is_capped}
    after = {name: _plus(used.get(name), now.get(name)) for name in used.keys() | now.keys()}
    return {
        name: each
        for name, each in after.items()
        if name.startswith("reward#")
        or (name in rules and (rules[name].member_cap or (rules[name].day_cap and each[0] >= today)))
    }


def _plus(one: tuple[int, int, int] | None, other: tuple[int, int, int] | None) -> tuple[int, int, int]:
    found = [each for each in (one, other) if each]
    last = max(day for day, _, _ in found)
    return last, sum(today for day, today, _ in found if day == last), sum(ever for _, _, ever in found)


def together(
    one: Mapping[str, tuple[int, int, int]], other: Mapping[str, tuple[int, int, int]]
) -> dict[str, tuple[int, int, int]]:
    """Of two people who are one."""
    return {name: _plus(one.get(name), other.get(name)) for name in one.keys() | other.keys()}


def apart(
    both: Mapping[str, tuple[int, int, int]], part: Mapping[str, tuple[int, int, int]]
) -> dict[str, tuple[int, int, int]]:
    """Without the one who goes again."""
    left = {}
    for name, (day, today, ever) in both.items():
        gone = part.get(name, (0, 0, 0))
        rest = max(ever - gone[2], 0)
        if rest:
            left[name] = (day, max(today - gone[1], 0) if gone[0] == day else today, rest)
    return left
