"""Where images lie: a folder of this machine, or a bucket."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from adapters.images.folder import FolderShelf
from adapters.images.s3 import S3Shelf
from domain.errors import Unavailable
from domain.image.model import ImageType
from tests.pictures import png

REGION, BUCKET = "cn-north-1", "camellia-images"


@pytest.fixture
def s3() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("s3", region_name=REGION)
        client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        yield client


def test_an_image_in_the_bucket_is_what_was_sent_and_may_be_kept_for_ever(s3: Any) -> None:
    shelf, content = S3Shelf(s3, BUCKET), png(120, 120)

    shelf.put("acme", "img_1.png", ImageType.PNG, content)
    shelf.put("acme", "img_1.png", ImageType.PNG, content)

    found = s3.get_object(Bucket=BUCKET, Key="acme/img_1.png")
    assert found["Body"].read() == content
    assert found["ContentType"] == "image/png"
    assert found["CacheControl"] == "public, max-age=31536000, immutable"


def test_a_bucket_that_is_not_there_is_no_error_of_the_callers(s3: Any) -> None:
    with pytest.raises(Unavailable, match="send it again"):
        S3Shelf(s3, "not-there").put("acme", "img_1.png", ImageType.JPEG, b"x")


def test_a_folder_does_the_same(tmp_path: Path) -> None:
    shelf = FolderShelf(tmp_path / "images")

    shelf.put("acme", "img_1.png", ImageType.JPEG, b"x")

    assert (tmp_path / "images" / "acme" / "img_1.png").read_bytes() == b"x"
