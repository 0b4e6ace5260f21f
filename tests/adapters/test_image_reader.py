"""Only whole pictures are taken: what phones could not show, and what hides in a picture, is refused."""

import random
import struct
import zlib

import pytest

from adapters.images.reader import PASSES, PIXELS_MAX, read_image
from domain.image.model import Facts, ImageRefused, ImageType
from tests.pictures import chunk, jpeg, padded, png, segment

START, END = b"\x89PNG\r\n\x1a\n", chunk(b"IEND", b"")


def made(head: tuple[int, ...], data: bytes, *more: bytes) -> bytes:
    """A PNG with this header and these pixels."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", *head))
    return START + header + b"".join(more) + chunk(b"IDAT", zlib.compress(data)) + END


def interlaced(width: int, height: int) -> bytes:
    rows = b""
    for left, top, across, down in PASSES:
        columns, lines = -(-(width - left) // across), -(-(height - top) // down)
        rows += (b"\0" + bytes(columns)) * lines if columns > 0 else b""
    return made((width, height, 8, 0, 0, 0, 1), rows)


PICTURES = {
    "grey": (png(130, 120), ImageType.PNG, 130, 120),
    "padded": (padded(png(120, 120), 3000), ImageType.PNG, 120, 120),
    "two colours": (made((9, 2, 1, 0, 0, 0, 0), b"\0\xff\x80" * 2), ImageType.PNG, 9, 2),
    "deep, with opacity": (made((2, 1, 16, 6, 0, 0, 0), b"\4" + bytes(16)), ImageType.PNG, 2, 1),
    "palette": (made((3, 1, 8, 3, 0, 0, 0), b"\0\0\0\0", chunk(b"PLTE", bytes(3))), ImageType.PNG, 3, 1),
    "interlaced": (interlaced(13, 11), ImageType.PNG, 13, 11),
    "interlaced and tiny": (interlaced(1, 1), ImageType.PNG, 1, 1),
    "jpeg": (jpeg(300, 151), ImageType.JPEG, 300, 151),
    "jpeg of one block": (jpeg(1, 1), ImageType.JPEG, 1, 1),
    "jpeg with fill": (jpeg(9, 9).replace(b"\xff\xda", b"\xff\xff\xff\xda"), ImageType.JPEG, 9, 9),
}
GREY = (4, 4, 8, 0, 0, 0, 0)
PIXELS = (b"\0" + bytes(4)) * 4
BROKEN = {
    "nothing": b"",
    "text": b"<svg></svg>",
    "gif": b"GIF89a" + bytes(50),
    "no pixels": START + chunk(b"IHDR", struct.pack(">IIBBBBB", *GREY)) + END,
    "nonsense for pixels": START
    + chunk(b"IHDR", struct.pack(">IIBBBBB", *GREY))
    + chunk(b"IDAT", b"nonsense")
    + END,
    "a row too few": made(GREY, PIXELS[:-5]),
    "a byte too many": made(GREY, PIXELS + b"\0"),
    "a filter that is none": made(GREY, b"\5" + PIXELS[1:]),
    "a depth that is none": made((4, 4, 3, 0, 0, 0, 0), PIXELS),
    "another compression": made((4, 4, 8, 0, 1, 0, 0), PIXELS),
    "no width": made((0, 4, 8, 0, 0, 0, 0), b""),
    "no palette": made((4, 4, 8, 3, 0, 0, 0), PIXELS),
    "another first chunk": START + chunk(b"IDAT", zlib.compress(PIXELS)) + END,
    "far too many pixels": made((1 << 13, (1 << 11) + 1, 1, 0, 0, 0, 0), b""),
    "a script after its end": png(120, 120) + b"<script>",
    "a wrong checksum": png(120, 120).replace(b"IDAT", b"IDAU"),
    "a jpeg without frame": b"\xff\xd8" + segment(0xDB, bytes(65)) + b"\xff\xd9",
    "a jpeg that is a frame only": jpeg(9, 9)[: jpeg(9, 9).index(b"\xff\xc4")] + b"garbage\xff\xd9",
    "a jpeg without data": jpeg(300, 300)[: jpeg(300, 300).index(b"\xff\xda") + 10] + b"\xff\xd9",
    "a jpeg with too little data": jpeg(300, 300)[:-300] + b"\xff\xd9",
    "a jpeg without tables": jpeg(9, 9).replace(b"\xff\xc4", b"\xff\xe1"),
    "a jpeg of no width": jpeg(0, 9),
    "a jpeg with two frames": jpeg(9, 9).replace(b"\xff\xc4", b"\xff\xc0", 1),
    "a jpeg and more": jpeg(9, 9) + b"\xff\xd9",
    "a lossless jpeg": jpeg(9, 9).replace(b"\xff\xc0", b"\xff\xc3"),
}


@pytest.mark.capability("C-47")
@pytest.mark.parametrize("name", PICTURES)
def test_a_whole_picture_is_read(name: str) -> None:
    content, kind, width, height = PICTURES[name]

    assert read_image(content) == Facts(kind, width, height)


@pytest.mark.parametrize("name", BROKEN)
def test_what_phones_could_not_show_is_refused(name: str) -> None:
    with pytest.raises(ImageRefused):
        read_image(BROKEN[name])


@pytest.mark.parametrize("name", ["grey", "interlaced", "jpeg"])
def test_a_picture_that_is_cut_off_anywhere_is_refused(name: str) -> None:
    content = PICTURES[name][0]
    for end in range(len(content)):
        with pytest.raises(ImageRefused):
            read_image(content[:end])


@pytest.mark.parametrize("name", ["grey", "palette", "jpeg"])
def test_bytes_at_random_are_read_or_refused_and_nothing_else(name: str) -> None:
    chance, content = random.Random(name), bytearray(PICTURES[name][0])
    for _ in range(3000):
        odd = bytearray(content)
        for _ in range(chance.randint(1, 4)):
            odd[chance.randrange(2, len(odd))] = chance.randrange(256)
        try:
            found = read_image(bytes(odd))
        except ImageRefused:
            continue
        assert 0 < found.width * found.height <= PIXELS_MAX
