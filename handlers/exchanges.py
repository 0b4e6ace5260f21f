"""Exchanges of points for rewards over HTTP: by members, at the till, and taken back by staff."""

from typing import Any, Protocol

from flask import Blueprint
from msgspec.structs import replace

from domain.actor import MemberSelf, Operator, ScopeMissing, StoreNotAllowed, Till
from domain.coupon.template import CouponsGone, TemplateStopped
from domain.errors import Conflict
from domain.member.model import MemberNotFound
from domain.member.own import IdentityMoved
from domain.money import Points
from domain.points.adjust import NotEnoughPoints
from domain.points.model import AccountFrozen, EntryRef
from domain.reward.exchange import Exchanged, ExchangeReward, ExchangeWish, exchanged_from
from domain.reward.finish import (
    Finished,
    FulfilExchange,
    RefundExchange,
    finished_from,
)
from domain.reward.model import (
    Exchange,
    ExchangeNotFound,
    ExchangeNotOpen,
    NotRefundable,
    RewardChanged,
    RewardLimitReached,
    RewardNotForYou,
    RewardNotFound,
    RewardNotOffered,
    SoldOut,
)
from domain.reward.read import ListExchanges, ReadExchange
from domain.tenant.model import StoreNotFound
from handlers import cursors
from handlers.operation import Call, Operation, operation, repeated
from handlers.schemas.dry_run import DryRunQuery
from handlers.schemas.members import MemberPath
from handlers.schemas.page import page_of
from handlers.schemas.rewards import (
    ExchangedView,
    ExchangePath,
    ExchangeRequest,
    ExchangesQuery,
    ExchangeView,
    FulfilledView,
    FulfilmentRequest,
    MyExchangedView,
    MyExchangeView,
    RefundedView,
    RewardPath,
    TillExchangeRequest,
)

REFUSALS = (
    RewardNotFound,
    RewardNotOffered,
    RewardNotForYou,
    RewardChanged,
    RewardLimitReached,
    NotEnoughPoints,
    SoldOut,
    TemplateStopped,
    CouponsGone,
    AccountFrozen,
    Conflict,
)
EXCHANGE = Operation(
    "Exchange points for a reward",
    actor=MemberSelf,
    path=RewardPath,
    query=DryRunQuery,
    takes=ExchangeRequest,
    gives=MyExchangedView,
    status=201,
    is_keyed=True,
    refuses=(*REFUSALS, IdentityMoved),
)
MINE = Operation(
    "My exchanges",
    actor=MemberSelf,
    query=ExchangesQuery,
    gives=page_of(ExchangeView),
    refuses=(IdentityMoved, Conflict),
)
ONE = Operation(
    "One of my exchanges, with its code",
    actor=MemberSelf,
    path=ExchangePath,
    gives=MyExchangeView,
    refuses=(ExchangeNotFound, IdentityMoved, Conflict),
)
AT_TILL = Operation(
    "Exchange a member's points for a reward",
    actor=Till,
    path=MemberPath,
    query=DryRunQuery,
    takes=TillExchangeRequest,
    gives=ExchangedView,
    status=201,
    is_keyed=True,
    refuses=(*REFUSALS, MemberNotFound, ScopeMissing, StoreNotAllowed, StoreNotFound),
)
TILL_LIST = Operation(
    "A member's exchanges",
    actor=Till,
    path=MemberPath,
    query=ExchangesQuery,
    gives=page_of(ExchangeView),
    refuses=(MemberNotFound, ScopeMissing, Conflict),
)
FULFIL = Operation(
    "Hand over what points were exchanged for",
    actor=Till,
    path=ExchangePath,
    takes=FulfilmentRequest,
    gives=FulfilledView,
    status=201,
    is_keyed=True,
    refuses=(ExchangeNotFound, ExchangeNotOpen, ScopeMissing, StoreNotAllowed, StoreNotFound, Conflict),
)
STAFF_LIST = Operation(
    "A member's exchanges",
    actor=Operator,
    path=MemberPath,
    query=ExchangesQuery,
    gives=page_of(ExchangeView),
    refuses=(MemberNotFound, ScopeMissing, Conflict),
)
REFUND = Operation(
    "Take an exchange back",
    actor=Operator,
    path=ExchangePath,
    query=DryRunQuery,
    gives=RefundedView,
    status=201,
    is_keyed=True,
    refuses=(ExchangeNotFound, ExchangeNotOpen, NotRefundable, AccountFrozen, Conflict),
)


