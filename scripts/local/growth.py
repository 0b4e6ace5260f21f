"""How the calls and units of jobs grow (B6): with all that is stored, and with what is due.

Slopes are of the logarithms: 0 is constant, 1 is proportional. A job must not feel members, coupons, bills
and sessions that are not due; `crowd.py` makes them.
"""

import math
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from msgspec import Struct

from adapters.dynamodb.keys import Keys
from adapters.dynamodb.meter import Usage, metered
from scripts.environment import say
from scripts.local import crowd
from scripts.local.processes import Children
from scripts.local.world import World

MEMBERS = (250, 1_000, 4_000, 16_000)
"""Each with points, a coupon, a bill that is held, and a session."""
DUE = (25, 50, 100, 200)
FIXED_DUE = 50
BY_MEMBERS_MAX, BY_DUE_MAX = 0.05, 1.05
ALL = 10_000
TENANT = "demo"
NUMBERS = range(1_000_000, 9_000_000, 2)
"""Of what is due; whoever needs a second one takes the next."""


class Point(Struct, frozen=True):
    """One run of a job."""

    size: int
    calls: int
    units: float


class Growth(Struct, frozen=True):
    """Of one job, by members or by what is due."""

    job: str
    by: str
    points: list[Point]
    limit: float

    @property
    def slope(self) -> float:
        """The steeper of both."""
        sizes = [point.size for point in self.points]
        both = ([point.calls for point in self.points], [point.units for point in self.points])
        return round(max(_slope(sizes, counts) for counts in both), 3)

    @property
    def holds(self) -> bool:
        return self.slope <= self.limit

    def facts(self) -> dict[str, Any]:
        points = [[point.size, point.calls, point.units] for point in self.points]
        return {"job": self.job, "by": self.by, "slope": self.slope, "points": points}

    def line(self) -> str:
        return f"{self.slope:6.3f} slope by {self.by} (limit {self.limit}): {self.job}"


def _slope(sizes: Sequence[float], counts: Sequence[float]) -> float:
    """Least squares of the logarithms. What is always nothing does not grow."""
    if not any(counts):
        return 0.0
    xs, ys = [math.log(size) for size in sizes], [math.log(max(count, 0.5)) for count in counts]
    middle_x, middle_y = sum(xs) / len(xs), sum(ys) / len(ys)
    across = sum((x - middle_x) * (y - middle_y) for x, y in zip(xs, ys, strict=True))
    return across / sum((x - middle_x) ** 2 for x in xs)


class Jobs:
    """Runs each job on a store, with so much due."""

    def __init__(self, world: World) -> None:
        self.services = world.services
        self.keys = Keys(TENANT, self.services.store.shards)
        self.members = 0
        self._numbers = iter(NUMBERS)

    def grow_to(self, members: int) -> None:
        """So many members with what is theirs stand in the way."""
        now = self.services.clock()
        numbers = range(self.members, members)
        crowd.load(self.services, list(crowd.copies(crowd.in_the_way, numbers, self.keys, now)))
        self.members = members

    def all(self) -> dict[str, Callable[[int], Usage]]:
        """By name; each takes how much is due."""
        return {
            "expire_points": self.expire_points,
            "convert_points": self.convert_points,
            "expire_coupons": self.expire_coupons,
            "release_holds": self.release_holds,
            "settle_merges": self.settle_merges,
            "sweep_sessions": self.sweep_sessions,
        }

    def expire_points(self, due: int) -> Usage:
        self._load(crowd.due_points, due)
        return _measured(lambda: self.services.expire_points(limit=ALL).accounts, due)

    def convert_points(self, due: int) -> Usage:
        """The points are over and out of the account; their coupons have to be issued."""
        self._load(crowd.convertible_points, due)
        self.services.expire_points(limit=ALL)
        return _measured(lambda: self.services.convert_points(limit=ALL).coupons, due)

    def expire_coupons(self, due: int) -> Usage:
        self._load(crowd.due_coupon, due)
        return _measured(lambda: self.services.expire_coupons(limit=ALL).coupons, due)

    def release_holds(self, due: int) -> Usage:
        self._load(crowd.due_hold, due)
        return _measured(lambda: self.services.release_holds(limit=ALL).holds, due)

    def settle_merges(self, due: int) -> Usage:
        self._load(crowd.unsettled_merge, due)
        return _measured(lambda: self.services.settle_merges(limit=ALL), due)

    def sweep_sessions(self, due: int) -> Usage:
        self._load(crowd.waiting_sweep, due)
        return _measured(lambda: self.services.sweep_sessions(limit=ALL), due)

    def _load(self, made: crowd.Made, due: int) -> None:
        now = self.services.clock()
        things = [thing for _ in range(due) for thing in made(next(self._numbers), now)]
        crowd.load(self.services, crowd.raw(things, self.keys))
        # While things are loaded, a process may forget what it has read of the tenant.
        self.services.runner.use(TENANT, lambda stores, _: stores.programmes.current())


def _measured(run: Callable[[], int], wanted: int) -> Usage:
    with metered() as usage:
        done = run()
    if done != wanted:
        raise RuntimeError(f"the job did {done} of {wanted}")
    return usage


def point(size: int, usage: Usage) -> Point:
    """Of the table and its indexes together."""
    units = usage.read_units + usage.write_units + usage.index_write_units
    return Point(size, sum(usage.calls.values()), units)


@contextmanager
def running() -> Iterator[Jobs]:
    """In a world of its own. Raises DidNotStart."""
    with tempfile.TemporaryDirectory(prefix="tongka-") as folder, Children() as children:
        world = World(children, Path(folder), counts_at_once=False)
        world.start()
        yield Jobs(world)


def measure(members: Sequence[int] = MEMBERS, due: Sequence[int] = DUE) -> list[Growth]:
    """Some minutes. Raises DidNotStart."""
    with running() as jobs:
        return _measure(jobs, members, due)


def _measure(jobs: Jobs, members: Sequence[int], due: Sequence[int]) -> list[Growth]:
    by_due = {name: [point(size, run(size)) for size in due] for name, run in jobs.all().items()}
    by_members: dict[str, list[Point]] = {}
    for size in members:
        say(f"{size:,} members")
        jobs.grow_to(size)
        for name, run in jobs.all().items():
            by_members.setdefault(name, []).append(point(size, run(FIXED_DUE)))
    return [
        *(Growth(name, "members", points, BY_MEMBERS_MAX) for name, points in by_members.items()),
        *(Growth(name, "what is due", points, BY_DUE_MAX) for name, points in by_due.items()),
    ]
