"""People, as they see themselves and as others see them."""

from typing import Any

from marshmallow import Schema, fields, post_load

from domain.keyring import Sealed
from domain.member.find import Reference, ReferenceKind
from domain.member.model import Gender, MemberState
from domain.member.profile import ProfileChange
from handlers.schemas.fields import (
    Choice,
    Day,
    Identifier,
    Instant,
    PhoneField,
    PointsField,
    StrictSchema,
    Text,
    only_one,
)

NAME_MAX = 40
DEVICE_MAX = 64


class Opened(fields.Field[Sealed]):
    """A personal field in the clear, for its owner only."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **more: Any) -> str | None:
        return value.open() if value is not None else None


class MaskedName(fields.Field[Sealed]):
    """张* for a real name."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **more: Any) -> str | None:
        return value.open()[:1] + "*" if value is not None else None


class MemberView(Schema):
    """One's own record."""

    member_id = fields.String()
    state = Choice(MemberState)
    card_number = fields.String(allow_none=True)
    phone = fields.String(attribute="phone.mask", dump_default=None, allow_none=True)
    nickname = fields.String(attribute="profile.nickname", allow_none=True)
    name = Opened(attribute="profile.name", allow_none=True)
    gender = Choice(Gender, attribute="profile.gender", allow_none=True)
    birthday = Day(attribute="profile.birthday", allow_none=True)
    city = fields.String(attribute="profile.city", allow_none=True)
    met_at = Instant()
    joined_at = Instant(allow_none=True)
    consent_version = fields.String(allow_none=True)


class AliasView(Schema):
    """An id that the member had before a merge."""

    member_id = fields.String()
    merge_id = fields.String()
    merged_at = Instant()


class IdentityView(Schema):
    """What the member is recognised by; platform ids show their end only."""

    kind = fields.String(attribute="kind.value")
    ends_in = fields.Function(lambda identity: identity.value[-4:], metadata={"type": "string"})


class TillMemberView(Schema):
    """A member as a till sees it: phone and name masked. `points` can be used today, `held` later."""

    member_id = fields.String(attribute="member.member_id")
    state = Choice(MemberState, attribute="member.state")
    card_number = fields.String(attribute="member.card_number", allow_none=True)
    phone = fields.String(attribute="member.phone.mask", dump_default=None, allow_none=True)
    nickname = fields.String(attribute="member.profile.nickname", allow_none=True)
    name = MaskedName(attribute="member.profile.name", allow_none=True)
    joined_at = Instant(attribute="member.joined_at", allow_none=True)
    points = PointsField()
    held = PointsField()


class StaffMemberView(TillMemberView):
    """A member as the office sees it."""

    order_count = fields.Integer()
    identities = fields.List(fields.Nested(IdentityView), attribute="member.identities")
    aliases = fields.List(fields.Nested(AliasView), attribute="member.aliases")


class ReferenceQuery(StrictSchema):
    """Exactly one way of naming a member."""

    member_id = Identifier(longest=32)
    member_code = Text(longest=18)
    card_number = Text(longest=12)
    phone = PhoneField()

    @post_load
    def to_reference(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        name = only_one(data, tuple(kind.value for kind in ReferenceKind))
        return {"reference": Reference(ReferenceKind(name), data[name])}


class MemberPath(StrictSchema):
    """A member in the address."""

    member_id = Identifier(longest=32, required=True)


class ProfileRequest(StrictSchema):
    """The fields to change; null empties a field, a missing one stays."""

    nickname = Text(longest=NAME_MAX, allow_none=True)
    name = Text(longest=NAME_MAX, allow_none=True)
    gender = Choice(Gender, allow_none=True)
    birthday = Day(allow_none=True)
    city = Text(longest=NAME_MAX, allow_none=True)

    @post_load
    def to_change(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {"change": ProfileChange(**data)}


class CodeView(Schema):
    """The code for the till, and for how many seconds it is accepted."""

    code = fields.String()
    expires_in = fields.Integer()


class LoginRecordView(Schema):
    """One login."""

    channel_id = fields.String()
    device = fields.String()
    opened_at = Instant()
    expires_at = Instant()
    revoked_at = Instant(allow_none=True)
