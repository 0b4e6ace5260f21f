"""Points over HTTP, for their owner and for staff."""

from typing import Any, Protocol

from flask import Blueprint

from domain.actor import MemberSelf, Operator
from domain.errors import Conflict
from domain.member.model import MemberNotFound
from domain.points.explain import EntryNotFound, ExplainEntry, Explanation
from domain.points.read import Balance, ListEntries, ReadBalance
from handlers import cursors
from handlers.operation import Call, Operation, operation
from handlers.schemas.members import MemberPath
from handlers.schemas.page import PageQuery, page_of
from handlers.schemas.points import BalanceView, EntryPath, EntryView, ExplanationView, MemberEntryPath

BALANCE = Operation("My points", actor=MemberSelf, gives=BalanceView)
ENTRIES = Operation("My points entries", actor=MemberSelf, query=PageQuery, gives=page_of(EntryView))
STAFF_BALANCE = Operation(
    "A member's points", actor=Operator, path=MemberPath, gives=BalanceView, refuses=(MemberNotFound,)
)
STAFF_ENTRIES = Operation(
    "A member's points entries",
    actor=Operator,
    path=MemberPath,
    query=PageQuery,
    gives=page_of(EntryView),
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


class Needs(cursors.Signer, Protocol):
    @property
    def read_balance(self) -> ReadBalance: ...

    @property
    def list_entries(self) -> ListEntries: ...

    @property
    def explain_entry(self) -> ExplainEntry: ...


def _view(balance: Balance) -> dict[str, Any]:
    account, today = balance.account, balance.today
    return {
        "balance": account.available(today),
        "debt": account.debt,
        "expiring": [
            {"valid_through": lot.valid_through, "points": points}
            for lot, points in account.lots.items()
            if not lot.is_over(today)
        ],
        "by_kind": {kind.value: total.count for kind, total in account.totals.items()},
        "order_count": account.order_count,
    }


def _entry(entry_id: str) -> tuple[str, int]:
    """Whose history, and the place in it."""
    member_id, _, sequence = entry_id.partition(":")
    return member_id, int(sequence)


def my_routes(services: Needs) -> Blueprint:
    bp = Blueprint("my_points", __name__, url_prefix="/v1/me/points")

    @bp.get("")
    @operation(BALANCE)
    def balance(call: Call[MemberSelf]) -> dict[str, Any]:
        """What can be used today, and what lapses when."""
        return _view(services.read_balance(call.actor, call.actor.member_id))

    @bp.get("/entries")
    @operation(ENTRIES)
    def entries(call: Call[MemberSelf]) -> dict[str, Any]:
        """Newest first, merged histories included."""
        owner = call.actor.member_id
        return cursors.page(
            services.sign, call, owner, lambda limit, at: services.list_entries(call.actor, owner, limit, at)
        )

    @bp.get("/entries/<entry_id>/explanation")
    @operation(EXPLAIN)
    def explanation(call: Call[MemberSelf]) -> Explanation:
        """What each rule gave, and why the others gave nothing."""
        return services.explain_entry(call.actor, call.actor.member_id, *_entry(call.path["entry_id"]))

    return bp


def staff_routes(services: Needs) -> Blueprint:
    bp = Blueprint("staff_points", __name__, url_prefix="/v1/staff/members/<member_id>/points")

    @bp.get("")
    @operation(STAFF_BALANCE)
    def balance(call: Call[Operator]) -> dict[str, Any]:
        """The same figures that the member sees."""
        return _view(services.read_balance(call.actor, call.path["member_id"]))

    @bp.get("/entries")
    @operation(STAFF_ENTRIES)
    def entries(call: Call[Operator]) -> dict[str, Any]:
        """The same list that the member sees."""
        owner = call.path["member_id"]
        return cursors.page(
            services.sign, call, owner, lambda limit, at: services.list_entries(call.actor, owner, limit, at)
        )

    @bp.get("/entries/<entry_id>/explanation")
    @operation(STAFF_EXPLAIN)
    def explanation(call: Call[Operator]) -> Explanation:
        """The same that the member sees."""
        return services.explain_entry(call.actor, call.path["member_id"], *_entry(call.path["entry_id"]))

    return bp
