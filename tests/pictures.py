"""Pictures for tests."""

import struct
import zlib


def png(width: int, height: int) -> bytes:
    """A white picture."""
    rows = b"".join(b"\0" + b"\xff" * width for _ in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def jpeg(width: int, height: int) -> bytes:
    """A grey picture, baseline: a bit for the mean of each block and one for its end, all of them zero."""
    blocks = -(-width // 8) * -(-height // 8)
    whole, rest = divmod(2 * blocks, 8)
    data = bytes(whole) + (bytes([0xFF >> rest]) if rest else b"")
    codes = bytes([1, *[0] * 15, 0])
    frame = struct.pack(">BHHB", 8, height, width, 1) + bytes([1, 0x11, 0])
    parts = (
        (0xDB, bytes([0, *[16] * 64])),
        (0xC0, frame),
        (0xC4, b"\x00" + codes),
        (0xC4, b"\x10" + codes),
        (0xDA, bytes([1, 1, 0, 0, 63, 0])),
    )
    return b"\xff\xd8" + b"".join(segment(*part) for part in parts) + data + b"\xff\xd9"


def segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def padded(picture: bytes, size: int) -> bytes:
    """The same picture in so many bytes: the rest is a chunk that nobody looks at."""
    head, end = picture[:-12], picture[-12:]
    return head + chunk(b"paDd", bytes(size - len(picture) - 12)) + end
