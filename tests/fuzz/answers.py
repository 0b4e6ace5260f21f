"""Platforms that say what the fuzz tells them: urllib3's own answers, without a network.

An input is one answer or several, parted by a line `---`: first a line with the status and how the body is
encoded (`200 -`, `502 gzip`), then the body.
"""

import io
from collections.abc import Iterable
from typing import Any

import urllib3

PART = b"\n---\n"
ENCODINGS = frozenset({"gzip", "deflate", "gzip,deflate", "br", "identity"})


def answer(body: bytes, status: int = 200, encoding: str = "-") -> bytes:
    """An input that says this."""
    return f"{status} {encoding}\n".encode() + body


def parts(data: bytes) -> list[tuple[int, str, bytes]]:
    """Status, encoding and body of each answer; odd heads mean 200 and no encoding."""
    return [_part(part) for part in data.split(PART)]


def _part(part: bytes) -> tuple[int, str, bytes]:
    head, _, body = part.partition(b"\n")
    first, _, encoding = head.decode("latin-1").partition(" ")
    status = int(first) if len(first) == 3 and first.isascii() and first.isdigit() else 200
    return max(status, 200), encoding if encoding in ENCODINGS else "", body


class Platform(urllib3.PoolManager):
    """Answers in turn, the last answer for ever; keeps the addresses that were asked."""

    def __init__(self, answers: Iterable[tuple[int, str, bytes]]) -> None:
        super().__init__()
        self._left = list(answers)
        self.asked: list[tuple[str, bytes]] = []
        """Address, and what was told."""

    def urlopen(self, method: str, url: str, redirect: bool = True, **more: Any) -> Any:  # type: ignore[override]  # as its parent does
        self.asked.append((url, self._left[0][2]))
        status, encoding, body = self._left.pop(0) if len(self._left) > 1 else self._left[0]
        return urllib3.HTTPResponse(
            io.BytesIO(body),
            headers={"content-encoding": encoding} if encoding else {},
            status=status,
            preload_content=False,
            request_method=method,
        )
