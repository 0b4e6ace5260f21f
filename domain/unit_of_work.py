"""One use case, one transaction: a pure plan says what is to change, a runner commits it.

A use case hands the runner a function `plan(repositories, now) -> Plan`. It may read through the
repositories and refuse by raising; it never writes. The runner commits the plan's changes together
or not at all, plans again when something moved meanwhile, and recognises requests that were answered
before by their receipt.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from domain.errors import Conflict, DomainError

A = TypeVar("A")
R_contra = TypeVar("R_contra", contravariant=True)
R_co = TypeVar("R_co", covariant=True)

Record = Mapping[str, object]
"""Plain JSON values."""


class MovedMeanwhile(Conflict):
    """What the plan read does not fit together: something moved while it was read. The runner plans again."""

    code = "moved-meanwhile"
    title = "Something moved while it was read; please try again."
    message = "数据正在变化，请重试"


class Created(Struct, frozen=True):
    """The thing must not exist yet."""

    thing: object


class Appended(Struct, frozen=True):
    """The next line of a history. Its place taken while all else holds: the store contradicts itself."""

    thing: object


class Changed(Struct, frozen=True):
    """The stored thing must still be what was read."""

    before: object
    after: object


class Unchanged(Struct, frozen=True):
    """The stored thing must still be what was read; nothing is written to it."""

    thing: object


class Absent(Struct, frozen=True):
    """The thing must still not exist; nothing is written."""

    thing: object


class Removed(Struct, frozen=True):
    """The stored thing must still be what was read."""

    thing: object


class Counted(Struct, frozen=True):
    """Adds to a counter that must not pass its limit; the refusal is raised when it would.

    Without a refusal the plan is made again: it finds out by itself what is left.
    """

    counter: str
    by: int
    limit: int
    ends_at: datetime | None
    """When the counter may be forgotten; None: never."""
    refusal: DomainError | None

    def more(self, by: int) -> "Counted":
        """The same counter, with what else one plan adds to it: a thing is written once in a commit."""
        return replace(self, by=self.by + by)


class Added(Struct, frozen=True):
    """The numbers of the thing are added to those that are stored under its key, whatever they are."""

    thing: object


Change = Created | Appended | Changed | Unchanged | Absent | Removed | Counted | Added


def held(way: Sequence[object]) -> tuple[Change, ...]:
    """Of things that lead to one another all but the last: they must still lead there at the commit."""
    return tuple(Unchanged(each) for each in way[:-1])


class Plan(Struct, Generic[A], frozen=True):
    """What to answer, and what has to change for the answer to be true. No changes: nothing is written."""

    answer: A
    changes: tuple[Change, ...] = ()


class Receipt(Struct, Generic[R_contra, A], frozen=True):
    """How a request is recognised that was answered before: by the business document it wrote.

    `find` reads that document and gives the first answer again, None if there is none, and raises
    KeyReused (or a refusal of that sort) if it was written by a different request.
    """

    find: Callable[[R_contra], A | None]


class Remembered(Protocol):
    """An answer that can be kept with an idempotency key."""

    def record(self) -> Record: ...


M = TypeVar("M", bound=Remembered)


class RequestKey(Struct, Generic[M], frozen=True):
    """The caller's `Idempotency-Key`, for requests without a business number of their own.

    Scope: tenant, caller, key. The fingerprint covers route and body. Kept for 30 days.
    """

    caller: str
    key: str
    fingerprint: str
    recall: Callable[[Record], M]


class Runner(Protocol[R_co]):
    """Commits plans of one tenant."""

    def run(
        self,
        tenant_id: str,
        plan: Callable[[R_co, datetime], Plan[A]],
        receipt: Receipt[R_co, A] | None = None,
        *,
        dry_run: bool = False,
    ) -> A:
        """The plan's answer, or the answer the same request got before.

        A dry run reads, plans and asks for the same conditions, and writes nothing: it answers, or refuses,
        as the real call would at this moment.

        Raises whatever the plan refuses with, Conflict if the thing keeps moving, and Unavailable
        if the outcome is unknown at the deadline: the same request must then be repeated.
        """
        ...

    def run_once(
        self,
        tenant_id: str,
        plan: Callable[[R_co, datetime], Plan[M]],
        key: RequestKey[M],
        *,
        dry_run: bool = False,
    ) -> M:
        """The same, with an idempotency record written first in the transaction. Raises KeyReused."""
        ...

    def recall(self, tenant_id: str, key: RequestKey[M]) -> M | None:
        """The answer kept under the key, if there is one. Raises KeyReused."""
        ...

    def use(self, tenant_id: str, action: Callable[[R_co, datetime], A]) -> A:
        """Without a transaction: reads, or single writes that nothing else depends on."""
        ...
