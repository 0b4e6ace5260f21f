"""Points by hand: lots, debt, lapsing, earning, taking back."""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from math import ceil

from msgspec.structs import replace

from tests.simulation.model import entitlements, tiers
from tests.simulation.model.calendar import FOR_EVER, day_of
from tests.simulation.model.rules import Paid, grants, price, use
from tests.simulation.model.state import Accepted, Account, Order, Programme, Refused, State, Verdict

NEVER_COUNT = {"coupon", "points", "stored_bonus"}


def _in_turn(lots: Mapping[int, int]) -> tuple[tuple[int, int], ...]:
    return tuple(sorted(((day, n) for day, n in lots.items() if n), key=lambda lot: lot[0] or FOR_EVER))


def write(
    account: Account, kind: str, lots: Mapping[int, int], debt: int, orders: int = 0, spend: int = 0
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


def lapse(account: Account, today: int) -> Account:
    """What is over by today is booked out before anything else."""
    live = {day: n for day, n in account.lots if not 0 < day < today}
    return account if len(live) == len(account.lots) else write(account, "expire", live, account.debt)


def opened(account: Account, programme: Programme, today: int) -> Account:
    """The same, after the reviews of the tier that are due."""
    stepped = tiers.step(account, programme.ladder, today)
    after = lapse(stepped, today)
    return after if after is stepped else tiers.booked(stepped, after, programme.ladder, today, today)


def earn(account: Account, points: int, day: int, orders: int, spend: int) -> Account:
    """Pays the debt first."""
    paid = min(points, account.debt)
    lots = dict(account.lots)
    lots[day] = lots.get(day, 0) + points - paid
    return write(account, "earn", lots, account.debt - paid, orders, spend)


def take_back(
    account: Account, points: int, first: int, policy: str, orders: int, spend: int
) -> tuple[Account, int]:
    """From the lot that the order filled, then the earliest; the rest is owed or let go. Also what left."""
    lots, left = dict(account.lots), points
    for day in sorted(lots, key=lambda day: (day != first, day or FOR_EVER)):
        part = min(left, lots[day])
        lots[day] -= part
        left -= part
    debt = account.debt + (left if policy != "floor" else 0)
    after = write(account, "claw_back", lots, debt, orders, spend)
    return after, after.balance - account.balance


def settle(lots: Mapping[int, int], debt: int) -> tuple[dict[int, int], int]:
    """Lots and debt never stand together: the earliest lots pay."""
    after = dict(lots)
    for day in sorted(after, key=lambda day: day or FOR_EVER):
        paid = min(debt, after[day])
        after[day] -= paid
        debt -= paid
    return after, debt


def moved(before: Account, after: Account) -> tuple[tuple[int, int], ...]:
    """By how much each lot differs."""
    old, new = dict(before.lots), dict(after.lots)
    days = sorted(old.keys() | new.keys())
    return tuple((day, new.get(day, 0) - old.get(day, 0)) for day in days if new.get(day) != old.get(day))


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
    day = programme.last_day(day_of(order.paid_at))
    rules = programme.rules if not 0 < day < today else {}
    used = {name: (n if on == today else 0, ever) for name, (on, n, ever) in account.used.items()}
    paid = Paid(
        money, order.cups, day_of(order.paid_at), account.orders, *person, used, state.spent, tier_of(account)
    )
    gains, granted = price(rules, paid), grants(rules, paid)
    points = int(sum(gains.values(), Fraction(0)))
    after = earn(account, points, day, 1, money)
    after = replace(after, used=use(account.used, programme.rules, gains | granted, today))
    after = tiers.booked(account, after, programme.ladder, today, day_of(order.paid_at))
    order = replace(
        order,
        member=member,
        points=points,
        counted=money,
        gains=gains,
        last_day=day,
        entry=after.entries,
        balance=after.balance,
        granted=len(granted),
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
        "granted": order.granted,
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
    after, points = take_back(account, due, order.last_day, policy, orders, spend)
    after = tiers.booked(account, after, programme.ladder, day_of(now), day_of(order.paid_at))
    claws = {} if member == order.member else {(member, order.member): after.entries}
    orders_after = {**state.orders, name: replace(order, refunded=refunded, clawed=order.clawed + due)}
    state, gone = entitlements.revoke(replace(state, orders=orders_after), name, counted(refunded.items()))
    facts = {"member": member, "points": points, "entry": after.entries, "balance": after.balance}
    facts = {**facts, "revoked": gone}
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
    if points < 0 and -points > account.balance:
        return Refused("not-enough-points")
    lots, debt = dict(account.lots), account.debt
    if points > 0:
        paid, day = min(points, debt), programme.last_day(today)
        lots[day], debt = lots.get(day, 0) + points - paid, debt - paid
    left = max(-points, 0)
    for day, _ in account.lots:
        part = min(left, lots[day])
        lots[day], left = lots[day] - part, left - part
    after = write(account, "adjust", lots, debt)
    after = tiers.booked(account, after, programme.ladder, today, today)
    facts = {"member": member, "points": points, "entry": after.entries, "balance": after.balance}
    return Accepted(replace(state, accounts={**state.accounts, member: after}), facts)


def expire(state: State, member: str, programme: Programme, now: int) -> Accepted:
    """What the job books for one account."""
    after = opened(state.accounts[member], programme, day_of(now))
    return Accepted(replace(state, accounts={**state.accounts, member: after}))