class Needs(cursors.Signer, Protocol):
    @property
    def exchange_reward(self) -> ExchangeReward: ...

    @property
    def list_exchanges(self) -> ListExchanges: ...

    @property
    def read_exchange(self) -> ReadExchange: ...

    @property
    def fulfil_exchange(self) -> FulfilExchange: ...

    @property
    def refund_exchange(self) -> RefundExchange: ...


def _ref(call: Call[Any]) -> EntryRef:
    return EntryRef.parse(call.path["exchange_id"])


def _wish(call: Call[Any], member_id: str, reward_id: str, store_id: str | None = None) -> ExchangeWish:
    key = call.request_key(exchanged_from)
    return ExchangeWish(member_id, reward_id, Points(call.body["points"]), key, store_id)


def _list(services: Needs, call: Call[Any], owner: str) -> dict[str, Any]:
    return cursors.page_by(services.sign, call, owner, services.list_exchanges)


def my_routes(services: Needs) -> Blueprint:
    bp = Blueprint("my_exchanges", __name__, url_prefix="/v1/me")

    @bp.post("/rewards/<reward_id>/exchanges")
    @operation(EXCHANGE)
    def exchange(call: Call[MemberSelf]) -> dict[str, Any]:
        """Points, stock and exchange move together; the code of a virtual reward comes at once."""
        wish = _wish(call, call.actor.member_id, call.path["reward_id"])
        done = repeated(services.exchange_reward(call.actor, wish, dry_run=call.dry_run))
        if call.dry_run:
            return {**_booked(done), "code": None, "coupon_code": None}
        return {**_booked(done), "code": _code(call, done)}

    def _code(call: Call[MemberSelf], done: Exchanged) -> str | None:
        """A repeated answer finds it where it is kept."""
        sealed = done.code
        if done.is_repeated:
            ref = EntryRef.parse(done.exchange_id)
            sealed = services.read_exchange(call.actor, ref).code
        return sealed.open() if sealed else None

    @bp.get("/exchanges")
    @operation(MINE)
    def exchanges(call: Call[MemberSelf]) -> dict[str, Any]:
        """Newest first, those included that came with a merge."""
        return _list(services, call, call.actor.member_id)

    @bp.get("/exchanges/<exchange_id>")
    @operation(ONE)
    def one(call: Call[MemberSelf]) -> Exchange:
        """With the code of a virtual reward."""
        return services.read_exchange(call.actor, _ref(call))

    return bp


def _booked(done: Exchanged) -> dict[str, Any]:
    names = ("exchange_id", "reward_id", "points", "balance", "entry_sequence", "coupon_code")
    return {name: getattr(done, name) for name in names}


def till_routes(services: Needs) -> Blueprint:
    bp = Blueprint("till_exchanges", __name__, url_prefix="/v1/till")

    @bp.post("/members/<member_id>/exchanges")
    @operation(AT_TILL)
    def exchange(call: Call[Till]) -> Exchanged:
        """What the member exchanges at the counter; it is handed over by a call of its own."""
        wish = _wish(call, call.path["member_id"], call.body["reward_id"], call.body["store_id"])
        done = repeated(services.exchange_reward(call.actor, wish, dry_run=call.dry_run))
        return replace(done, coupon_code=None) if call.dry_run else done

    @bp.get("/members/<member_id>/exchanges")
    @operation(TILL_LIST)
    def exchanges(call: Call[Till]) -> dict[str, Any]:
        """Newest first; `state=open` are those that wait to be handed over."""
        return _list(services, call, call.path["member_id"])

    @bp.post("/exchanges/<exchange_id>/fulfilment")
    @operation(FULFIL)
    def fulfil(call: Call[Till]) -> Finished:
        """Once."""
        store_id = call.body["store_id"]
        return repeated(
            services.fulfil_exchange(call.actor, _ref(call), store_id, call.request_key(finished_from))
        )

    return bp


def staff_routes(services: Needs) -> Blueprint:
    bp = Blueprint("staff_exchanges", __name__, url_prefix="/v1/staff")

    @bp.get("/members/<member_id>/exchanges")
    @operation(STAFF_LIST)
    def exchanges(call: Call[Operator]) -> dict[str, Any]:
        """Newest first."""
        return _list(services, call, call.path["member_id"])

    @bp.post("/exchanges/<exchange_id>/refund")
    @operation(REFUND)
    def refund(call: Call[Operator]) -> Finished:
        """The points go back to the lots that they came from, the piece to the stock."""
        key = call.request_key(finished_from)
        return repeated(services.refund_exchange(call.actor, _ref(call), key, dry_run=call.dry_run))

    return bp
