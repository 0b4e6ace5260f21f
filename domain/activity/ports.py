"""What activities need from the outside world."""

from datetime import date
from typing import Protocol

from domain.activity.model import CheckInDay, Comment
from domain.order.model import OrderId
from domain.points import ports as points


class CheckIns(Protocol):
    def find(self, member_id: str, on: date) -> CheckInDay | None:
        """As stored now."""
        ...

    def of_month(self, member_id: str, first: date, last: date) -> list[CheckInDay]:
        """Of exactly that member, in the order of the days."""
        ...


class Comments(Protocol):
    def find(self, order_id: OrderId) -> Comment | None:
        """As stored now."""
        ...


class Repositories(points.Repositories, Protocol):
    """What points need, and what was done."""

    @property
    def check_ins(self) -> CheckIns: ...

    @property
    def comments(self) -> Comments: ...
