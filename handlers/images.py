"""Images over HTTP: head office uploads what coupons show."""

from typing import Protocol

from flask import Blueprint

from domain.actor import Operator
from domain.errors import Conflict, Unavailable
from domain.image.model import Image, ImageRefused
from domain.image.upload import UploadImage
from handlers.operation import Call, Operation, operation
from handlers.schemas.images import ImageQuery, ImageView

BYTES_MAX = 2 * 1024 * 1024
"""More than any image may have, so that one that is too large is told so."""
UPLOAD = Operation(
    "Upload an image",
    actor=Operator,
    query=ImageQuery,
    bytes_max=BYTES_MAX,
    gives=ImageView,
    status=201,
    refuses=(ImageRefused, Unavailable, Conflict),
)


class Needs(Protocol):
    @property
    def upload_image(self) -> UploadImage: ...


def routes(services: Needs) -> Blueprint:
    bp = Blueprint("images", __name__, url_prefix="/v1/staff/images")

    @bp.post("")
    @operation(UPLOAD)
    def upload(call: Call[Operator]) -> Image:
        """The body is the image itself. The same image again is the same image."""
        return services.upload_image(call.actor, call.query["purpose"], call.content)

    return bp
