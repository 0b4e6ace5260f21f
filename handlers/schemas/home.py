"""The first page of the member centre."""

from marshmallow import Schema, fields

from handlers.schemas.members import MemberView
from handlers.schemas.points import BalanceView
from handlers.schemas.tiers import TierStandingView


class CheckInStateView(Schema):
    """Days in a row, and whether today's is done."""

    streak = fields.Integer()
    is_done_today = fields.Boolean()


class HomeView(Schema):
    """`tier` is null where the programme has no tiers; `activities` are those for which points are given."""

    member = fields.Nested(MemberView)
    points = fields.Nested(BalanceView)
    tier = fields.Nested(TierStandingView, allow_none=True)
    check_in = fields.Nested(CheckInStateView)
    activities = fields.List(fields.String())
