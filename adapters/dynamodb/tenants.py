"""Tenants, stores and channels, with a small cache in the process."""

import json
from functools import lru_cache
from typing import Any

from msgspec import to_builtins
from pynamodb.attributes import BinaryAttribute, ListAttribute, NumberAttribute, UnicodeAttribute

from adapters.dynamodb.cache import Cache
from adapters.dynamodb.item import Item, Mapping, Tenancy, seal, stored
from adapters.dynamodb.outcome import RawItem
from adapters.dynamodb.table import Table
from domain.tenant.model import (
    Channel,
    ChannelKind,
    ChannelNotFound,
    Settings,
    SmsAccount,
    Store,
    Tenant,
    TenantNotFound,
)

SETTINGS = set(Settings.__struct_fields__)


class TenantItem(Item, discriminator="tenant"):
    """Settings as JSON; the tenant's own keys are wrapped under the master key."""

    name = UnicodeAttribute()
    settings = UnicodeAttribute()
    wrapped_keys = BinaryAttribute(legacy_encoding=False)
    sms_key_id = UnicodeAttribute(null=True)
    sms_secret_sealed = BinaryAttribute(null=True, legacy_encoding=False)
    sms_sign_name = UnicodeAttribute(null=True)
    sms_template_code = UnicodeAttribute(null=True)
    version = NumberAttribute()


class StoreItem(Item, discriminator="store"):
    """A store."""

    name = UnicodeAttribute()
    brand = UnicodeAttribute()
    version = NumberAttribute()


class ChannelItem(Item, discriminator="channel"):
    """A channel; `credentials` are names with ciphertexts."""

    channel_kind = UnicodeAttribute()
    name = UnicodeAttribute()
    app_id = UnicodeAttribute()
    brand = UnicodeAttribute()
    credentials: ListAttribute[list[Any]] = ListAttribute()
    version = NumberAttribute()


def settings_text(settings: Settings) -> str:
    return json.dumps(to_builtins(settings), separators=(",", ":"))


@lru_cache(maxsize=256)
def to_settings(text: str) -> Settings:
    """Settings never change once read, so that requests of one process share them."""
    parts = json.loads(text)
    if parts.keys() - SETTINGS:
        raise ValueError("An earlier version wrote this tenant; the table has to be made anew.")
    return Settings(**parts)


def _tenant_items(tenant: Tenant, tenancy: Tenancy) -> tuple[Item, ...]:
    pk, sk = key = tenancy.keys.tenant()
    sms = tenant.sms
    item = TenantItem(
        pk=pk,
        sk=sk,
        name=tenant.name,
        settings=settings_text(tenant.settings),
        wrapped_keys=tenant.wrapped_keys,
        sms_key_id=sms.access_key_id if sms else None,
        sms_secret_sealed=seal(tenancy, key, "sms_secret", sms.access_key_secret if sms else None),
        sms_sign_name=sms.sign_name if sms else None,
        sms_template_code=sms.template_code if sms else None,
        version=tenant.version,
    )
    return (item,)


def to_tenant(raw: RawItem, tenancy: Tenancy) -> Tenant:
    item = TenantItem.from_raw_data(raw)
    secret = stored(tenancy, item.key, "sms_secret", item.sms_secret_sealed)
    sms = None
    if secret is not None:
        sms = SmsAccount(
            item.sms_key_id or "", secret, item.sms_sign_name or "", item.sms_template_code or ""
        )
    return Tenant(
        tenant_id=tenancy.keys.tenant_id,
        name=item.name,
        settings=to_settings(item.settings),
        wrapped_keys=item.wrapped_keys,
        sms=sms,
        version=int(item.version),
    )


def _store_items(store: Store, tenancy: Tenancy) -> tuple[Item, ...]:
    pk, sk = tenancy.keys.store(store.store_id)
    return (StoreItem(pk=pk, sk=sk, name=store.name, brand=store.brand, version=store.version),)


