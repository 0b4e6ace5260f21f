"""Merges over HTTP: those that wait for staff, and undoing."""

from typing import Any, Protocol

from flask import Blueprint

from domain.actor import Operator
from domain.errors import Conflict
from domain.merge.decide import ApproveMerge, ListWaiting, ReadMerge, RejectMerge
from domain.merge.model import (
    Merge,
    MergedOnSince,
    MergeNotDone,
    MergeNotFound,
    MergeNotWaiting,
    MergeTooLarge,
    MovedAmountsGone,
    UndoTooLate,
)
from domain.merge.undo import UndoMerge
from handlers import cursors
from handlers.operation import Call, Operation, operation
from handlers.schemas.dry_run import DryRunQuery
from handlers.schemas.merges import MergePath, MergeView, RejectRequest
from handlers.schemas.page import PageQuery, page_of

WAITING = Operation("Merges that wait for staff", actor=Operator, query=PageQuery, gives=page_of(MergeView))
READ = Operation("A merge", actor=Operator, path=MergePath, gives=MergeView, refuses=(MergeNotFound,))
APPROVE = Operation(
    "Carry out a waiting merge",
    actor=Operator,
    path=MergePath,
    query=DryRunQuery,
    gives=MergeView,
    refuses=(MergeNotFound, MergeNotWaiting, MergeTooLarge, Conflict),
)
REJECT = Operation(
    "Reject a waiting merge",
    actor=Operator,
    path=MergePath,
    takes=RejectRequest,
    gives=MergeView,
    refuses=(MergeNotFound, MergeNotWaiting, Conflict),
)
UNDO = Operation(
    "Undo a merge, exactly, within 24 hours",
    actor=Operator,
    path=MergePath,
    query=DryRunQuery,
    gives=MergeView,
    refuses=(MergeNotFound, MergeNotDone, UndoTooLate, MovedAmountsGone, MergedOnSince, Conflict),
)


class Needs(cursors.Signer, Protocol):
    @property
    def list_waiting_merges(self) -> ListWaiting: ...

    @property
    def read_merge(self) -> ReadMerge: ...

    @property
    def approve_merge(self) -> ApproveMerge: ...

    @property
    def reject_merge(self) -> RejectMerge: ...

    @property
    def undo_merge(self) -> UndoMerge: ...


def routes(services: Needs) -> Blueprint:
    bp = Blueprint("staff_merges", __name__, url_prefix="/v1/staff/merges")

    @bp.get("")
    @operation(WAITING)
    def waiting(call: Call[Operator]) -> dict[str, Any]:
        """The oldest first."""
        return cursors.page(
            services.sign, call, "", lambda limit, at: services.list_waiting_merges(call.actor, limit, at)
        )

    @bp.get("/<merge_id>")
    @operation(READ)
    def read(call: Call[Operator]) -> Merge:
        """Who was merged into whom, why, and until when it can be undone."""
        return services.read_merge(call.actor, call.path["merge_id"])

    @bp.post("/<merge_id>/approve")
    @operation(APPROVE)
    def approve(call: Call[Operator]) -> Merge:
        """They are one person."""
        return services.approve_merge(call.actor, call.path["merge_id"], dry_run=call.dry_run)

    @bp.post("/<merge_id>/reject")
    @operation(REJECT)
    def reject(call: Call[Operator]) -> Merge:
        """They are two people."""
        release = call.body["release_phone"]
        return services.reject_merge(call.actor, call.path["merge_id"], release_phone=release)

    @bp.post("/<merge_id>/undo")
    @operation(UNDO)
    def undo(call: Call[Operator]) -> Merge:
        """As long as all that was moved is still there."""
        return services.undo_merge(call.actor, call.path["merge_id"], dry_run=call.dry_run)

    return bp
