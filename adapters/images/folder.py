"""Images in a folder of this machine, for development."""

from pathlib import Path

from domain.image.model import ImageType


class FolderShelf:
    """Implements `domain.image.ports.Shelf`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, tenant_id: str, image_id: str, type_: ImageType, content: bytes) -> None:
        path = self._folder / tenant_id / image_id
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
