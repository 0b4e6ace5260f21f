"""What merchants of the simulation write down: rules from a catalogue, in the product's own form."""

from collections.abc import Mapping
from typing import Any

from domain.coupon.template import Form
from domain.money import Money
from domain.programme import rule as form
from domain.programme.convert import Conversion
from domain.programme.deduct import Deduction
from domain.programme.form import load
from domain.programme.ladder import Ladder as ProductLadder
from domain.programme.model import ClawbackPolicy, Terms, Validity, ValidityKind
from domain.programme.publish import ProgrammeWish
from domain.programme.rule import Rule as ProductRule
from tests.simulation.model import coupons
from tests.simulation.model.rules import Rule
from tests.simulation.model.state import Programme
from tests.simulation.model.tiers import Ladder

CATALOGUE: Mapping[str, tuple[Rule, ...]] = {
    "cups": (Rule("cups", 10), Rule("cups", 3)),
    "second": (Rule("nth", 7, nth=2), Rule("nth", 20, nth=3)),
    "step": (Rule("step", 30, from_fen=5000, member_cap=70), Rule("step", 11, from_fen=100)),
    "double": (Rule("times", permille=2000), Rule("times", permille=2500)),
    "triple": (Rule("times", permille=3000, birthday=True), Rule("times", permille=1200, members_only=True)),
    "weekend": (
        Rule("times", permille=1500, is_beside=True, weekdays=(5, 6, 7)),
        Rule("times", permille=1100, is_beside=True),
    ),
    "bands": (Rule("bands", permille=1500, from_fen=9900), Rule("bands", permille=1001, from_fen=1)),
    "daily": (Rule("cups", 25, day_cap=40), Rule("cups", 25, day_cap=60, member_cap=90)),
    "daily-visit": (Rule("check_in", 5), Rule("check_in", 3)),
    "shared": (Rule("share", 4, day_cap=6), Rule("share", 2)),
    "spoken": (Rule("comment", 3), Rule("comment", 2, budget=5)),
    "gift": (Rule("join", 9), Rule("join", 4, budget=10)),
    "friends": (
        Rule("bring", 8, guest_points=3, member_cap=20),
        Rule("bring", 5, budget=12),
    ),
    "tiered": (Rule("tiers", permille=1500, tier="t1"), Rule("tiers", permille=3000, tier="t2")),
    "upgrade": (Rule("benefit", from_fen=5000, days=40), Rule("benefit", from_fen=100, member_cap=3)),
    "cake": (Rule("benefit", from_fen=5001, day_cap=1, budget=5), Rule("benefit", budget=2, birthday=True)),
    "chest": (Rule("cups", 40, budget=100), Rule("cups", 33, budget=150)),
}


CONVERTED = "over"
"""The template of coupons that points become."""
COUPONS: Mapping[str, coupons.Terms] = {
    CONVERTED: coupons.Terms(off=300, days=40),
    "eight": coupons.Terms(off=800, least=2000, stack=2),
    "rate": coupons.Terms("rate", 880, delivery="claim", total=3, per_member=2),
    "hello": coupons.Terms(off=500, delivery="code", per_day=1, code="HELLO"),
}
"""What every house says of its coupons at first."""
BENEFIT = {"benefit_id": "upgrade", "name": "免费升级", "kind": "service"}


def written(name: str, rule: Rule) -> ProductRule:
    """The rule as the product takes it."""
    when: dict[str, Any] = {"weekdays": list(rule.weekdays), "is_members_only": rule.members_only}
    if rule.birthday:
        when["birthday"] = "month"
    if rule.does == "benefit":
        when["at_least_fen"] = rule.from_fen
    limits = {"per_day": rule.day_cap, "per_member": rule.member_cap, "budget": rule.budget}
    kind, settings = _settings(rule)
    return form.load(
        {
            "rule_id": name,
            "name": name,
            "kind": kind,
            "settings": settings,
            "when": when,
            "limits": {limit: most for limit, most in limits.items() if most},
        }
    )


