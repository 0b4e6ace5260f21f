"""Points by hand: lots, debt, lapsing, earning, taking back."""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from math import ceil

from msgspec.structs import replace

from tests.simulation.model import entitlements, tiers
from tests.simulation.model.calendar import day_of
from tests.simulation.model.rules import Paid, grants, price, use
from tests.simulation.model.state import (
    Accepted,
    Account,
    Lot,
    Order,
    Programme,
    Refused,
    State,
    Verdict,
    is_over,
    released,
    turn,
)

NEVER_COUNT = {"discount", "coupon", "points", "stored_bonus"}


def _in_turn(lots: Mapping[Lot, int]) -> tuple[tuple[Lot, int], ...]:
    return tuple((lot, lots[lot]) for lot in sorted(lots, key=turn) if lots[lot])


def write(
    account: Account, kind: str, lots: Mapping[Lot, int], debt: int, orders: int = 0, spend: int = 0
) -> Account:
    """One more entry: these lots and this debt hold afterwards."""
    after = replace(account, lots=_in_turn(lots), debt=debt)
    earned = after.balance - account.balance if kind in {"earn", "claw_back"} else 0
    kinds = {**account.kinds, kind: account.kinds.get(kind, 0) + after.balance - account.balance}
    return replace(
        after,
        entries=account.entries + 1,
        kinds={kind: total for kind, total in kinds.items() if total},
        orders=account.orders + orders,
        spend=account.spend + spend,
        earned=account.earned + earned,
    )


