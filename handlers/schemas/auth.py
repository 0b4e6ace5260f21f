"""Logging in, and proving a phone."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load

from domain.joining.model import Outcome
from handlers.schemas.fields import (
    Choice,
    Flag,
    Identifier,
    Part,
    PhoneField,
    PointsField,
    StrictSchema,
    Text,
    only_one,
)
from handlers.schemas.members import DEVICE_MAX, MemberView

ADDRESS_MAX = 80
MEMBER_ID_MAX = 32
PLATFORM_CODE_MAX = 128
RESPONSE_MAX = 4096
SMS_CODE = r"\d{6}"


class DeviceRequest(StrictSchema):
    """Shared by the ways to log in."""

    channel_id = Identifier(longest=ADDRESS_MAX, required=True)
    device = Text(longest=DEVICE_MAX, load_default="")


class WeChatLoginRequest(DeviceRequest):
    """`code` from wx.login."""

    code = Text(longest=PLATFORM_CODE_MAX, required=True)


class AlipayLoginRequest(DeviceRequest):
    """`auth_code` from my.getAuthCode."""

    auth_code = Text(longest=PLATFORM_CODE_MAX, required=True)


class ConsentRequest(StrictSchema):
    """The version of the terms that the person saw and accepted."""

    version = Text(longest=32, required=True)
    accepted = Flag(required=True)


class Consenting(StrictSchema):
    """Adds `agreed_to`: the accepted version, or None."""

    consent = Part(ConsentRequest)

    @post_load
    def to_agreement(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        consent = data.pop("consent", None)
        agreed_to = consent["version"] if consent and consent["accepted"] else None
        return {**data, "agreed_to": agreed_to}


class Invited(StrictSchema):
    """The member whose invitation was followed; nobody is kept out by one that means nothing."""

    invited_by = Identifier(longest=MEMBER_ID_MAX, load_default=None)


class SmsLoginCodeRequest(StrictSchema):
    """Where to send a code for logging in."""

    channel_id = Identifier(longest=ADDRESS_MAX, required=True)
    phone = PhoneField(required=True)


class SmsCodeRequest(StrictSchema):
    """Where to send a code that proves a phone."""

    phone = PhoneField(required=True)


class PhoneLoginRequest(DeviceRequest, Consenting, Invited):
    """Phone and code; consent is needed the first time."""

    phone = PhoneField(required=True)
    sms_code = Text(longest=6, pattern=SMS_CODE, required=True)


class PhoneRequest(Consenting, Invited):
    """WeChat's `code`, or Alipay's `response`, or `phone` with `sms_code`."""

    code = Text(longest=PLATFORM_CODE_MAX)
    response = Text(longest=RESPONSE_MAX)
    sms_code = Text(longest=6, pattern=SMS_CODE)
    phone = PhoneField()

    @post_load
    def check(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        kind = only_one(data, ("code", "response", "sms_code"))
        if kind == "sms_code" and "phone" not in data:
            raise ValidationError({"phone": ["required"]})
        if kind != "sms_code" and "phone" in data:
            raise ValidationError({"phone": ["choose-one"]})
        return {**data, "kind": kind}


class SentView(Schema):
    """The code lives for `expires_in` seconds; ask again after `retry_after` seconds."""

    expires_in = fields.Integer()
    retry_after = fields.Integer()


class LoginView(Schema):
    """The token is shown here and nowhere else."""

    token = fields.String()
    expires_in = fields.Integer()
    member = fields.Nested(MemberView)


class PhoneLoginView(LoginView):
    """Also the points that joining gave."""

    points_given = PointsField()


class PhoneView(Schema):
    """What the proof led to; a new token for an older member, or for a replaced number."""

    outcome = Choice(Outcome)
    points_given = PointsField()
    member = fields.Nested(MemberView)
    token = fields.String(allow_none=True)
    expires_in = fields.Integer(allow_none=True)