def _settings(rule: Rule) -> tuple[str, dict[str, Any]]:
    beside = {"stack": "multiply", "covers": "all"} if rule.is_beside else {}
    known: dict[str, tuple[str, dict[str, Any]]] = {
        "spend": ("spend", {"points_each": rule.points, "per_fen": rule.per_fen}),
        "cups": ("item_bonus", {"points_each": rule.points, "goods": {"skus": ["latte"]}}),
        "check_in": ("check_in", {"points_each": rule.points}),
        "share": ("share", {"points_each": rule.points}),
        "comment": ("comment", {"points_each": rule.points}),
        "join": ("joining", {"points_each": rule.points}),
        "bring": ("referral", {"inviter_points": rule.points, "invitee_points": rule.guest_points}),
        "nth": ("nth_order", {"nth": rule.nth, "points_each": rule.points}),
        "step": ("step_bonus", {"steps": [{"from_fen": max(rule.from_fen, 1), "points": rule.points}]}),
        "times": ("multiplier", {"permille": rule.permille, **beside}),
        "benefit": ("benefit", {"benefit": BENEFIT, "valid_days": rule.days}),
        "tiers": ("tier_multiplier", {"tiers": [{"tier_id": rule.tier, "permille": rule.permille}]}),
        "bands": ("spend_band", {"bands": [{"from_fen": rule.from_fen, "permille": rule.permille}]}),
    }
    return known[rule.does]


LADDERS: tuple[Ladder | None, ...] = (
    None,
    Ladder("spend", (("t0", 0, 0), ("t1", 5000, 3000), ("t2", 20_000, 20_000)), window=12, review=12),
    Ladder("points", (("t1", 30, 10), ("t2", 150, 150)), review=6, grace=10),
    Ladder("orders", (("t0", 1, 1), ("t1", 2, 2), ("t2", 3, 1)), window=2, review=1),
    Ladder("activity", (("t0", 0, 0), ("t1", 1, 1))),
)


def _ladder(ladder: Ladder) -> ProductLadder:
    tiers = [
        {"tier_id": name, "name": name, "from_value": value, "keep_value": keep}
        for name, value, keep in ladder.rungs
    ]
    months = {"window_months": ladder.window or None, "review_months": ladder.review or None}
    body = {"metric": ladder.metric, "tiers": tiers, **months, "grace_days": ladder.grace}
    return load(ProductLadder, body)


def programme_wish(programme: Programme) -> ProgrammeWish:
    """The tenant's file, as far as it is about points."""
    terms = Terms(
        validity=Validity(ValidityKind(programme.validity), programme.months),
        clawback=ClawbackPolicy(programme.clawback),
        hold_days=programme.hold,
        deduction=Deduction(points_each=1, worth_fen=Money(programme.worth)) if programme.worth else None,
        conversion=Conversion(points_each=programme.convert, template_id=CONVERTED)
        if programme.convert
        else None,
        ladder=_ladder(programme.ladder) if programme.ladder else None,
    )
    return ProgrammeWish(terms, tuple(written(name, rule) for name, rule in programme.rules.items()))


def coupon_form(name: str, terms: coupons.Terms) -> Form:
    """The template as the product takes it."""
    rate = {"kind": "rate_discount", "pay_permille": terms.off}
    effect = rate if terms.kind == "rate" else {"kind": "cash", "off_fen": terms.off}
    limits = {"per_member": terms.per_member or None, "per_day": terms.per_day or None}
    return load(
        Form,
        {
            "face": {"title": "山茶", "coupon_title": "优惠券", "disclaimer": "每单限用"},
            "effect": effect,
            "validity": {"kind": "relative", "days_valid": terms.days},
            "delivery": terms.delivery,
            "conditions": {
                "at_least_fen": terms.least,
                "store_ids": [terms.store] if terms.store else [],
            },
            "claiming": limits,
            "stacking": {"group": name, "most": terms.stack} if terms.stack else None,
            "claim_code": terms.code or None,
            "total": terms.total or None,
            "is_transferable": True,
            "returns_on_refund": terms.returns,
            "is_stopped": terms.stopped,
        },
    )
