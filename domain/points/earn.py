"""Use case: a till reports an order, and the member earns points for it, once."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from domain.actor import KeyHolder
from domain.api_key.model import Scope
from domain.clock import SHOP_TIME, shop_date
from domain.errors import RuleBroken, invalid
from domain.member.find import Reference, resolve
from domain.money import Points
from domain.order.model import Award, Bill, Order, OrderNumberReused, counting
from domain.points.book import Book
from domain.points.model import Cause, LotKey, Tally
from domain.points.ports import Repositories
from domain.points.validity import last_day
from domain.tenant.model import Programme, Settings, StoreNotFound
from domain.unit_of_work import Change, Counted, Created, Plan, Receipt, Runner, held

CLOCK_TOLERANCE = timedelta(minutes=5)


class DailyCapReached(RuleBroken):
    code = "daily-cap-reached"
    title = "This key has reached the value that it may record in one day."
    message = "该密钥今日累计金额已达上限"


def rate(programme: Programme, bill: Bill) -> Fraction:
    """The points for a bill before they are rounded down, once, at the end (D-23, D-24)."""
    counted = counting(bill.payments, programme.bonus_counts)
    return Fraction(counted.fen * programme.points, programme.per_fen)


@dataclass(frozen=True, slots=True)
class EarnFromOrder:
    """The order document is the idempotency record: the same bill again gets the same answer."""

    runner: Runner[Repositories]

    def __call__(self, actor: KeyHolder, bill: Bill, reference: Reference) -> Order:
        """Raises MemberNotFound, StoreNotFound, OrderNumberReused, DailyCapReached or InvalidInput."""
        actor.require_scope(Scope.ORDERS_WRITE)
        actor.require_store(bill.store_id)
        bill.check()

        def plan(repositories: Repositories, now: datetime) -> Plan[Order]:
            settings = repositories.tenants.settings()
            _check_time(bill, settings, now)
            if actor.store_ids is None and not repositories.stores.is_known(bill.store_id):
                raise StoreNotFound
            found = resolve(repositories, reference, now)
            way = repositories.accounts.way(found.member_id)
            book = Book(way[-1], now, actor.caller)
            order = _award(bill, book, settings.programme, actor.caller, now)
            kept = (*found.rests_on, *held(way))
            return Plan(order, (Created(order), *book.changes(), *kept, *_cap(actor, bill, now)))

        return self.runner.run(actor.tenant_id, plan, Receipt(lambda stores: recorded(stores, bill)))


def recorded(repositories: Repositories, bill: Bill) -> Order | None:
    """The order as it was first recorded. Raises OrderNumberReused."""
    order = repositories.orders.find(bill.order_id)
    if order is not None and order.bill.fingerprint != bill.fingerprint:
        raise OrderNumberReused
    return order


def _award(bill: Bill, book: Book, programme: Programme, caller: str, now: datetime) -> Order:
    lot = LotKey(last_day(programme.validity, shop_date(bill.paid_at)))
    # What would be over on arrival, because the till was late, is not given at all.
    exact = Fraction(0) if lot.is_over(shop_date(now)) else rate(programme, bill)
    cause = Cause(
        "order",
        order_id=bill.order_id,
        store_id=bill.store_id,
        programme_version=programme.version,
        occurred_at=bill.paid_at,
    )
    counted = counting(bill.payments, programme.bonus_counts)
    entry = book.earn(Points(int(exact)), lot, cause, tally=Tally(1, counted))
    award = Award(
        points=Points(int(exact)),
        exact=exact,
        counted=counted,
        bonus_counts=programme.bonus_counts,
        valid_through=lot.valid_through,
        programme_version=programme.version,
        entry_sequence=entry.sequence,
        balance=entry.balance,
    )
    return Order(bill, entry.member_id, award, recorded_at=now, recorded_by=caller)


def _check_time(bill: Bill, settings: Settings, now: datetime) -> None:
    if bill.paid_at > now + CLOCK_TOLERANCE:
        raise invalid("paid_at", "in-the-future", "The order was paid later than now.")
    if bill.paid_at < now - timedelta(days=settings.order_age_days_max):
        raise invalid(
            "paid_at", "too-old", f"Orders older than {settings.order_age_days_max} days are refused."
        )


def _cap(actor: KeyHolder, bill: Bill, now: datetime) -> tuple[Change, ...]:
    if actor.daily_cap_fen is None:
        return ()
    day = now.astimezone(SHOP_TIME).replace(hour=0, minute=0, second=0, microsecond=0)
    counter = f"key-value#{actor.key_id}#{day:%Y%m%d}"
    cap = Counted(counter, bill.total.fen, actor.daily_cap_fen, day + timedelta(days=1), DailyCapReached())
    return (cap,)
