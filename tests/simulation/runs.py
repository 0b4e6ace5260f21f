"""Many histories on all cores: slices of seeds, what they add up to, and what failed."""

import hashlib
import multiprocessing
import os
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct, field, to_builtins
from msgspec.structs import asdict

from tests.simulation.areas import all_areas
from tests.simulation.faults import Tally
from tests.simulation.houses import RULES
from tests.simulation.play import play
from tests.simulation.rehearsal import Rehearsals

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("domain", "adapters", "serverless", "tests/simulation")
CHUNK = 25
MANY = 1_000
"""In so many histories every operation comes up."""
FAILURES_MAX = 20
"""So many are told; more would say nothing new."""


class Profile(Struct, frozen=True):
    """How much is played."""

    histories: int
    houses: int
    """For how many kinds of tenants every call meets every fault."""
    slice_histories: int
    """So many at a time, half an hour at most."""


PROFILES = {
    "ci": Profile(5_000, 1, 5_000),
    "nightly": Profile(50_000, 5, 12_500),
    "release": Profile(1_000_000, 5, 12_500),
}


class Failure(Struct, frozen=True):
    """A history that broke a promise, or a rehearsal."""

    seed: str
    check: str
    detail: str
    is_rehearsal: bool = False


class Result(Struct):
    """What one or more slices came to."""

    tally: Tally = field(default_factory=Tally)
    rehearsals: int = 0
    rehearsed: Tally = field(default_factory=Tally)
    failures: list[Failure] = field(default_factory=list)
    seconds: float = 0.0

    def add(self, other: "Result") -> None:
        self.tally.add(other.tally)
        self.rehearsals += other.rehearsals
        self.rehearsed.add(other.rehearsed)
        self.failures += other.failures
        self.seconds += other.seconds

    def summary(self) -> dict[str, Any]:
        """The line for machines. Cells are those that the rehearsals can reach."""
        cells = self.rehearsed.possible
        met = self.rehearsed.cells + self.tally.cells
        faults = self.tally.faults + self.rehearsed.faults
        return {
            "histories": self.tally.histories,
            "rehearsals": self.rehearsals,
            "operations": self.tally.operations,
            "duplicates": self.tally.duplicates,
            "faults": dict(sorted(faults.items())),
            "faults_total": faults.total(),
            "conflicts": self.tally.conflicts + self.rehearsed.conflicts,
            "cells_hit": len(cells) - len(self.never_met),
            "cells": len(cells),
            "cells_met_least": min((met[cell] for cell in cells), default=0),
            "violations": len(self.failures),
            "histories_per_second": round(self.tally.histories / self.seconds, 1) if self.seconds else 0.0,
        }

    @property
    def never_granted(self) -> list[str]:
        """Operations that no history got through, although there were many."""
        if self.tally.histories < MANY:
            return []
        names = {outcome.partition(":")[0] for outcome in self.tally.outcomes}
        return sorted(name for name in names if not self.tally.outcomes[f"{name}: ok"])

    @property
    def never_met(self) -> list[str]:
        """Call sites that the rehearsals can reach, with the fault that none of them met."""
        met = self.rehearsed.cells + self.tally.cells
        return sorted(cell for cell in self.rehearsed.possible if not met[cell])

    @property
    def is_good(self) -> bool:
        return not (self.failures or self.never_granted or self.never_met)


Progress = Callable[[int, int, int], None]
"""Told how much is done, of how much, and how many failures there are."""


class Part(Struct, frozen=True):
    """What one core does at a time: the rehearsals of one house, or some histories."""

    house: int | None = None
    first: int = 0
    count: int = 0


def run(first: int, count: int, houses: Sequence[int], progress: Progress) -> Result:
    """Histories from `first` on, and every call with every fault in these houses, on all cores."""
    started = time.monotonic()
    result = Result()
    chunks = [Part(None, at, min(CHUNK, first + count - at)) for at in range(first, first + count, CHUNK)]
    for part in _on_all_cores([*(Part(house) for house in houses), *chunks]):
        result.add(part)
        progress(result.tally.histories, count, len(result.failures))
    result.seconds = time.monotonic() - started
    return result


def _on_all_cores(parts: Sequence[Part]) -> Iterator[Result]:
    workers = min(os.cpu_count() or 1, len(parts))
    if workers <= 1:
        yield from map(_do, parts)
        return
    with multiprocessing.get_context("fork").Pool(workers) as pool:
        yield from pool.imap_unordered(_do, parts)


def _do(part: Part) -> Result:
    return _rehearse(part.house) if part.house is not None else _play(part)


def _play(part: Part) -> Result:
    areas, result = all_areas(), Result()
    for seed in range(part.first, part.first + part.count):
        try:
            outcome = play(str(seed), areas)
        except Exception:  # noqa: BLE001  # one history must not end all the others
            result.failures.append(Failure(str(seed), "the engine goes on", traceback.format_exc()[-1500:]))
            continue
        result.tally.add(outcome.tally)
        if outcome.violation is not None:
            result.failures.append(Failure(str(seed), outcome.violation.check, outcome.violation.detail))
    return result


def _rehearse(house: int) -> Result:
    calm = range(1, len(RULES)) if house == 0 else ()
    rehearsals, result = Rehearsals(all_areas(), house, calm), Result()
    for cell, outcome in rehearsals:
        result.rehearsals += 1
        if outcome.violation is not None:
            violation = outcome.violation
            result.failures.append(Failure(str(cell), violation.check, violation.detail, is_rehearsal=True))
    result.rehearsed = rehearsals.tally
    return result


def version() -> str:
    """Of all that a history depends on; slices of different versions do not add up."""
    digest = hashlib.sha256()
    files = (path for room in ROOMS for path in (ROOT / room).rglob("*") if path.suffix in {".py", ".txt"})
    for path in sorted(files):
        digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def to_record(result: Result) -> dict[str, Any]:
    """As JSON can hold it, so that slices of different days add up."""
    return {
        "tally": _tally_record(result.tally),
        "rehearsed": _tally_record(result.rehearsed),
        "rehearsals": result.rehearsals,
        "failures": to_builtins(result.failures),
        "seconds": result.seconds,
    }


def _tally_record(tally: Tally) -> dict[str, Any]:
    record = asdict(tally)
    return {**record, "possible": sorted(tally.possible)}


def from_record(record: Mapping[str, Any]) -> Result:
    """The reverse of `to_record`."""
    tally, rehearsed = (
        Tally(
            **{
                **each,
                "faults": Counter(each["faults"]),
                "cells": Counter(each["cells"]),
                "outcomes": Counter(each["outcomes"]),
                "possible": set(each["possible"]),
            }
        )
        for each in (record["tally"], record["rehearsed"])
    )
    failures = [Failure(**each) for each in record["failures"]]
    return Result(tally, record["rehearsals"], rehearsed, failures, record["seconds"])
