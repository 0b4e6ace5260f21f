"""What orders need from the outside world."""

from typing import Protocol

from domain.order.model import Order, OrderId, Refund


class Orders(Protocol):
    """Order documents of one tenant, as stored now."""

    def find(self, order_id: OrderId) -> Order | None: ...

    def find_refund(self, order_id: OrderId, number: str) -> Refund | None: ...


class Repositories(Protocol):
    @property
    def orders(self) -> Orders: ...
