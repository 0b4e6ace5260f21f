"""Merges, as staff see them."""

from marshmallow import Schema, fields

from domain.merge.model import MergeCause, MergeState, WaitReason
from handlers.schemas.fields import Choice, Flag, Identifier, Instant, StrictSchema


class MergePath(StrictSchema):
    """A merge in the address."""

    merge_id = Identifier(longest=32, required=True)


class RejectRequest(StrictSchema):
    """With `release_phone` the number leaves its old holder and can be proven anew."""

    release_phone = Flag(required=True)


class MergeView(Schema):
    """The source is merged into the target."""

    merge_id = fields.String()
    source_id = fields.String()
    target_id = fields.String()
    cause = Choice(MergeCause)
    state = Choice(MergeState)
    wait_reason = Choice(WaitReason, allow_none=True)
    phone = fields.String(attribute="phone_mask", allow_none=True)
    at = Instant()
    undo_until = Instant()
    is_settled = fields.Boolean()
