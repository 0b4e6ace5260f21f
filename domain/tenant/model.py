"""A tenant, its settings, its stores, and the channels through which people reach it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from domain.errors import InvalidInput, NotFound, invalid
from domain.keyring import Sealed

VALIDITY_MONTHS_MAX = 120
RATE_MAX = 1_000_000


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


class ValidityKind(StrEnum):
    """How long points live."""

    FIXED = "fixed"
    ROLLING = "rolling"
    PERMANENT = "permanent"


class ClawbackPolicy(StrEnum):
    """What happens when a refund takes back points that are no longer there (decision D-21)."""

    DEBT = "debt"
    FLOOR = "floor"
    DENY = "deny"


@dataclass(frozen=True, slots=True)
class Validity:
    """Fixed: through the same date `months` later (D-05). Rolling: the month of earning is month 1 (D-04)."""

    kind: ValidityKind = ValidityKind.ROLLING
    months: int = 12

    def __post_init__(self) -> None:
        if self.kind is not ValidityKind.PERMANENT:
            _check_whole("validity.months", self.months, 1, VALIDITY_MONTHS_MAX)


@dataclass(frozen=True, slots=True)
class Programme:
    """The points programme (积分规则) of a tenant. `version` is stored with each entry that it gave."""

    points: int = 1
    per_fen: int = 100
    validity: Validity = field(default_factory=Validity)
    clawback: ClawbackPolicy = ClawbackPolicy.DEBT
    bonus_counts: bool = False
    """Whether what is paid from stored bonus earns points (D-23)."""
    version: int = 1

    def __post_init__(self) -> None:
        _check_whole("earning.points", self.points, 0, RATE_MAX)
        _check_whole("earning.per_fen", self.per_fen, 1, RATE_MAX)


@dataclass(frozen=True, slots=True)
class Settings:
    """What a tenant may choose."""

    programme: Programme = field(default_factory=Programme)
    card_prefix: str = "88"
    consent_version: str = "1"
    order_age_days_max: int = 31
    sms_per_day: int = 10_000

    def __post_init__(self) -> None:
        if not (self.card_prefix.isascii() and self.card_prefix.isdigit() and len(self.card_prefix) == 2):
            raise invalid("members.card_prefix", "invalid-format", "A card prefix is two digits.")
        _check_whole("orders.age_days_max", self.order_age_days_max, 1, 366)
        _check_whole("sms.per_day", self.sms_per_day, 0, 10_000_000)


@dataclass(frozen=True, slots=True)
class SmsAccount:
    """The tenant's account at the short message service."""

    access_key_id: str
    access_key_secret: Sealed
    sign_name: str
    template_code: str


@dataclass(frozen=True, slots=True)
class Tenant:
    """One customer of ours; owns everything under its id."""

    tenant_id: str
    name: str
    settings: Settings
    wrapped_keys: bytes
    """The data key and the index key, encrypted under the master key."""
    sms: SmsAccount | None = None
    version: int = 1


@dataclass(frozen=True, slots=True)
class Store:
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


@dataclass(frozen=True, slots=True)
class Channel:
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
