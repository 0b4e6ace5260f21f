"""Sets a scene calmly, step by step, for a request that is then disturbed."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tests.simulation import history
from tests.simulation.faults import DiesAfterWriting
from tests.simulation.requests import Attempt, Broken, Operation, Request

if TYPE_CHECKING:
    from tests.simulation.world import Human, World

FIRST = 500
"""Numbers of requests that only set the scene."""


class Stage:
    """`rival` is what somebody else does at the worst moment."""

    def __init__(self, world: "World") -> None:
        self.world = world
        self.rival: Operation | None = None
        self._count = 0

    def does(self, operation: Operation) -> Any:
        """Goes well, or the scene is wrong."""
        trial = self._try(operation)
        if trial.said != "ok":
            raise Broken("the scene can be set", f"{operation}: {trial.said}")
        return trial.answer

    def breaks_off(self, operation: Operation) -> None:
        """The process dies right after its transaction: what follows is left to a job."""
        plan, self.world.plan = self.world.plan, DiesAfterWriting()
        trial = self._try(operation)
        self.world.plan = plan
        if trial.said != history.CRASHED:
            raise Broken("the scene can be set", f"{operation}: {trial.said} and no transaction")

    def _try(self, operation: Operation) -> Attempt:
        self._count += 1
        return history.attempt(self.world.process(), Request(FIRST + self._count, operation))

    def human(self, number: int = 0) -> "Human":
        return self.world.humans[number]

    def wait(self, **stretch: float) -> None:
        self.world.pass_time(int(timedelta(**stretch).total_seconds() * 1000))
