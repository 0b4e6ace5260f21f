"""Images, as head office uploads them."""

from marshmallow import Schema, fields

from domain.image.model import ImageType, Purpose
from handlers.schemas.fields import Choice, ImageUrl, Instant, StrictSchema


class ImageQuery(StrictSchema):
    """Where the image is to be shown, which says how large it may be."""

    purpose = Choice(Purpose, required=True)


class ImageView(Schema):
    """What was found in it, and where people's phones find it."""

    image_id = fields.String()
    purpose = Choice(Purpose)
    type = Choice(ImageType, attribute="facts.type")
    width = fields.Integer(attribute="facts.width")
    height = fields.Integer(attribute="facts.height")
    bytes = fields.Integer(attribute="size")
    url = ImageUrl(attribute="image_id")
    uploaded_at = Instant()
