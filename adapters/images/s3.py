"""Images in a bucket of S3, from where a content network hands them out."""

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from adapters import aws
from domain.errors import Unavailable
from domain.image.model import ImageType

FOREVER = "public, max-age=31536000, immutable"
"""An image's name tells its bytes."""


class S3Shelf:
    """Implements `domain.image.ports.Shelf`."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client, self._bucket = client, bucket

    def put(self, tenant_id: str, image_id: str, type_: ImageType, content: bytes) -> None:
        try:
            self._client.put_object(
                Bucket=self._bucket,
                Key=f"{tenant_id}/{image_id}",
                Body=content,
                ContentType=type_.value,
                CacheControl=FOREVER,
            )
        except (BotoCoreError, ClientError) as problem:
            raise Unavailable("The image could not be stored; send it again.") from problem


def open_shelf(region: str, bucket: str) -> S3Shelf:
    """With a client of its own."""
    retries = {"total_max_attempts": 2, "mode": "standard"}
    client = aws.open_client("s3", region, connect_timeout=1, read_timeout=5, retries=retries)
    return S3Shelf(client, bucket)
