"""After the storm: what is open is answered, the jobs run, and then everything must fit."""

from domain.proof.reconcile import Reconcile
from tests.simulation import history
from tests.simulation.faults import Calm
from tests.simulation.requests import Attempt, Broken, Operation, Request
from tests.simulation.world import World

SETTLED_MS = 3 * 60_000
FIRST = 980


def settle_down(world: World, *, proving: bool = True) -> None:
    """Raises Broken. Nothing goes wrong from here on. `proving`: the product proves its own books, too."""
    world.plan = Calm()
    for request in world.requests:
        if request.attempts and request.attempts[-1].said in history.UNKNOWN:
            _ask(world, request)
    world.pass_time(SETTLED_MS)
    for number, operation in enumerate(_last_jobs(world, proving=proving)):
        _ask(world, Request(FIRST + number, operation))
    for area in world.areas:
        for promise, check in area.promises.items():
            for complaint in check(world):
                raise Broken(promise, complaint)


def _ask(world: World, request: Request) -> Attempt:
    trial = history.attempt(world.process(), request)
    world.schedule.drain()
    if trial.said in history.UNKNOWN:
        raise Broken("in calm weather there is a clear answer", f"{request.text()} said {trial.said}")
    return trial


def _last_jobs(world: World, *, proving: bool) -> list[Operation]:
    """All of them twice, because what one does may be something to do for another; then the proof."""
    jobs = [job() for area in world.areas for job in area.jobs]
    proofs = [job for job in jobs if job.use_case is Reconcile]
    others = [job for job in jobs if job.use_case is not Reconcile]
    return [*others, *others, *(proofs if proving else [])]
