"""Pricing grows no faster than linearly, counted in byte-code steps."""

from itertools import pairwise

from scripts.local.pricing import LINES, MATCHING, Priced, counted, measure, too_steep


def test_pricing_grows_no_faster_than_linearly_in_lines_and_in_matching_rules() -> None:
    assert too_steep(measure()) == []


def test_what_grows_faster_is_noticed() -> None:
    squares = [Priced(lines, rules, lines * lines * rules) for lines in LINES for rules in MATCHING]

    named = [f"{less} to {more} lines, {rules} rules" for rules in MATCHING for less, more in pairwise(LINES)]
    assert too_steep(squares) == [f"{name}: 2.00 times as fast" for name in named]


def test_steps_are_counted_alike_each_time() -> None:
    def work() -> None:
        sum(number * number for number in range(100))

    first, second = counted(work), counted(work)

    assert first == second > 100
