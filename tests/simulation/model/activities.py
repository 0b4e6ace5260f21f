"""Checking in, sharing and commenting by hand."""

from collections.abc import Mapping
from datetime import date, timedelta
from fractions import Fraction
from math import ceil

from msgspec.structs import replace

from tests.simulation.model import rules
from tests.simulation.model.calendar import day_of
from tests.simulation.model.points import earn, opened
from tests.simulation.model.state import Account, Programme, State
from tests.simulation.model.tiers import booked

DONE = {"check_in", "share", "comment"}
"""What counts as activity."""


def tomorrow(day: int) -> int:
    """The day after, as a number."""
    return int(f"{date(day // 10_000, day // 100 % 100, day % 100) + timedelta(days=1):%Y%m%d}")


def row(streak: tuple[int, int], day: int) -> int:
    """Days in a row with this one."""
    last, days = streak
    return days + 1 if last and tomorrow(last) == day else 1


def give(
    state: State, member: str, known: rules.Rules, programme: Programme, now: int, on: int = 0
) -> tuple[State, Account, int]:
    """Books what the rules give that are meant; `on` is the day that is checked in. Also the points."""
    today = day_of(now)
    account = opened(state.accounts[member], programme, today)
    used = {name: (n if day == today else 0, ever) for name, (day, n, ever) in account.used.items()}
    gains = rules.give(known, used, state.spent)
    points = int(sum(gains.values(), Fraction(0)))
    after = earn(account, points, (0, programme.last_day(on or today)), 0, 0)
    after = replace(after, used=rules.use(account.used, programme.rules, gains, today))
    if on:
        after = replace(after, streak=(on, row(account.streak, on)))
    done = any(rule.does in DONE for rule in known.values())
    after = replace(after, activities=after.activities + done)
    after = booked(account, after, programme.ladder, today, today)
    spent = {
        name: state.spent.get(name, 0) + ceil(gain) for name, gain in gains.items() if known[name].budget
    }
    state = replace(state, spent={**state.spent, **spent})
    return state, after, points


def of_kind(programme: Programme, does: str) -> rules.Rules:
    return {name: rule for name, rule in programme.rules.items() if rule.does == does}


def with_account(state: State, member: str, account: Account) -> State:
    return replace(state, accounts={**state.accounts, member: account})


def kept(state: State, area: str) -> Mapping[str, Mapping[str, object]]:
    """What an area remembers, by its name."""
    found: Mapping[str, Mapping[str, object]] = state.areas.get(area, {})
    return found


def keep(state: State, area: str, name: str, facts: Mapping[str, object]) -> State:
    return replace(state, areas={**state.areas, area: {**kept(state, area), name: facts}})
