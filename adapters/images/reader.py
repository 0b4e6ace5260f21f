"""Looks into the bytes of an image: what a name or a header says of it counts for nothing.

A picture that phones could not show is refused, and so is anything that hides in one. PNG after the W3C's
recommendation (third edition), JPEG after ITU-T T.81.
"""

import struct
import zlib
from collections.abc import Iterator
from itertools import pairwise

from domain.image.model import Facts, ImageRefused, ImageType

PIXELS_MAX = 1 << 24
"""More are refused before anything is unpacked."""
PNG_START, JPEG_START = b"\x89PNG\r\n\x1a\n", b"\xff\xd8"
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""By the colour type of a PNG."""
DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
PALETTE = 3
FILTERS = 5
WHOLE = ((0, 0, 1, 1),)
PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
"""Of an interlaced PNG: first column and row, and the steps."""
FRAMES = frozenset({0xC0, 0xC1, 0xC2})
"""Baseline, extended and progressive frames of a JPEG: what browsers show."""
SCAN, TABLES, QUANTA, END = 0xDA, 0xC4, 0xDB, 0xD9
FILL = 0xFF
STUFFED = frozenset({0x00, *range(0xD0, 0xD8), FILL})
"""What may follow 0xFF in the data of a scan without ending it."""


def read_image(content: bytes) -> Facts:
    """Raises ImageRefused for other types, and for what is cut off, broken or followed by something."""
    try:
        if content.startswith(PNG_START):
            return Facts(ImageType.PNG, *_png(content))
        if content.startswith(JPEG_START):
            return Facts(ImageType.JPEG, *_jpeg(content))
    except (struct.error, IndexError, zlib.error) as odd:
        raise ImageRefused("It is not a whole image.") from odd
    raise ImageRefused("It is neither PNG nor JPEG.")


def _check(is_so: bool, otherwise: str) -> None:
    """Raises ImageRefused."""
    if not is_so:
        raise ImageRefused(otherwise)


def _png(content: bytes) -> tuple[int, int]:
    """Its width and height, if everything in it is as it must be."""
    chunks = list(_chunks(content))
    _check(chunks[0][0] == b"IHDR", "Its first chunk is not IHDR.")
    width, height, depth, colour, *methods, interlace = struct.unpack(">IIBBBBB", chunks[0][1])
    is_known = depth in DEPTHS.get(colour, ()) and methods == [0, 0] and interlace in {0, 1}
    _check(is_known and width > 0 and height > 0, "Its header cannot be.")
    _check(width * height <= PIXELS_MAX, f"It has more than {PIXELS_MAX} pixels.")
    names = [name for name, _ in chunks]
    _check(colour != PALETTE or b"PLTE" in names, "Its palette is missing.")
    bits = depth * CHANNELS[colour]
    rows = [row for each in (PASSES if interlace else WHOLE) for row in _rows(width, height, bits, each)]
    data = b"".join(data for name, data in chunks if name == b"IDAT")
    _check_rows(data, rows)
    return width, height


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Up to IEND, which must be the end. Raises ImageRefused where a checksum is wrong."""
    place, name = len(PNG_START), b""
    while name != b"IEND":
        size, name = struct.unpack_from(">I4s", content, place)
        data = content[place + 8 : place + 8 + size]
        (checksum,) = struct.unpack_from(">I", content, place + 8 + size)
        _check(checksum == zlib.crc32(name + data), f"The checksum of a chunk is wrong: {name!r}.")
        place += 12 + size
        yield name, data
    _check(place == len(content), "Something follows its end.")


def _rows(width: int, height: int, bits: int, one: tuple[int, int, int, int]) -> list[int]:
    """How many bytes each row of a pass takes, with its filter."""
    left, top, across, down = one
    columns, lines = -(-(width - left) // across), -(-(height - top) // down)
    return [1 + (columns * bits + 7) // 8] * lines if columns > 0 and lines > 0 else []


def _check_rows(data: bytes, rows: list[int]) -> None:
    """Unpacked, they are just as long as they must be. Raises ImageRefused."""
    unpacked, whole = zlib.decompressobj(), sum(rows)
    pixels = unpacked.decompress(data, whole + 1)
    _check(
        len(pixels) == whole and unpacked.eof and not unpacked.unused_data, "Its pixels are not all there."
    )
    place = 0
    for row in rows:
        _check(pixels[place] < FILTERS, "A row of its pixels has no filter that there is.")
        place += row


def _jpeg(content: bytes) -> tuple[int, int]:
    """The same of a JPEG; its pixels are not unpacked, but there must be data enough for them."""
    place, width, height, scanned = len(JPEG_START), 0, 0, 0
    seen: set[int] = set()
    while (marker := _marker(content, place)) != END:
        if marker == FILL:
            place += 1
            continue
        (size,) = struct.unpack_from(">H", content, place + 2)
        body = content[place + 4 : place + 2 + size]
        _check(len(body) == size - 2, "A segment is cut off.")
        place, seen = place + 2 + size, seen | {marker}
        if marker in FRAMES:
            _check(not width, "It has more than one frame.")
            _, height, width, parts = struct.unpack_from(">BHHB", body)
            _check(len(body) == 6 + 3 * parts and parts in {1, 3, 4}, "Its frame cannot be.")
        if marker == SCAN:
            _check(width > 0 and {QUANTA, TABLES} <= seen, "Something that its data needs is missing.")
            end = _end_of_scan(content, place)
            place, scanned = end, scanned + end - place
    _check(place + 2 == len(content), "Something follows its end.")
    _check(width > 0 and height > 0, "It does not say how large it is.")
    _check(width * height <= PIXELS_MAX, f"It has more than {PIXELS_MAX} pixels.")
    # A block of 16 by 16 pixels takes two bits at least, one for its mean and one for its end.
    blocks = -(-width // 16) * -(-height // 16)
    _check(SCAN in seen and 8 * scanned >= 2 * blocks, "Its pixels are not all there.")
    return width, height


def _marker(content: bytes, place: int) -> int:
    _check(content[place] == 0xFF, "Something stands between its segments.")
    return content[place + 1]


def _end_of_scan(content: bytes, place: int) -> int:
    """Where the next marker stands. Raises ImageRefused if none comes."""
    for at, (one, other) in enumerate(pairwise(content[place:]), place):
        if one == 0xFF and other not in STUFFED:
            return at
    raise ImageRefused("Its end is missing.")
