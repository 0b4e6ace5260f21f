"""What images need from the outside world."""

from typing import Protocol

from domain.image.model import Facts, Image, ImageType


class Images(Protocol):
    """What is known of the images of one tenant."""

    def find(self, image_id: str) -> Image | None:
        """As stored now."""
        ...


class Shelf(Protocol):
    """Where the bytes lie."""

    def put(self, tenant_id: str, image_id: str, type_: ImageType, content: bytes) -> None:
        """The same again changes nothing. Raises Unavailable."""
        ...


class Reader(Protocol):
    """Looks into the bytes."""

    def __call__(self, content: bytes) -> Facts:
        """Raises ImageRefused for what is no image, or not all of one."""
        ...


class Repositories(Protocol):
    @property
    def images(self) -> Images: ...
