"""Figures of coupons."""

from marshmallow import Schema, ValidationError, fields, validates_schema

from handlers.schemas.fields import Day
from handlers.schemas.page import PageQuery


class DaysQuery(PageQuery):
    """Business days in Shanghai, both included."""

    from_day = Day(required=True)
    through_day = Day(required=True)

    @validates_schema(skip_on_field_errors=True)
    def check(self, data: dict[str, object], **_: object) -> None:
        """The first does not come after the last."""
        if str(data["through_day"]) < str(data["from_day"]):
            raise ValidationError({"through_day": ["out-of-order"]})


class FiguresView(Schema):
    """Of one day they may be negative: what came back is taken off on the day on which it did."""

    sent = fields.Integer(metadata={"description": "Issued, in whatever way; a gift counts once."})
    claimed = fields.Integer(metadata={"description": "Got by somebody; what is pushed at once."})
    locked = fields.Integer(metadata={"description": "Held for an order now, by the day of it."})
    used = fields.Integer(metadata={"description": "Redemptions, returned ones included."})
    returned = fields.Integer(metadata={"description": "Redemptions that were taken back."})
    expired = fields.Integer(metadata={"description": "By the day after the last one."})
    voided = fields.Integer()
    given = fields.Integer(metadata={"description": "Passed on to a friend."})
    off_fen = fields.Integer(attribute="off.fen", metadata={"description": "Taken off bills."})
    sales_fen = fields.Integer(
        attribute="sales.fen", metadata={"description": "Left to pay of those bills, after all coupons."}
    )


class StatisticsView(FiguresView):
    """All of a template. Of a thousand; null: nothing was sent or claimed."""

    used_of_sent_permille = fields.Integer(allow_none=True)
    used_of_claimed_permille = fields.Integer(allow_none=True)


class StoreFiguresView(FiguresView):
    """All that happened in one store."""

    store_id = fields.String()


class DayFiguresView(FiguresView):
    """What happened on one day in one store; null: no store had a part in it."""

    day = Day()
    store_id = fields.String(allow_none=True)
