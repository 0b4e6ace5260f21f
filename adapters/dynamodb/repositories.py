"""All repositories of one tenant, for one attempt of a unit of work."""

from collections.abc import Callable, Sequence
from collections.abc import Mapping as Mapped
from functools import cached_property
from typing import Any, Protocol

from msgspec import Struct, field

from adapters.dynamodb import (
    activities,
    api_keys,
    coupons,
    entitlements,
    holds,
    idempotency,
    images,
    joining,
    members,
    merges,
    orders,
    points,
    programmes,
    rewards,
    sessions,
    sms_codes,
    statistics,
    templates,
    tenants,
    tiers,
)
from adapters.dynamodb.activities import DynamoCheckIns, DynamoComments
from adapters.dynamodb.api_keys import DynamoApiKeys, DynamoNonces
from adapters.dynamodb.cache import Cache, Library
from adapters.dynamodb.coupons import DynamoCoupons, DynamoGifts
from adapters.dynamodb.entitlements import DynamoEntitlements
from adapters.dynamodb.holds import DynamoHolds
from adapters.dynamodb.idempotency import DynamoKept
from adapters.dynamodb.images import DynamoImages
from adapters.dynamodb.item import Mapping, Tenancy
from adapters.dynamodb.joining import DynamoPhoneProofs, DynamoWelcomes
from adapters.dynamodb.keys import Key, Keys
from adapters.dynamodb.members import DynamoIdentities, DynamoMembers
from adapters.dynamodb.merges import DynamoMerges, DynamoPeople
from adapters.dynamodb.orders import DynamoOrders
from adapters.dynamodb.outcome import RawItem
from adapters.dynamodb.points import DynamoAccounts, DynamoEntries
from adapters.dynamodb.programmes import DynamoBudgets, DynamoProgrammes, DynamoRules
from adapters.dynamodb.rewards import DynamoCodes, DynamoExchanges, DynamoRewards
from adapters.dynamodb.sessions import DynamoSessions
from adapters.dynamodb.sms_codes import DynamoChallenges
from adapters.dynamodb.statistics import DynamoStatistics
from adapters.dynamodb.stocks import DynamoLimits, DynamoStocks
from adapters.dynamodb.table import Lag, Table
from adapters.dynamodb.templates import DynamoTemplates
from adapters.dynamodb.tenants import DynamoChannels, DynamoStores, DynamoTenants
from adapters.dynamodb.tiers import DynamoTierChanges
from domain.clock import Clock
from domain.coupon.template import Edition
from domain.keyring import Keyring
from domain.programme.model import Programme

MAPPINGS: Mapped[type, Mapping[Any]] = {
    **activities.MAPPINGS,
    **api_keys.MAPPINGS,
    **coupons.MAPPINGS,
    **entitlements.MAPPINGS,
    **holds.MAPPINGS,
    **images.MAPPINGS,
    **idempotency.MAPPINGS,
    **joining.MAPPINGS,
    **members.MAPPINGS,
    **merges.MAPPINGS,
    **orders.MAPPINGS,
    **points.MAPPINGS,
    **programmes.MAPPINGS,
    **rewards.MAPPINGS,
    **sessions.MAPPINGS,
    **sms_codes.MAPPINGS,
    **statistics.MAPPINGS,
    **templates.MAPPINGS,
    **tenants.MAPPINGS,
    **tiers.MAPPINGS,
}
"""How each kind of thing is stored; a new kind is a new line in its own module."""


class Keyrings(Protocol):
    """Opens a tenant's wrapped keys; keeps them for a short while."""

    def open(self, tenant_id: str, wrapped: bytes) -> Keyring: ...


class Store(Struct, frozen=True):
    """What all tenants share: the table, the cache of settings, the keys, the clock."""

    table: Table
    cache: Cache
    keyrings: Keyrings
    clock: Clock
    shards: int
    programmes: Library[Programme] = field(default_factory=Library)
    editions: Library[Edition] = field(default_factory=Library)


