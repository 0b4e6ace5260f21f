"""Conditions and limits of rules, and how a rule that is written wrongly is refused."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from domain.clock import SHOP_TIME
from domain.errors import InvalidInput
from domain.programme.event import Birthday, Person, Shared, Used
from domain.programme.price import price
from domain.programme.why import Why
from tests.domain.test_rules import BANDS, NOBODY, order, points, why
from tests.programmes import base, programme, rule


@pytest.mark.parametrize(
    "when, expected",
    [
        ({}, None),
        ({"starts_at": "2025-11-11T12:00:01+08:00"}, Why.NOT_YET),
        ({"starts_at": "2025-11-11T12:00:00+08:00"}, None),
        ({"ends_at": "2025-11-11T12:00:00+08:00"}, Why.OVER),
        ({"weekdays": [2]}, None),
        ({"weekdays": [1, 3, 4, 5, 6, 7]}, Why.OTHER_DAY),
        ({"days_of_month": [11]}, None),
        ({"days_of_month": [10, 12]}, Why.OTHER_DAY),
        ({"spans": [{"from_time": "12:00", "until_time": "12:01"}]}, None),
        ({"spans": [{"from_time": "11:00", "until_time": "12:00"}]}, Why.OTHER_TIME),
        ({"spans": [{"from_time": "00:00", "until_time": "24:00"}]}, None),
        ({"store_ids": ["west"]}, Why.OTHER_STORE),
        ({"store_ids": ["west", "east"]}, None),
        ({"tier_ids": ["gold"]}, Why.OTHER_TIER),
        ({"tier_ids": ["silver"]}, None),
        ({"is_members_only": True}, Why.MEMBERS_ONLY),
        ({"birthday": "day"}, Why.NO_BIRTHDAY),
        ({"birthday": "month"}, None),
        ({"at_least_fen": 10_001}, Why.TOO_LITTLE),
        ({"at_least_fen": 10_000}, None),
    ],
)
def test_conditions_name_the_first_one_that_does_not_hold(when: dict[str, Any], expected: Why | None) -> None:
    person = Person(is_member=False, tier_id="silver", birthday=Birthday.MONTH)
    bound = rule("bound", "spend", {"points_each": 1, "per_fen": 100}, when=when)

    found = price(programme(bound), order(10_000, person=person))

    assert found.points.count == (0 if expected else 100)
    assert [passed.why for passed in found.passed] == ([expected] if expected else [])


@pytest.mark.parametrize(
    "limits, used, left, expected",
    [
        ({"per_event": 30}, Used(), {}, 30),
        ({"per_day": 30}, Used(10, 500), {}, 20),
        ({"per_day": 30}, Used(30, 30), {}, Why.CAP_OF_DAY),
        ({"per_member": 120}, Used(0, 100), {}, 20),
        ({"per_member": 100}, Used(0, 100), {}, Why.CAP_OF_MEMBER),
        ({"budget": 1000}, Used(), {}, 88),
        ({"budget": 1000}, Used(), {"base": 7}, 7),
        ({"budget": 1000}, Used(), {"base": 0}, Why.BUDGET_SPENT),
    ],
)
def test_a_rule_gives_no_more_than_its_limits(
    limits: dict[str, int], used: Used, left: dict[str, int], expected: int | Why
) -> None:
    limited = rule("base", "spend", {"points_each": 1, "per_fen": 100}, limits=limits)

    found = price(programme(limited), order(8800, person=Person(used={"base": used})), left)

    if isinstance(expected, Why):
        assert (found.points.count, why(found, "base")) == (0, expected)
    else:
        assert found.points.count == expected


def test_a_multiplier_that_is_used_up_lets_the_next_best_count() -> None:
    much = rule("much", "multiplier", {"permille": 5000}, limits={"per_day": 100})
    little = rule("little", "multiplier", {"permille": 1500})

    fresh = price(programme(base(), much, little), order(10_000))
    later = price(
        programme(base(), much, little), order(10_000, person=Person(used={"much": Used(100, 100)}))
    )

    assert (fresh.points.count, why(fresh, "little")) == (200, Why.HIGHER_COUNTS)
    assert (later.points.count, why(later, "much")) == (150, Why.CAP_OF_DAY)


def test_of_two_multipliers_alike_the_one_with_the_higher_priority_counts() -> None:
    one, other = (
        rule(name, "multiplier", {"permille": 2000}, priority=priority)
        for name, priority in (("one", 1), ("other", 2))
    )

    found = price(programme(base(), one, other), order(10_000))

    assert [gain.rule.rule_id for gain in found.gains] == ["base", "other"]


@pytest.mark.parametrize(
    "kind, settings, field, code",
    [
        ("spend", {"points_each": 1}, "settings.per_fen", "required"),
        ("spend", {"points_each": 1, "per_fen": 0}, "settings.per_fen", "out-of-range"),
        ("spend", {"points_each": "1", "per_fen": 1}, "settings.points_each", "invalid-type"),
        ("spend", {"points_each": True, "per_fen": 1}, "settings.points_each", "invalid-type"),
        ("spend", {"points_each": 1, "per_fen": 1, "x": 1}, "settings.x", "unknown-field"),
        ("spend", [], "settings", "invalid-type"),
        ("spend_band", {"bands": []}, "settings.bands", "too-short"),
        (
            "spend_band",
            {"bands": [{"from_fen": 5, "permille": 999}]},
            "settings.bands.0.permille",
            "out-of-range",
        ),
        ("spend_band", {"bands": [*BANDS["bands"], BANDS["bands"][0]]}, "settings.bands", "duplicate"),
        ("spend_band", {"bands": BANDS["bands"][::-1]}, "settings.bands", "out-of-order"),
        ("multiplier", {"permille": 1000}, "settings.permille", "out-of-range"),
        ("multiplier", {"permille": 2000, "stack": "all"}, "settings.stack", "invalid-choice"),
        ("item_bonus", {"points_each": 1, "goods": {}}, "settings.goods", "required"),
        (
            "check_in",
            {"points_each": 1, "bonuses": [{"day": 8, "points": 1}]},
            "settings.bonuses",
            "out-of-range",
        ),
        ("referral", {}, "settings.inviter_points", "out-of-range"),
        (
            "step_bonus",
            {"steps": [{"from_fen": 0, "points": 1}]},
            "settings.steps.0.from_fen",
            "out-of-range",
        ),
        ("lottery", {}, "kind", "invalid-choice"),
    ],
)
def test_a_rule_that_is_written_wrongly_is_refused_by_the_name_of_its_field(
    kind: str, settings: Any, field: str, code: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        rule("r", kind, settings)

    assert (field, code) in [(each.field, each.code) for each in refused.value.fields]


@pytest.mark.parametrize(
    "when, field",
    [
        ({"starts_at": "2025-11-12T00:00:00+08:00", "ends_at": "2025-11-12T00:00:00+08:00"}, "when.ends_at"),
        ({"starts_at": "2025-11-12T00:00:00"}, "when.starts_at"),
        ({"starts_at": "tomorrow"}, "when.starts_at"),
        ({"weekdays": [0]}, "when.weekdays.0"),
        ({"weekdays": [1, 1]}, "when.weekdays"),
        ({"spans": [{"from_time": "12:00", "until_time": "12:00"}]}, "when.spans.0.until_time"),
        ({"spans": [{"from_time": "24:01", "until_time": "12:00"}]}, "when.spans.0.from_time"),
        ({"spans": [{"from_time": "1:00", "until_time": "12:00"}]}, "when.spans.0.from_time"),
        ({"store_ids": "east"}, "when.store_ids"),
        ({"store_ids": ["\n"]}, "when.store_ids.0"),
    ],
)
def test_a_condition_that_is_written_wrongly_is_refused_by_its_name(when: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        rule("r", "share", {"points_each": 1}, when=when)

    assert [each.field for each in refused.value.fields] == [field]


def test_every_wrong_field_is_named_at_once() -> None:
    with pytest.raises(InvalidInput) as refused:
        rule("", "share", {"points_each": 0}, when={"weekdays": [8]}, priority=-1)

    named = {each.field for each in refused.value.fields}
    assert named == {"rule_id", "name", "settings.points_each", "when.weekdays.0", "priority"}


def test_what_happened_a_second_before_or_after_is_another_day() -> None:
    sundays = rule("sunday", "share", {"points_each": 1}, when={"weekdays": [7]})
    midnight = datetime(2025, 11, 16, tzinfo=SHOP_TIME)

    assert points(Shared(midnight, NOBODY), sundays) == 1
    assert points(Shared(midnight - timedelta(seconds=1), NOBODY), sundays) == 0


def test_a_budget_is_split_when_it_is_first_set_and_stays_so() -> None:
    """What has been counted must stay where it was counted."""
    plain, small, large = (
        rule("r", "share", {"points_each": 1}, limits={"budget": budget} if budget else {})
        for budget in (0, 100, 1_000_000)
    )
    never = plain.follow(None)
    first = small.follow(never)

    assert (never.buckets, first.buckets, large.follow(never).buckets) == (0, 1, 16)
    assert large.follow(first).buckets == 1
    assert plain.follow(first).buckets == 1
    assert large.follow(plain.follow(first)).buckets == 1
    assert [large.follow(None).share(bucket) for bucket in (0, 15)] == [62_500, 62_500]
    assert sum(replace(large, buckets=7).share(bucket) for bucket in range(7)) == 1_000_000
