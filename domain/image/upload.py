"""Use case of head office: an image is looked at, put on its shelf, and known from then on."""

import hashlib
from datetime import datetime

from msgspec import Struct

from domain.actor import Operator
from domain.image.model import FRAMES, SUFFIXES, Image, ImageType, Purpose
from domain.image.ports import Reader, Repositories, Shelf
from domain.unit_of_work import Created, Plan, Runner

ID_BYTES = 10


class UploadImage(Struct, frozen=True):
    """The same bytes for the same purpose are the same image. Raises ImageRefused or Unavailable."""

    runner: Runner[Repositories]
    read: Reader
    shelf: Shelf

    def __call__(self, actor: Operator, purpose: Purpose, content: bytes) -> Image:
        facts = self.read(content)
        FRAMES[purpose].check(facts, len(content))
        image_id = _image_id(purpose, facts.type, content)

        def known(repositories: Repositories, now: datetime) -> Plan[Image]:
            before = repositories.images.find(image_id)
            made = Image(image_id, purpose, facts, len(content), now, actor.caller)
            return Plan(before) if before is not None else Plan(made, (Created(made),))

        # First the bytes: what is known can be shown.
        self.shelf.put(actor.tenant_id, image_id, facts.type, content)
        return self.runner.run(actor.tenant_id, known)


def _image_id(purpose: Purpose, type_: ImageType, content: bytes) -> str:
    """As a file is named, because it is found under this name."""
    told = hashlib.sha256(purpose.encode() + content).hexdigest()[: 2 * ID_BYTES]
    return f"img_{told}.{SUFFIXES[type_]}"
