"""Carries out requests in simulated processes and judges every answer."""

import traceback
from collections.abc import Container, Mapping
from typing import TYPE_CHECKING

from domain.errors import DomainError
from tests.simulation.faults import Fault
from tests.simulation.model import sessions
from tests.simulation.model.state import Accepted, Refused, State
from tests.simulation.process import CACHED_MS, Process
from tests.simulation.requests import Attempt, Broken, Moment, Request, begin
from tests.simulation.schedule import Crash
from tests.simulation.watch import KEPT_MS

if TYPE_CHECKING:
    from tests.simulation.world import World

CRASHED = "crashed"
DEADLINE_MS = 3_000
"""So long the product tries by itself."""
WEATHER: Mapping[str, Container[Fault]] = {
    "unavailable": frozenset(Fault),
    "conflict": frozenset(Fault),
    "too-many": {Fault.BUSY},
    "login-code-refused": {Fault.REFUSED},
    "phone-proof-refused": {Fault.REFUSED},
}
"""Refusals that are nobody's fault: true only if one of these was in the way."""
UNKNOWN = frozenset({CRASHED, "unavailable", "conflict"})
"""After these the same request is sent again."""


AFTERWARDS = UNKNOWN | {"identity-moved", "session-ended", "sms-code-expired"}
"""What may be said of a try that took effect: ask once more, or the caller was parted from it since, such as
from the number whose code was spent."""


def attempt(process: Process, request: Request) -> Attempt:
    """One try, and its judgement. A process that died must not be used again."""
    world = process.world
    trial = begin(request, world.cloud.shown)
    process.attempt = trial
    trial.may_keep_something_old = world.now_ms - process.lagged_at < CACHED_MS
    world.tally.operations += 1
    world.note(f"{request.text()} try {trial.number} in process {process.number}: {request.operation}")
    try:
        trial.answer = request.operation.call(process)
        # As a view would, which opens sealed fields.
        trial.told = dict(request.operation.facts(trial.answer))
        trial.said = "ok"
    except DomainError as refusal:
        trial.said = refusal.code
    except Crash:
        trial.said = CRASHED
    except Exception as bug:
        where = traceback.extract_tb(bug.__traceback__)[-1]
        raise Broken("nothing but refusals is raised", f"{request.text()}: {bug!r} in {where}") from bug
    finally:
        trial.until = world.cloud.commits
    world.note(f"{request.text()} try {trial.number} said {trial.said}")
    world.tally.outcomes[f"{request.operation.name}: {trial.said}"] += 1
    judge(world, trial)
    if trial.said == "ok":
        request.operation.learn(world, trial.answer)
    return trial


def judge(world: "World", trial: Attempt) -> None:
    """Every answer is true: it tells the effect, or some state that was in force explains it."""
    if trial.said == CRASHED:
        return
    _check_session(world, trial)
    if trial.said == "ok":
        _judge_answer(world, trial)
        return
    took_effect = trial.facts is not None and trial.request.operation.is_once
    if took_effect and trial.said not in AFTERWARDS and not _is_forgotten(trial):
        raise Broken("what took effect is not refused", f"{trial.request.text()} said {trial.said}")
    if not _is_excused(world, trial):
        seen = {_text(_verdict(trial, state, moment)) for state, moment in _in_force(world, trial)}
        if f"refused {trial.said}" not in seen:
            detail = f"{trial.request.text()} said {trial.said}; the model would have said {sorted(seen)}"
            raise Broken("refusals are true", detail)


def _is_forgotten(trial: Attempt) -> bool:
    """The clock went on by more than a caller's key is kept, in the middle of the try."""
    has_key = hasattr(trial.request.operation, "key")
    return has_key and (trial.request.effect_at or 0) <= max(trial.looks, default=0) - KEPT_MS


def _judge_answer(world: "World", trial: Attempt) -> None:
    request, facts = trial.request, trial.told
    if trial.facts is not None and facts == dict(trial.facts):
        return
    if request.operation.is_once and request.facts is not None:
        if not request.operation.tells(world.state, facts, dict(request.facts)):
            detail = f"{request.text()} answered {facts}, its effect was {dict(request.facts)}"
            raise Broken("the answer tells what happened", detail)
        return
    said: list[object] = []
    for state, moment in _in_force(world, trial):
        if _is_there(trial, state) and request.operation.explains(state, moment, facts):
            return
        verdict = _verdict(trial, state, moment)
        said.append(verdict.facts if isinstance(verdict, Accepted) else verdict)
    detail = f"{request.text()} answered {facts} without effect; the model would have said {said[:3]}"
    raise Broken("answers without effect are true", detail)


def _verdict(trial: Attempt, state: State, moment: Moment) -> Accepted | Refused:
    if not _is_there(trial, state):
        return Refused("session-ended")
    return trial.request.operation.expect(state, moment)


def _is_there(trial: Attempt, state: State) -> bool:
    """Whether the login that asks had been opened by then, if one asks."""
    return not _session(trial) or _session(trial) in state.sessions


def _text(verdict: Accepted | Refused) -> str:
    return f"refused {verdict.code}" if isinstance(verdict, Refused) else "accepted"


def _in_force(world: "World", trial: Attempt) -> list[tuple[State, Moment]]:
    """Every state that held during the try, with every time that was looked at; the newest first."""
    looks = sorted(set(trial.looks)) or [world.now_ms]
    seen = world.seen_by(trial)
    moments = [Moment(now, states=seen) for now in reversed(looks)]
    held = _with_login(seen, _session(trial)) if _session(trial) else seen
    return [(state, moment) for state in reversed(held) for moment in moments]


def _with_login(states: list[State], session_id: str) -> list[State]:
    """What a try read of others may be older than its login, which it read as well: a commit from before the
    login may not show whole yet."""
    login = next((each.sessions[session_id] for each in states if session_id in each.sessions), None)
    if login is None:
        return states
    return [sessions.stored(each, session_id, each.sessions.get(session_id, login)) for each in states]


def _is_excused(world: "World", trial: Attempt) -> bool:
    operation = trial.request.operation
    if any(fault in WEATHER.get(trial.said, ()) for _, fault in trial.faults):
        return True
    # Settings from the cache may be older than the try: when the clock jumps, no time is left to look again.
    has_jumped = bool(trial.looks) and world.now_ms - min(trial.looks) > DEADLINE_MS
    if trial.said == "conflict" and (trial.is_contended or trial.until > trial.since or has_jumped):
        return True
    for state, moment in _in_force(world, trial):
        if _is_there(trial, state) and trial.said in operation.excuses(world, state, moment):
            return True
    return trial.said == "session-ended" and _session_dead(world, trial)


def _session(trial: Attempt) -> str:
    return getattr(trial.request.operation, "session_id", "")


def _session_dead(world: "World", trial: Attempt) -> bool:
    return any(
        not sessions.is_alive(state.sessions.get(_session(trial)), moment.now)
        for state, moment in _in_force(world, trial)
    )


def _check_session(world: "World", trial: Attempt) -> None:
    """Whoever got past the door had a living login at some time of the try."""
    if not _session(trial) or trial.said == "session-ended" or trial.said in UNKNOWN:
        return
    alive = (
        sessions.is_alive(state.sessions.get(_session(trial)), moment.now)
        for state, moment in _in_force(world, trial)
    )
    if not any(alive):
        raise Broken("only the living login opens the door", trial.request.text())
