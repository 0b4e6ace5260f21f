"""What joining gives, by hand: once a number, to the newcomer and to whoever brought them."""

from msgspec.structs import replace

from tests.simulation.model.activities import give, keep, kept, of_kind, with_account
from tests.simulation.model.rules import Rules
from tests.simulation.model.state import Programme, State

WELCOMES = "welcomes"


def welcome(
    state: State, member: str, phone: str, inviter: str, programme: Programme, now: int
) -> tuple[State, int]:
    """`inviter`: an id from a link, which may lead nowhere. Also what the newcomer got."""
    joins, brings = of_kind(programme, "join"), of_kind(programme, "bring")
    if not (joins or brings) or phone in kept(state, WELCOMES):
        return state, 0
    state, points = _given(state, member, joins, programme, now)
    host = state.alive(inviter)
    if host in state.people and host != member and state.people[host].joined_at:
        guests = {name: replace(rule, points=rule.guest_points) for name, rule in brings.items()}
        state, more = _given(state, member, guests, programme, now)
        state, _ = _given(state, host, brings, programme, now)
        points += more
    return keep(state, WELCOMES, phone, {"member": member, "points": points}), points


def _given(state: State, member: str, known: Rules, programme: Programme, now: int) -> tuple[State, int]:
    """Nothing is booked where nothing is given."""
    after, account, points = give(state, member, known, programme, now)
    return (with_account(after, member, account), points) if points else (state, 0)
