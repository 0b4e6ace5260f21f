"""Coupons by hand: templates, who has what, and what became of it."""

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from tests.simulation.model.calendar import day_later, day_of
from tests.simulation.model.state import Accepted, Refused, State, Verdict

TEMPLATES, COUPONS, LIMITS, HOLDS = "templates", "coupons", "limits", "holds"
LIVE = {"sent", "open", "locked", "offered"}
WAITING_DAYS = 90
COUNTED = {"issued", "claimed"}
"""What counts towards limits."""


class Terms(Struct, frozen=True):
    """What staff says of a coupon. `total`, limits: 0 is none; `stack`: how many of its like on a bill."""

    kind: str = "cash"
    off: int = 800
    least: int = 0
    delivery: str = "push"
    days: int = 30
    total: int = 0
    per_member: int = 0
    per_day: int = 0
    store: str = ""
    stack: int = 0
    returns: bool = True
    stopped: bool = False
    code: str = ""

    def takes(self, left: int) -> int:
        """Off so much (D-19, D-20)."""
        if self.kind == "rate":
            return left - (2 * left * self.off + 1000) // 2000
        return min(self.off, left)


class Template(Struct, frozen=True):
    """All that was ever said, the last in force; what is left of the stock."""

    said: tuple[Terms, ...]
    left: int = 0

    @property
    def terms(self) -> Terms:
        return self.said[-1]


class Use(Struct, frozen=True):
    """For which order, how much it took off, whether it came back, and whether it was a checkout's."""

    order: str
    off: int
    back: bool = False
    checkout: bool = False


class Coupon(Struct, frozen=True):
    """`held`: what for and until when; `stocked`, `limited`, `day`: whether it counts there, on which day."""

    owner: str
    template: str
    version: int
    terms: Terms
    state: str
    first: int
    last: int
    held: tuple[str, int] = ("", 0)
    uses: tuple[Use, ...] = ()
    stocked: bool = False
    limited: bool = False
    day: int = 0

    def free_state(self, now: int) -> str:
        """As if it were not held."""
        if self.state in LIVE and self.last < day_of(now):
            return "expired"
        return "open" if self.held[0] else self.state

    def state_at(self, now: int) -> str:
        return self.state if self.held[0] and now < self.held[1] else self.free_state(now)


NOT_USABLE = {
    "sent": "coupon-not-claimed",
    "locked": "coupon-locked",
    "offered": "coupon-on-offer",
    "redeemed": "coupon-used",
    "given": "coupon-ended",
    "void": "coupon-ended",
    "expired": "coupon-expired",
}


def templates(state: State) -> Mapping[str, Template]:
    found: Mapping[str, Template] = state.areas.get(TEMPLATES, {})
    return found


def coupons(state: State) -> Mapping[str, Coupon]:
    found: Mapping[str, Coupon] = state.areas.get(COUPONS, {})
    return found


def keep(state: State, what: str, name: Any, thing: Any) -> State:
    known: Mapping[Any, Any] = state.areas.get(what, {})
    return replace(state, areas={**state.areas, what: {**known, name: thing}})


def save(state: State, name: str, terms: Terms) -> Verdict:
    """The same again changes nothing; how it is handed out, and whether it is counted, stays."""
    before = templates(state).get(name)
    others = [each.terms.code for key, each in templates(state).items() if key != name]
    if before is not None and before.terms == terms:
        return Accepted(state, {"version": len(before.said)})
    if before is not None and (before.terms.delivery, bool(before.terms.total)) != (
        terms.delivery,
        bool(terms.total),
    ):
        return Refused("coupon-template-fixed")
    left = (before.left if before else 0) + terms.total - (before.terms.total if before else 0)
    if left < 0:
        return Refused("stock-too-low")
    if terms.code and terms.code in others:
        return Refused("claim-code-taken")
    after = Template((*before.said, terms) if before else (terms,), left)
    return Accepted(keep(state, TEMPLATES, name, after), {"version": len(after.said)})


