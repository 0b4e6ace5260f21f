"""Makes a failing history small: leaves out requests and disturbances as long as the same promise breaks."""

from collections.abc import Callable, Sequence

from msgspec.structs import replace

from tests.simulation.area import Area
from tests.simulation.play import Cut, Outcome, play

PLAYS_MAX = 400


def shrink(outcome: Outcome, areas: Sequence[Area]) -> tuple[Outcome, Cut]:
    """The smallest history found that breaks the same promise, and what to leave out to get it."""
    if outcome.violation is None:
        raise ValueError("Only a history that fails can be shrunk.")
    search = _Search(outcome, outcome.violation.check, areas)
    search.lessen(lambda cut, numbers: replace(cut, without=cut.without | numbers))
    search.lessen(lambda cut, numbers: replace(cut, spared=cut.spared | numbers))
    search.lessen(lambda cut, numbers: replace(cut, without=cut.without | numbers))
    return search.best, search.cut


class _Search:
    """Halves first, then ever smaller parts."""

    def __init__(self, outcome: Outcome, check: str, areas: Sequence[Area]) -> None:
        self.best, self.cut = outcome, Cut()
        self._check, self._areas = check, areas
        self._plays = 0

    def lessen(self, change: Callable[[Cut, frozenset[int]], Cut]) -> None:
        size = max(len(self._numbers()) // 2, 1)
        while True:
            numbers = self._numbers()
            parts = [frozenset(numbers[at : at + size]) for at in range(0, len(numbers), size)]
            kept = [part for part in parts if not self._try(change(self.cut, part))]
            if size == 1 and len(kept) == len(parts):
                return
            if self._plays >= PLAYS_MAX:
                return
            size = max(size // 2, 1)

    def _numbers(self) -> list[int]:
        return sorted({request.number for request in self.best.requests})

    def _try(self, cut: Cut) -> bool:
        """Whether the history still breaks the promise when that is left out."""
        if cut == self.cut or self._plays >= PLAYS_MAX:
            return False
        self._plays += 1
        outcome = play(self.best.seed, self._areas, cut)
        if outcome.violation is None or outcome.violation.check != self._check:
            return False
        self.best, self.cut = outcome, cut
        return True
