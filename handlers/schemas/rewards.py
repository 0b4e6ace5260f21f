"""Rewards: the catalogue, its stock and codes, and exchanges."""

from marshmallow import Schema, fields

from domain.reward.model import (
    CODE_MAX,
    CODES_MAX,
    DESCRIPTION_MAX,
    LIMIT_MAX,
    NAME_MAX,
    POINTS_MAX,
    TIERS_MAX,
    ExchangeState,
    RewardKind,
)
from domain.stock import STOCK_MAX
from handlers.schemas.fields import (
    Choice,
    Flag,
    Identifier,
    Instant,
    Parts,
    PointsField,
    StrictSchema,
    Text,
    WholeNumber,
)
from handlers.schemas.orders import STORE_MAX
from handlers.schemas.page import PageQuery

ID_MAX = 32


class RewardPath(StrictSchema):
    """A reward by the id that staff gave it."""

    reward_id = Identifier(longest=ID_MAX, required=True)


class RewardRequest(StrictSchema):
    """What staff says about a reward. Kind, and whether its stock is counted, stay as they were first."""

    name = Text(longest=NAME_MAX, required=True)
    description = Text(longest=DESCRIPTION_MAX, load_default=None, allow_none=True)
    kind = Choice(RewardKind, required=True)
    points = WholeNumber(least=1, most=POINTS_MAX, required=True)
    is_counted = Flag(load_default=True)
    is_shown = Flag(load_default=True)
    starts_at = Instant(load_default=None, allow_none=True)
    ends_at = Instant(load_default=None, allow_none=True)
    per_member = WholeNumber(least=1, most=LIMIT_MAX, load_default=None, allow_none=True)
    is_members_only = Flag(load_default=False)
    tier_ids = Parts(Identifier(longest=32), most=TIERS_MAX, least=0, load_default=[])
    template_id = Identifier(longest=ID_MAX, load_default=None, allow_none=True)


class RewardView(Schema):
    """A reward as staff sees it; `stock`: pieces that were ever put there."""

    reward_id = fields.String()
    name = fields.String(attribute="offer.name")
    description = fields.String(attribute="offer.description", allow_none=True)
    kind = Choice(RewardKind, attribute="offer.kind")
    points = PointsField(attribute="offer.points")
    is_counted = fields.Boolean(attribute="offer.is_counted")
    is_shown = fields.Boolean(attribute="offer.is_shown")
    starts_at = Instant(attribute="offer.starts_at", allow_none=True)
    ends_at = Instant(attribute="offer.ends_at", allow_none=True)
    per_member = fields.Integer(attribute="offer.per_member", allow_none=True)
    is_members_only = fields.Boolean(attribute="offer.is_members_only")
    tier_ids = fields.List(fields.String(), attribute="offer.tier_ids")
    template_id = fields.String(attribute="offer.template_id", allow_none=True)
    stock = fields.Integer()
    changed_at = Instant()
    changed_by = fields.String()


class ShelfView(Schema):
    """With what is left; null: there is no end of it. Codes are counted up to 1000."""

    reward = fields.Nested(RewardView)
    left = fields.Integer(allow_none=True)


class OfferView(Schema):
    """What everybody sees of a reward."""

    reward_id = fields.String(attribute="reward.reward_id")
    name = fields.String(attribute="reward.offer.name")
    description = fields.String(attribute="reward.offer.description", allow_none=True)
    kind = Choice(RewardKind, attribute="reward.offer.kind")
    points = PointsField(attribute="reward.offer.points")
    ends_at = Instant(attribute="reward.offer.ends_at", allow_none=True)


class ChoiceView(OfferView):
    """A reward as a member sees it. `times_left`: how often one may still have it; null: without a limit."""

    missing = PointsField()
    is_for_you = fields.Boolean()
    times_left = fields.Integer(allow_none=True)


class OfferedView(OfferView):
    """One reward with what is left of it."""

    starts_at = Instant(attribute="reward.offer.starts_at", allow_none=True)
    per_member = fields.Integer(attribute="reward.offer.per_member", allow_none=True)
    tier_ids = fields.List(fields.String(), attribute="reward.offer.tier_ids")
    left = fields.Integer(allow_none=True)


class StockRequest(StrictSchema):
    """So many pieces more, or fewer if negative."""

    by = WholeNumber(least=-STOCK_MAX, most=STOCK_MAX, required=True)


class StockView(Schema):
    """`stock`: pieces that were ever there for members."""

    reward_id = fields.String()
    by = fields.Integer()
    stock = fields.Integer()


class CodesRequest(StrictSchema):
    """Codes of a virtual reward; one that was ever brought is refused, with all the others."""

    codes = Parts(Identifier(longest=CODE_MAX), most=CODES_MAX, required=True)


class CodesView(Schema):
    """How many there are more."""

    reward_id = fields.String()
    added = fields.Integer()


class ExchangeRequest(StrictSchema):
    """`points`: what the reward costs, as it was shown: nobody pays more than that."""

    points = WholeNumber(least=1, most=POINTS_MAX, required=True)


class TillExchangeRequest(ExchangeRequest):
    """The same at a till."""

    reward_id = Identifier(longest=ID_MAX, required=True)
    store_id = Identifier(longest=STORE_MAX, required=True)


class ExchangedView(Schema):
    """What was booked."""

    exchange_id = fields.String()
    reward_id = fields.String()
    points = PointsField()
    balance = PointsField()
    entry_sequence = fields.Integer()
    coupon_code = fields.String(allow_none=True)


class MyExchangedView(ExchangedView):
    """With the code of a virtual reward; a dry run shows none."""

    code = fields.String(allow_none=True)


class ExchangePath(StrictSchema):
    """An exchange by the id that its list shows."""

    exchange_id = Text(longest=48, pattern=r"[A-Za-z0-9_]{1,32}:[1-9][0-9]{0,9}", required=True)


class ExchangesQuery(PageQuery):
    """In one state, if one is named; such a page may hold fewer than `limit`, and the cursor goes on."""

    state = Choice(ExchangeState, load_default=None)


class ExchangeView(Schema):
    """Points for one piece of a reward."""

    exchange_id = fields.String()
    reward_id = fields.String()
    name = fields.String()
    kind = Choice(RewardKind)
    points = PointsField()
    state = Choice(ExchangeState)
    at = Instant()
    coupon_code = fields.String(allow_none=True)
    store_id = fields.String(allow_none=True)
    fulfilled_at = Instant(allow_none=True)
    refunded_at = Instant(allow_none=True)


class MyExchangeView(ExchangeView):
    """With its code, if it has one."""

    code = fields.Function(
        lambda exchange: exchange.code.open() if exchange.code else None,
        metadata={"type": ["string", "null"]},
    )


class FulfilmentRequest(StrictSchema):
    """Where it is handed over."""

    store_id = Identifier(longest=STORE_MAX, required=True)


class FulfilledView(Schema):
    """Where the exchange stands now."""

    exchange_id = fields.String()
    state = Choice(ExchangeState)


class RefundedView(FulfilledView):
    """What went back, and where the account stands."""

    points = PointsField()
    balance = PointsField()
    entry_sequence = fields.Integer()