class Attempted(Table):
    """The table as one attempt sees it: knows what the last commit told of, and remembers what was read."""

    def __init__(
        self, table: Table, images: Mapped[Key, RawItem], lag: Lag, short: frozenset[Key] = frozenset()
    ) -> None:
        self.__dict__.update(table.__dict__)
        self._images, self._lag, self._short = images, lag, short
        self._seen: dict[Key, RawItem | None] = {}
        self._reads = 0

    def get(self, key: Key, *, strong: bool = True) -> RawItem | None:
        self._reads += 1
        raw = self._images.get(key) or super().get(key, strong=strong)
        self._seen.setdefault(key, raw)
        return raw

    def get_many(self, keys: Sequence[Key], *, strong: bool = True) -> dict[Key, RawItem]:
        self._reads += 1
        found = super().get_many(keys, strong=strong)
        for key in keys:
            self._seen.setdefault(key, found.get(key))
        return found

    def was_too_little(self, counter: Key) -> bool:
        """Whether an earlier attempt of the same unit of work found no room in this counter."""
        return counter in self._short

    def rely_on(self, key: Key, raw: RawItem) -> None:
        self._seen.setdefault(key, raw)
        self._lag.was_used = True

    def holding(self) -> Callable[[], bool]:
        """A later question: was all that was read so far true at one and the same time?"""
        seen = dict(self._seen)
        if self._reads <= 1 and not self._lag.was_used:
            return lambda: True

        def holds() -> bool:
            stored = self.get_at_once(list(seen))
            return all(stored.get(key) == raw for key, raw in seen.items())

        return holds