def counted(state: State, name: str, ids: Iterable[str], day: int = 0) -> int:
    limits = state.areas.get(LIMITS, {})
    return sum(limits.get((name, each, day), 0) for each in ids)


def _count(state: State, name: str, member: str, day: int, by: int) -> State:
    return keep(state, LIMITS, (name, member, day), counted(state, name, [member], day) + by)


def ids_of(state: State, member: str) -> tuple[str, ...]:
    person = state.people.get(member)
    return (member, *person.aliases) if person else (member,)


def is_at_limit(state: State, name: str, terms: Terms, ids: Iterable[str], today: int) -> bool:
    found = tuple(ids)
    ever = terms.per_member and counted(state, name, found) >= terms.per_member
    on_day = terms.per_day and counted(state, name, found, today) >= terms.per_day
    return bool(ever or on_day)


def refuses(state: State, name: str, version: int, ids: Iterable[str], source: str, now: int) -> str:
    """Why there is none by that version of the template; empty: there is."""
    template = templates(state)[name]
    terms = template.said[version - 1]
    if terms.stopped:
        return "coupon-template-stopped"
    if terms.total and template.left <= 0:
        return "coupons-gone"
    is_full = source in COUNTED and is_at_limit(state, name, terms, ids, day_of(now))
    return "coupon-limit-reached" if is_full else ""


def mint(
    state: State, code: str, name: str, version: int, owner: str, source: str, now: int
) -> tuple[Coupon, State]:
    """One more, under a code that the product drew."""
    today, template = day_of(now), templates(state)[name]
    terms, limits = template.said[version - 1], source in COUNTED
    waits = source == "issued" and terms.delivery != "push"
    coupon = Coupon(
        owner,
        name,
        version,
        terms,
        "sent" if waits else "open",
        today,
        day_later(today, days=WAITING_DAYS if waits else terms.days - 1),
        stocked=bool(terms.total),
        limited=limits and bool(terms.per_member),
        day=today if limits and terms.per_day else 0,
    )
    if terms.total:
        state = keep(state, TEMPLATES, name, replace(template, left=template.left - 1))
    if limits and terms.per_member:
        state = _count(state, name, owner, 0, 1)
    if limits and terms.per_day:
        state = _count(state, name, owner, today, 1)
    return coupon, keep(state, COUPONS, code, coupon)


def claim_sent(state: State, code: str, ids: Iterable[str], now: int) -> Verdict:
    found = coupons(state).get(code)
    if found is None or found.owner not in set(ids):
        return Refused("coupon-not-found")
    if found.state_at(now) != "sent":
        refusal = NOT_USABLE.get(found.state_at(now))
        return Refused(refusal) if refusal else Accepted(state, {"state": found.state_at(now)})
    today = day_of(now)
    after = replace(found, state="open", first=today, last=day_later(today, days=found.terms.days - 1))
    return Accepted(keep(state, COUPONS, code, after), {"state": "open"})


def offer(state: State, code: str, ids: Iterable[str], until: int, now: int) -> Verdict:
    found = coupons(state).get(code)
    if found is None or found.owner not in set(ids):
        return Refused("coupon-not-found")
    refusal = NOT_USABLE.get(found.state_at(now))
    if refusal:
        return Refused(refusal)
    after = replace(found, state="offered", held=("offer", until))
    return Accepted(keep(state, COUPONS, code, after), {"code": code, "until": until})


def withdraw(state: State, code: str, ids: Iterable[str], now: int) -> Verdict:
    found = coupons(state).get(code)
    if found is None or found.owner not in set(ids):
        return Refused("coupon-not-found")
    if found.state == "given":
        return Refused("coupon-ended")
    if found.state != "offered":
        return Accepted(state, {"state": found.state_at(now)})
    after = replace(found, state="open", held=("", 0))
    return Accepted(keep(state, COUPONS, code, after), {"state": after.state_at(now)})


