"""A day on which somebody checked in, and a comment on an order; each is its own idempotency record."""

from datetime import date, datetime

from msgspec import Struct

from domain.errors import NotFound, RuleBroken
from domain.money import Points
from domain.order.model import OrderId
from domain.unit_of_work import Record

TEXT_MAX = 500
RATING_MAX = 5


class NotOffered(RuleBroken):
    code = "activity-not-offered"
    title = "The programme has no rule for this at present."
    message = "暂未开放此活动"


class CommentedBefore(RuleBroken):
    code = "commented-before"
    title = "This order has a comment already."
    message = "该订单已评价"


class OrderOfAnother(NotFound):
    code = "order-not-yours"
    title = "You have no such order."
    message = "未找到您的该订单"


class CheckInDay(Struct, frozen=True):
    """One business day of one person."""

    member_id: str
    on: date
    streak: int
    """Days in a row, this one included."""
    points: Points
    balance: Points
    entry_sequence: int | None
    at: datetime
    is_repeated: bool = False
    """Checked in before on the same day: nothing more was given."""


class Comment(Struct, frozen=True):
    """One for each order."""

    order_id: OrderId
    member_id: str
    rating: int
    text: str
    points: Points
    balance: Points
    entry_sequence: int | None
    """None: no rule gave anything."""
    at: datetime
    fingerprint: str


class Share(Struct, frozen=True):
    """What sharing gave."""

    subject: str
    points: Points
    balance: Points
    entry_sequence: int | None
    is_repeated: bool = False

    def record(self) -> Record:
        return {
            "subject": self.subject,
            "points": self.points.count,
            "balance": self.balance.count,
            "entry": self.entry_sequence,
        }


def share_from(record: Record) -> Share:
    """The reverse of `Share.record`."""
    entry = record["entry"]
    return Share(
        str(record["subject"]),
        Points(int(str(record["points"]))),
        Points(int(str(record["balance"]))),
        int(str(entry)) if entry is not None else None,
        is_repeated=True,
    )
