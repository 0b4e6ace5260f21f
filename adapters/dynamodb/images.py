"""What is known of images; their bytes lie elsewhere."""

from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from adapters.dynamodb.item import Item, Mapping, Tenancy, instant, ms
from adapters.dynamodb.table import Table
from domain.image.model import Facts, Image, ImageType, Purpose


class ImageItem(Item, discriminator="image"):
    """Written once."""

    purpose = UnicodeAttribute()
    image_type = UnicodeAttribute()
    width = NumberAttribute()
    height = NumberAttribute()
    size = NumberAttribute()
    uploaded_at = NumberAttribute()
    uploaded_by = UnicodeAttribute()


def _image_items(image: Image, tenancy: Tenancy) -> tuple[Item, ...]:
    pk, sk = tenancy.keys.image(image.image_id)
    item = ImageItem(
        pk=pk,
        sk=sk,
        purpose=image.purpose.value,
        image_type=image.facts.type.value,
        width=image.facts.width,
        height=image.facts.height,
        size=image.size,
        uploaded_at=ms(image.uploaded_at),
        uploaded_by=image.uploaded_by,
    )
    return (item,)


MAPPINGS: dict[type, Mapping[Any]] = {
    Image: Mapping(_image_items, lambda image: ImageItem.size == image.size),
}


class DynamoImages:
    """Implements `domain.image.ports.Images`."""

    def __init__(self, table: Table, tenancy: Tenancy) -> None:
        self._table, self._tenancy = table, tenancy

    def find(self, image_id: str) -> Image | None:
        raw = self._table.get(self._tenancy.keys.image(image_id))
        if raw is None:
            return None
        item = ImageItem.from_raw_data(raw)
        return Image(
            image_id=image_id,
            purpose=Purpose(item.purpose),
            facts=Facts(ImageType(item.image_type), int(item.width), int(item.height)),
            size=int(item.size),
            uploaded_at=instant(item.uploaded_at),
            uploaded_by=item.uploaded_by,
        )
