"""What people do beside buying, over HTTP: checking in, sharing, commenting."""

from datetime import date
from typing import Protocol

from flask import Blueprint

from domain.activity.check_in import Calendar, CheckIn, ReadCalendar
from domain.activity.comment import CommentOnOrder, CommentWish
from domain.activity.model import (
    CheckInDay,
    Comment,
    CommentedBefore,
    NotOffered,
    OrderOfAnother,
    Share,
    share_from,
)
from domain.activity.share import ShareSomething
from domain.actor import MemberSelf
from domain.errors import Conflict
from domain.member.own import IdentityMoved
from domain.order.model import OrderId
from domain.points.model import AccountFrozen
from handlers.operation import Call, Operation, operation, repeated
from handlers.schemas.activities import (
    CalendarView,
    CheckInView,
    CommentRequest,
    CommentView,
    MonthQuery,
    ShareRequest,
    ShareView,
)
from handlers.schemas.dry_run import DryRunQuery

CHECK_IN = Operation(
    "Check in today",
    actor=MemberSelf,
    query=DryRunQuery,
    gives=CheckInView,
    status=201,
    refuses=(NotOffered, IdentityMoved, AccountFrozen, Conflict),
)
CALENDAR = Operation(
    "My days of checking in",
    actor=MemberSelf,
    query=MonthQuery,
    gives=CalendarView,
    refuses=(IdentityMoved,),
)
SHARE = Operation(
    "I shared something",
    actor=MemberSelf,
    query=DryRunQuery,
    takes=ShareRequest,
    gives=ShareView,
    status=201,
    is_keyed=True,
    refuses=(NotOffered, IdentityMoved, AccountFrozen, Conflict),
)
COMMENT = Operation(
    "Comment on an order of mine",
    actor=MemberSelf,
    query=DryRunQuery,
    takes=CommentRequest,
    gives=CommentView,
    status=201,
    natural_key="order",
    refuses=(OrderOfAnother, CommentedBefore, IdentityMoved, AccountFrozen, Conflict),
)


class Needs(Protocol):
    @property
    def check_in(self) -> CheckIn: ...

    @property
    def read_calendar(self) -> ReadCalendar: ...

    @property
    def share_something(self) -> ShareSomething: ...

    @property
    def comment_on_order(self) -> CommentOnOrder: ...


def routes(services: Needs) -> Blueprint:
    bp = Blueprint("my_activities", __name__, url_prefix="/v1/me")

    @bp.post("/check-ins")
    @operation(CHECK_IN)
    def check_in(call: Call[MemberSelf]) -> CheckInDay:
        """Once a business day; a missed day begins the row anew."""
        return repeated(services.check_in(call.actor, dry_run=call.dry_run))

    @bp.get("/check-ins")
    @operation(CALENDAR)
    def calendar(call: Call[MemberSelf]) -> Calendar:
        """A month, those days included that came with a merge."""
        month = call.query["month"]
        return services.read_calendar(call.actor, date.fromisoformat(f"{month}-01") if month else None)

    @bp.post("/shares")
    @operation(SHARE)
    def share(call: Call[MemberSelf]) -> Share:
        """The rules say how many a day give points."""
        key = call.request_key(share_from)
        subject = call.body["subject"]
        return repeated(services.share_something(call.actor, subject, key, dry_run=call.dry_run))

    @bp.post("/comments")
    @operation(COMMENT)
    def comment(call: Call[MemberSelf]) -> Comment:
        """Once for each order; points for it, if a rule gives some."""
        order, body = call.body["order"], call.body
        order_id = OrderId(order["source"], order["order_number"])
        wish = CommentWish(order_id, body["rating"], body["text"], call.fingerprint)
        return services.comment_on_order(call.actor, wish, dry_run=call.dry_run)

    return bp
