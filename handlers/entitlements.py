"""Entitlements over HTTP: members see theirs, tills take them, staff takes that back."""

from typing import Any, Protocol

from flask import Blueprint

from domain.actor import MemberSelf, Operator, ScopeMissing, StoreNotAllowed, Till
from domain.entitlement.model import (
    EntitlementNotFound,
    EntitlementNotOpen,
    EntitlementNotUsed,
    EntitlementOver,
    EntitlementRef,
)
from domain.entitlement.read import ListEntitlements
from domain.entitlement.use import ReopenEntitlement, Settled, UseEntitlement, settled_from
from domain.errors import Conflict
from domain.member.model import MemberNotFound
from domain.member.own import IdentityMoved
from domain.tenant.model import StoreNotFound
from handlers import cursors
from handlers.operation import Call, Operation, operation, repeated
from handlers.schemas.dry_run import DryRunQuery
from handlers.schemas.entitlements import (
    EntitlementPath,
    EntitlementsQuery,
    EntitlementView,
    SettledView,
    UseRequest,
)
from handlers.schemas.members import MemberPath
from handlers.schemas.page import page_of

MINE = Operation(
    "My entitlements",
    actor=MemberSelf,
    query=EntitlementsQuery,
    gives=page_of(EntitlementView),
    refuses=(IdentityMoved, Conflict),
)
TILL_LIST = Operation(
    "A member's entitlements",
    actor=Till,
    path=MemberPath,
    query=EntitlementsQuery,
    gives=page_of(EntitlementView),
    refuses=(MemberNotFound, ScopeMissing, Conflict),
)
USE = Operation(
    "Use an entitlement",
    actor=Till,
    path=EntitlementPath,
    query=DryRunQuery,
    takes=UseRequest,
    gives=SettledView,
    status=201,
    is_keyed=True,
    refuses=(
        EntitlementNotFound,
        EntitlementNotOpen,
        EntitlementOver,
        ScopeMissing,
        StoreNotAllowed,
        StoreNotFound,
        Conflict,
    ),
)
STAFF_LIST = Operation(
    "A member's entitlements",
    actor=Operator,
    path=MemberPath,
    query=EntitlementsQuery,
    gives=page_of(EntitlementView),
    refuses=(MemberNotFound, ScopeMissing, Conflict),
)
REOPEN = Operation(
    "Take the use of an entitlement back",
    actor=Operator,
    path=EntitlementPath,
    gives=SettledView,
    status=201,
    is_keyed=True,
    refuses=(EntitlementNotFound, EntitlementNotUsed, Conflict),
)


class Needs(cursors.Signer, Protocol):
    @property
    def list_entitlements(self) -> ListEntitlements: ...

    @property
    def use_entitlement(self) -> UseEntitlement: ...

    @property
    def reopen_entitlement(self) -> ReopenEntitlement: ...


def _ref(call: Call[Any]) -> EntitlementRef:
    return EntitlementRef.parse(call.path["entitlement_id"])


def _list(services: Needs, call: Call[Any], owner: str) -> dict[str, Any]:
    return cursors.page_by(services.sign, call, owner, services.list_entitlements)


def my_routes(services: Needs) -> Blueprint:
    bp = Blueprint("my_entitlements", __name__, url_prefix="/v1/me/entitlements")

    @bp.get("")
    @operation(MINE)
    def entitlements(call: Call[MemberSelf]) -> dict[str, Any]:
        """Newest first, those included that came with a merge."""
        return _list(services, call, call.actor.member_id)

    return bp


def till_routes(services: Needs) -> Blueprint:
    bp = Blueprint("till_entitlements", __name__, url_prefix="/v1/till")

    @bp.get("/members/<member_id>/entitlements")
    @operation(TILL_LIST)
    def entitlements(call: Call[Till]) -> dict[str, Any]:
        """Newest first; `state=open` are those that can be used today."""
        return _list(services, call, call.path["member_id"])

    @bp.post("/entitlements/<entitlement_id>/use")
    @operation(USE)
    def use(call: Call[Till]) -> Settled:
        """Once, on or before its last day."""
        key = call.request_key(settled_from)
        store_id = call.body["store_id"]
        return repeated(services.use_entitlement(call.actor, _ref(call), store_id, key, dry_run=call.dry_run))

    return bp


def staff_routes(services: Needs) -> Blueprint:
    bp = Blueprint("staff_entitlements", __name__, url_prefix="/v1/staff")

    @bp.get("/members/<member_id>/entitlements")
    @operation(STAFF_LIST)
    def entitlements(call: Call[Operator]) -> dict[str, Any]:
        """Newest first."""
        return _list(services, call, call.path["member_id"])

    @bp.post("/entitlements/<entitlement_id>/reopening")
    @operation(REOPEN)
    def reopen(call: Call[Operator]) -> Settled:
        """Used by mistake: it is open again, unless its order was refunded meanwhile."""
        return repeated(services.reopen_entitlement(call.actor, _ref(call), call.request_key(settled_from)))

    return bp