def take(state: State, code: str, until: int, ids: Iterable[str], now: int) -> Verdict:
    """The friend takes what was offered until then: the old code is over."""
    found = coupons(state).get(code)
    if found is None:
        return Refused("coupon-not-on-offer")
    if found.owner in set(ids):
        return Refused("own-gift")
    if found.state_at(now) != "offered" or found.held != ("offer", until):
        return Refused("coupon-not-on-offer")
    gone = replace(found, state="given", held=("", 0), stocked=False)
    return Accepted(keep(state, COUPONS, code, gone), {"template": found.template, "last": found.last})


def taken(state: State, was: Coupon, new: str, member: str) -> State:
    """The friend's coupon, under its new code."""
    come = replace(was, owner=member, state="open", held=("", 0), uses=(), limited=False, day=0)
    return keep(state, COUPONS, new, come)


def void(state: State, code: str, now: int) -> Verdict:
    """Its piece is there again, and its place within the limit."""
    found = coupons(state).get(code)
    if found is None:
        return Refused("coupon-not-found")
    if found.state == "void":
        return Accepted(state, {"state": "void"})
    refusal = {"locked": "coupon-locked", "redeemed": "coupon-used", "given": "coupon-ended"}
    if found.state_at(now) in refusal:
        return Refused(refusal[found.state_at(now)])
    return Accepted(voided(state, code, day_of(now)), {"state": "void"})


def voided(state: State, code: str, today: int = 0) -> State:
    found = coupons(state)[code]
    if found.stocked:
        template = templates(state)[found.template]
        state = keep(state, TEMPLATES, found.template, replace(template, left=template.left + 1))
    if found.limited:
        state = _count(state, found.template, found.owner, 0, -1)
    if found.day and found.day == today:
        state = _count(state, found.template, found.owner, today, -1)
    return keep(state, COUPONS, code, replace(found, state="void", held=("", 0)))


def expire(state: State, code: str, now: int) -> State:
    found = coupons(state)[code]
    if found.state in LIVE and found.state_at(now) == "expired":
        return keep(state, COUPONS, code, replace(found, state="expired", held=("", 0)))
    return state


def usable(coupon: Coupon, order: str, store: str, price: int, at: int) -> str:
    """Why it cannot be used; empty: it can."""
    is_own = coupon.held[0] == f"lock {order}"
    found = coupon.free_state(at) if is_own else coupon.state_at(at)
    if found in NOT_USABLE:
        return NOT_USABLE[found]
    if coupon.terms.store and coupon.terms.store != store:
        return "store-not-applicable"
    if price < coupon.terms.least:
        return "below-minimum-spend"
    return ""


def redeem(state: State, code: str, order: str, store: str, price: int, now: int) -> Verdict:
    found = coupons(state).get(code)
    if found is None:
        return Refused("coupon-not-found")
    refusal = usable(found, order, store, price, now)
    if refusal:
        return Refused(refusal)
    off = found.terms.takes(price)
    after = used(found, Use(order, off))
    return Accepted(keep(state, COUPONS, code, after), {"off": off, "to_pay": price - off})


def used(coupon: Coupon, use: Use) -> Coupon:
    return replace(coupon, state="redeemed", held=("", 0), uses=(*coupon.uses, use))


def release(state: State, code: str, order: str, now: int) -> Verdict:
    found = coupons(state).get(code)
    if found is None:
        return Refused("coupon-not-found")
    last = found.uses[-1] if found.uses else None
    if last is None or last.order != order:
        return Refused("coupon-not-redeemed")
    if last.checkout:
        return Refused("coupon-redeemed-in-checkout")
    if last.back:
        return Accepted(state, {"state": found.state_at(now)})
    if len(found.uses) > 20:
        return Refused("coupon-stays-used")
    after = back(found)
    return Accepted(keep(state, COUPONS, code, after), {"state": after.state_at(now)})


def back(coupon: Coupon) -> Coupon:
    *earlier, last = coupon.uses
    return replace(coupon, state="open", uses=(*earlier, replace(last, back=True)))
