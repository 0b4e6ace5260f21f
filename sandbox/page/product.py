"""The product under play: where its member API listens and which of its channels belong to which app."""

from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct

from sandbox.refusals import NotThere, NotValid
from sandbox.state import Shelf, State

PLATFORMS = ("wechat", "alipay")
CHANNEL_FIELDS = ("channel_id", "platform", "app_id", "name")
CHANNELS_MAX = 20


class Product(Struct, frozen=True):
    member_api: str
    channels: list[dict[str, str]]
    consent_version: str

    def channel(self, channel_id: str) -> dict[str, str]:
        """The channel, which must be one of the product's."""
        for channel in self.channels:
            if channel["channel_id"] == channel_id:
                return channel
        raise NotThere(f"the product has no channel {channel_id}")


class ProductRegister:
    """At most one product at a time."""

    def __init__(self, state: State) -> None:
        self._products = Shelf(state, "product", Product)

    def connect(self, member_api: str, channels: Any, consent_version: str) -> Product:
        """Let people play this product from now on."""
        if not isinstance(channels, list) or len(channels) > CHANNELS_MAX:
            raise NotValid(f"channels is a list of {CHANNELS_MAX} at most")
        product = Product(
            loopback(member_api), [read_channel(channel) for channel in channels], consent_version
        )
        self._products.put("product", product)
        return product

    def get(self) -> Product | None:
        """The product, if one is connected."""
        return self._products.get("product")

    def require(self) -> Product:
        """The product, which must be connected."""
        product = self.get()
        if product is None:
            raise NotThere("no product is connected")
        return product


def loopback(address: str) -> str:
    """An http address on this machine only: the page must not be a way to anybody else's server."""
    parts = urlsplit(address)
    try:
        is_loopback = parts.hostname == "localhost" or ip_address(parts.hostname or "").is_loopback
        port = parts.port
    except ValueError:
        is_loopback, port = False, None
    is_plain = (
        parts.scheme == "http" and parts.path in {"", "/"} and not parts.query and "@" not in parts.netloc
    )
    if not (is_loopback and is_plain and port):
        raise NotValid("member_api is http://127.0.0.1:<port>")
    return f"http://{parts.netloc}"


def read_channel(channel: Any) -> dict[str, str]:
    """One channel with all its fields as texts."""
    if not isinstance(channel, dict) or not all(
        isinstance(channel.get(name), str) for name in CHANNEL_FIELDS
    ):
        raise NotValid("a channel has " + ", ".join(CHANNEL_FIELDS))
    if channel["platform"] not in PLATFORMS:
        raise NotValid("a channel's platform is one of " + ", ".join(PLATFORMS))
    return {name: channel[name] for name in CHANNEL_FIELDS}
