"""How the work of pricing an order grows with its lines and with the rules that match, in byte-code steps."""

import sys
from collections.abc import Callable
from datetime import datetime
from itertools import pairwise
from types import FrameType
from typing import Any

from msgspec import Struct

from domain.clock import SHOP_TIME
from domain.money import Money
from domain.order.model import Line
from domain.programme import rule as written
from domain.programme.event import OrderPaid, Person
from domain.programme.model import RULES_MAX, Programme
from domain.programme.price import price
from domain.programme.rule import Rule

LINES = (25, 50, 100)
MATCHING = (50, 100, 200)
GROWTH_MAX = 1.02
"""Twice as many lines or matching rules cost at most twice as many steps, and two hundredths."""
AT = datetime(2026, 3, 15, 12, tzinfo=SHOP_TIME)


class Priced(Struct, frozen=True):
    """One order, priced once."""

    lines: int
    matching: int
    steps: int


def measure() -> list[Priced]:
    """Every number of lines with every number of matching rules, of 200 published."""
    return [Priced(lines, matching, _steps(lines, matching)) for lines in LINES for matching in MATCHING]


def too_steep(found: list[Priced]) -> list[str]:
    """Where the steps grow faster than the lines, or than the rules that match."""
    steps = {(each.lines, each.matching): each.steps for each in found}
    growths: list[tuple[str, float]] = []
    for rules in MATCHING:
        for less, more in pairwise(LINES):
            growth = steps[more, rules] / steps[less, rules] / (more / less)
            growths.append((f"{less} to {more} lines, {rules} rules", growth))
    for lines in LINES:
        for less, more in pairwise(MATCHING):
            growth = steps[lines, more] / steps[lines, less] / (more / less)
            growths.append((f"{less} to {more} rules, {lines} lines", growth))
    return [f"{name}: {growth:.2f} times as fast" for name, growth in growths if growth > GROWTH_MAX]


def _steps(lines: int, matching: int) -> int:
    programme = Programme(1, rules=tuple(_rule(number, number < matching) for number in range(RULES_MAX)))
    return counted(lambda: price(programme, _order(lines)))


def _rule(number: int, is_matching: bool) -> Rule:  # a private helper of the measurement
    """Every fourth one is a multiplier; what does not match is for another store."""
    if number % 4:
        kind, settings = "item_bonus", {"points_each": 1, "goods": {"skus": [f"s{number % 25}"]}}
    else:
        kind, settings = "multiplier", {"permille": 1001 + number, "stack": "multiply"}
    when: dict[str, Any] = {"store_ids": ["east" if is_matching else "west"]}
    body = {"rule_id": f"r{number:03}", "name": "r", "kind": kind, "settings": settings, "when": when}
    return written.load(body)


def _order(lines: int) -> OrderPaid:
    bought = tuple(Line(f"s{number % 25}", f"c{number}", 1, Money(1000)) for number in range(lines))
    return OrderPaid(AT, Person(), "east", Money(1000 * lines), bought)


def counted(run: Callable[[], object]) -> int:
    """How many byte-code steps it takes; the same on any machine with the same Python."""
    steps = 0

    def trace(frame: FrameType, event: str, _: object) -> Any:
        nonlocal steps
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        steps += event == "opcode"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        run()
    finally:
        sys.settrace(before)
    return steps