def lapse(account: Account, programme: Programme, today: int) -> Account:
    """What is over by today is booked out before anything else, and may become coupons (C-37)."""
    live = {lot: n for lot, n in account.lots if not is_over(lot, today)}
    if len(live) == len(account.lots):
        return account
    after = write(account, "expire", live, account.debt)
    days: dict[int, int] = {}
    for lot, count in account.lots:
        if is_over(lot, today):
            days[lot[1]] = days.get(lot[1], 0) + count
    coupons = sum(count // programme.convert for count in days.values()) if programme.convert else 0
    if not coupons:
        return after
    after = write(after, "convert", live, account.debt)
    return replace(after, converting=(*after.converting, (after.entries, coupons)))


def release(account: Account, _: Programme, today: int) -> Account:
    """What is no longer held joins what can be used."""
    lots: dict[Lot, int] = {}
    for lot, count in account.lots:
        now = released(lot, today)
        lots[now] = lots.get(now, 0) + count
    return account if lots == dict(account.lots) else write(account, "release", lots, account.debt)


def opened(account: Account, programme: Programme, today: int) -> Account:
    """Both, after the reviews of the tier that are due."""
    found = tiers.step(account, programme.ladder, today)
    for change in (lapse, release):
        after = change(found, programme, today)
        if after is not found:
            found = tiers.booked(found, after, programme.ladder, today, today)
    return found


def earn(account: Account, points: int, lot: Lot, orders: int, spend: int) -> Account:
    """Pays the debt first."""
    paid = min(points, account.debt)
    lots = dict(account.lots)
    lots[lot] = lots.get(lot, 0) + points - paid
    return write(account, "earn", lots, account.debt - paid, orders, spend)


def take_back(
    account: Account, points: int, first: Lot, policy: str, orders: int, spend: int
) -> tuple[Account, int]:
    """From the lot that the order filled, then the earliest; the rest is owed or let go. Also what left."""
    lots, left = dict(account.lots), points
    for lot in sorted(lots, key=lambda lot: (lot != first, turn(lot))):
        part = min(left, lots[lot])
        lots[lot] -= part
        left -= part
    debt = account.debt + (left if policy != "floor" else 0)
    after = write(account, "claw_back", lots, debt, orders, spend)
    return after, after.balance - account.balance


def settle(lots: Mapping[Lot, int], debt: int) -> tuple[dict[Lot, int], int]:
    """Lots and debt never stand together: the earliest lots pay."""
    after = dict(lots)
    for lot in sorted(after, key=turn):
        paid = min(debt, after[lot])
        after[lot] -= paid
        debt -= paid
    return after, debt


def moved(before: Account, after: Account) -> tuple[tuple[Lot, int], ...]:
    """By how much each lot differs."""
    old, new = dict(before.lots), dict(after.lots)
    lots = sorted(old.keys() | new.keys())
    return tuple((lot, new.get(lot, 0) - old.get(lot, 0)) for lot in lots if new.get(lot) != old.get(lot))


def tier_of(account: Account) -> str:
    return account.tier.name if account.tier else ""


def counted(payments: Iterable[tuple[str, int]]) -> int:
    """The money that earns (D-23)."""
    return sum(fen for method, fen in payments if method not in NEVER_COUNT)


def record_order(
    state: State, name: str, order: Order, programme: Programme, person: tuple[bool, bool], now: int
) -> Verdict:
    """An order earns once; its points are rounded down once. `order` comes with what the till said.

    `person`: whether it is a member, and whether it was paid in the month of the birthday.
    """
    member = state.alive(order.member)
    if member not in state.accounts:
        return Refused("member-not-found")
    today = day_of(now)
    account = opened(state.accounts[member], programme, today)
    money = counted(order.payments.items())
    lot = programme.lot(day_of(order.paid_at), today)
    rules = programme.rules if not is_over(lot, today) else {}
    used = {name: (n if on == today else 0, ever) for name, (on, n, ever) in account.used.items()}
    paid = Paid(
        money, order.cups, day_of(order.paid_at), account.orders, *person, used, state.spent, tier_of(account)
    )
    gains, granted = price(rules, paid), grants(rules, paid)
    points = int(sum(gains.values(), Fraction(0)))
    after = earn(account, points, lot, 1, money)
    after = replace(after, used=use(account.used, programme.rules, gains | granted, today))
    after = tiers.booked(account, after, programme.ladder, today, day_of(order.paid_at))
    order = replace(
        order,
        member=member,
        points=points,
        counted=money,
        gains=gains,
        last_day=lot[1],
        held=lot[0],
        entry=after.entries,
        balance=after.balance,
        granted=len(granted),
        tier=tier_of(after) if tier_of(after) != tier_of(account) else "",
    )
    state = entitlements.grant(state, name, member, after.entries, rules, granted, today)
    spent = {rule: ceil(gain) for rule, gain in (gains | granted).items() if rules[rule].budget}
    state = replace(
        state,
        accounts={**state.accounts, member: after},
        orders={**state.orders, name: order},
        spent={**state.spent, **{rule: state.spent.get(rule, 0) + count for rule, count in spent.items()}},
    )
    return Accepted(state, order_facts(order))


def order_facts(order: Order) -> dict[str, object]:
    return {
        "member": order.member,
        "points": order.points,
        "entry": order.entry,
        "balance": order.balance,
        "last_day": order.last_day,
        "held": order.held,
        "granted": order.granted,
        "tier": order.tier,
    }


def refund_order(
    state: State,
    name: str,
    number: str,
    payments: Mapping[str, int],
    fingerprint: str,
    now: int,
    programme: Programme,
) -> Verdict:
    """Takes back exactly what the refunded money had earned (D-21)."""
    order, policy = state.orders[name], programme.clawback
    refunded = dict(order.refunded)
    for method, fen in payments.items():
        refunded[method] = refunded.get(method, 0) + fen
        if refunded[method] > order.payments.get(method, 0):
            return Refused("refund-too-large")
    member = state.alive(order.member)
    account = opened(state.accounts[member], programme, day_of(now))
    due = order.points - _worth(order, refunded) - order.clawed
    if policy == "deny" and due > account.balance:
        return Refused("points-already-spent")
    is_whole = sum(refunded.values()) == sum(order.payments.values())
    orders, spend = -1 if is_whole else 0, -counted(payments.items())
    first = released((order.held, order.last_day), day_of(now))
    after, points = take_back(account, due, first, policy, orders, spend)
    after = tiers.booked(account, after, programme.ladder, day_of(now), day_of(order.paid_at))
    claws = {} if member == order.member else {(member, order.member): after.entries}
    orders_after = {**state.orders, name: replace(order, refunded=refunded, clawed=order.clawed + due)}
    state, gone = entitlements.revoke(replace(state, orders=orders_after), name, counted(refunded.items()))
    facts = {"member": member, "points": points, "entry": after.entries, "balance": after.balance}
    kept = entitlements.used(state, name, counted(refunded.items()))
    facts = {**facts, "revoked": gone, "used": kept}
    state = replace(
        state,
        accounts={**state.accounts, member: after},
        foreign_claws={**state.foreign_claws, **claws},
        refunds={**state.refunds, f"{name}/{number}": {"fingerprint": fingerprint, "facts": facts}},
    )
    return Accepted(state, facts)


def _worth(order: Order, refunded: Mapping[str, int]) -> int:
    """In proportion to the money that counts and was kept; to all money, where none counts."""
    whole, back = order.counted, counted(refunded.items())
    if not whole:
        whole, back = sum(order.payments.values()), sum(refunded.values())
    return int(sum(order.gains.values(), Fraction(0)) * (whole - back) / whole)


def adjust(state: State, asked: str, points: int, programme: Programme, now: int) -> Verdict:
    """By hand: given like what is earned today, or taken from what there is."""
    member, today = state.alive(asked), day_of(now)
    if member not in state.accounts:
        return Refused("member-not-found")
    account = opened(state.accounts[member], programme, today)
    if points < 0 and -points > account.available(today):
        return Refused("not-enough-points")
    lots, debt = dict(account.lots), account.debt
    if points > 0:
        paid, lot = min(points, debt), (0, programme.last_day(today))
        lots[lot], debt = lots.get(lot, 0) + points - paid, debt - paid
    left = max(-points, 0)
    for lot, _ in account.lots:
        part = min(left, lots[lot])
        lots[lot], left = lots[lot] - part, left - part
    after = write(account, "adjust", lots, debt)
    after = tiers.booked(account, after, programme.ladder, today, today)
    facts = {"member": member, "points": points, "entry": after.entries, "balance": after.balance}
    return Accepted(replace(state, accounts={**state.accounts, member: after}), facts)


def expire(state: State, member: str, programme: Programme, now: int) -> Accepted:
    """What the job books for one account."""
    after = opened(state.accounts[member], programme, day_of(now))
    return Accepted(replace(state, accounts={**state.accounts, member: after}))
