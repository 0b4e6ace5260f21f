"""Checkout by hand: what a bill costs, what pays it, and what comes back."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from tests.simulation.model import points, tiers
from tests.simulation.model.calendar import day_of
from tests.simulation.model.coupons import (
    COUPONS,
    HOLDS,
    Coupon,
    Use,
    back,
    coupons,
    keep,
    usable,
    used,
)
from tests.simulation.model.state import (
    Accepted,
    Account,
    Lot,
    Order,
    Programme,
    Refused,
    State,
    Tender,
    Verdict,
)


class Bill(Struct, frozen=True):
    """What is bought, and what shall pay for it."""

    place: str
    store: str
    fen: int
    codes: tuple[str, ...]
    points: int


class Price(Struct, frozen=True):
    """What each coupon takes off, and what points and money pay."""

    offs: tuple[tuple[str, int], ...]
    points: int
    worth: int
    to_pay: int

    def payments(self, money: Mapping[str, int]) -> dict[str, int]:
        parts = {"coupon": sum(off for _, off in self.offs), "points": self.worth, **money}
        return {method: fen for method, fen in parts.items() if fen}


class Hold(Struct, frozen=True):
    """`lots`: from which its points were taken."""

    member: str
    bill: Bill
    entry: int
    lots: tuple[tuple[Lot, int], ...]
    to_pay: int
    at: int
    until: int
    state: str = "open"
    fingerprint: str = ""


def holds(state: State) -> Mapping[str, Hold]:
    found: Mapping[str, Hold] = state.areas.get(HOLDS, {})
    return found


def price(
    state: State,
    bill: Bill,
    ids: Iterable[str],
    account: Account,
    programme: Programme,
    at: int,
    day: int,
    taken: int = 0,
) -> Price | Refused:
    """Rates first, then amounts, then points, of which half may be paid at most (D-25, D-32)."""
    chosen = _chosen(state, bill, frozenset(ids), at)
    if isinstance(chosen, Refused):
        return chosen
    if bill.points > taken and bill.points - taken > account.available(day):
        return Refused("not-enough-points")
    offs = _take_off(bill.fen, chosen)
    if isinstance(offs, Refused):
        return offs
    left = bill.fen - sum(off for _, off in offs)
    worth = bill.points * programme.worth
    if bill.points and not worth:
        return Refused("points-pay-nothing")
    return Refused("points-above-cap") if worth > left // 2 else Price(offs, bill.points, worth, left - worth)


def _chosen(state: State, bill: Bill, ids: frozenset[str], at: int) -> list[tuple[str, Coupon]] | Refused:
    found = [(code, coupons(state).get(code)) for code in bill.codes]
    theirs = [(code, coupon) for code, coupon in found if coupon is not None and coupon.owner in ids]
    if len(theirs) < len(found):
        return Refused("coupon-not-found")
    reasons = (usable(coupon, bill.place, bill.store, bill.fen, at) for _, coupon in theirs)
    refusal = next(filter(None, reasons), "")
    return Refused(refusal) if refusal else theirs


def _take_off(left: int, chosen: Sequence[tuple[str, Coupon]]) -> tuple[tuple[str, int], ...] | Refused:
    """Coupons that are alike stand side by side, the first to end first."""
    if not combinable([coupon for _, coupon in chosen]):
        return Refused("coupons-not-combinable")

    def turn(named: tuple[str, Coupon]) -> tuple[bool, str, int, int, str]:
        code, coupon = named
        return coupon.terms.kind != "rate", coupon.template, coupon.version, coupon.last, code

    offs = []
    for code, coupon in sorted(chosen, key=turn):
        off = coupon.terms.takes(left)
        if not off:
            return Refused("coupon-without-effect")
        left -= off
        offs.append((code, off))
    return tuple(offs)


def combinable(chosen: Sequence[Coupon]) -> bool:
    """One that does not stack, and of each that does as many as it says."""
    plain = sum(not coupon.terms.stack for coupon in chosen)
    stacked = {coupon.template for coupon in chosen if coupon.terms.stack}
    counts = (sum(each.template == name for each in chosen) for name in stacked)
    most = (min(each.terms.stack for each in chosen if each.template == name) for name in stacked)
    return plain <= 1 and len(chosen) <= 5 and all(n <= m for n, m in zip(counts, most, strict=True))


def take_points(account: Account, count: int) -> tuple[Account, tuple[tuple[Lot, int], ...]]:
    """Also from which lots, in the order in which they were taken."""
    lots, left, taken = dict(account.lots), count, []
    for lot, _ in account.lots:
        part = min(left, lots[lot])
        lots[lot], left = lots[lot] - part, left - part
        if part:
            taken.append((lot, part))
    return points.write(account, "redeem", lots, account.debt), tuple(taken)


def complete(
    state: State,
    bill: Bill,
    order: Order,
    hold: Hold | None,
    programme: Programme,
    person: tuple[bool, bool],
    now: int,
    ids: Iterable[str],
) -> Verdict:
    """Coupons, points and money at once; the order earns for the money."""
    member, today = state.alive(order.member), day_of(now)
    if member not in state.accounts:
        return Refused("member-not-found")
    account = points.opened(state.accounts[member], programme, today)
    at = hold.at if hold and now < hold.until else now
    priced = price(state, bill, ids, account, programme, at, today, hold.bill.points if hold else 0)
    if isinstance(priced, Refused):
        return priced
    if sum(order.payments.values()) != priced.to_pay:
        return Refused("price-changed")
    tender = Tender(priced.offs)
    if priced.points and hold is not None:
        tender = replace(
            tender, points=priced.points, worth=priced.worth, entry=(hold.member, hold.entry), lots=hold.lots
        )
    elif priced.points:
        after, lots = take_points(account, priced.points)
        account = tiers.booked(account, after, programme.ladder, today, today)
        entry = (member, account.entries)
        tender = replace(tender, points=priced.points, worth=priced.worth, entry=entry, lots=lots)
    order = replace(order, payments=priced.payments(order.payments), tender=tender)
    state = replace(state, accounts={**state.accounts, member: account})
    verdict = points.record_order(state, bill.place, order, programme, person, now)
    if isinstance(verdict, Refused):
        return verdict
    state = verdict.state
    for code, off in priced.offs:
        use = Use(bill.place, off, checkout=True)
        state = keep(state, COUPONS, code, used(coupons(state)[code], use))
    if hold is not None:
        state = keep(state, HOLDS, bill.place, replace(hold, state="captured"))
    return Accepted(state, {**verdict.facts, "paid": dict(order.payments)})


def share(order: Order, fen: int) -> dict[str, int]:
    """So much of what is left, part by part: what rounding leaves over goes to the largest remainders."""
    left = {method: paid - order.refunded.get(method, 0) for method, paid in order.payments.items()}
    whole = sum(left.values())
    parts = {method: fen * each // whole for method, each in left.items()}
    rest = sorted(left, key=lambda method: -(fen * left[method] % whole))
    for method in rest[: fen - sum(parts.values())]:
        parts[method] += 1
    return {method: part for method, part in parts.items() if part}


def reverse(
    state: State, place: str, number: str, fen: int, fingerprint: str, programme: Programme, now: int
) -> Verdict:
    """Points that paid come back first, then what was earned is taken; coupons come with the last fen."""
    order = state.orders[place]
    left = sum(order.payments.values()) - sum(order.refunded.values())
    if not left:
        return Refused("order-wholly-refunded")
    fen = fen or left
    if fen > left:
        return Refused("refund-too-large")
    parts, today, tender = share(order, fen), day_of(now), order.tender
    payer = state.alive(tender.entry[0] if tender is not None and tender.points else order.member)
    account = points.opened(state.accounts[payer], programme, today)
    given = 0
    if tender is not None and parts.get("points"):
        refunded = order.refunded.get("points", 0) + parts["points"]
        given = tender.points * refunded // tender.worth - tender.back
    if tender is not None and given:
        account = give_back(account, tender.lots, given, tender.back, programme, today)
        tender = replace(tender, back=tender.back + given)
    returned = tuple(parts.items())
    state = replace(
        state,
        accounts={**state.accounts, payer: account} if given else state.accounts,
        orders={**state.orders, place: replace(order, tender=tender)},
    )
    verdict = points.refund_order(state, place, number, dict(returned), fingerprint, now, programme)
    if isinstance(verdict, Refused):
        return verdict
    state, came = _coupons_back(verdict.state, place)
    facts = {**verdict.facts, "given": given, "parts": parts, "coupons": came}
    refunds = {**state.refunds, f"{place}/{number}": {"fingerprint": fingerprint, "facts": facts}}
    return Accepted(replace(state, refunds=refunds), facts)


def give_back(
    account: Account,
    lots: Sequence[tuple[Lot, int]],
    count: int,
    before: int,
    programme: Programme,
    today: int,
) -> Account:
    """The last taken comes back first; what is over is over."""
    found = dict(account.lots)
    for lot, taken in reversed(lots):
        passed = min(before, taken)
        before, part = before - passed, min(count, taken - passed)
        count -= part
        found[lot] = found.get(lot, 0) + part
    after = points.write(account, "refund_redeem", *points.settle(found, account.debt))
    after = points.lapse(after, programme, today)
    return tiers.booked(account, after, programme.ladder, today, today)


def _coupons_back(state: State, place: str) -> tuple[State, frozenset[str]]:
    order, came = state.orders[place], set()
    if order.tender is None or sum(order.refunded.values()) != sum(order.payments.values()):
        return state, frozenset()
    for code, _ in order.tender.offs:
        coupon = coupons(state)[code]
        if coupon.terms.returns:
            state = keep(state, COUPONS, code, back(coupon))
            came.add(code)
    return state, frozenset(came)


def hold(
    state: State, bill: Bill, member: str, until: Callable[[int], int], fingerprint: str,
    programme: Programme, now: int, ids: Iterable[str],
) -> Verdict:  # fmt: skip
    """Coupons are locked and points are taken, until then or the end of a coupon's last day."""
    known = holds(state).get(bill.place)
    if known is not None and known.state != "released":
        if known.state == "captured":
            return Refused("order-number-reused")
        if known.fingerprint != fingerprint:
            return Refused("hold-differs")
        return Accepted(state, _hold_facts(known)) if now < known.until else Refused("hold-over")
    today = day_of(now)
    if member not in state.accounts:
        return Refused("member-not-found")
    account = points.opened(state.accounts[member], programme, today)
    priced = price(state, bill, ids, account, programme, now, today)
    if isinstance(priced, Refused):
        return priced
    lots: tuple[tuple[Lot, int], ...] = ()
    if priced.points:
        after, lots = take_points(account, priced.points)
        account = tiers.booked(account, after, programme.ladder, today, today)
        state = replace(state, accounts={**state.accounts, member: account})
    ends = min([until(0), *(until(coupons(state)[code].last) for code in bill.codes)])
    made = Hold(
        member,
        bill,
        account.entries if priced.points else 0,
        lots,
        priced.to_pay,
        now,
        ends,
        fingerprint=fingerprint,
    )
    state = keep(state, HOLDS, bill.place, made)
    for code in bill.codes:
        locked = replace(coupons(state)[code], state="locked", held=(f"lock {bill.place}", ends))
        state = keep(state, COUPONS, code, locked)
    return Accepted(state, _hold_facts(made))


def _hold_facts(made: Hold) -> dict[str, object]:
    return {"member": made.member, "to_pay": made.to_pay, "state": made.state}


def release(state: State, place: str, store: str, programme: Programme, now: int) -> Verdict:
    """Again, nothing changes."""
    found = holds(state).get(place)
    if found is None or found.bill.store != store:
        return Refused("hold-not-found")
    if found.state == "captured":
        return Refused("hold-captured")
    if found.state == "released":
        return Accepted(state, _hold_facts(found))
    after = replace(found, state="released")
    if found.bill.points:
        member, today = state.alive(found.member), day_of(now)
        account = points.opened(state.accounts[member], programme, today)
        account = give_back(account, found.lots, found.bill.points, 0, programme, today)
        claws = {} if member == found.member else {(member, found.member): account.entries}
        state = replace(
            state,
            accounts={**state.accounts, member: account},
            foreign_claws={**state.foreign_claws, **claws},
        )
    for code in found.bill.codes:
        coupon = coupons(state)[code]
        if coupon.held[0] == f"lock {place}":
            state = keep(state, COUPONS, code, replace(coupon, state="open", held=("", 0)))
    return Accepted(keep(state, HOLDS, place, after), _hold_facts(after))
