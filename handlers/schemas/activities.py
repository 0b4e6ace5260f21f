"""Checking in, sharing, comments."""

from marshmallow import Schema, fields

from domain.activity.model import RATING_MAX, TEXT_MAX
from handlers.schemas.fields import Day, Identifier, Part, PointsField, StrictSchema, Text, WholeNumber
from handlers.schemas.orders import NUMBER_MAX, STORE_MAX

MONTH = r"2[0-9]{3}-(0[1-9]|1[0-2])"


class MonthQuery(StrictSchema):
    """A month of the calendar; this one unless another is named."""

    month = Text(longest=7, pattern=MONTH, load_default=None)


class ShareRequest(StrictSchema):
    """What was shared, as the app names it."""

    subject = Identifier(longest=64, required=True)


class OrderReferenceRequest(StrictSchema):
    """An order as an entry names it."""

    source = Identifier(longest=STORE_MAX, required=True)
    order_number = Identifier(longest=NUMBER_MAX, required=True)


class CommentRequest(StrictSchema):
    """One comment for each order of one's own."""

    order = Part(OrderReferenceRequest, required=True)
    rating = WholeNumber(least=1, most=RATING_MAX, required=True)
    text = Text(longest=TEXT_MAX, required=True)


class CheckInView(Schema):
    """What the day gave. The same day again shows the same, and gives nothing more."""

    on = Day()
    streak = fields.Integer()
    points = PointsField()
    balance = PointsField()
    entry_sequence = fields.Integer(allow_none=True)


class CheckedDayView(Schema):
    """A day on which somebody checked in."""

    on = Day()
    streak = fields.Integer()
    points = PointsField()


class CalendarView(Schema):
    """A month; `streak` counts the days in a row that still stand."""

    month = fields.Function(lambda calendar: f"{calendar.first:%Y-%m}", metadata={"type": "string"})
    days = fields.List(fields.Nested(CheckedDayView))
    streak = fields.Integer()
    is_done_today = fields.Boolean()


class ShareView(Schema):
    """What sharing gave; nothing, once the day's limit is reached."""

    subject = fields.String()
    points = PointsField()
    balance = PointsField()
    entry_sequence = fields.Integer(allow_none=True)


class CommentView(Schema):
    """The comment, and what it gave."""

    order = fields.Nested(
        Schema.from_dict({"source": fields.String(), "order_number": fields.String(attribute="number")}),
        attribute="order_id",
    )
    rating = fields.Integer()
    text = fields.String()
    points = PointsField()
    balance = PointsField()
    entry_sequence = fields.Integer(allow_none=True)
