"""Images in a folder of this machine, for development."""

from pathlib import Path

from domain.image.model import ImageType

SUFFIXES = {ImageType.PNG: "png", ImageType.JPEG: "jpg"}


def name_of(tenant_id: str, image_id: str, type_: ImageType) -> str:
    """The path of an image below the root."""
    return f"{tenant_id}/{image_id}.{SUFFIXES[type_]}"


class FolderShelf:
    """Implements `domain.image.ports.Shelf`."""

    def __init__(self, folder: Path, url: str) -> None:
        self._folder, self._url = folder, url.rstrip("/")

    def put(self, tenant_id: str, image_id: str, type_: ImageType, content: bytes) -> None:
        path = self._folder / name_of(tenant_id, image_id, type_)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def url(self, tenant_id: str, image_id: str, type_: ImageType) -> str:
        return f"{self._url}/{name_of(tenant_id, image_id, type_)}"
