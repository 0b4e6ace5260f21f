"""Use case: a till reports an order, and the member earns points for it, once."""

from datetime import datetime, timedelta

from msgspec import Struct

from domain.actor import KeyHolder
from domain.api_key.model import Scope
from domain.clock import end_of, shop_date
from domain.entitlement.model import Entitlement, EntitlementRef
from domain.errors import RuleBroken, invalid
from domain.member.find import Reference, resolve
from domain.order.model import Award, Bill, Granted, Order, OrderId, OrderNumberReused, Tender, counting
from domain.points.book import Book
from domain.points.give import Gift, Occasion, Who, give_in, whose
from domain.points.model import Cause, Tally
from domain.points.ports import Repositories
from domain.programme.event import OrderPaid
from domain.programme.model import Programme
from domain.tenant.model import Settings
from domain.tenant.stores import check_known
from domain.unit_of_work import Change, Counted, Created, Plan, Receipt, Runner

CLOCK_TOLERANCE = timedelta(minutes=5)


class DailyCapReached(RuleBroken):
    code = "daily-cap-reached"
    title = "This key has reached the value that it may record in one day."
    message = "该密钥今日累计金额已达上限"


class EarnFromOrder(Struct, frozen=True):
    """The order document is the idempotency record: the same bill again gets the same answer.

    The rules are those in force when the order is booked; their dates are held against when it was paid.
    """

    runner: Runner[Repositories]

    def __call__(self, actor: KeyHolder, bill: Bill, reference: Reference, *, dry_run: bool = False) -> Order:
        """Raises MemberNotFound, StoreNotFound, OrderNumberReused, DailyCapReached or InvalidInput."""
        actor.require_scope(Scope.ORDERS_WRITE)
        actor.require_store(bill.store_id)
        bill.check()

        def plan(repositories: Repositories, now: datetime) -> Plan[Order]:
            settings = repositories.tenants.settings()
            check_time(bill.paid_at, settings, now)
            check_known(repositories, actor, bill.store_id)
            found = resolve(repositories, reference, now)
            programme = repositories.programmes.current()
            who = whose(repositories, programme, found.member_id, OrderPaid)
            book = Book(who.way[-1], now, actor.caller, programme)
            order, changes = book_order(repositories, programme, who, book, bill)
            return Plan(order, (*changes, *found.rests_on, *cap_of_day(actor, bill, now)))

        receipt: Receipt[Repositories, Order] = Receipt(
            lambda stores: recorded(stores, bill.order_id, bill.fingerprint)
        )
        return self.runner.run(actor.tenant_id, plan, receipt, dry_run=dry_run)


def recorded(repositories: Repositories, order_id: OrderId, fingerprint: str) -> Order | None:
    """The order as it was first recorded. Raises OrderNumberReused."""
    order = repositories.orders.find(order_id)
    if order is not None and order.bill.fingerprint != fingerprint:
        raise OrderNumberReused
    return order


def book_order(
    repositories: Repositories,
    programme: Programme,
    who: Who,
    book: Book,
    bill: Bill,
    tender: Tender | None = None,
) -> tuple[Order, tuple[Change, ...]]:
    """The order with what it earns, beside whatever stands in the book already."""
    occasion = occasion_of(programme, bill)
    gift = give_in(repositories, programme, book, who, occasion)
    entitlements = _entitlements(gift, bill, book.at)
    award = Award(
        points=gift.entry.points,
        exact=gift.exact,
        counted=occasion.tally.spend,
        bonus_counts=programme.terms.bonus_counts,
        valid_through=gift.lot.valid_through,
        held_through=gift.lot.held_through,
        tier_reached=gift.tier_reached,
        programme_version=programme.version,
        entry_sequence=gift.entry.sequence,
        balance=gift.entry.balance,
        rounding=programme.terms.rounding,
        granted=tuple(
            Granted(each.entitlement_id, each.benefit.benefit_id, each.benefit.name, each.valid_through)
            for each in entitlements
        ),
    )
    order = Order(
        bill,
        gift.entry.member_id,
        award,
        recorded_at=book.at,
        recorded_by=gift.entry.caller,
        tender=tender,
    )
    return order, (Created(order), *gift.changes, *(Created(each) for each in entitlements))


def occasion_of(programme: Programme, bill: Bill) -> Occasion:
    """A paid order, as rules see it."""
    counted = counting(bill.payments, programme.terms.bonus_counts)
    return Occasion(
        kind=OrderPaid,
        event=lambda person: OrderPaid(bill.paid_at, person, bill.store_id, counted, bill.lines),
        at=bill.paid_at,
        cause=Cause("order", bill.order_id, store_id=bill.store_id, occurred_at=bill.paid_at),
        name=f"{bill.order_id.source}#{bill.order_id.number}",
        tally=Tally(1, counted),
    )


def _entitlements(gift: Gift, bill: Bill, now: datetime) -> list[Entitlement]:
    """What the rules grant beside points."""
    return [
        Entitlement(
            ref=EntitlementRef(gift.entry.member_id, gift.entry.sequence, number),
            benefit=grant.granting.benefit,
            rule_id=grant.rule.rule_id,
            order_id=bill.order_id,
            at_least=grant.rule.when.at_least_fen,
            granted_at=now,
            valid_through=shop_date(now) + timedelta(days=grant.granting.valid_days - 1),
        )
        for number, grant in enumerate(gift.granted, 1)
    ]


def check_time(paid_at: datetime, settings: Settings, now: datetime) -> None:
    """Raises InvalidInput for an order of the future, or too far back."""
    if paid_at > now + CLOCK_TOLERANCE:
        raise invalid("paid_at", "in-the-future", "The order was paid later than now.")
    if paid_at < now - timedelta(days=settings.order_age_days_max):
        raise invalid(
            "paid_at", "too-old", f"Orders older than {settings.order_age_days_max} days are refused."
        )


def cap_of_day(actor: KeyHolder, bill: Bill, now: datetime) -> tuple[Change, ...]:
    """What the order takes of what the key may record in one day."""
    if actor.daily_cap_fen is None:
        return ()
    today = shop_date(now)
    counter = f"key-value#{actor.key_id}#{today:%Y%m%d}"
    cap = Counted(counter, bill.total.fen, actor.daily_cap_fen, end_of(today), DailyCapReached())
    return (cap,)
