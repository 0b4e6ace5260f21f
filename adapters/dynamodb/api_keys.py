"""API keys and the nonces of signed requests."""

import json
from datetime import datetime
from typing import Any

from pynamodb.attributes import ListAttribute, NumberAttribute, UnicodeAttribute

from adapters.dynamodb.cache import Cache
from adapters.dynamodb.item import Item, Mapping, Tenancy, instant, ms, seal, stored
from adapters.dynamodb.outcome import Lost, RawItem
from adapters.dynamodb.table import Table, Write
from domain.api_key.model import ApiKey
from domain.clock import Clock, epoch_seconds


class ApiKeyItem(Item, discriminator="api-key"):
    """`limits` holds what the key may do as JSON; the secrets are sealed."""

    name = UnicodeAttribute()
    limits = UnicodeAttribute()
    secrets_sealed: ListAttribute[bytes] = ListAttribute()
    revoked_at = NumberAttribute(null=True)
    version = NumberAttribute()


class NonceItem(Item, discriminator="nonce"):
    """There while the nonce is used up."""

    used_by = UnicodeAttribute()


def _items(key: ApiKey, tenancy: Tenancy) -> tuple[Item, ...]:
    pk, sk = place = tenancy.keys.api_key(key.key_id)
    limits = {
        "scopes": sorted(key.scopes),
        "store_ids": sorted(key.store_ids) if key.store_ids is not None else None,
        "order_source": key.order_source,
        "daily_cap_fen": key.daily_cap_fen,
    }
    item = ApiKeyItem(
        pk=pk,
        sk=sk,
        name=key.name,
        limits=json.dumps(limits, separators=(",", ":")),
        secrets_sealed=[seal(tenancy, place, "secret", secret) for secret in key.secrets],
        revoked_at=ms(key.revoked_at) if key.revoked_at else None,
        version=key.version,
    )
    return (item,)


def _to_key(raw: RawItem, tenancy: Tenancy) -> ApiKey:
    item = ApiKeyItem.from_raw_data(raw)
    limits = json.loads(item.limits)
    secrets = [stored(tenancy, item.key, "secret", ciphertext) for ciphertext in item.secrets_sealed]
    return ApiKey(
        key_id=item.pk.rsplit("#", 1)[1],
        name=item.name,
        scopes=frozenset(limits["scopes"]),
        store_ids=frozenset(limits["store_ids"]) if limits["store_ids"] is not None else None,
        order_source=limits["order_source"],
        daily_cap_fen=limits["daily_cap_fen"],
        secrets=tuple(secret for secret in secrets if secret is not None),
        revoked_at=instant(item.revoked_at) if item.revoked_at else None,
        version=int(item.version),
    )


MAPPINGS: dict[type, Mapping[Any]] = {
    ApiKey: Mapping(_items, lambda key: ApiKeyItem.version == key.version),
}


class DynamoApiKeys:
    """Implements `domain.api_key.ports.ApiKeys`: the tenant comes with the key, in one call."""

    def __init__(self, table: Table, tenancy: Tenancy, cache: Cache) -> None:
        self._table, self._tenancy, self._cache = table, tenancy, cache

    def find(self, key_id: str) -> ApiKey | None:
        key, tenant = self._tenancy.keys.api_key(key_id), self._tenancy.keys.tenant()
        found = self._table.get_many([key, tenant], strong=False)
        if key not in found or tenant not in found:
            found = self._table.get_many([key, tenant])
        if tenant in found:
            self._cache.put(tenant, found[tenant])
        return _to_key(found[key], self._tenancy) if key in found else None


class DynamoNonces:
    """Implements `domain.api_key.ports.Nonces`."""

    def __init__(self, table: Table, tenancy: Tenancy, clock: Clock) -> None:
        self._table, self._tenancy, self._clock = table, tenancy, clock

    def use(self, key_id: str, nonce: str, by: str, ends_at: datetime) -> bool:
        pk, sk = key = self._tenancy.keys.nonce(key_id, nonce)
        item = NonceItem(pk=pk, sk=sk, ttl=epoch_seconds(ends_at), used_by=by)
        arguments = {
            "Item": item.serialize(),
            "ConditionExpression": "attribute_not_exists(pk) OR #ttl < :now OR used_by = :by",
            "ExpressionAttributeNames": {"#ttl": "ttl"},
            "ExpressionAttributeValues": {
                ":now": {"N": str(epoch_seconds(self._clock()))},
                ":by": {"S": by},
            },
        }
        try:
            self._table.write([Write("put", key, arguments)])
        except Lost:
            return False
        return True
