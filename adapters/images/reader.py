"""Looks into the bytes of an image: what a name or a header says of it counts for nothing."""

from io import BytesIO

import imagesize

from domain.image.model import Facts, ImageRefused, ImageType

STARTS = {b"\x89PNG\r\n\x1a\n": ImageType.PNG, b"\xff\xd8\xff": ImageType.JPEG}
ENDS = {ImageType.PNG: b"IEND\xaeB`\x82", ImageType.JPEG: b"\xff\xd9"}


def read_image(content: bytes) -> Facts:
    """Raises ImageRefused for other types, and for what was cut off."""
    found = next((kind for start, kind in STARTS.items() if content.startswith(start)), None)
    if found is None:
        raise ImageRefused("It is neither PNG nor JPEG.")
    if not content.endswith(ENDS[found]):
        raise ImageRefused("It is not a whole image: its end is missing, or something follows it.")
    try:
        width, height = imagesize.get(BytesIO(content))
    except Exception as odd:  # the library raises whatever its parsing meets
        raise ImageRefused("It cannot be read.") from odd
    if not isinstance(width, int) or not isinstance(height, int) or width < 1 or height < 1:
        raise ImageRefused("It does not say how large it is.")
    return Facts(found, width, height)
