"""Several clients at once on one thread: greenlets that take turns where a call would wait."""

from collections.abc import Callable
from random import Random

from greenlet import getcurrent, greenlet


class Crash(BaseException):
    """The process that runs the task is gone; nothing of the product may catch this."""


class Schedule:
    """Runs tasks until none is left. Which one goes on is drawn each time anew, from the seed alone."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._tasks: list[greenlet] = []
        self._home: greenlet = getcurrent()

    def follow(self, other: "Schedule") -> None:
        """With the same dice, as they lie."""
        self._chance.setstate(other._chance.getstate())

    def start(self, work: Callable[[], None]) -> None:
        """A new task; it takes its first turn later. An error of a task ends the whole run."""
        self._tasks.append(greenlet(work, parent=self._home))

    def pause(self) -> None:
        """Inside a task: let others go first. Outside of tasks nothing happens."""
        if getcurrent() is not self._home:
            self._home.switch()

    def turn(self) -> None:
        """One task goes on up to its next pause."""
        place = self._chance.randrange(len(self._tasks)) if len(self._tasks) > 1 else 0
        task = self._tasks[place]
        task.switch()
        if task.dead:
            del self._tasks[place]

    def drain(self) -> None:
        """Until every task has ended."""
        while self._tasks:
            self.turn()

    def stop(self) -> None:
        """Ends what is left, where it stands."""
        for task in self._tasks:
            task.throw()
        self._tasks.clear()
