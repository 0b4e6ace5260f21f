"""Tiers over HTTP, for their owner and for staff."""

from typing import Any, Protocol

from flask import Blueprint

from domain.actor import MemberSelf, Operator
from domain.member.model import MemberNotFound
from domain.points.standing import Progress
from domain.points.tier import ListTierChanges, NoTiers, ReadTier, TierSheet
from handlers import cursors
from handlers.operation import Call, Operation, operation
from handlers.schemas.members import MemberPath
from handlers.schemas.page import PageQuery, page_of
from handlers.schemas.tiers import MyTierView, TierChangeView

TIER = Operation("My tier and its benefits", actor=MemberSelf, gives=MyTierView, refuses=(NoTiers,))
CHANGES = Operation("How my tier changed", actor=MemberSelf, query=PageQuery, gives=page_of(TierChangeView))
STAFF_TIER = Operation(
    "A member's tier", actor=Operator, path=MemberPath, gives=MyTierView, refuses=(MemberNotFound, NoTiers)
)
STAFF_CHANGES = Operation(
    "How a member's tier changed",
    actor=Operator,
    path=MemberPath,
    query=PageQuery,
    gives=page_of(TierChangeView),
    refuses=(MemberNotFound,),
)


class Needs(cursors.Signer, Protocol):
    @property
    def read_tier(self) -> ReadTier: ...

    @property
    def list_tier_changes(self) -> ListTierChanges: ...


def standing_view(found: Progress) -> dict[str, Any]:
    """As it goes on the wire."""
    return {
        "tier": found.tier,
        "standing": found.standing or {},
        "value": found.value,
        "following": found.following,
        "missing": found.missing,
        "missing_to_keep": found.missing_to_keep,
    }


def _view(sheet: TierSheet) -> dict[str, Any]:
    return {**standing_view(sheet.progress), "ladder": sheet.ladder}


def _changes(services: Needs, call: Call[Any], owner: str) -> dict[str, Any]:
    return cursors.page(
        services.sign, call, owner, lambda limit, at: services.list_tier_changes(call.actor, owner, limit, at)
    )


def my_routes(services: Needs) -> Blueprint:
    bp = Blueprint("my_tier", __name__, url_prefix="/v1/me/tier")

    @bp.get("")
    @operation(TIER)
    def tier(call: Call[MemberSelf]) -> dict[str, Any]:
        """What it brings, until when it holds, and how far it is to the next."""
        return _view(services.read_tier(call.actor, call.actor.member_id))

    @bp.get("/changes")
    @operation(CHANGES)
    def changes(call: Call[MemberSelf]) -> dict[str, Any]:
        """Newest first, with the reason of each."""
        return _changes(services, call, call.actor.member_id)

    return bp


def staff_routes(services: Needs) -> Blueprint:
    bp = Blueprint("staff_tier", __name__, url_prefix="/v1/staff/members/<member_id>/tier")

    @bp.get("")
    @operation(STAFF_TIER)
    def tier(call: Call[Operator]) -> dict[str, Any]:
        """The same that the member sees."""
        return _view(services.read_tier(call.actor, call.path["member_id"]))

    @bp.get("/changes")
    @operation(STAFF_CHANGES)
    def changes(call: Call[Operator]) -> dict[str, Any]:
        """The same that the member sees."""
        return _changes(services, call, call.path["member_id"])

    return bp
