"""Images, as head office uploads them."""

from marshmallow import Schema, fields

from domain.image.model import ImageType, Purpose
from handlers.schemas.fields import Choice, Instant, StrictSchema


class ImageQuery(StrictSchema):
    """Where the image is to be shown, which says how large it may be."""

    purpose = Choice(Purpose, required=True)


class ImageView(Schema):
    """What was found in it, and where people's phones find it."""

    image_id = fields.String(attribute="image.image_id")
    purpose = Choice(Purpose, attribute="image.purpose")
    type = Choice(ImageType, attribute="image.facts.type")
    width = fields.Integer(attribute="image.facts.width")
    height = fields.Integer(attribute="image.facts.height")
    bytes = fields.Integer(attribute="image.size")
    url = fields.String()
    uploaded_at = Instant(attribute="image.uploaded_at")
