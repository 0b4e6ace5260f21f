"""A tenant, its settings, its stores, and the channels through which people reach it."""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct, field

from domain.errors import InvalidInput, NotFound, invalid
from domain.keyring import Sealed


class ChannelNotFound(NotFound):
    code = "channel-not-found"
    title = "There is no such channel."
    message = "渠道不存在"


class StoreNotFound(NotFound):
    code = "store-not-found"
    title = "There is no such store."
    message = "门店不存在"


class TenantNotFound(NotFound):
    code = "tenant-not-found"
    title = "There is no such tenant."
    message = "租户不存在"


def _check_whole(field: str, value: object, least: int, most: int) -> None:
    """A file may hold anything. Raises InvalidInput."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise invalid(field, "invalid-type")
    if not least <= value <= most:
        raise invalid(field, "out-of-range")


class Settings(Struct, frozen=True):
    """What a tenant may choose."""

    card_prefix: str = "88"
    consent_version: str = "1"
    order_age_days_max: int = 31
    sms_per_day: int = 10_000
    programme_version: int = 0
    """The programme in force; 0: none was published yet."""

    def __post_init__(self) -> None:
        if not (self.card_prefix.isascii() and self.card_prefix.isdigit() and len(self.card_prefix) == 2):
            raise invalid("members.card_prefix", "invalid-format", "A card prefix is two digits.")
        _check_whole("orders.age_days_max", self.order_age_days_max, 1, 366)
        _check_whole("sms.per_day", self.sms_per_day, 0, 10_000_000)


class SmsAccount(Struct, frozen=True):
    """The tenant's account at the short message service."""

    access_key_id: str
    access_key_secret: Sealed
    sign_name: str
    template_code: str


class Tenant(Struct, frozen=True):
    """One customer of ours; owns everything under its id."""

    tenant_id: str
    name: str
    settings: Settings
    wrapped_keys: bytes
    """The data key and the index key, encrypted under the master key."""
    sms: SmsAccount | None = None
    version: int = 1


class Store(Struct, frozen=True):
    """A store (门店) of the tenant; a store of one brand among several says which."""

    store_id: str
    name: str
    brand: str = ""
    version: int = 1


class ChannelKind(StrEnum):
    """Where people meet the tenant."""

    MINI_PROGRAM = "mini_program"
    OFFICIAL_ACCOUNT = "official_account"
    ALIPAY_APP = "alipay_app"
    WEB = "web"


CREDENTIALS_OF: Mapping[ChannelKind, frozenset[str]] = {
    ChannelKind.MINI_PROGRAM: frozenset({"app_secret"}),
    ChannelKind.OFFICIAL_ACCOUNT: frozenset({"app_secret"}),
    ChannelKind.ALIPAY_APP: frozenset({"app_private_key", "alipay_public_key", "aes_key"}),
    ChannelKind.WEB: frozenset(),
}


class Channel(Struct, frozen=True):
    """A mini-program, an official account, an Alipay app or a web page of the tenant."""

    tenant_id: str
    channel_id: str
    kind: ChannelKind
    name: str
    app_id: str
    brand: str = ""
    credentials: Mapping[str, Sealed] = field(default_factory=dict)
    version: int = 1

    def __post_init__(self) -> None:
        if set(self.credentials) != CREDENTIALS_OF[self.kind]:
            raise InvalidInput(
                f"The channel {self.channel_id!r} of kind {self.kind.value} needs exactly the credentials "
                f"{sorted(CREDENTIALS_OF[self.kind])}."
            )

    @property
    def address(self) -> str:
        """The channel's id as clients write it: `<tenant>.<channel>`."""
        return f"{self.tenant_id}.{self.channel_id}"

    def credential(self, name: str) -> str:
        return self.credentials[name].open()


def split_address(address: str) -> tuple[str, str]:
    """Tenant and local id of `<tenant>.<id>`; both empty when the form is wrong."""
    tenant_id, dot, local_id = address.partition(".")
    return (tenant_id, local_id) if dot and tenant_id and local_id else ("", "")
