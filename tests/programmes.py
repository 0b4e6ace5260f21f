"""Programmes and rules for tests: written down as merchants would."""

from typing import Any

from domain.programme import form
from domain.programme import rule as written
from domain.programme.model import Programme, Terms
from domain.programme.publish import ProgrammeWish
from domain.programme.rule import Rule


def rule(rule_id: str, kind: str, settings: dict[str, Any], **more: Any) -> Rule:
    """`more`: when, limits, priority."""
    return written.load({"rule_id": rule_id, "name": rule_id, "kind": kind, "settings": settings, **more})


def base(points: int = 1, per_fen: int = 100) -> Rule:
    """So many points for so many fen."""
    return rule("base", "spend", {"points_each": points, "per_fen": per_fen})


def programme(*rules: Rule, version: int = 1, **terms: Any) -> Programme:
    """With a point for each yuan, if no rule is named."""
    chosen = tuple(sorted(rules or (base(),), key=lambda each: each.rule_id))
    return Programme(version, Terms(**terms), chosen)


def wish(*rules: Rule, **terms: Any) -> ProgrammeWish:
    """The same, to be applied."""
    return ProgrammeWish(Terms(**terms), rules or (base(),))


def described(chosen: Rule) -> dict[str, object]:
    """As the API and the file take it."""
    return written.dump(chosen)


def terms_of(**parts: Any) -> Terms:
    """Terms as the file takes them."""
    return form.load(Terms, parts)


WHEN: dict[str, Any] = {
    "starts_at": "2026-11-11T00:00:00+08:00",
    "ends_at": "2026-11-12T00:00:00+08:00",
    "weekdays": [3, 7],
    "days_of_month": [8, 11],
    "spans": [{"from_time": "00:00", "until_time": "09:30"}, {"from_time": "22:00", "until_time": "24:00"}],
    "store_ids": ["nanjing-road"],
    "tier_ids": ["gold"],
    "is_members_only": True,
    "birthday": "month",
    "at_least_fen": 100,
}
LIMITS: dict[str, Any] = {"per_event": 100, "per_day": 200, "per_member": 300, "budget": 40_000}
GOODS: dict[str, Any] = {
    "skus": ["latte"],
    "categories": ["coffee"],
    "without_skus": ["bag"],
    "without_categories": ["gift"],
}

BENEFIT: dict[str, Any] = {"benefit_id": "upgrade", "name": "免费升级", "kind": "service", "text": "一次"}

EVERY_KIND: tuple[Rule, ...] = (
    rule("benefit", "benefit", {"benefit": BENEFIT, "valid_days": 30}, limits={"per_member": 1}),
    rule("bands", "spend_band", {"bands": [{"from_fen": 10_000, "permille": 1500}], "is_marginal": True}),
    rule("check-in", "check_in", {"points_each": 5, "bonuses": [{"day": 3, "points": 5}], "cycle_days": 9}),
    rule("comment", "comment", {"points_each": 3}),
    rule("goods", "item_bonus", {"points_each": 10, "goods": GOODS, "each": "order"}),
    rule("joining", "joining", {"points_each": 50}),
    rule("nth", "nth_order", {"nth": 5, "is_every": False, "points_each": 20}),
    rule("referral", "referral", {"inviter_points": 20, "invitee_points": 10}),
    rule("share", "share", {"points_each": 2}, limits=LIMITS, priority=7),
    rule("spend", "spend", {"points_each": 3, "per_fen": 200, "goods": GOODS}, when=WHEN),
    rule("steps", "step_bonus", {"steps": [{"from_fen": 100, "points": 1}], "is_repeated": True}),
    rule("tiers", "tier_multiplier", {"tiers": [{"tier_id": "gold", "permille": 1500}]}),
    rule("times", "multiplier", {"permille": 2000, "stack": "multiply", "covers": "all"}),
)
"""One of each, with everything that can be set."""
