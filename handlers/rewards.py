"""The catalogue of rewards over HTTP: what members can exchange points for, and what staff puts there."""

from typing import Any, Protocol

from flask import Blueprint
from msgspec.structs import replace

from domain.actor import MemberSelf, Operator
from domain.errors import Conflict
from domain.member.own import IdentityMoved
from domain.money import Points
from domain.reward.keep import (
    AddCodes,
    CodesAdded,
    MoveStock,
    SaveReward,
    StockMoved,
    codes_added_from,
    stock_moved_from,
)
from domain.reward.model import (
    CodesKnown,
    KindFixed,
    Offer,
    Reward,
    RewardNotFound,
    StockNotCounted,
)
from domain.reward.read import ListChoices, ListRewards, ReadReward, Shelf
from domain.stock import StockTooLow
from handlers import cursors
from handlers.operation import Call, Operation, operation, repeated
from handlers.schemas.dry_run import DryRunQuery
from handlers.schemas.page import PageQuery, page_of
from handlers.schemas.rewards import (
    ChoiceView,
    CodesRequest,
    CodesView,
    OfferedView,
    RewardPath,
    RewardRequest,
    RewardView,
    ShelfView,
    StockRequest,
    StockView,
)

CHOICES = Operation(
    "What I can exchange points for",
    actor=MemberSelf,
    query=PageQuery,
    gives=page_of(ChoiceView),
    refuses=(IdentityMoved, Conflict),
)
OFFERED = Operation(
    "A reward, and what is left of it",
    actor=MemberSelf,
    path=RewardPath,
    gives=OfferedView,
    refuses=(RewardNotFound, Conflict),
)
ALL = Operation("All rewards", actor=Operator, query=PageQuery, gives=page_of(RewardView))
READ = Operation(
    "A reward, and what is left of it",
    actor=Operator,
    path=RewardPath,
    gives=ShelfView,
    refuses=(RewardNotFound, Conflict),
)
SAVE = Operation(
    "Write a reward",
    actor=Operator,
    path=RewardPath,
    takes=RewardRequest,
    gives=RewardView,
    refuses=(KindFixed, Conflict),
)
MOVE = Operation(
    "Put pieces on the shelf, or take some away",
    actor=Operator,
    path=RewardPath,
    query=DryRunQuery,
    takes=StockRequest,
    gives=StockView,
    status=201,
    is_keyed=True,
    refuses=(RewardNotFound, StockNotCounted, StockTooLow, Conflict),
)
CODES = Operation(
    "Bring codes of a virtual reward",
    actor=Operator,
    path=RewardPath,
    takes=CodesRequest,
    gives=CodesView,
    status=201,
    is_keyed=True,
    refuses=(RewardNotFound, StockNotCounted, CodesKnown, Conflict),
)


class MyNeeds(cursors.Signer, Protocol):
    @property
    def list_choices(self) -> ListChoices: ...

    @property
    def read_reward(self) -> ReadReward: ...


class StaffNeeds(cursors.Signer, Protocol):
    @property
    def list_rewards(self) -> ListRewards: ...

    @property
    def read_reward(self) -> ReadReward: ...

    @property
    def save_reward(self) -> SaveReward: ...

    @property
    def move_stock(self) -> MoveStock: ...

    @property
    def add_codes(self) -> AddCodes: ...


def my_routes(services: MyNeeds) -> Blueprint:
    bp = Blueprint("my_rewards", __name__, url_prefix="/v1/me/rewards")

    @bp.get("")
    @operation(CHOICES)
    def choices(call: Call[MemberSelf]) -> dict[str, Any]:
        """What is offered now, by id, with what I lack."""
        owner = call.actor.member_id
        return cursors.page(
            services.sign, call, owner, lambda limit, at: services.list_choices(call.actor, limit, at)
        )

    @bp.get("/<reward_id>")
    @operation(OFFERED)
    def offered(call: Call[MemberSelf]) -> Shelf:
        """Only what is offered now."""
        return services.read_reward(call.actor, call.path["reward_id"])

    return bp


def staff_routes(services: StaffNeeds) -> Blueprint:
    bp = Blueprint("staff_rewards", __name__, url_prefix="/v1/staff/rewards")

    @bp.get("")
    @operation(ALL)
    def everything(call: Call[Operator]) -> dict[str, Any]:
        """By id; those included that are not shown."""
        owner = call.actor.tenant_id
        return cursors.page(
            services.sign, call, owner, lambda limit, at: services.list_rewards(call.actor, limit, at)
        )

    @bp.get("/<reward_id>")
    @operation(READ)
    def read(call: Call[Operator]) -> Shelf:
        """What was said of it, and what is left."""
        return services.read_reward(call.actor, call.path["reward_id"])

    @bp.put("/<reward_id>")
    @operation(SAVE)
    def save(call: Call[Operator]) -> Reward:
        """Takes effect at once; exchanges that were made keep what they were."""
        body = {**call.body, "points": Points(call.body["points"]), "tier_ids": tuple(call.body["tier_ids"])}
        return services.save_reward(call.actor, call.path["reward_id"], Offer(**body))

    @bp.post("/<reward_id>/stock-moves")
    @operation(MOVE)
    def move(call: Call[Operator]) -> StockMoved:
        """Never more than lie there are taken away, whoever exchanges meanwhile."""
        key = call.request_key(stock_moved_from)
        reward_id, by = call.path["reward_id"], call.body["by"]
        return repeated(services.move_stock(call.actor, reward_id, by, key, dry_run=call.dry_run))

    @bp.post("/<reward_id>/codes")
    @operation(CODES)
    def codes(call: Call[Operator]) -> CodesAdded:
        """All of them or none."""
        # Kept for days: from what is kept nobody may find out the codes.
        mark = services.sign(call.actor.tenant_id, "fingerprint", call.fingerprint).hex()
        key = replace(call.request_key(codes_added_from), fingerprint=mark)
        fresh = tuple(call.body["codes"])
        return repeated(services.add_codes(call.actor, call.path["reward_id"], fresh, key))

    return bp
