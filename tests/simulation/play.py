"""Plays random histories: several clients at once, in bad weather."""

from collections.abc import Mapping, Sequence
from random import Random
from zlib import crc32

from msgspec import Struct, field

from tests.simulation import history
from tests.simulation.area import Area, Draw, scenarios
from tests.simulation.faults import Calm, Storm, Tally
from tests.simulation.houses import some_house
from tests.simulation.process import Process
from tests.simulation.quiet import settle_down
from tests.simulation.requests import Broken, Operation, Request, Violation
from tests.simulation.stage import Stage
from tests.simulation.world import Human, World

LANES = (3, 4)
OPERATIONS_MIN = 24
TRIES_MAX = 4
DUPLICATES = 0.2
"""How often the same request is sent twice at once."""
PATIENCE = 0.85
"""How often somebody tries again after no clear answer."""
FOCUSED, FOCUS = 0.5, 6
"""How many histories are about one area above all, and how much more often that one is drawn."""
OPENED = 0.6
"""How many histories begin with a scene."""
STORMS = (0.04, 0.08, 0.14, 0.24)
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
JUMPS = {
    20_000: 4,
    70_000: 4,
    10 * MINUTE: 4,
    2 * HOUR: 2,
    9 * HOUR: 1,
    DAY: 1,
    30 * DAY: 1,
    366 * DAY: 1,
}
"""How far the clock may go on between two requests, and how often."""
NUMBERS = ("+8613800000001", "+8613800000002", "+8613800000003", "+8613800000004")


class Outcome(Struct):
    """What became of one history."""

    seed: str
    violation: Violation | None
    tally: Tally
    trace: list[str] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)


class Cut(Struct, frozen=True):
    """Leaves out parts of a history, so that what matters stands alone."""

    without: frozenset[int] = frozenset()
    """Requests that are not made."""
    spared: frozenset[int] = frozenset()
    """Requests whose calls all go well."""


PROVED_EACH = 3
"""Of so many histories one ends with a proof of the books. Every write was compared with the model before."""


def play(seed: str, areas: Sequence[Area], cut: Cut | None = None) -> Outcome:
    """One random history. The same seed and cut give the same history, byte for byte."""
    cut = cut or Cut()
    chance = Random(f"{seed}:history")
    tally = Tally(histories=1)
    storm = Storm(seed, chance.choice(STORMS), cut.spared)
    world = World(some_house(chance), areas, seed, storm, tally)
    world.humans = humans(chance)
    lanes, draws = chance.choice(LANES), _draws(areas, chance)
    each = -(-OPERATIONS_MIN // lanes) + chance.randrange(3)
    try:
        first = _opening(world, areas, chance)
    except Broken as broken:
        return Outcome(seed, broken.violation, tally, world.trace)
    for lane in range(lanes):
        numbers = [lane * 100 + number + 1 for number in range(each)]
        left = [number for number in numbers if number not in cut.without]
        world.schedule.start(_Lane(world, left, draws, first).run)
    return finish(world, proving=crc32(seed.encode()) % PROVED_EACH == 0)


def _opening(world: World, areas: Sequence[Area], chance: Random) -> dict[int, Operation]:
    """Most histories begin in the middle of things: with a scene, and the requests it leads to at once."""
    if chance.random() >= OPENED:
        return {}
    scenes = scenarios(areas)
    storm, world.plan = world.plan, Calm()
    stage = Stage(world)
    operation = scenes[chance.choice(sorted(scenes))](stage)
    world.plan = storm
    return {1: operation, 101: stage.rival} if stage.rival else {1: operation}


def finish(world: World, *, proving: bool = True) -> Outcome:
    violation = None
    try:
        world.schedule.drain()
        settle_down(world, proving=proving)
    except Broken as broken:
        violation = broken.violation
        world.note(f"BROKEN {violation}")
    finally:
        world.schedule.stop()
    return Outcome(world.seed, violation, world.tally, world.trace, world.requests)


def _draws(areas: Sequence[Area], chance: Random) -> tuple[list[Draw], list[int]]:
    """Half of the histories are about one area above all: what is rare elsewhere happens there."""
    focus = chance.choice([area.name for area in areas]) if chance.random() < FOCUSED else ""
    draws = [
        (draw, weight * (FOCUS if area.name == focus else 1)) for area in areas for weight, draw in area.draws
    ]
    return [draw for draw, _ in draws], [weight for _, weight in draws]


def humans(chance: Random) -> list[Human]:
    """Three people. Numbers overlap: the same person under another id, or a number that changed hands."""
    numbers = chance.sample(NUMBERS, len(NUMBERS))
    return [
        Human(0, (numbers[0], numbers[1])),
        Human(1, (numbers[1], numbers[0], numbers[2])),
        Human(2, (numbers[2], numbers[0], numbers[3])),
    ]


def insist(process: Process, request: Request, chance: Random, patience: float) -> Process:
    """Sends the same request until there is a clear answer, or the caller gives up.

    Returns the process that goes on: another one after a crash.
    """
    world = process.world
    for _ in range(TRIES_MAX):
        trial = history.attempt(process, request)
        if trial.said == history.CRASHED:
            process = world.process()
        if trial.said not in history.UNKNOWN or chance.random() >= patience:
            break
    return process


class _Lane:
    """One client after another on one process: a till, a phone, a job."""

    def __init__(
        self,
        world: World,
        numbers: Sequence[int],
        draws: tuple[list[Draw], list[int]],
        first: Mapping[int, Operation],
    ) -> None:
        self._world, self._numbers, self._draws, self._first = world, numbers, draws, first
        self._process = world.process()

    def run(self) -> None:
        for number in self._numbers:
            chance = Random(f"{self._world.seed}:request:{number}")
            if number not in self._first and chance.random() < 0.15:
                (jump,) = chance.choices(list(JUMPS), list(JUMPS.values()))
                self._world.note(f"the clock goes on by {jump // 1000} s")
                self._world.pass_time(jump)
            operation = self._first.get(number) or self._draw(chance)
            if operation is not None:
                self._ask(Request(number, operation), chance)

    def _draw(self, chance: Random) -> Operation | None:
        draws, weights = self._draws
        for _ in range(5):
            (draw,) = chance.choices(draws, weights)
            operation = draw(self._world, chance)
            if operation is not None:
                return operation
        return None

    def _ask(self, request: Request, chance: Random) -> None:
        world = self._world
        world.requests.append(request)
        if chance.random() < DUPLICATES:
            world.tally.duplicates += 1
            world.schedule.start(lambda: self._again(request))
        self._process = insist(self._process, request, chance, PATIENCE)

    def _again(self, request: Request) -> None:
        """The same request from a second device."""
        history.attempt(self._world.process(), request)
