"""What a caller's key keeps, by the model."""

from msgspec.structs import replace

from tests.simulation.model.state import Accepted, State, Verdict
from tests.simulation.requests import Moment
from tests.simulation.watch import KEPT_MS


def remembered(state: State, moment: Moment, key: str) -> Accepted | None:
    """What was answered under the key before."""
    facts, kept_at = state.keys.get(key, ({}, 0))
    return Accepted(state, facts) if kept_at > moment.now - KEPT_MS else None


def remember(verdict: Verdict, moment: Moment, key: str) -> Verdict:
    """With the answer kept under the key."""
    if not isinstance(verdict, Accepted):
        return verdict
    keys = {**verdict.state.keys, key: (verdict.facts, moment.now)}
    return replace(verdict, state=replace(verdict.state, keys=keys))
