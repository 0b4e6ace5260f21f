"""Benefits by hand: one for each rule that an order answers, used once, gone with the order."""

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from tests.simulation.model.calendar import day_later, day_of
from tests.simulation.model.rules import Rules
from tests.simulation.model.state import Accepted, Order, Refused, State, Verdict

ENTITLEMENTS = "entitlements"


class Entitlement(Struct, frozen=True):
    """`order`: its name; `at_least`: what it must be worth."""

    member: str
    order: str
    at_least: int
    last_day: int
    state: str = "open"


def entitlements(state: State) -> Mapping[str, Entitlement]:
    found: Mapping[str, Entitlement] = state.areas.get(ENTITLEMENTS, {})
    return found


def _keep(state: State, changed: Mapping[str, Entitlement]) -> State:
    known: Mapping[str, Any] = state.areas.get(ENTITLEMENTS, {})
    return replace(state, areas={**state.areas, ENTITLEMENTS: {**known, **changed}})


def grant(
    state: State, name: str, member: str, entry: int, rules: Rules, granted: Iterable[str], today: int
) -> State:
    """Numbered by the rules' ids."""
    return _keep(
        state,
        {
            f"{member}:{entry}:{number}": Entitlement(
                member, name, rules[rule].from_fen, day_later(today, days=rules[rule].days - 1)
            )
            for number, rule in enumerate(sorted(granted), 1)
        },
    )


def is_worth(order: Order, at_least: int, back: int) -> bool:
    """`back`: how much of what counts was refunded."""
    is_whole = sum(order.refunded.values()) == sum(order.payments.values())
    return not is_whole and order.counted - back >= at_least


def revoke(state: State, name: str, back: int) -> tuple[State, frozenset[str]]:
    """What the order is no longer worth, unless it was used."""
    gone = {
        each: replace(one, state="revoked")
        for each, one in entitlements(state).items()
        if one.order == name and one.state == "open" and not is_worth(state.orders[name], one.at_least, back)
    }
    return (_keep(state, gone) if gone else state), frozenset(gone)


def used(state: State, name: str, back: int) -> frozenset[str]:
    """What the order is no longer worth, but that was used."""
    return frozenset(
        each
        for each, one in entitlements(state).items()
        if one.order == name and one.state == "used" and not is_worth(state.orders[name], one.at_least, back)
    )


def use(state: State, name: str, now: int) -> Verdict:
    found = entitlements(state).get(name)
    if found is None:
        return Refused("entitlement-not-found")
    if found.state != "open":
        return Refused("entitlement-not-open")
    if found.last_day < day_of(now):
        return Refused("entitlement-over")
    return Accepted(_keep(state, {name: replace(found, state="used")}), {"state": "used"})


def reopen(state: State, name: str, back: int, now: int) -> Verdict:
    """`back`: of its order."""
    found = entitlements(state).get(name)
    if found is None:
        return Refused("entitlement-not-found")
    if found.state != "used":
        return Refused("entitlement-not-used")
    after = "open" if is_worth(state.orders[found.order], found.at_least, back) else "revoked"
    seen = "over" if after == "open" and found.last_day < day_of(now) else after
    return Accepted(_keep(state, {name: replace(found, state=after)}), {"state": seen})
