"""Tiers: where somebody stands, the ladder with its benefits, and the history."""

from marshmallow import Schema, fields

from domain.points.standing import TierReason
from domain.programme.ladder import BenefitKind, Metric
from handlers.schemas.fields import Choice, Day, Instant


class BenefitView(Schema):
    """Something that a tier brings."""

    benefit_id = fields.String()
    name = fields.String()
    kind = Choice(BenefitKind)
    text = fields.String(allow_none=True)


class TierView(Schema):
    """One step of the ladder. `pay_permille`: what is left to pay of a price, 980 is 9.8折."""

    tier_id = fields.String()
    name = fields.String()
    from_value = fields.Integer()
    keep_value = fields.Integer(attribute="keep_line")
    pay_permille = fields.Integer()
    benefits = fields.List(fields.Nested(BenefitView))


class LadderView(Schema):
    """All tiers, the lowest first, and how they are reached and kept."""

    metric = Choice(Metric)
    window_months = fields.Integer(allow_none=True)
    review_months = fields.Integer(allow_none=True)
    grace_days = fields.Integer()
    tiers = fields.List(fields.Nested(TierView))


class TierStandingView(Schema):
    """`value` counts in the unit of the metric (money in fen); `missing` is what the next tier still takes.

    `tier` is null below the lowest tier. `valid_through` is the last day before the tier is looked at again;
    null: it cannot be lost. `missing_to_keep` is what is missing for that review as things are today.
    """

    tier = fields.Nested(TierView, allow_none=True)
    since = Day(attribute="standing.since", dump_default=None, allow_none=True)
    valid_through = Day(attribute="standing.until", dump_default=None, allow_none=True)
    is_grace = fields.Boolean(attribute="standing.is_grace", dump_default=False)
    value = fields.Integer()
    next_tier = fields.Nested(TierView, attribute="following", allow_none=True)
    missing = fields.Integer()
    missing_to_keep = fields.Integer()


class MyTierView(TierStandingView):
    """The same with the whole ladder."""

    ladder = fields.Nested(LadderView)


class TierChangeView(Schema):
    """One line of the history. null: no tier."""

    number = fields.Integer()
    before = fields.String(allow_none=True)
    after = fields.String(allow_none=True)
    reason = Choice(TierReason)
    on = Day()
    value = fields.Integer()
    programme_version = fields.Function(
        lambda change: change.programme_version or None, metadata={"type": ["integer", "null"]}
    )
    at = Instant()
