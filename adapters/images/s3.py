"""Images in a bucket of S3, from where a content network hands them out."""

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from adapters.images.folder import name_of
from domain.errors import Unavailable
from domain.image.model import ImageType

FOREVER = "public, max-age=31536000, immutable"
"""An image's name tells its bytes."""


class S3Shelf:
    """Implements `domain.image.ports.Shelf`."""

    def __init__(self, client: Any, bucket: str, url: str) -> None:
        self._client, self._bucket, self._url = client, bucket, url.rstrip("/")

    def put(self, tenant_id: str, image_id: str, type_: ImageType, content: bytes) -> None:
        try:
            self._client.put_object(
                Bucket=self._bucket,
                Key=name_of(tenant_id, image_id, type_),
                Body=content,
                ContentType=type_.value,
                CacheControl=FOREVER,
            )
        except (BotoCoreError, ClientError) as problem:
            raise Unavailable("The image could not be stored; send it again.") from problem

    def url(self, tenant_id: str, image_id: str, type_: ImageType) -> str:
        return f"{self._url}/{name_of(tenant_id, image_id, type_)}"