def _channel_items(channel: Channel, tenancy: Tenancy) -> tuple[Item, ...]:
    pk, sk = key = tenancy.keys.channel(channel.channel_id)
    credentials = sorted(channel.credentials.items())
    item = ChannelItem(
        pk=pk,
        sk=sk,
        channel_kind=channel.kind.value,
        name=channel.name,
        app_id=channel.app_id,
        brand=channel.brand,
        credentials=[[name, seal(tenancy, key, name, sealed)] for name, sealed in credentials],
        version=channel.version,
    )
    return (item,)


def _to_channel(raw: RawItem, tenancy: Tenancy) -> Channel:
    item = ChannelItem.from_raw_data(raw)
    credentials = {}
    for name, ciphertext in item.credentials:
        sealed = stored(tenancy, item.key, name, ciphertext)
        if sealed is not None:
            credentials[name] = sealed
    return Channel(
        tenant_id=tenancy.keys.tenant_id,
        channel_id=item.pk.rsplit("#", 1)[1],
        kind=ChannelKind(item.channel_kind),
        name=item.name,
        app_id=item.app_id,
        brand=item.brand,
        credentials=credentials,
        version=int(item.version),
    )


MAPPINGS: dict[type, Mapping[Any]] = {
    Tenant: Mapping(_tenant_items, lambda tenant: TenantItem.version == tenant.version),
    Store: Mapping(_store_items, lambda store: StoreItem.version == store.version),
    Channel: Mapping(_channel_items, lambda channel: ChannelItem.version == channel.version),
}


class DynamoTenants:
    """Implements `domain.tenant.ports.Tenants`."""

    def __init__(self, table: Table, tenancy: Tenancy, cache: Cache) -> None:
        self._table, self._tenancy, self._cache = table, tenancy, cache

    def find(self) -> Tenant | None:
        key = self._tenancy.keys.tenant()
        raw = self._table.get(key)
        if raw is None:
            return None
        self._cache.put(key, raw)
        return to_tenant(raw, self._tenancy)

    def get(self) -> Tenant:
        tenant = self.find()
        if tenant is None:
            raise TenantNotFound
        return tenant

    def settings(self) -> Settings:
        """Of a tenant at most 60 seconds old; a refusal that rests on them looks once more."""
        key = self._tenancy.keys.tenant()
        raw = self._cache.get(key)
        if raw is None:
            return self.get().settings
        self._table.rely_on(key, raw)
        return to_settings(raw["settings"]["S"])

    def recent(self) -> Tenant:
        """At most 60 seconds old. Raises TenantNotFound."""
        raw = self._cache.get(self._tenancy.keys.tenant())
        return to_tenant(raw, self._tenancy) if raw else self.get()


class DynamoStores:
    """Implements `domain.tenant.ports.Stores`."""

    def __init__(self, table: Table, tenancy: Tenancy, cache: Cache) -> None:
        self._table, self._tenancy, self._cache = table, tenancy, cache

    def find(self, store_id: str) -> Store | None:
        key = self._tenancy.keys.store(store_id)
        raw = self._table.get(key)
        if raw is None:
            return None
        self._cache.put(key, raw)
        item = StoreItem.from_raw_data(raw)
        return Store(store_id, item.name, item.brand, int(item.version))

    def is_known(self, store_id: str) -> bool:
        return (
            self._cache.get(self._tenancy.keys.store(store_id)) is not None or self.find(store_id) is not None
        )


class DynamoChannels:
    """Implements `domain.tenant.ports.Channels`."""

    def __init__(self, table: Table, tenancy: Tenancy, cache: Cache) -> None:
        self._table, self._tenancy, self._cache = table, tenancy, cache

    def find(self, channel_id: str) -> Channel | None:
        raw = self._table.get(self._tenancy.keys.channel(channel_id))
        return _to_channel(raw, self._tenancy) if raw else None

    def get(self, channel_id: str) -> Channel:
        """The channel's keys lie with the tenant: both come in one call when neither is known."""
        key, tenant_key = self._tenancy.keys.channel(channel_id), self._tenancy.keys.tenant()
        raw = self._cache.get(key)
        if raw is None:
            for found, item in self._table.get_many([key, tenant_key]).items():
                self._cache.put(found, item)
            raw = self._cache.get(key)
        if raw is None:
            raise ChannelNotFound
        return _to_channel(raw, self._tenancy)
