"""A benefit that somebody was granted with an order, to be used once (C-45)."""

from datetime import date, datetime
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from domain.errors import Conflict, NotFound, RuleBroken
from domain.money import Money
from domain.order.model import Order, OrderId
from domain.programme.ladder import Benefit


class EntitlementNotFound(NotFound):
    code = "entitlement-not-found"
    title = "There is no such entitlement."
    message = "未找到该权益"


class EntitlementNotOpen(Conflict):
    code = "entitlement-not-open"
    title = "The entitlement was used before, or its order was refunded."
    message = "该权益已使用或已失效"


class EntitlementOver(RuleBroken):
    code = "entitlement-over"
    title = "The last day of the entitlement is over."
    message = "该权益已过有效期"


class EntitlementNotUsed(Conflict):
    code = "entitlement-not-used"
    title = "The entitlement was not used, so its use cannot be taken back."
    message = "该权益尚未使用"


class EntitlementState(StrEnum):
    """Whether it can be used."""

    OPEN = "open"
    USED = "used"
    REVOKED = "revoked"
    """Its order was refunded, so that it would not have been granted."""
    OVER = "over"
    """Not used in time. Never stored: it follows from the last day."""


class EntitlementRef(Struct, frozen=True):
    """The entry that granted it, and its number among what that entry granted, from 1 on."""

    member_id: str
    sequence: int
    number: int

    @classmethod
    def parse(cls, text: str) -> "EntitlementRef":
        """The reverse of `text`."""
        member_id, sequence, number = text.split(":")
        return cls(member_id, int(sequence), int(number))

    def text(self) -> str:
        return f"{self.member_id}:{self.sequence}:{self.number}"


class Entitlement(Struct, frozen=True):
    """One benefit of one person (权益), usable once. It stays with the id to which it was granted."""

    ref: EntitlementRef
    benefit: Benefit
    rule_id: str
    order_id: OrderId
    at_least: Money
    """What the order must be worth for it, after refunds."""
    granted_at: datetime
    valid_through: date
    """The last business day on which it can be used."""
    state: EntitlementState = EntitlementState.OPEN
    used_at: datetime | None = None
    used_by: str | None = None
    store_id: str | None = None
    """Where it was used."""
    reopened_at: datetime | None = None
    """When a use was last taken back."""
    reopened_by: str | None = None
    version: int = 1

    @property
    def entitlement_id(self) -> str:
        return self.ref.text()

    @property
    def owner(self) -> str:
        return self.ref.member_id

    @property
    def place(self) -> str:
        return f"{self.ref.sequence}:{self.ref.number}"

    @property
    def at(self) -> datetime:
        return self.granted_at

    def state_on(self, today: date) -> EntitlementState:
        """As people see it on that business day."""
        is_over = self.state is EntitlementState.OPEN and self.valid_through < today
        return EntitlementState.OVER if is_over else self.state

    def is_earned(self, order: Order) -> bool:
        """Whether the order is still worth it."""
        left = order.award.counted - order.counted_refund()
        return not order.is_wholly_refunded and left >= self.at_least

    def used(self, at: datetime, today: date, by: str, store_id: str) -> "Entitlement":
        """Raises EntitlementNotOpen or EntitlementOver."""
        if self.state_on(today) is EntitlementState.OVER:
            raise EntitlementOver
        if self.state is not EntitlementState.OPEN:
            raise EntitlementNotOpen(f"The entitlement is {self.state.value}.")
        return replace(
            self,
            state=EntitlementState.USED,
            used_at=at,
            used_by=by,
            store_id=store_id,
            version=self.version + 1,
        )

    def is_used_for_nothing(self, order: Order) -> bool:
        """Whether it was used, and the order is no longer worth it."""
        return self.state is EntitlementState.USED and not self.is_earned(order)

    def after_refund(self, order: Order) -> "Entitlement":
        """Gone, if it is open and the order is no longer worth it."""
        if self.state is not EntitlementState.OPEN or self.is_earned(order):
            return self
        return replace(self, state=EntitlementState.REVOKED, version=self.version + 1)

    def not_used(self, order: Order, at: datetime, by: str) -> "Entitlement":
        """As if it had never been used. Raises EntitlementNotUsed."""
        if self.state is not EntitlementState.USED:
            raise EntitlementNotUsed(f"The entitlement is {self.state.value}.")
        return replace(
            self,
            state=EntitlementState.OPEN if self.is_earned(order) else EntitlementState.REVOKED,
            used_at=None,
            used_by=None,
            store_id=None,
            reopened_at=at,
            reopened_by=by,
            version=self.version + 1,
        )