class DynamoRepositories:
    """Offers every area its repositories; each area's port names only those that it needs."""

    def __init__(
        self,
        store: Store,
        tenant_id: str,
        images: Mapped[Key, RawItem] | None = None,
        *,
        may_lag: bool = False,
        short: frozenset[Key] = frozenset(),
        later: Table | None = None,
    ) -> None:
        """`may_lag`: the first attempt of a plan, whose conditions notice what has moved since.

        `short`: counters in which earlier attempts found no room.
        `later`: the table for sealed fields that are opened when the unit of work is over.
        """
        self._store, self._lag = store, Lag(may_lag)
        self._table = Attempted(store.table, images or {}, self._lag, short)
        self.tenancy = Tenancy(Keys(tenant_id, store.shards), self._vault)
        self._later, self.is_over = later, False

    def holding(self) -> Callable[[], bool]:
        """A later question: is what was read up to now still stored, and so was true all at once?"""
        return self._table.holding()

    @cached_property
    def keyring(self) -> Keyring:
        wrapped = self.tenants.recent().wrapped_keys
        return self._store.keyrings.open(self.tenancy.keys.tenant_id, wrapped)

    def _vault(self) -> Keyring:
        """Nobody looks after the store's problems any more when the unit of work is over."""
        if not self.is_over or self._later is None:
            return self.keyring
        tenants = DynamoTenants(self._later, self.tenancy, self._store.cache)
        return self._store.keyrings.open(self.tenancy.keys.tenant_id, tenants.recent().wrapped_keys)

    @cached_property
    def tenants(self) -> DynamoTenants:
        return DynamoTenants(self._table, self.tenancy, self._store.cache)

    @cached_property
    def stores(self) -> DynamoStores:
        return DynamoStores(self._table, self.tenancy, self._store.cache)

    @cached_property
    def channels(self) -> DynamoChannels:
        return DynamoChannels(self._table, self.tenancy, self._store.cache)

    @cached_property
    def api_keys(self) -> DynamoApiKeys:
        return DynamoApiKeys(self._table, self.tenancy, self._store.cache)

    @cached_property
    def nonces(self) -> DynamoNonces:
        return DynamoNonces(self._table, self.tenancy, self._store.clock)

    @cached_property
    def kept(self) -> DynamoKept:
        return DynamoKept(self._table, self.tenancy)

    @cached_property
    def members(self) -> DynamoMembers:
        return DynamoMembers(self._table, self.tenancy, self._store.cache, self._lag)

    @cached_property
    def identities(self) -> DynamoIdentities:
        return DynamoIdentities(self._table, self.tenancy, self._store.cache, self._lag)

    @cached_property
    def people(self) -> DynamoPeople:
        return DynamoPeople(self._table, self.tenancy)

    @cached_property
    def merges(self) -> DynamoMerges:
        return DynamoMerges(self._table, self.tenancy)

    @cached_property
    def phone_proofs(self) -> DynamoPhoneProofs:
        return DynamoPhoneProofs(self._table, self.tenancy)

    @cached_property
    def welcomes(self) -> DynamoWelcomes:
        return DynamoWelcomes(self._table, self.tenancy)

    @cached_property
    def sessions(self) -> DynamoSessions:
        return DynamoSessions(self._table, self.tenancy)

    @cached_property
    def challenges(self) -> DynamoChallenges:
        return DynamoChallenges(self._table, self.tenancy)

    @cached_property
    def programmes(self) -> DynamoProgrammes:
        return DynamoProgrammes(self._table, self.tenancy, self.tenants, self._store.programmes)

    @cached_property
    def rules(self) -> DynamoRules:
        return DynamoRules(self._table, self.tenancy)

    @cached_property
    def budgets(self) -> DynamoBudgets:
        return DynamoBudgets(self._table, self.tenancy, self._table.was_too_little)

    @cached_property
    def rewards(self) -> DynamoRewards:
        return DynamoRewards(self._table, self.tenancy)

    @cached_property
    def stocks(self) -> DynamoStocks:
        return DynamoStocks(self._table, self.tenancy, self._table.was_too_little)

    @cached_property
    def codes(self) -> DynamoCodes:
        return DynamoCodes(self._table, self.tenancy, lambda: self.keyring)

    @cached_property
    def exchanges(self) -> DynamoExchanges:
        return DynamoExchanges(self._table, self.tenancy)

    @cached_property
    def entitlements(self) -> DynamoEntitlements:
        return DynamoEntitlements(self._table, self.tenancy)

    @cached_property
    def templates(self) -> DynamoTemplates:
        return DynamoTemplates(self._table, self.tenancy, self._store.editions)

    @cached_property
    def coupons(self) -> DynamoCoupons:
        return DynamoCoupons(self._table, self.tenancy)

    @cached_property
    def gifts(self) -> DynamoGifts:
        return DynamoGifts(self._table, self.tenancy)

    @cached_property
    def limits(self) -> DynamoLimits:
        return DynamoLimits(self._table, self.tenancy)

    @cached_property
    def statistics(self) -> DynamoStatistics:
        return DynamoStatistics(self._table, self.tenancy)

    @cached_property
    def holds(self) -> DynamoHolds:
        return DynamoHolds(self._table, self.tenancy)

    @cached_property
    def images(self) -> DynamoImages:
        return DynamoImages(self._table, self.tenancy)

    @cached_property
    def check_ins(self) -> DynamoCheckIns:
        return DynamoCheckIns(self._table, self.tenancy)

    @cached_property
    def comments(self) -> DynamoComments:
        return DynamoComments(self._table, self.tenancy)

    @cached_property
    def orders(self) -> DynamoOrders:
        return DynamoOrders(self._table, self.tenancy)

    @cached_property
    def accounts(self) -> DynamoAccounts:
        return DynamoAccounts(self._table, self.tenancy, self._store.cache, self._lag)

    @cached_property
    def tier_changes(self) -> DynamoTierChanges:
        return DynamoTierChanges(self._table, self.tenancy)

    @cached_property
    def entries(self) -> DynamoEntries:
        return DynamoEntries(self._table, self.tenancy)
