"""Coupon templates. What one holds is described by its form in the domain."""

from typing import Any

from marshmallow import Schema, fields

from domain.coupon.issue import ISSUED_MAX
from domain.coupon.template import Form
from domain.programme import form
from handlers.schemas.fields import Described, Identifier, ImageUrl, Instant, Parts, StrictSchema

ID_MAX = 32


def template_form() -> dict[str, Any]:
    """All that is said about a coupon, in JSON Schema."""
    return form.schema(Form)


class TemplatePath(StrictSchema):
    """A template by the id that staff gave it."""

    template_id = Identifier(longest=ID_MAX, required=True)


class TemplateRequest(StrictSchema):
    """All that is said about a coupon; what is not named is as usual."""

    form = Described(template_form, required=True)


class TemplateView(Schema):
    """A template as staff see it."""

    template_id = fields.String()
    version = fields.Integer()
    form = Described(template_form)
    logo_url = ImageUrl(attribute="face.logo")
    advert_url = ImageUrl(attribute="face.advert")
    changed_at = Instant()
    changed_by = fields.String()


class SupplyView(Schema):
    """With what is left to issue; null: there is no end of it."""

    template = fields.Nested(TemplateView)
    left = fields.Integer(allow_none=True)


class IssueRequest(StrictSchema):
    """To whom; each once."""

    member_ids = Parts(Identifier(longest=ID_MAX), most=ISSUED_MAX, required=True)


class HandedView(Schema):
    """The code of the coupon that somebody got, or the code of the reason why not."""

    member_id = fields.String()
    code = fields.String(allow_none=True)
    refused = fields.String(allow_none=True)


class IssuedView(Schema):
    """In the order of the list."""

    template_id = fields.String()
    handed = fields.List(fields.Nested(HandedView))
