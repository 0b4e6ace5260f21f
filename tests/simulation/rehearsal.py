"""Every call, every fault: one request on a set stage, disturbed, sent again, judged.

First each call of the first try meets each fault. A fault leads to calls that a good day never makes, such as
looking for a receipt; those meet every fault as well, on top of the fault that led there. And a write that
took effect without an answer is repeated after somebody else has changed what it wrote.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from random import Random
from zlib import crc32

from msgspec import Struct
from msgspec.structs import replace

from tests.simulation.area import Area, scenarios
from tests.simulation.faults import WRITES, Calm, Fault, Place, Scripted, Site, Tally, cell_name
from tests.simulation.houses import house
from tests.simulation.play import Outcome, finish, humans, insist
from tests.simulation.requests import Broken, Operation, Request
from tests.simulation.stage import Stage
from tests.simulation.world import World

RIVAL = 900
"""The number of the rival's request."""
PROVED_EACH = 12
"""Of so many rehearsals with faults, one ends with a proof of the books."""
DEPTH_MAX = 3
"""So many faults at most lead to a call that is to meet one."""
UNANSWERED = frozenset({Fault.TIMEOUT_AFTER, Fault.TIMEOUT_LATE, Fault.CRASH_AFTER})


class Cell(Struct, frozen=True):
    """A scenario and what goes wrong in it, where."""

    scenario: str
    faults: tuple[tuple[Place, Fault], ...] = ()
    house: int = 0

    def with_fault(self, place: Place, fault: Fault) -> "Cell":
        """One more thing goes wrong."""
        return replace(self, faults=(*self.faults, (place, fault)))

    def __str__(self) -> str:
        if not self.faults:
            return f"{self.scenario}, calm"
        told = (f"{fault} at try {place.attempt}, call {place.call}" for place, fault in self.faults)
        return f"{self.scenario}, {', '.join(told)}"


class Rehearsals:
    """Goes on until every fault has met every call site that can be reached in one house.

    Then comes a good day in `calm` houses, whose rules are others: only what calls there alone meets faults.
    """

    def __init__(self, areas: Sequence[Area], house: int = 0, calm: Sequence[int] = ()) -> None:
        self._areas, self._house = areas, house
        self._waiting = deque(Cell(name, (), each) for each in (house, *calm) for name in scenarios(areas))
        self._known: set[str] = set()
        self._scenes: Scenes = {}
        self.tally = Tally()

    def __iter__(self) -> Iterator[tuple[Cell, Outcome]]:
        while self._waiting:
            cell = self._waiting.popleft()
            outcome = rehearse(cell, self._areas, self._scenes)
            self.tally.add(outcome.tally)
            self._waiting.extend(self._next(cell, outcome))
            yield cell, outcome

    def left(self) -> int:
        """How many wait at the moment; more may come."""
        return len(self._waiting)

    def _next(self, cell: Cell, outcome: Outcome) -> Iterator[Cell]:
        """In a calm run every call of the request; later, or in another house, what nobody has met yet."""
        if len(cell.faults) >= DEPTH_MAX:
            return
        calls = list(_calls(outcome))
        for place, site in calls:
            for fault in site.faults:
                name = cell_name(site, fault)
                is_first = not cell.faults and place.request == 1 and cell.house == self._house
                if is_first or name not in self._known:
                    self._known.add(name)
                    yield cell.with_fault(place, fault)
        if cell.house == self._house:
            yield from (cell.with_fault(later, Fault.RIVAL) for later in _after_silence(cell, calls))


def _calls(outcome: Outcome) -> Iterator[tuple[Place, Site]]:
    for request in outcome.requests:
        for attempt in request.attempts:
            for call, site in enumerate(attempt.sites, start=1):
                yield Place(request.number, attempt.number, call), site


def _after_silence(cell: Cell, calls: Sequence[tuple[Place, Site]]) -> Iterator[Place]:
    """What a try does after a write without an answer: looks whether it took effect, writes once more."""
    if len(cell.faults) != 1 or cell.faults[0][1] not in UNANSWERED:
        return
    first = cell.faults[0][0]
    what = next((site for place, site in calls if place == first), None)
    if what is None or what.call not in WRITES:
        return
    for place, site in calls:
        if place.request == first.request and place > first and Fault.RIVAL in site.faults:
            yield place
            if site == what:
                return


class Scene(Struct, frozen=True):
    """A stage that is set, to be played on again and again."""

    world: World
    operation: Operation
    rival: Operation | None


Scenes = dict[tuple[str, int], Scene]


def rehearse(cell: Cell, areas: Sequence[Area], scenes: Scenes | None = None) -> Outcome:
    """The faults meet their calls; everything else goes well. `scenes` keeps what is set already."""
    kept = {} if scenes is None else scenes
    place = (cell.scenario, cell.house)
    if place not in kept:
        # The same dice in every run of a scenario: what led to a call leads there again.
        world = World(house(cell.house), areas, f"{cell.scenario} {cell.house}", Calm(), Tally())
        world.humans = humans(Random(0))
        stage = Stage(world)
        try:
            operation = scenarios(areas)[cell.scenario](stage)
        except Broken as broken:
            return Outcome(str(cell), broken.violation, world.tally, world.trace)
        kept[place] = Scene(world, operation, stage.rival)
    scene = kept[place]
    world = scene.world.twin(Tally(histories=1))
    world.plan = Scripted(dict(cell.faults))
    world.provoke = _Provocation(world, scene.rival)
    _start(world, Request(1, scene.operation))
    # Every write is compared with the model: the proof of the books says the same once more, and takes long.
    return finish(world, proving=not cell.faults or crc32(str(cell).encode()) % PROVED_EACH == 0)


def _start(world: World, request: Request) -> None:
    """Somebody patient."""
    world.requests.append(request)

    def work() -> None:
        insist(world.process(), request, Random(0), patience=1.0)

    world.schedule.start(work)


class _Provocation:
    """Lets the rival run once."""

    def __init__(self, world: World, rival: Operation | None) -> None:
        self._world, self._rival = world, rival

    def __call__(self) -> None:
        rival, self._rival = self._rival, None
        if rival is not None:
            _start(self._world, Request(RIVAL, rival))
