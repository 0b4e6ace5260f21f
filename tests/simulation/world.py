"""One history's world: the table, the time, the people, and the model that walks along."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from random import Random
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from tests.simulation import watch
from tests.simulation.area import Area
from tests.simulation.callers import session_id
from tests.simulation.cloud import Cloud, Commit
from tests.simulation.faults import Calm, Plan, Tally
from tests.simulation.model import sessions
from tests.simulation.model.state import Accepted, Programme, State, Verdict
from tests.simulation.platforms import Outside
from tests.simulation.process import Process, SimulatedKeyring
from tests.simulation.requests import Attempt, Broken, Moment, Operation, Request
from tests.simulation.schedule import Schedule
from tests.simulation.table.storage import Key, Storage
from tests.simulation.table.values import Item

CONSENT = "2026-11"
CAP_FEN = 20_000
"""What the capped key may record in one day."""
SMS_PER_DAY = 8
LIVING = 0.9
"""How often somebody asks with a login that still lives, if there is one."""


class Human(Struct):
    """Somebody with phones, and what their phones remember."""

    number: int
    phones: tuple[str, ...]
    """Numbers that they can prove; some are shared, because numbers change hands."""
    tokens: dict[str, str] = field(default_factory=dict)
    """By channel."""
    member_id: str = ""


class House(Struct, frozen=True):
    """A tenant as it was set up, to be copied for each history."""

    tenant_id: str
    storage: Storage
    state: State
    started_at: int
    secrets: Mapping[str, str]
    """Of the API keys."""
    programme: Programme
    """What was in force at first."""


class World:
    """Everything that a history touches. Broken is raised by the commit that breaks a promise."""

    def __init__(self, house: House, areas: Sequence[Area], seed: str, plan: Plan, tally: Tally) -> None:
        self.house, self.areas, self.seed, self.plan, self.tally = house, areas, seed, plan, tally
        self.now_ms = house.started_at
        self.schedule = Schedule(Random(f"{seed}:schedule"))
        storage = house.storage.copy()
        self.cloud = Cloud(storage, self.schedule, Random(f"{seed}:cloud"), self._committed)
        self.outside = Outside()
        self.humans: list[Human] = []
        self.keyring = SimulatedKeyring(house.tenant_id)
        self.phones: dict[str, str] = {}
        """What a blind index stands for."""
        self.states: list[State] = [house.state]
        """After each commit; the first one before any."""
        self.requests: list[Request] = []
        self.memory: defaultdict[str, list[Any]] = defaultdict(list)
        """What callers remember of answers."""
        self.provoke: Callable[[], None] = lambda: None
        """In a scripted history: now is the moment for the rival."""
        self.nobody = Attempt(Request(0, _Nothing()), 0, 0)
        self.trace: list[str] = []
        self._processes = 0
        self._steps = tuple(step for area in areas for step in area.steps)
        self._comparisons = _comparisons(areas)

    def twin(self, tally: Tally) -> "World":
        """The same at this moment, which goes its own way from here on. Nothing may be under way."""
        other = World(
            replace(self.house, storage=self.cloud.storage), self.areas, self.seed, self.plan, tally
        )
        other.house, other.now_ms, other._processes = self.house, self.now_ms, self._processes
        other.schedule.follow(self.schedule)
        other.cloud.follow(self.cloud)
        other.outside, other.humans = deepcopy(self.outside), deepcopy(self.humans)
        other.phones, other.states, other.trace = dict(self.phones), list(self.states), list(self.trace)
        other.memory.update({name: list(found) for name, found in self.memory.items()})
        return other

    @property
    def is_calm(self) -> bool:
        return isinstance(self.plan, Calm)

    @property
    def state(self) -> State:
        return self.states[-1]

    def seen_by(self, attempt: Attempt) -> list[State]:
        """What a try may have read, the oldest first; anything older if the weather showed something old."""
        last = attempt.until + 1 if attempt.said else None
        return self.states[0 if attempt.is_lagging else attempt.since : last]

    def process(self) -> Process:
        """A fresh one, with cold caches."""
        self._processes += 1
        return Process(self, self._processes)

    def pass_time(self, ms: int) -> None:
        self.now_ms += ms
        self.cloud.storage.seconds = self.now_ms / 1000

    def stored(self, kind: str) -> Iterator[tuple[Key, Item]]:
        """The tenant's own items of one sort."""
        for key, item in self.cloud.storage.items():
            if item["kind"]["S"] == kind and self._is_ours(key[0]):
                yield key, item

    def know_phone(self, number: str) -> None:
        self.phones[self.keyring.index("phone", number)] = number

    def meet(self, human: Human, member_id: str) -> None:
        """Somebody learns who they are here; tills and staff hear of them, too."""
        human.member_id = member_id
        if member_id not in self.memory["members"]:
            self.memory["members"].append(member_id)

    def known_members(self) -> list[str]:
        """Ids that somebody was told, those from before merges as well."""
        return self.memory["members"]

    def logins(self, chance: Random) -> list[tuple[Human, str, str]]:
        """People, channels and the tokens in their phones: mostly such as still open a door."""
        known = [(human, *pair) for human in self.humans for pair in human.tokens.items()]
        living = [
            login
            for login in known
            if sessions.is_alive(self.state.sessions.get(session_id(login[2])), self.now_ms)
        ]
        return living if living and chance.random() < LIVING else known

    def somebody(self, chance: Random) -> tuple[Human, str, str] | None:
        """A person with a channel, and the token in their phone."""
        logins = self.logins(chance)
        return chance.choice(logins) if logins else None

    def note(self, line: str) -> None:
        """One line of the history, for people and for comparing two runs."""
        self.trace.append(f"{self.now_ms} {line}")

    def _committed(self, commit: Commit) -> None:
        self.note(_line(commit))
        foreign = [change.key for change in commit.changes if not self._is_ours(change.key[0])]
        if foreign:
            raise Broken("another tenant's items are never touched", str(foreign))
        before = self.state
        after = replace(watch.step(self, before, commit, self._steps), steps=commit.number)
        self.states.append(after)
        watch.compare(self, before, after, commit, self._comparisons)

    def _is_ours(self, pk: str) -> bool:
        return pk.startswith(f"T#{self.house.tenant_id}#")


class _Nothing(Operation, frozen=True):
    """Stands in while nobody asks for anything."""

    name = "nothing"
    use_case = object
    is_once = False

    def call(self, process: Process) -> None:
        return

    def expect(self, state: State, moment: Moment) -> Verdict:
        return Accepted(state)

    def facts(self, answer: None) -> Mapping[str, Any]:
        return {}


def _comparisons(areas: Sequence[Area]) -> dict[str, tuple[watch.Comparison, ...]]:
    found: defaultdict[str, tuple[watch.Comparison, ...]] = defaultdict(tuple)
    for each in (watch.COMPARISONS, *(area.comparisons for area in areas)):
        for kind, comparison in each.items():
            found[kind] = (*found[kind], comparison)
    return dict(found)


def _line(commit: Commit) -> str:
    what = " ".join(f"{change.kind}:{change.thing_id}" for change in commit.changes)
    return f"commit {commit.number} by {commit.by.request.text()} try {commit.by.number}: {what}"
