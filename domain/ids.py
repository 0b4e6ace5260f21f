"""Where new ids, secrets and random digits come from: a port, so that a run can be repeated."""

from typing import Protocol


class Ids(Protocol):
    """Unguessable values from the operating system's generator."""

    def new(self, prefix: str) -> str:
        """`prefix` followed by 20 lower-case base-32 characters (100 random bits)."""
        ...

    def secret(self) -> str:
        """256 random bits, URL-safe."""
        ...

    def digits(self, length: int) -> str:
        """`length` random decimal digits; leading zeros occur."""
        ...
