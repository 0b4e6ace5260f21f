"""An image, and what it must be for its purpose: checked on the bytes themselves (C-47, D-11)."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from domain.errors import RuleBroken


class ImageRefused(RuleBroken):
    code = "image-refused"
    title = "The image is of the wrong type or size for its purpose."
    message = "图片格式或尺寸不符合要求"


class ImageType(StrEnum):
    """What can be shown everywhere."""

    PNG = "image/png"
    JPEG = "image/jpeg"


SUFFIXES = {ImageType.PNG: "png", ImageType.JPEG: "jpg"}


class Purpose(StrEnum):
    """Where an image is to be shown."""

    COUPON_LOGO = "coupon_logo"
    COUPON_ADVERT = "coupon_advert"


class Facts(Struct, frozen=True):
    """What was found in the bytes."""

    type: ImageType
    width: int
    height: int


class Frame(Struct, frozen=True):
    """What an image may be, both ends included; pixels and bytes."""

    width: tuple[int, int]
    height: tuple[int, int]
    bytes_max: int
    is_square: bool = False

    def check(self, facts: Facts, size: int) -> None:
        """Raises ImageRefused."""
        if size > self.bytes_max:
            raise ImageRefused(f"It has {size} bytes; at most {self.bytes_max} may be.")
        sides = ((facts.width, self.width), (facts.height, self.height))
        if any(not least <= side <= most for side, (least, most) in sides):
            raise ImageRefused(f"It is {facts.width} by {facts.height} pixels; {self.said()} may be.")
        if self.is_square and facts.width != facts.height:
            raise ImageRefused(f"It is {facts.width} by {facts.height} pixels; it has to be a square.")

    def said(self) -> str:
        (width, wide), (height, high) = self.width, self.height
        return f"from {width} by {height} to {wide} by {high}"


FRAMES: Mapping[Purpose, Frame] = {
    Purpose.COUPON_LOGO: Frame((120, 1024), (120, 1024), 512 * 1024, is_square=True),
    Purpose.COUPON_ADVERT: Frame((300, 2048), (150, 2048), 1024 * 1024),
}


class Image(Struct, frozen=True):
    """An image that was uploaded. Its id tells its bytes and its purpose."""

    image_id: str
    purpose: Purpose
    facts: Facts
    size: int
    uploaded_at: datetime
    uploaded_by: str
