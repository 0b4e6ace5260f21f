"""Use case of a till that does not know any more: what is held for an order, and how it was paid."""

from datetime import datetime

from msgspec import Struct

from domain.actor import KeyHolder
from domain.api_key.model import Scope
from domain.checkout.model import Hold
from domain.checkout.ports import Repositories
from domain.checkout.reverse import NotCheckedOut
from domain.order.model import Order, OrderId, OrderNotFound, Payment
from domain.unit_of_work import Plan, Runner


class Checkout(Struct, frozen=True):
    """One of the two at least."""

    order: Order | None
    hold: Hold | None

    @property
    def left(self) -> tuple[Payment, ...]:
        """What of the order can go back yet, part by part."""
        return tuple(self.order.left_by_method()) if self.order else ()


class ReadCheckout(Struct, frozen=True):
    """Raises OrderNotFound if there is neither, or NotCheckedOut if the order was only reported."""

    runner: Runner[Repositories]

    def __call__(self, actor: KeyHolder, order_id: OrderId, store_id: str) -> Checkout:
        actor.require_scope(Scope.COUPONS_WRITE)
        actor.require_store(store_id)

        def plan(repositories: Repositories, now: datetime) -> Plan[Checkout]:
            order, hold = repositories.orders.find(order_id), repositories.holds.find(order_id)
            order = order if order is not None and order.bill.store_id == store_id else None
            hold = hold if hold is not None and hold.store_id == store_id else None
            if order is None and hold is None:
                raise OrderNotFound
            if order is not None and order.tender is None:
                raise NotCheckedOut
            return Plan(Checkout(order, hold))

        return self.runner.run(actor.tenant_id, plan)
