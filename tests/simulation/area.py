"""What a file of `areas/` declares."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from random import Random
from typing import TYPE_CHECKING

from msgspec import Struct, field

from tests.simulation.requests import Operation
from tests.simulation.watch import Comparison, Step

if TYPE_CHECKING:
    from tests.simulation.stage import Stage
    from tests.simulation.world import World

Draw = Callable[["World", Random], Operation | None]
"""The next thing that somebody might ask, or None if there is nothing to ask for yet."""
Scenario = Callable[["Stage"], Operation]
"""Sets the scene, and gives the operation that is then tried with every fault at every call."""
Promise = Callable[["World"], Iterator[str]]
"""What must hold once all is quiet; says what does not."""


class Area(Struct, frozen=True):
    """Operations, their scenarios, and invariants."""

    name: str
    draws: tuple[tuple[int, Draw], ...] = ()
    """With how often each is drawn, in relation to the others."""
    scenarios: Mapping[str, Scenario] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    """Commits that are not the effect of the request itself."""
    comparisons: Mapping[str, Comparison] = field(default_factory=dict)
    """By kind of item."""
    promises: Mapping[str, Promise] = field(default_factory=dict)
    jobs: tuple[Callable[[], Operation], ...] = ()
    """What the clock runs, once more when all is quiet."""


def scenarios(areas: Sequence[Area]) -> dict[str, Scenario]:
    """All scenes by name."""
    return {name: scenario for area in areas for name, scenario in area.scenarios.items()}
