"""Points: the balance and the entries."""

from marshmallow import Schema, fields

from domain.points.model import EntryKind
from handlers.schemas.fields import Choice, Day, Instant, PointsField


class ExpiringView(Schema):
    """Points with their last day; null: for ever."""

    valid_through = Day(allow_none=True)
    points = PointsField()


class BalanceView(Schema):
    """`by_kind` adds up all entries by kind; its sum is the balance, but for points that lapsed today."""

    balance = PointsField()
    debt = PointsField()
    expiring = fields.List(fields.Nested(ExpiringView))
    by_kind = fields.Dict(keys=fields.String(), values=fields.Integer())
    order_count = fields.Integer()


class OrderReferenceView(Schema):
    """The order that an entry belongs to."""

    source = fields.String()
    order_number = fields.String(attribute="number")


class EntryView(Schema):
    """One line of the history: what moved, why, and what was left."""

    entry_id = fields.Function(
        lambda entry: f"{entry.member_id}:{entry.sequence}", metadata={"type": "string"}
    )
    sequence = fields.Integer()
    kind = Choice(EntryKind)
    points = PointsField()
    balance = PointsField()
    at = Instant()
    occurred_at = Instant(attribute="cause.occurred_at", allow_none=True)
    reason = fields.String(attribute="cause.reason")
    order = fields.Nested(OrderReferenceView, attribute="cause.order_id", allow_none=True)
    refund_number = fields.String(attribute="cause.refund_number", allow_none=True)
    store_id = fields.String(attribute="cause.store_id", allow_none=True)
    merge_id = fields.String(attribute="cause.merge_id", allow_none=True)
    programme_version = fields.Integer(attribute="cause.programme_version", allow_none=True)
