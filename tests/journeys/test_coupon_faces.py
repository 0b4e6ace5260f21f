"""What stands on a coupon: texts as long as people count them, and images of the right size (C-47)."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.coupons import FACE, another, holdings, save
from tests.pictures import padded, png
from tests.shop import Answer, Shop

KIB = 1024
FAMILY = "👨‍👩‍👧"


def upload(shop: Shop, purpose: str, picture: bytes) -> Answer:
    path = f"/v1/staff/images?purpose={purpose}"
    return shop.office.send("POST", path, None, picture, **{"Content-Type": "application/octet-stream"})


def fields(answer: Answer) -> list[tuple[str, str]]:
    return [(each["field"], each["code"]) for each in answer.json["errors"]]


@pytest.mark.capability("C-47")
@pytest.mark.parametrize(
    "name, text, is_taken",
    [
        ("title", "山茶咖啡山茶咖啡好", True),
        ("title", "山茶咖啡山茶咖啡好喝", False),
        ("title", FAMILY * 9, True),
        ("title", FAMILY * 10, False),
        ("coupon_title", "满" * 15, True),
        ("coupon_title", "满" * 16, False),
        ("coupon_title", "e\u0301" * 15, True),
        ("coupon_title", "e\u0301" * 16, False),
    ],
)
def test_a_title_is_as_long_as_people_count_it(shop: Shop, name: str, text: str, is_taken: bool) -> None:
    answer = save(shop, "ten", face=FACE | {name: text})

    assert answer.status_code == (200 if is_taken else 422), answer.text
    assert is_taken or fields(answer) == [(f"form.face.{name}", "too-long")]


@pytest.mark.capability("C-47")
def test_a_disclaimer_is_required(shop: Shop) -> None:
    without = {name: text for name, text in FACE.items() if name != "disclaimer"}

    missing, empty = save(shop, "ten", face=without), save(shop, "ten", face=FACE | {"disclaimer": ""})

    assert (missing.status_code, empty.status_code) == (422, 422)
    assert fields(missing) == [("form.face.disclaimer", "required")]


@pytest.mark.capability("C-47")
@pytest.mark.parametrize(
    "purpose, picture, most",
    [
        ("coupon_logo", png(120, 120), 512 * KIB),
        ("coupon_advert", png(300, 150), KIB * KIB),
    ],
)
def test_an_image_may_have_so_many_bytes_and_no_more(
    shop: Shop, purpose: str, picture: bytes, most: int
) -> None:
    full, over = (
        upload(shop, purpose, padded(picture, most)),
        upload(shop, purpose, padded(picture, most + 1)),
    )

    assert full.status_code == 201, full.text
    assert (over.status_code, over.json["code"]) == (422, "image-refused")
    assert str(most + 1) in over.json["detail"]


@pytest.mark.capability("C-47")
@pytest.mark.parametrize(
    "purpose, picture",
    [
        ("coupon_logo", png(119, 119)),
        ("coupon_logo", png(1025, 1025)),
        ("coupon_logo", png(200, 120)),
        ("coupon_advert", png(299, 150)),
        ("coupon_advert", png(300, 149)),
        ("coupon_advert", png(2049, 150)),
        ("coupon_advert", b"GIF89a" + bytes(100)),
        ("coupon_advert", png(300, 150)[:-20]),
    ],
)
def test_an_image_of_the_wrong_shape_is_refused(shop: Shop, purpose: str, picture: bytes) -> None:
    answer = upload(shop, purpose, picture)

    assert (answer.status_code, answer.json["code"]) == (422, "image-refused"), answer.text


@pytest.mark.capability("C-47")
def test_an_image_is_shown_where_its_coupon_is(shop: Shop) -> None:
    picture = png(300, 150)
    first, again = upload(shop, "coupon_advert", picture), upload(shop, "coupon_advert", picture)
    image: dict[str, Any] = first.json

    as_advert = save(shop, "ten", face=FACE | {"advert": image["image_id"]})
    as_logo = save(shop, "ten", face=FACE | {"logo": image["image_id"]})
    unknown = save(shop, "ten", face=FACE | {"logo": "img_0123456789"})

    assert again.json == image
    assert as_advert.status_code == 200, as_advert.text
    assert fields(as_logo) == fields(unknown) == [("form.face.logo", "invalid-choice")]
    assert lies(shop)(image["url"]) == picture
    phone = shop.fan()
    another(shop, phone, "ten")
    assert holdings(phone)[0]["advert_url"] == as_advert.json["advert_url"] == image["url"]
    assert (holdings(phone)[0]["logo_url"], as_advert.json["logo_url"]) == (None, None)


def lies(shop: Shop) -> Callable[[str], bytes]:
    """What a phone finds under an address."""
    folder = Path((shop.services._settings.images or "").partition(":")[2])
    base = shop.services._settings.images_url

    def read(url: str) -> bytes:
        assert url.startswith(base)
        return (folder / urlsplit(url.removeprefix(base)).path.lstrip("/")).read_bytes()

    return read


@pytest.mark.parametrize("text", [" ", "\u3000\u3000", "\u200b", "\u202e\u202e", "\u2028"])
def test_a_text_of_which_nothing_is_to_be_seen_is_none(shop: Shop, text: str) -> None:
    for name in ("title", "coupon_title", "disclaimer"):
        answer = save(shop, "ten", face=FACE | {name: text})

        assert fields(answer) == [(f"form.face.{name}", "too-short")], answer.text
