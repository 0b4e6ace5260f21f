"""Settings: each error says what to set; foreign clocks and open addresses are refused."""

import pytest

from serverless.settings import Settings, SettingsError

LEAST = {"TONGKA_TABLE": "tongka", "TONGKA_MASTER_KEY": "file:/keys/master.key"}
CLOCK = "http://127.0.0.1:8000/clock"
LOCAL = "http://localhost:8001"


def read(**changed: str | None) -> Settings:
    given = {**LEAST, **changed}
    return Settings.from_environment({name: value for name, value in given.items() if value is not None})


def test_two_settings_are_enough_and_the_rest_is_production() -> None:
    assert read() == Settings(
        table="tongka",
        region="cn-north-1",
        master_key="file:/keys/master.key",
        shards=16,
        wechat_url="https://api.weixin.qq.com",
        alipay_url="https://openapi.alipay.com/gateway.do",
        sms_url="https://dysmsapi.aliyuncs.com",
        dynamodb_url=None,
        clock_url=None,
    )


def test_what_is_set_is_read() -> None:
    settings = read(
        AWS_REGION="ap-east-1",
        TONGKA_SHARDS="512",
        TONGKA_MASTER_KEY="kms:alias/tongka",
        TONGKA_WECHAT_URL="http://127.0.0.1:1",
        TONGKA_ALIPAY_URL="http://localhost:2/gateway.do",
        TONGKA_SMS_URL="http://[::1]:3",
        AWS_ENDPOINT_URL_DYNAMODB=LOCAL,
        TONGKA_CLOCK_URL=CLOCK,
    )

    assert (settings.region, settings.shards, settings.master_key) == ("ap-east-1", 512, "kms:alias/tongka")
    assert (settings.wechat_url, settings.alipay_url) == (
        "http://127.0.0.1:1",
        "http://localhost:2/gateway.do",
    )
    assert (settings.sms_url, settings.dynamodb_url, settings.clock_url) == ("http://[::1]:3", LOCAL, CLOCK)
    assert read(AWS_DEFAULT_REGION="eu-west-1").region == "eu-west-1"


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in LEAST.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TONGKA_SHARDS", "3")

    assert Settings.from_environment().shards == 3


@pytest.mark.parametrize("name", LEAST)
@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_setting_is_named(name: str, value: str | None) -> None:
    with pytest.raises(SettingsError, match=f"Set {name}"):
        read(**{name: value})


@pytest.mark.parametrize("shards", ["0", "513", "-1", "x", "1.5", ""])
def test_a_number_out_of_range_names_its_setting_and_its_range(shards: str) -> None:
    with pytest.raises(SettingsError, match=r"TONGKA_SHARDS must be a number from 1 to 512"):
        read(TONGKA_SHARDS=shards)


def test_a_digit_that_is_no_number_names_its_setting_too() -> None:
    with pytest.raises(SettingsError, match="TONGKA_SHARDS"):
        read(TONGKA_SHARDS="²")


@pytest.mark.parametrize("name", ["TONGKA_WECHAT_URL", "TONGKA_ALIPAY_URL", "TONGKA_SMS_URL"])
@pytest.mark.parametrize(
    "url",
    [
        "http://api.weixin.qq.com",
        "http://127.0.0.1.example.com",
        "http://localhost@example.com",
        "http://10.0.0.1",
        "ftp://example.com",
        "api.weixin.qq.com",
        "",
    ],
)
def test_a_platform_is_reached_by_https_or_on_this_machine(name: str, url: str) -> None:
    with pytest.raises(SettingsError, match=f"{name} must be https"):
        read(**{name: url})


@pytest.mark.parametrize(
    "clock, dynamodb",
    [
        (CLOCK, None),
        (CLOCK, "https://dynamodb.cn-north-1.amazonaws.com.cn"),
        ("http://example.com/clock", LOCAL),
        ("https://example.com/clock", LOCAL),
        ("http://127.0.0.1@example.com/clock", LOCAL),
        ("", LOCAL),
    ],
)
def test_a_clock_that_can_be_turned_needs_everything_on_this_machine(
    clock: str, dynamodb: str | None
) -> None:
    with pytest.raises(SettingsError, match=r"TONGKA_CLOCK_URL.*AWS_ENDPOINT_URL_DYNAMODB"):
        read(TONGKA_CLOCK_URL=clock, AWS_ENDPOINT_URL_DYNAMODB=dynamodb)


@pytest.mark.parametrize("key", ["/keys/master.key", "secret", "FILE:/x"])
def test_a_master_key_says_where_it_lies(key: str) -> None:
    with pytest.raises(SettingsError, match=r"TONGKA_MASTER_KEY must be file:<path> or kms:<key id>"):
        read(TONGKA_MASTER_KEY=key)


@pytest.mark.parametrize("images", ["folder:/var/images", "s3:camellia-images"])
def test_images_lie_in_a_folder_or_a_bucket_and_have_an_address(images: str) -> None:
    settings = read(TONGKA_IMAGES=images, TONGKA_IMAGES_URL="https://images.example.com")

    assert (settings.images, settings.images_url) == (images, "https://images.example.com")
    assert (read().images, read().images_url) == (None, "")


@pytest.mark.parametrize(
    "images,url",
    [
        ("/var/images", "https://images.example.com"),
        ("gs:camellia", "https://images.example.com"),
        ("s3:camellia", ""),
        ("s3:camellia", "images.example.com"),
        ("s3:camellia", "ftp://images.example.com"),
        ("", "https://images.example.com"),
    ],
)
def test_half_a_place_for_images_is_refused(images: str, url: str) -> None:
    with pytest.raises(SettingsError, match="TONGKA_IMAGES must be folder:<path> or s3:<bucket>"):
        read(TONGKA_IMAGES=images, TONGKA_IMAGES_URL=url)


def test_figures_follow_the_stream_unless_it_is_said_that_there_is_none() -> None:
    assert not read().counts_at_once
    assert not read(TONGKA_STATISTICS="stream").counts_at_once
    assert read(TONGKA_STATISTICS="at_once").counts_at_once
    with pytest.raises(SettingsError, match="TONGKA_STATISTICS must be stream or at_once"):
        read(TONGKA_STATISTICS="soon")
