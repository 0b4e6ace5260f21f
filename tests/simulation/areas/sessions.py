"""Logins: kept by use, ended by wish, by a changed phone, by a merge; listed."""

from collections.abc import Iterator, Mapping
from random import Random
from typing import Any, ClassVar

from msgspec.structs import replace

from domain.page import Page
from domain.session.end import SweepSessions
from domain.session.keep import AuthenticateSession, ListLogins, LogOut
from domain.session.model import Session
from tests.simulation import callers, observe
from tests.simulation.area import Area
from tests.simulation.areas.joining import a_fan, a_member, enter, prove
from tests.simulation.callers import Personal
from tests.simulation.cloud import Change, Commit
from tests.simulation.model import sessions as model
from tests.simulation.model.state import NOTHING, Accepted, State, Verdict
from tests.simulation.model.state import Session as ModelSession
from tests.simulation.process import Process
from tests.simulation.requests import Broken, Moment, Operation
from tests.simulation.stage import Stage
from tests.simulation.table.values import Item
from tests.simulation.world import World

FUNCTION_MS = 15_000
"""A function is stopped after this. Here the clock may jump within it, and a login go to who went away."""


class Leave(Personal, frozen=True):
    """Somebody logs out."""

    name: ClassVar[str] = "log out"
    use_case: ClassVar[type] = LogOut
    is_once: ClassVar[bool] = False
    human: int
    channel: str

    def call(self, process: Process) -> None:
        process.services.log_out(callers.person(process, self.token))

    def expect(self, state: State, moment: Moment) -> Verdict:
        return Accepted(state)

    def facts(self, answer: None) -> Mapping[str, Any]:
        return NOTHING

    def explains(self, state: State, moment: Moment, facts: Mapping[str, Any]) -> bool:
        return not model.is_alive(state.sessions.get(self.session_id), moment.now)

    def learn(self, world: World, answer: None) -> None:
        tokens = world.humans[self.human].tokens
        if tokens.get(self.channel) == self.token:
            del tokens[self.channel]


class SeeLogins(Personal, frozen=True):
    """Somebody looks at their own logins."""

    name: ClassVar[str] = "my logins"
    use_case: ClassVar[type] = ListLogins
    is_once: ClassVar[bool] = False

    def call(self, process: Process) -> Page[Session]:
        actor = callers.person(process, self.token)
        return process.services.list_logins(actor, actor.member_id, 2, None)

    def expect(self, state: State, moment: Moment) -> Verdict:
        return Accepted(state)

    def facts(self, answer: Page[Session]) -> Mapping[str, Any]:
        return NOTHING


class Stay(Personal, frozen=True):
    """Somebody uses the app: the login is recognised and, now and then, lives longer."""

    name: ClassVar[str] = "use the app"
    use_case: ClassVar[type] = AuthenticateSession
    is_once: ClassVar[bool] = False

    def call(self, process: Process) -> str:
        return callers.person(process, self.token).member_id

    def expect(self, state: State, moment: Moment) -> Verdict:
        return Accepted(state, {"member": state.sessions[self.session_id].member})

    def facts(self, answer: str) -> Mapping[str, Any]:
        return {"member": answer}


class Sweep(Operation, frozen=True):
    """The job that ends what a changed phone left behind."""

    name: ClassVar[str] = "sweep sessions"
    use_case: ClassVar[type] = SweepSessions
    is_once: ClassVar[bool] = False

    def call(self, process: Process) -> int:
        return process.services.sweep_sessions(limit=100)

    def expect(self, state: State, moment: Moment) -> Verdict:
        return Accepted(state)

    def facts(self, answer: int) -> Mapping[str, Any]:
        return NOTHING


def read(world: World, item: Item) -> ModelSession:
    """A stored login in the model's words."""
    kind, _, value = observe.text(item, "identity").partition(":")
    return ModelSession(
        observe.text(item, "member_id"),
        f"{kind}:{world.phones[value] if kind == 'phone' else value}",
        observe.text(item, "channel_id"),
        observe.number(item, "opened_at"),
        observe.number(item, "expires_at"),
        observe.number(item, "revoked_at"),
    )


def follow(world: World, state: State, commit: Commit) -> State | None:
    """Writes that are about one login and nothing else."""
    if commit.kinds != {"session"}:
        return None
    (change,) = commit.changes
    if change.after is None:
        raise Broken("logins are kept", change.thing_id)
    after = read(world, change.after)
    is_late = world.now_ms > min(commit.by.looks) + FUNCTION_MS
    is_given = change.before is None or observe.text(change.before, "member_id") != after.member
    if is_late and is_given and model.acts_for(state, after) != after.member:
        world.memory["given late"].append(change.thing_id)
    if change.before is None:
        since = 0 if commit.by.is_lagging else commit.by.since
        after = replace(after, since=since, steps=commit.number)
        _opened(world, state, commit, after)
    else:
        known = state.sessions[change.thing_id]
        after = replace(after, since=known.since, steps=known.steps)
        _changed(commit, read(world, change.before), after)
        _ended(world, commit, change, read(world, change.before), after)
    return model.stored(state, change.thing_id, after)


