"""The first page of the member centre over HTTP: one request for all of it."""

from typing import Any, Protocol

from flask import Blueprint

from domain.actor import MemberSelf
from domain.errors import Conflict
from domain.member.own import IdentityMoved
from domain.points.home import ReadHome
from handlers.operation import Call, Operation, operation
from handlers.points import balance_view
from handlers.schemas.home import HomeView
from handlers.tiers import standing_view

HOME = Operation("The first page", actor=MemberSelf, gives=HomeView, refuses=(IdentityMoved, Conflict))


class Needs(Protocol):
    @property
    def read_home(self) -> ReadHome: ...


def routes(services: Needs) -> Blueprint:
    bp = Blueprint("home", __name__, url_prefix="/v1/me/home")

    @bp.get("")
    @operation(HOME)
    def home(call: Call[MemberSelf]) -> dict[str, Any]:
        """The card's face, points, tier, and what there is to do today; works for fans, too."""
        found = services.read_home(call.actor)
        return {
            "member": found.member,
            "points": balance_view(found.balance),
            "tier": standing_view(found.progress) if found.progress else None,
            "check_in": {"streak": found.streak, "is_done_today": found.is_checked_in},
            "activities": found.activities,
        }

    return bp
