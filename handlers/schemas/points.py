"""Points: the balance and the entries."""

from fractions import Fraction
from typing import Any

from marshmallow import Schema, fields

from domain.points.adjust import POINTS_MAX, REASON_MAX
from domain.points.model import Entry, EntryKind
from domain.programme.said import number
from domain.programme.why import Why
from handlers.schemas.fields import (
    Choice,
    Day,
    Identifier,
    Instant,
    PointsField,
    StrictSchema,
    Text,
    WholeNumber,
)
from handlers.schemas.page import PageQuery


class ExpiringView(Schema):
    """Points with their last day (null: for ever); `usable_from`: of those that are held."""

    valid_through = Day(allow_none=True)
    points = PointsField()
    usable_from = Day(allow_none=True)


class LapsingView(Schema):
    """What lapses in a month (`2026-11`)."""

    month = fields.String()
    points = PointsField()


class EntriesQuery(PageQuery):
    """Of one kind, if one is named; such a page may hold fewer than `limit`, and the cursor goes on."""

    kind = Choice(EntryKind, load_default=None)


class BalanceView(Schema):
    """`balance` is all there is, as in entries: `available` can be used today, `held` later.

    `expiring` lists it by last day; its sum is `balance` and `debt`. `by_kind` adds up all entries by kind;
    its sum is the balance, but for points that lapsed today.
    """

    balance = PointsField()
    available = PointsField()
    held = PointsField()
    debt = PointsField()
    expiring = fields.List(fields.Nested(ExpiringView))
    expiring_by_month = fields.List(fields.Nested(LapsingView))
    by_kind = fields.Dict(keys=fields.String(), values=fields.Integer())
    order_count = fields.Integer()


class InstantQuery(StrictSchema):
    """A past instant, such as `2026-03-01T12:00:00%2B08:00`."""

    at = Instant(required=True)


class PastAccountView(Schema):
    """`available` is what could be used then; `balance` still held what was over but not yet booked out."""

    member_id = fields.String()
    at = Instant()
    balance = PointsField()
    available = PointsField()
    debt = PointsField()
    entry_sequence = fields.Integer()
    tier_id = fields.String(allow_none=True)


class OrderReferenceView(Schema):
    """The order that an entry belongs to."""

    source = fields.String()
    order_number = fields.String(attribute="number")


class EntryPath(StrictSchema):
    """An entry by the id that the list of entries shows."""

    entry_id = Text(longest=48, pattern=r"[A-Za-z0-9_]{1,32}:[1-9][0-9]{0,9}", required=True)


class MemberEntryPath(EntryPath):
    """The same, of a member."""

    member_id = Identifier(longest=32, required=True)


def _exchange_of(entry: Entry) -> str | None:
    """An exchange bears the id of the entry that paid for it; a refund names the one that it refunds."""
    is_exchange = entry.cause.reason == "exchange"
    return entry.ref.text() if is_exchange else entry.cause.exchange_id


class EntryView(Schema):
    """One line of the history: what moved, why, and what was left. `released`: held points became usable."""

    entry_id = fields.Function(lambda entry: entry.ref.text(), metadata={"type": "string"})
    sequence = fields.Integer()
    kind = Choice(EntryKind)
    points = PointsField()
    released = PointsField()
    balance = PointsField()
    at = Instant()
    occurred_at = Instant(attribute="cause.occurred_at", allow_none=True)
    reason = fields.String(attribute="cause.reason")
    order = fields.Nested(OrderReferenceView, attribute="cause.order_id", allow_none=True)
    refund_number = fields.String(attribute="cause.refund_number", allow_none=True)
    store_id = fields.String(attribute="cause.store_id", allow_none=True)
    merge_id = fields.String(attribute="cause.merge_id", allow_none=True)
    programme_version = fields.Integer(attribute="cause.programme_version", allow_none=True)
    reward_id = fields.String(attribute="cause.reward_id", allow_none=True)
    reward_name = fields.String(attribute="cause.reward_name", allow_none=True)
    exchange_id = fields.Function(_exchange_of, metadata={"type": ["string", "null"]})


class StaffEntryView(EntryView):
    """The same with who wrote it, and what staff noted."""

    note = fields.String(attribute="cause.note", allow_none=True)
    caller = fields.String()


class AdjustmentRequest(StrictSchema):
    """So many points more, or fewer if negative, and why: staff reads it beside the entry."""

    points = WholeNumber(least=-POINTS_MAX, most=POINTS_MAX, required=True)
    reason = Text(longest=REASON_MAX, required=True)


class AdjustmentView(Schema):
    """What was moved, and where the account stands."""

    member_id = fields.String()
    points = PointsField()
    balance = PointsField()
    entry_sequence = fields.Integer()


class ExactPoints(fields.Field[Fraction]):
    """Points before rounding, as a decimal; one that never ends is cut off."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **more: Any) -> str | None:
        return number(value) if isinstance(value, Fraction) else None


class SentenceView(Schema):
    """The same in both languages."""

    zh = fields.String()
    en = fields.String()


class GainView(Schema):
    """What one rule gave, before rounding."""

    rule_id = fields.String()
    rule_version = fields.Integer()
    name = fields.String()
    points = ExactPoints(attribute="exact")
    sentence = fields.Nested(SentenceView)


class GrantView(Schema):
    """A benefit that a rule granted beside the points."""

    rule_id = fields.String()
    rule_version = fields.Integer()
    name = fields.String()
    sentence = fields.Nested(SentenceView)


class PassedView(Schema):
    """Why another rule of the programme gave nothing."""

    rule_id = fields.String()
    rule_version = fields.Integer()
    name = fields.String()
    reason = Choice(Why, attribute="why")
    sentence = fields.Nested(SentenceView)


class ExplanationView(Schema):
    """What the rules gave and `rounded` add up to the entry's points."""

    entry_id = fields.Function(lambda told: told.entry.ref.text(), metadata={"type": "string"})
    kind = Choice(EntryKind, attribute="entry.kind")
    points = PointsField(attribute="entry.points")
    programme_version = fields.Integer(attribute="entry.cause.programme_version", allow_none=True)
    summary = fields.Nested(SentenceView)
    gains = fields.List(fields.Nested(GainView))
    rounded = ExactPoints()
    benefits = fields.List(fields.Nested(GrantView))
    others = fields.List(fields.Nested(PassedView))