def _opened(world: World, state: State, commit: Commit, after: ModelSession) -> None:
    """Legal if it was so at some time of the attempt: the person may be merged on a moment later."""
    seen = world.states[commit.by.since :]
    if not any(model.may_open(each, after) for each in seen):
        raise Broken("a login is opened for whoever holds the identity", str(after))
    if after.ends_at != after.opened_at + model.IDLE_MS or after.revoked_at:
        raise Broken("a fresh login lives for two hours", str(after))


def _changed(commit: Commit, before: ModelSession, after: ModelSession) -> None:
    same = ("identity", "channel", "opened_at")
    if any(getattr(before, name) != getattr(after, name) for name in same):
        raise Broken("a login keeps what it is about", f"{before} became {after}")
    if before.revoked_at and after.revoked_at != before.revoked_at:
        raise Broken("what has ended stays ended", f"{before} became {after}")
    if after.ends_at != before.ends_at and not model.may_extend(before, after, commit.decided_at):
        raise Broken("a login lives two hours after its use, seven days at most", f"{before} became {after}")
    if after.member != before.member and not after.revoked_at:
        raise Broken("a living login never changes hands", f"{before} became {after}")


def _ended(world: World, commit: Commit, change: Change, before: ModelSession, after: ModelSession) -> None:
    """For a reason that held at some time of the try: a merge may have been undone a moment ago."""
    if before.revoked_at or not after.revoked_at:
        return
    asked = getattr(commit.by.request.operation, "session_id", "")
    seen = (state for state in world.states[commit.by.since :] if change.thing_id in state.sessions)
    if not any(model.may_end(state, change.thing_id, asked) for state in seen):
        raise Broken("a login ends for a reason", f"{before} became {after} by {commit.by.request.text()}")


def finish_sweep(world: World, state: State, commit: Commit) -> State | None:
    """The job is through with a sweep."""
    return state if commit.kinds == {"session-sweep"} else None


def use_nonce(world: World, state: State, commit: Commit) -> State | None:
    """A signed request that nothing else recognises."""
    return state if commit.kinds == {"nonce"} else None


def swept(world: World) -> Iterator[str]:
    """Once all is quiet, nobody is in as somebody else, or from before the phone changed."""
    state = world.state
    for session_id, session in state.sessions.items():
        is_alive = model.is_alive(session, world.now_ms)
        if is_alive and model.is_swept(state, session_id):
            yield f"a login of {session.member} from before the phone changed lives on"
        if session_id in world.memory["given late"]:
            continue
        if state.people[session.member].redirect:
            yield f"a login of {session.member}, who was merged away, did not follow"
        if is_alive and not model.acts_for(state, session) and not model.is_spared(state, session_id):
            yield f"a login of {session.member} lives on by what is another's now"


def draw_leave(world: World, chance: Random) -> Leave | None:
    found = world.somebody(chance)
    if found is None:
        return None
    human, channel, token = found
    return Leave(token, human.number, channel)


def draw_logins(world: World, chance: Random) -> SeeLogins | None:
    found = world.somebody(chance)
    return SeeLogins(found[2]) if found else None


def draw_stay(world: World, chance: Random) -> Stay | None:
    found = world.somebody(chance)
    return Stay(found[2]) if found else None


def draw_sweep(world: World, chance: Random) -> Sweep:
    return Sweep()


def leave_scene(stage: Stage) -> Leave:
    human = a_fan(stage)
    stage.rival = Stay(human.tokens["wx"])
    return Leave(human.tokens["wx"], human.number, "wx")


def stay_scene(stage: Stage) -> Stay:
    """Used when it is due to be prolonged, while the same person logs out."""
    human = a_fan(stage)
    stage.wait(minutes=40)
    stage.rival = Leave(human.tokens["wx"], human.number, "wx")
    return Stay(human.tokens["wx"])


def logins_scene(stage: Stage) -> SeeLogins:
    human = a_fan(stage)
    for _ in range(3):
        stage.does(enter(stage.world, human, "wx", shared=False))
    return SeeLogins(human.tokens["wx"])


def sweep_scene(stage: Stage) -> Sweep:
    human = a_member(stage)
    stage.does(enter(stage.world, human, "wx", shared=False))
    stage.does(prove(stage.world, human, "wx", human.phones[1]))
    stage.wait(minutes=2)
    stage.rival = enter(stage.world, human, "wx", shared=False)
    return Sweep()


AREA = Area(
    "sessions",
    draws=((1, draw_leave), (1, draw_logins), (2, draw_stay), (1, draw_sweep)),
    jobs=(Sweep,),
    scenarios={
        "log out": leave_scene,
        "use the app": stay_scene,
        "my logins": logins_scene,
        "sweep": sweep_scene,
    },
    steps=(follow, finish_sweep, use_nonce),
    promises={"logins end with their reason": swept},
)
