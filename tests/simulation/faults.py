"""What can go wrong with a call of the store or of a platform, and who decides when it does."""

from collections import Counter
from collections.abc import Mapping
from enum import StrEnum
from random import Random
from typing import Protocol

from msgspec import Struct, field

WRITES = frozenset({"put_item", "update_item", "delete_item", "transact_write_items"})
WRITES_SHARE = 2.5
"""How much more often something goes wrong with a write: there it matters most."""
POINT_READS = frozenset({"get_item", "batch_get_item"})


class Fault(StrEnum):
    """The kinds. What is said of calls holds for those of platforms where it makes sense."""

    THROTTLE = "throttle"
    """The store is too busy; nothing happened."""
    CONFLICT = "conflict"
    """Another transaction holds an item; nothing happened."""
    RIVAL = "rival"
    """Somebody else commits before this call, and after the one before it."""
    TIMEOUT_BEFORE = "timeout-before"
    """No answer, and nothing happened."""
    TIMEOUT_AFTER = "timeout-after"
    """No answer, and it happened."""
    TIMEOUT_LATE = "timeout-late"
    """No answer, and it happens some time later, perhaps after the caller has tried again."""
    CRASH_BEFORE = "crash-before"
    CRASH_AFTER = "crash-after"
    SLOW = "slow"
    """It works, but takes longer than the caller has."""
    STALE = "stale"
    """A read that may lag shows how it was before the last change."""
    LAG = "lag"
    """An index does not show some of the last changes yet, in any order."""
    CUT = "cut"
    """A page ends early, or a batch is not wholly read."""
    DOWN = "platform-down"
    LOST = "platform-lost"
    """The platform did it, but its answer is lost."""
    REFUSED = "platform-refuses"
    BUSY = "platform-busy"


STORE_WRITE = (
    Fault.THROTTLE,
    Fault.CONFLICT,
    Fault.RIVAL,
    Fault.TIMEOUT_BEFORE,
    Fault.TIMEOUT_AFTER,
    Fault.TIMEOUT_LATE,
    Fault.CRASH_BEFORE,
    Fault.CRASH_AFTER,
    Fault.SLOW,
)
STORE_READ = (Fault.THROTTLE, Fault.TIMEOUT_BEFORE, Fault.CRASH_BEFORE, Fault.CRASH_AFTER, Fault.SLOW)
SERVICE = (Fault.DOWN, Fault.LOST, Fault.CRASH_BEFORE, Fault.CRASH_AFTER)
PLATFORM = (Fault.DOWN, Fault.LOST, Fault.REFUSED, Fault.BUSY, Fault.CRASH_BEFORE, Fault.CRASH_AFTER)


class Site(Struct, frozen=True):
    """Where a call stands: the operation that makes it, the API, and what it touches."""

    operation: str
    call: str
    what: str
    faults: tuple[Fault, ...]
    """What can go wrong here."""

    def text(self) -> str:
        return f"{self.operation}: {self.call} {self.what}"


class Place(Struct, frozen=True, order=True):
    """One call of one history: which request, which of its attempts, which call of the attempt."""

    request: int
    attempt: int
    call: int


class Plan(Protocol):
    """Decides for each call whether something goes wrong."""

    def choose(self, place: Place, site: Site) -> Fault | None: ...


class Calm(Struct, frozen=True):
    """Nothing goes wrong."""

    def choose(self, place: Place, site: Site) -> Fault | None:
        return None


class Storm(Struct, frozen=True):
    """Each call may fail by chance; `spared` holds the requests with whose calls all goes well.

    The draw depends on seed and place alone: leaving out one request leaves the others' faults.
    """

    seed: str
    share: float
    spared: frozenset[int] = frozenset()

    def choose(self, place: Place, site: Site) -> Fault | None:
        if place.request in self.spared:
            return None
        chance = Random(f"{self.seed}:{place.request}:{place.attempt}:{place.call}")
        # A request that was tried often meets less, or nothing would ever come about.
        share = self.share * (WRITES_SHARE if site.call in WRITES else 1) / (1 + place.attempt)
        return chance.choice(site.faults) if site.faults and chance.random() < share else None


class Scripted(Struct, frozen=True):
    """Exactly these faults at these places."""

    faults: Mapping[Place, Fault]

    def choose(self, place: Place, site: Site) -> Fault | None:
        fault = self.faults.get(place)
        return fault if fault in site.faults else None


class DiesAfterWriting(Calm, frozen=True):
    """Each process dies as soon as a transaction is through: it belongs to the scene, and does not count."""

    def choose(self, place: Place, site: Site) -> Fault | None:
        return Fault.CRASH_AFTER if site.call == "transact_write_items" else None


def cell_name(site: Site, fault: Fault) -> str:
    """What is to be met at least once."""
    return f"{site.text()} × {fault}"


class Tally(Struct):
    """What happened in one or many histories; adds up."""

    histories: int = 0
    operations: int = 0
    duplicates: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    conflicts: int = 0
    """Writes that lost against somebody else without any help."""
    sites: dict[str, int] = field(default_factory=dict)
    """How often each call site was passed."""
    cells: Counter[str] = field(default_factory=Counter)
    """How often each site met each fault."""
    outcomes: Counter[str] = field(default_factory=Counter)
    """How often each operation was answered how."""
    possible: set[str] = field(default_factory=set)
    """Every cell that could be met at the sites that were passed."""

    def pass_by(self, site: Site) -> None:
        text = site.text()
        if text not in self.sites:
            self.sites[text] = 0
            self.possible.update(cell_name(site, fault) for fault in site.faults)
        self.sites[text] += 1

    def meet(self, site: Site, fault: Fault) -> None:
        """A fault is about to meet a call."""
        self.cells[cell_name(site, fault)] += 1

    def hit(self, fault: Fault) -> None:
        """It made a difference."""
        self.faults[fault.value] += 1

    def add(self, other: "Tally") -> None:
        self.histories += other.histories
        self.operations += other.operations
        self.duplicates += other.duplicates
        self.faults.update(other.faults)
        self.conflicts += other.conflicts
        for site, passed in other.sites.items():
            self.sites[site] = self.sites.get(site, 0) + passed
        self.cells.update(other.cells)
        self.outcomes.update(other.outcomes)
        self.possible |= other.possible
