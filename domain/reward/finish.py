"""Use cases for an exchange that was made: it is handed over, or the points go back (D-22)."""

from datetime import datetime

from msgspec import Struct

from domain.actor import KeyHolder, Operator
from domain.api_key.model import Scope
from domain.clock import shop_date
from domain.coupon.mint import given_back
from domain.coupon.read import get as coupon_by_code
from domain.errors import Conflict
from domain.money import NO_POINTS, Points
from domain.points.book import Book
from domain.points.give_back import give_back
from domain.points.model import Cause, EntryRef
from domain.points.usage import Usage, apart
from domain.reward.model import (
    Exchange,
    ExchangeNotFound,
    ExchangeNotOpen,
    ExchangeState,
    NotRefundable,
    RewardKind,
    usage_name,
)
from domain.reward.ports import Repositories
from domain.stock import Stock
from domain.tenant.stores import check_known
from domain.unit_of_work import (
    Change,
    Changed,
    MovedMeanwhile,
    Plan,
    Record,
    RequestKey,
    Runner,
    held,
)


class Finished(Struct, frozen=True):
    """Where the exchange stands now."""

    exchange_id: str
    state: ExchangeState
    points: Points = NO_POINTS
    """What went back, with a refund."""
    balance: Points | None = None
    entry_sequence: int | None = None
    is_repeated: bool = False

    def record(self) -> Record:
        return {
            "exchange_id": self.exchange_id,
            "state": self.state.value,
            "points": self.points.count,
            "balance": self.balance.count if self.balance is not None else None,
            "entry": self.entry_sequence,
        }


def finished_from(record: Record) -> Finished:
    """The reverse of `Finished.record`."""
    balance, entry = record["balance"], record["entry"]
    return Finished(
        str(record["exchange_id"]),
        ExchangeState(str(record["state"])),
        Points(int(str(record["points"]))),
        Points(int(str(balance))) if balance is not None else None,
        int(str(entry)) if entry is not None else None,
        is_repeated=True,
    )


def get(repositories: Repositories, ref: EntryRef) -> Exchange:
    """Raises ExchangeNotFound."""
    found = repositories.exchanges.find(ref.member_id, ref.sequence)
    if found is None:
        raise ExchangeNotFound
    return found


class FulfilExchange(Struct, frozen=True):
    """Goods are handed over once, or a service is rendered.

    Raises ExchangeNotFound, ExchangeNotOpen or StoreNotFound.
    """

    runner: Runner[Repositories]

    def __call__(self, actor: KeyHolder, ref: EntryRef, store_id: str, key: RequestKey[Finished]) -> Finished:
        actor.require_scope(Scope.REWARDS_WRITE)
        actor.require_store(store_id)

        def plan(repositories: Repositories, now: datetime) -> Plan[Finished]:
            check_known(repositories, actor, store_id)
            before = get(repositories, ref)
            after = before.fulfilled(now, actor.caller, store_id)
            return Plan(Finished(after.exchange_id, after.state), (Changed(before, after),))

        return self.runner.run_once(actor.tenant_id, plan, key)


class RefundExchange(Struct, frozen=True):
    """The points go back to the lots that they came from, the piece to the stock.

    What went back to a lot that is over is over, too, unless the programme gives it days of grace (D-22).
    Raises ExchangeNotFound, ExchangeNotOpen (refunded before), NotRefundable or AccountFrozen.
    """

    runner: Runner[Repositories]

    def __call__(
        self, actor: Operator, ref: EntryRef, key: RequestKey[Finished], *, dry_run: bool = False
    ) -> Finished:
        def plan(repositories: Repositories, now: datetime) -> Plan[Finished]:
            before = get(repositories, ref)
            if before.state is ExchangeState.REFUNDED:
                raise ExchangeNotOpen
            if before.kind is RewardKind.VIRTUAL:
                raise NotRefundable
            paid = repositories.entries.get(ref.member_id, ref.sequence)
            if paid is None:
                raise MovedMeanwhile  # The exchange does not show whole yet.
            way = repositories.accounts.way(before.member_id)
            programme = repositories.programmes.current()
            book = Book(way[-1], now, actor.caller, programme)
            entry = give_back(book, paid, before.points, _cause(before, book))
            if before.is_limited:
                had = {usage_name(before.reward_id): Usage(shop_date(before.at), 1, 1)}
                book.use(apart(book.account.used, had))
            after = before.refunded(now, actor.caller, entry.ref)
            done = Finished(
                after.exchange_id, after.state, entry.points, book.account.balance, entry.sequence
            )
            pieces = (*_put_back(before), *_voided(repositories, before, actor.caller, now))
            changes = (*book.changes(), *held(way), Changed(before, after), *pieces)
            return Plan(done, changes)

        return self.runner.run_once(actor.tenant_id, plan, key, dry_run=dry_run)


def _cause(exchange: Exchange, book: Book) -> Cause:
    return Cause(
        "exchange_refund",
        reward_id=exchange.reward_id,
        reward_name=exchange.name,
        exchange_id=exchange.exchange_id,
        other_member_id=exchange.member_id if exchange.member_id != book.account.member_id else None,
    )


def _voided(repositories: Repositories, exchange: Exchange, caller: str, now: datetime) -> tuple[Change, ...]:
    """The coupon, which is good for nothing from now on. Raises NotRefundable."""
    if exchange.coupon_code is None:
        return ()
    issued = coupon_by_code(repositories, exchange.coupon_code)
    try:
        after = issued.coupon.voided(now, caller, None)
    except Conflict as used:
        raise NotRefundable from used
    return (Changed(issued.coupon, after), *given_back(issued, now))


def _put_back(exchange: Exchange) -> tuple[Change, ...]:
    if exchange.bucket is None:
        return ()
    return (Stock(exchange.reward_id).put_back(exchange.bucket),)
