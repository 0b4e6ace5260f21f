"""Use case of head office: an image is looked at, put on its shelf, and known from then on."""

import hashlib
from datetime import datetime

from msgspec import Struct

from domain.actor import Operator
from domain.image.model import FRAMES, Image, Purpose
from domain.image.ports import Reader, Repositories, Shelf
from domain.unit_of_work import Created, Plan, Runner

ID_BYTES = 10


class Uploaded(Struct, frozen=True):
    """An image, and where people find it."""

    image: Image
    url: str


class UploadImage(Struct, frozen=True):
    """The same bytes for the same purpose are the same image. Raises ImageRefused or Unavailable."""

    runner: Runner[Repositories]
    read: Reader
    shelf: Shelf

    def __call__(self, actor: Operator, purpose: Purpose, content: bytes) -> Uploaded:
        facts = self.read(content)
        FRAMES[purpose].check(facts, len(content))
        image_id = _image_id(purpose, content)

        def known(repositories: Repositories, now: datetime) -> Plan[Image]:
            before = repositories.images.find(image_id)
            made = Image(image_id, purpose, facts, len(content), now, actor.caller)
            return Plan(before) if before is not None else Plan(made, (Created(made),))

        # First the bytes: what is known can be shown.
        self.shelf.put(actor.tenant_id, image_id, facts.type, content)
        image = self.runner.run(actor.tenant_id, known)
        return Uploaded(image, self.shelf.url(actor.tenant_id, image_id, facts.type))


def _image_id(purpose: Purpose, content: bytes) -> str:
    return f"img_{hashlib.sha256(purpose.encode() + content).hexdigest()[: 2 * ID_BYTES]}"
