"""Members over HTTP, as tills and staff see them."""

from typing import Any, Protocol

from flask import Blueprint

from domain.actor import KeyHolder, Operator, ScopeMissing, Till
from domain.member.card import CodeNotValid
from domain.member.find import FindMember, Reference, ReferenceKind
from domain.member.model import MemberNotFound
from domain.points.read import ReadBalance
from domain.session.keep import ListLogins
from handlers import cursors
from handlers.operation import Call, Operation, operation
from handlers.schemas.members import (
    LoginRecordView,
    MemberPath,
    ReferenceQuery,
    StaffMemberView,
    TillMemberView,
)
from handlers.schemas.page import PageQuery, page_of

IDENTIFY = Operation(
    "Who is at the till?",
    actor=Till,
    query=ReferenceQuery,
    gives=TillMemberView,
    refuses=(MemberNotFound, CodeNotValid, ScopeMissing),
)
READ = Operation(
    "A member", actor=Operator, path=MemberPath, gives=StaffMemberView, refuses=(MemberNotFound, ScopeMissing)
)
LOGINS = Operation(
    "A member's logins",
    actor=Operator,
    path=MemberPath,
    query=PageQuery,
    gives=page_of(LoginRecordView),
    refuses=(MemberNotFound,),
)


class Needs(cursors.Signer, Protocol):
    @property
    def find_member(self) -> FindMember: ...

    @property
    def read_balance(self) -> ReadBalance: ...

    @property
    def list_logins(self) -> ListLogins: ...


def _found(services: Needs, actor: KeyHolder, reference: Reference) -> dict[str, Any]:
    member = services.find_member(actor, reference)
    balance = services.read_balance(actor, member.member_id)
    account = balance.account
    return {
        "member": member,
        "points": account.available(balance.today),
        "held": account.held(balance.today),
        "order_count": account.order_count,
    }


def till_routes(services: Needs) -> Blueprint:
    bp = Blueprint("till_members", __name__, url_prefix="/v1/till/members")

    @bp.get("")
    @operation(IDENTIFY)
    def identify(call: Call[Till]) -> dict[str, Any]:
        """By member code, card number, phone or id: exactly one of them."""
        return _found(services, call.actor, call.query["reference"])

    return bp


def staff_routes(services: Needs) -> Blueprint:
    bp = Blueprint("staff_members", __name__, url_prefix="/v1/staff/members")

    @bp.get("/<member_id>")
    @operation(READ)
    def read(call: Call[Operator]) -> dict[str, Any]:
        """An id from before a merge finds the member that lives on."""
        return _found(services, call.actor, Reference(ReferenceKind.MEMBER_ID, call.path["member_id"]))

    @bp.get("/<member_id>/logins")
    @operation(LOGINS)
    def logins(call: Call[Operator]) -> dict[str, Any]:
        """Newest first."""
        owner = call.path["member_id"]
        return cursors.page(
            services.sign, call, owner, lambda limit, at: services.list_logins(call.actor, owner, limit, at)
        )

    return bp
