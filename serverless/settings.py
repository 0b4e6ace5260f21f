"""The only reader of the environment. `.env.example` lists what may be set."""

import os
from collections.abc import Mapping
from urllib.parse import urlsplit

from msgspec import Struct

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
SHARDS_MAX = 512


class SettingsError(Exception):
    """A setting is missing or wrong; says which one and what to do."""


class Settings(Struct, frozen=True):
    """Where everything is. No secrets: those lie encrypted in the table."""

    table: str
    region: str
    master_key: str
    """`file:<path>` in development, `kms:<key id or alias>` in production."""
    shards: int
    wechat_url: str
    alipay_url: str
    sms_url: str
    dynamodb_url: str | None
    clock_url: str | None
    """The sandbox's clock; development only."""
    images: str | None = None
    """`folder:<path>` in development, `s3:<bucket>` in production; None: no images are taken."""
    images_url: str = ""
    """Where people's phones find them."""
    is_on_lambda: bool = False
    counts_at_once: bool = False
    """Development only: figures follow in the process that made the change, because no stream brings it."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> "Settings":
        """Raises SettingsError."""
        given = os.environ if environment is None else environment
        settings = cls(
            table=_required(given, "TONGKA_TABLE"),
            region=given.get("AWS_REGION") or given.get("AWS_DEFAULT_REGION") or "cn-north-1",
            master_key=_required(given, "TONGKA_MASTER_KEY"),
            shards=_number(given, "TONGKA_SHARDS", 16),
            wechat_url=given.get("TONGKA_WECHAT_URL", "https://api.weixin.qq.com"),
            alipay_url=given.get("TONGKA_ALIPAY_URL", "https://openapi.alipay.com/gateway.do"),
            sms_url=given.get("TONGKA_SMS_URL", "https://dysmsapi.aliyuncs.com"),
            dynamodb_url=given.get("AWS_ENDPOINT_URL_DYNAMODB"),
            clock_url=given.get("TONGKA_CLOCK_URL"),
            is_on_lambda="AWS_LAMBDA_FUNCTION_NAME" in given,
            images=given.get("TONGKA_IMAGES"),
            images_url=given.get("TONGKA_IMAGES_URL", ""),
            counts_at_once=_choice(given, "TONGKA_STATISTICS", "stream", "at_once") == "at_once",
        )
        settings.check()
        return settings

    def check(self) -> None:
        """Addresses of platforms are https or on this machine; a foreign clock needs a local table."""
        for name, url in (
            ("TONGKA_WECHAT_URL", self.wechat_url),
            ("TONGKA_ALIPAY_URL", self.alipay_url),
            ("TONGKA_SMS_URL", self.sms_url),
        ):
            if urlsplit(url).scheme != "https" and not _is_local(url):
                raise SettingsError(f"{name} must be https, or an address of this machine.")
        if self.clock_url is not None and not (
            _is_local(self.clock_url) and _is_local(self.dynamodb_url or "")
        ):
            raise SettingsError(
                "TONGKA_CLOCK_URL turns the days of a development store; it is refused unless both the clock "
                "and AWS_ENDPOINT_URL_DYNAMODB are on this machine. Unset it."
            )
        if self.images is not None and not (
            self.images.startswith(("folder:", "s3:"))
            and urlsplit(self.images_url).scheme in {"http", "https"}
        ):
            raise SettingsError(
                "TONGKA_IMAGES must be folder:<path> or s3:<bucket>, and TONGKA_IMAGES_URL the address under "
                "which phones find what lies there. Unset both to take no images."
            )
        if not self.master_key.startswith(("file:", "kms:")):
            raise SettingsError("TONGKA_MASTER_KEY must be file:<path> or kms:<key id>.")


def _is_local(url: str) -> bool:
    return urlsplit(url).hostname in LOOPBACK


def _required(given: Mapping[str, str], name: str) -> str:
    value = given.get(name, "")
    if not value:
        raise SettingsError(f"Set {name}; .env.example explains it.")
    return value


def _choice(given: Mapping[str, str], name: str, usual: str, other: str) -> str:
    found = given.get(name, usual)
    if found not in {usual, other}:
        raise SettingsError(f"{name} must be {usual} or {other}.")
    return found


def _number(given: Mapping[str, str], name: str, otherwise: int) -> int:
    text = given.get(name, str(otherwise))
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text) <= SHARDS_MAX:
        raise SettingsError(f"{name} must be a number from 1 to {SHARDS_MAX}.")
    return int(text)
