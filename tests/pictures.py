"""Pictures for tests."""

import struct
import zlib


def png(width: int, height: int) -> bytes:
    """A white picture."""
    rows = b"".join(b"\0" + b"\xff" * width for _ in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*part) for part in parts)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def padded(picture: bytes, size: int) -> bytes:
    """The same picture in so many bytes: the rest is a chunk that nobody looks at."""
    head, end = picture[:-12], picture[-12:]
    return head + _chunk(b"paDd", bytes(size - len(picture) - 12)) + end
