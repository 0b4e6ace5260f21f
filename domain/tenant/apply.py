"""Use case: bring a tenant, its stores, channels and API keys to the state of a file; repeatable."""

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct, field
from msgspec.structs import replace

from domain.errors import RuleBroken
from domain.keyring import Fresh
from domain.tenant.model import Channel, ChannelKind, Settings, SmsAccount, Store, Tenant
from domain.tenant.ports import Repositories, TenantKeys
from domain.unit_of_work import Changed, Created, Plan, Runner


class CardPrefixFixed(RuleBroken):
    code = "card-prefix-fixed"
    title = "The card prefix cannot change: member codes of cards that are out would find nobody."
    message = "会员卡号前缀不可修改"


class ChannelWish(Struct, frozen=True):
    """A channel as the file describes it; credentials in the clear."""

    channel_id: str
    kind: ChannelKind
    name: str
    app_id: str
    brand: str = ""
    credentials: Mapping[str, str] = field(default_factory=dict)


class SmsWish(Struct, frozen=True):
    """The short message account as the file describes it."""

    access_key_id: str
    access_key_secret: str
    sign_name: str
    template_code: str


class TenantWish(Struct, frozen=True):
    """The tenant as the file describes it."""

    tenant_id: str
    name: str
    settings: Settings
    sms: SmsWish | None = None


class ApplyTenant(Struct, frozen=True):
    """Answers `created`, `changed` or `unchanged`; the programme is brought into force apart."""

    runner: Runner[Repositories]
    keys: TenantKeys

    def __call__(self, wish: TenantWish) -> str:
        new_keys = self.keys.new(wish.tenant_id)

        def plan(repositories: Repositories, _: datetime) -> Plan[str]:
            before = repositories.tenants.find()
            sms = _sms(wish.sms)
            if before is None:
                made = Tenant(wish.tenant_id, wish.name, wish.settings, new_keys, None)
                return Plan("created", (Created(made),))
            if wish.settings.card_prefix != before.settings.card_prefix:
                raise CardPrefixFixed
            settings = replace(wish.settings, programme_version=before.settings.programme_version)
            after = replace(before, name=wish.name, settings=settings, sms=sms)
            if _plain(after) == _plain(before):
                return Plan("unchanged")
            return Plan("changed", (Changed(before, replace(after, version=before.version + 1)),))

        said = self.runner.run(wish.tenant_id, plan)
        if said == "created" and wish.sms:
            self.runner.run(wish.tenant_id, plan)  # Sealing needs the tenant's keys to be stored first.
        return said


def _sms(wish: SmsWish | None) -> SmsAccount | None:
    if wish is None:
        return None
    secret = Fresh(wish.access_key_secret)
    return SmsAccount(wish.access_key_id, secret, wish.sign_name, wish.template_code)


def _plain(tenant: Tenant) -> Tenant:
    sms = tenant.sms
    if sms is None:
        return tenant
    return replace(tenant, sms=replace(sms, access_key_secret=Fresh(sms.access_key_secret.open())))


class ApplyStore(Struct, frozen=True):
    """Answers `created`, `changed` or `unchanged`."""

    runner: Runner[Repositories]

    def __call__(self, tenant_id: str, wish: Store) -> str:
        def plan(repositories: Repositories, _: datetime) -> Plan[str]:
            before = repositories.stores.find(wish.store_id)
            if before is None:
                return Plan("created", (Created(wish),))
            after = replace(wish, version=before.version)
            if after == before:
                return Plan("unchanged")
            return Plan("changed", (Changed(before, replace(after, version=before.version + 1)),))

        return self.runner.run(tenant_id, plan)


class ApplyChannel(Struct, frozen=True):
    """Answers `created`, `changed` or `unchanged`."""

    runner: Runner[Repositories]

    def __call__(self, tenant_id: str, wish: ChannelWish) -> str:
        def plan(repositories: Repositories, _: datetime) -> Plan[str]:
            before = repositories.channels.find(wish.channel_id)
            after = Channel(
                tenant_id,
                wish.channel_id,
                wish.kind,
                wish.name,
                wish.app_id,
                wish.brand,
                {name: Fresh(value) for name, value in wish.credentials.items()},
                version=before.version if before else 1,
            )
            if before is None:
                return Plan("created", (Created(after),))
            opened = {name: Fresh(sealed.open()) for name, sealed in before.credentials.items()}
            if replace(before, credentials=opened) == after:
                return Plan("unchanged")
            return Plan("changed", (Changed(before, replace(after, version=before.version + 1)),))

        return self.runner.run(tenant_id, plan)
