"""Points over HTTP, for their owner and for staff."""

from typing import Any, Protocol

from flask import Blueprint

from domain.actor import MemberSelf, Operator
from domain.errors import Conflict
from domain.member.model import MemberNotFound
from domain.money import Points
from domain.points.adjust import Adjustment, AdjustmentWish, AdjustPoints, NotEnoughPoints, adjustment_from
from domain.points.as_of import PastAccount, ReadAsOf
from domain.points.explain import EntryNotFound, ExplainEntry, Explanation
from domain.points.model import AccountFrozen, EntryRef
from domain.points.read import Balance, ListEntries, ReadBalance
from handlers import cursors
from handlers.operation import Call, Operation, operation, repeated
from handlers.schemas.dry_run import DryRunQuery
from handlers.schemas.members import MemberPath
from handlers.schemas.page import page_of
from handlers.schemas.points import (
    AdjustmentRequest,
    AdjustmentView,
    BalanceView,
    EntriesQuery,
    EntryPath,
    EntryView,
    ExplanationView,
    InstantQuery,
    MemberEntryPath,
    PastAccountView,
    StaffEntryView,
)

BALANCE = Operation("My points", actor=MemberSelf, gives=BalanceView)
ENTRIES = Operation("My points entries", actor=MemberSelf, query=EntriesQuery, gives=page_of(EntryView))
STAFF_BALANCE = Operation(
    "A member's points", actor=Operator, path=MemberPath, gives=BalanceView, refuses=(MemberNotFound,)
)
STAFF_ENTRIES = Operation(
    "A member's points entries",
    actor=Operator,
    path=MemberPath,
    query=EntriesQuery,
    gives=page_of(StaffEntryView),
    refuses=(MemberNotFound,),
)


EXPLAIN = Operation(
    "Why I got these points",
    actor=MemberSelf,
    path=EntryPath,
    gives=ExplanationView,
    refuses=(EntryNotFound, Conflict),
)
STAFF_EXPLAIN = Operation(
    "Why a member got these points",
    actor=Operator,
    path=MemberEntryPath,
    gives=ExplanationView,
    refuses=(EntryNotFound, MemberNotFound, Conflict),
)


ADJUST = Operation(
    "Give or take points by hand",
    actor=Operator,
    path=MemberPath,
    query=DryRunQuery,
    takes=AdjustmentRequest,
    gives=AdjustmentView,
    status=201,
    is_keyed=True,
    refuses=(MemberNotFound, NotEnoughPoints, AccountFrozen, Conflict),
)


AS_OF = Operation(
    "A member's points and tier at a past instant",
    actor=Operator,
    path=MemberPath,
    query=InstantQuery,
    gives=PastAccountView,
    refuses=(MemberNotFound, Conflict),
)


class Needs(cursors.Signer, Protocol):
    @property
    def read_balance(self) -> ReadBalance: ...

    @property
    def list_entries(self) -> ListEntries: ...

    @property
    def read_as_of(self) -> ReadAsOf: ...

    @property
    def adjust_points(self) -> AdjustPoints: ...

    @property
    def explain_entry(self) -> ExplainEntry: ...


def balance_view(balance: Balance) -> dict[str, Any]:
    account, today = balance.account, balance.today
    return {
        "balance": account.live(today),
        "available": account.available(today),
        "held": account.held(today),
        "debt": account.debt,
        "expiring": [
            {
                "valid_through": lot.valid_through,
                "points": points,
                "usable_from": lot.usable_from if lot.is_held(today) else None,
            }
            for lot, points in account.lots.items()
            if not lot.is_over(today)
        ],
        "expiring_by_month": [
            {"month": f"{month // 100}-{month % 100:02}", "points": points}
            for month, points in balance.by_month().items()
        ],
        "by_kind": {kind.value: total.count for kind, total in account.totals.items()},
        "order_count": account.order_count,
    }


def _entries(services: Needs, call: Call[Any], owner: str) -> dict[str, Any]:
    kind = call.query["kind"]
    return cursors.page(
        services.sign,
        call,
        owner,
        lambda limit, at: services.list_entries(call.actor, owner, limit, at, kind),
    )


def my_routes(services: Needs) -> Blueprint:
    bp = Blueprint("my_points", __name__, url_prefix="/v1/me/points")

    @bp.get("")
    @operation(BALANCE)
    def balance(call: Call[MemberSelf]) -> dict[str, Any]:
        """What can be used today, and what lapses when."""
        return balance_view(services.read_balance(call.actor, call.actor.member_id))

    @bp.get("/entries")
    @operation(ENTRIES)
    def entries(call: Call[MemberSelf]) -> dict[str, Any]:
        """Newest first, merged histories included."""
        return _entries(services, call, call.actor.member_id)

    @bp.get("/entries/<entry_id>/explanation")
    @operation(EXPLAIN)
    def explanation(call: Call[MemberSelf]) -> Explanation:
        """What each rule gave, and why the others gave nothing."""
        return services.explain_entry(call.actor, call.actor.member_id, EntryRef.parse(call.path["entry_id"]))

    return bp


def staff_routes(services: Needs) -> Blueprint:
    bp = Blueprint("staff_points", __name__, url_prefix="/v1/staff/members/<member_id>/points")

    @bp.get("")
    @operation(STAFF_BALANCE)
    def balance(call: Call[Operator]) -> dict[str, Any]:
        """The same figures that the member sees."""
        return balance_view(services.read_balance(call.actor, call.path["member_id"]))

    @bp.get("/entries")
    @operation(STAFF_ENTRIES)
    def entries(call: Call[Operator]) -> dict[str, Any]:
        """The same list that the member sees, with notes and callers."""
        return _entries(services, call, call.path["member_id"])

    @bp.get("/entries/<entry_id>/explanation")
    @operation(STAFF_EXPLAIN)
    def explanation(call: Call[Operator]) -> Explanation:
        """The same that the member sees."""
        return services.explain_entry(
            call.actor, call.path["member_id"], EntryRef.parse(call.path["entry_id"])
        )

    @bp.get("/as-of")
    @operation(AS_OF)
    def as_of(call: Call[Operator]) -> PastAccount:
        """Worked out from the ledger: every later entry is taken back in thought."""
        return services.read_as_of(call.actor, call.path["member_id"], call.query["at"])

    @bp.post("/adjustments")
    @operation(ADJUST)
    def adjust(call: Call[Operator]) -> Adjustment:
        """What is given lives as long as what is earned today; nobody is put into debt."""
        key = call.request_key(adjustment_from)
        body = call.body
        wish = AdjustmentWish(call.path["member_id"], Points(body["points"]), body["reason"], key)
        return repeated(services.adjust_points(call.actor, wish, dry_run=call.dry_run))

    return bp
