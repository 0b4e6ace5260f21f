"""Use cases for an entitlement: a till takes it, and staff may take that back."""

from datetime import datetime

from msgspec import Struct

from domain.actor import KeyHolder, Operator
from domain.api_key.model import Scope
from domain.clock import shop_date
from domain.entitlement.model import Entitlement, EntitlementNotFound, EntitlementRef, EntitlementState
from domain.entitlement.ports import Repositories
from domain.order.model import Order
from domain.tenant.stores import check_known
from domain.unit_of_work import Change, Changed, MovedMeanwhile, Plan, Record, RequestKey, Runner, Unchanged


class Settled(Struct, frozen=True):
    """Where the entitlement stands now."""

    entitlement_id: str
    name: str
    state: EntitlementState
    is_repeated: bool = False

    def record(self) -> Record:
        return {"id": self.entitlement_id, "name": self.name, "state": self.state.value}


def settled_from(record: Record) -> Settled:
    """The reverse of `Settled.record`."""
    state = EntitlementState(str(record["state"]))
    return Settled(str(record["id"]), str(record["name"]), state, is_repeated=True)


def _get(repositories: Repositories, ref: EntitlementRef) -> Entitlement:
    found = repositories.entitlements.find(ref)
    if found is None:
        raise EntitlementNotFound
    return found


def _order_of(repositories: Repositories, entitlement: Entitlement) -> Order:
    order = repositories.orders.find(entitlement.order_id)
    if order is None:
        raise MovedMeanwhile  # Both were written at once.
    return order


def _settle(before: Entitlement, after: Entitlement, now: datetime, *rest: Change) -> Plan[Settled]:
    state = after.state_on(shop_date(now))
    return Plan(Settled(after.entitlement_id, after.benefit.name, state), (Changed(before, after), *rest))


class UseEntitlement(Struct, frozen=True):
    """Once, on or before its last day.

    Raises EntitlementNotFound, EntitlementNotOpen, EntitlementOver or StoreNotFound.
    """

    runner: Runner[Repositories]

    def __call__(
        self,
        actor: KeyHolder,
        ref: EntitlementRef,
        store_id: str,
        key: RequestKey[Settled],
        *,
        dry_run: bool = False,
    ) -> Settled:
        actor.require_scope(Scope.REWARDS_WRITE)
        actor.require_store(store_id)

        def plan(repositories: Repositories, now: datetime) -> Plan[Settled]:
            check_known(repositories, actor, store_id)
            before = _get(repositories, ref)
            return _settle(before, before.used(now, shop_date(now), actor.caller, store_id), now)

        return self.runner.run_once(actor.tenant_id, plan, key, dry_run=dry_run)


class ReopenEntitlement(Struct, frozen=True):
    """It was used by mistake: open again, unless its order is no longer worth it.

    Raises EntitlementNotFound or EntitlementNotUsed.
    """

    runner: Runner[Repositories]

    def __call__(self, actor: Operator, ref: EntitlementRef, key: RequestKey[Settled]) -> Settled:
        def plan(repositories: Repositories, now: datetime) -> Plan[Settled]:
            before = _get(repositories, ref)
            order = _order_of(repositories, before)
            after = before.not_used(order, now, actor.caller)
            return _settle(before, after, now, Unchanged(order))

        return self.runner.run_once(actor.tenant_id, plan, key)
