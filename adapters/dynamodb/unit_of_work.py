"""The runner: reads, plans, commits in one transaction, and loops by the error table of docs/data.md."""

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, TypeVar

from msgspec import Struct

from adapters.dynamodb.idempotency import Kept, counting
from adapters.dynamodb.item import absence, addition, change, check, creation, removal
from adapters.dynamodb.keys import Key
from adapters.dynamodb.outcome import Busy, Lost, RawItem, StoreProblem, Unknown
from adapters.dynamodb.repositories import MAPPINGS, DynamoRepositories, Store
from adapters.dynamodb.table import Table, Write, raw_key
from domain.errors import Conflict, DomainError, KeyReused, Unavailable
from domain.points.model import Entry, LedgerBroken
from domain.tenant.model import Channel, Tenant
from domain.tenant.model import Store as TenantStore
from domain.unit_of_work import (
    Absent,
    Added,
    Appended,
    Change,
    Changed,
    Counted,
    Created,
    MovedMeanwhile,
    Plan,
    Receipt,
    Remembered,
    Removed,
    RequestKey,
    Unchanged,
)

A = TypeVar("A")
M = TypeVar("M", bound=Remembered)

Hear = Callable[[Sequence[RawItem]], None]
"""Takes items as they are stored now."""

CACHED = (Tenant, TenantStore, Channel)
TRIES_MAX = 8
DEADLINE_SECONDS = 3.0
PAUSE_MAX_SECONDS = 0.4
PAUSE_FIRST_SECONDS = 0.025
THROTTLED_FACTOR = 2.0

log = logging.getLogger("tongka.store")


class Pace(Struct, frozen=True):
    """How the loop waits; handed in, so that a simulation can turn the time itself."""

    monotonic: Callable[[], float]
    sleep: Callable[[float], None]
    chance: Callable[[], float]
    """A number in [0, 1), for full jitter."""


class DynamoRunner:
    """Implements `domain.unit_of_work.Runner`."""

    def __init__(self, store: Store, pace: Pace, hear: Hear | None = None) -> None:
        """`hear` is told of every commit, at most once, where nothing follows the table's stream."""
        self._store, self._pace, self._hear = store, pace, hear
        self._later = PatientTable(store.table, pace)

    def run(
        self,
        tenant_id: str,
        plan: Callable[[DynamoRepositories, datetime], Plan[A]],
        receipt: Receipt[DynamoRepositories, A] | None = None,
        *,
        dry_run: bool = False,
    ) -> A:
        loop = _Loop(self._pace)
        images: dict[Key, RawItem] = {}
        short: frozenset[Key] = frozenset()
        for attempt in loop:
            repositories = self._open(tenant_id, images, short, may_lag=attempt == 1)
            images = {}
            try:
                planned = self._plan(repositories, plan, receipt)
                self._commit(repositories, planned.changes, dry_run=dry_run)
            except _LostCommit as lost:
                images, short = lost.images, short | lost.short
                if lost.is_about_settings:
                    self._store.cache.clear()
                if receipt is not None:
                    answered = self._find(tenant_id, receipt, images)
                    if answered is not None:
                        return answered
                if lost.refusal is not None:
                    raise lost.refusal from lost
            except MovedMeanwhile:
                images = {}
            except StoreProblem as problem:
                loop.wait(problem)
            else:
                repositories.is_over = True
                return planned.answer
        raise loop.gave_up()

    def _open(
        self,
        tenant_id: str,
        images: dict[Key, RawItem] | None = None,
        short: frozenset[Key] = frozenset(),
        *,
        may_lag: bool = False,
    ) -> DynamoRepositories:
        return DynamoRepositories(
            self._store, tenant_id, images, may_lag=may_lag, short=short, later=self._later
        )

    def run_once(
        self,
        tenant_id: str,
        plan: Callable[[DynamoRepositories, datetime], Plan[M]],
        key: RequestKey[M],
        *,
        dry_run: bool = False,
    ) -> M:
        def remembered(repositories: DynamoRepositories, now: datetime) -> Plan[M]:
            planned = plan(repositories, now)
            kept = Kept(key.caller, key.key, key.fingerprint, dict(planned.answer.record()), now)
            return Plan(planned.answer, (Created(kept), *planned.changes))

        receipt: Receipt[DynamoRepositories, M] = Receipt(lambda stores: self._recall(stores, key))
        return self.run(tenant_id, remembered, receipt, dry_run=dry_run)

    def recall(self, tenant_id: str, key: RequestKey[M]) -> M | None:
        return self.use(tenant_id, lambda repositories, _: self._recall(repositories, key))

    def use(self, tenant_id: str, action: Callable[[DynamoRepositories, datetime], A]) -> A:
        loop = _Loop(self._pace)
        for _ in loop:
            repositories = self._open(tenant_id)
            try:
                answer = action(repositories, self._store.clock())
            except StoreProblem as problem:
                loop.wait(problem)
            else:
                repositories.is_over = True
                return answer
        raise loop.gave_up()

    def _plan(
        self,
        repositories: DynamoRepositories,
        plan: Callable[[DynamoRepositories, datetime], Plan[A]],
        receipt: Receipt[DynamoRepositories, A] | None,
    ) -> Plan[A]:
        """Before a refusal goes out, the receipt is looked for: the request may have been granted before.

        A refusal must be true: what it rests on is read once more, all at one moment. If that differs, the
        plan is made again.
        """
        try:
            return plan(repositories, self._store.clock())
        except LedgerBroken as broken:
            log.critical("ledger broken: %s", broken.detail)
            raise
        except DomainError as refusal:
            holds = repositories.holding()
            answered = receipt.find(repositories) if receipt is not None else None
            if answered is not None:
                return Plan(answered)
            if not isinstance(refusal, MovedMeanwhile) and not holds():
                self._store.cache.clear()
                raise MovedMeanwhile from refusal
            raise

    def _find(
        self, tenant_id: str, receipt: Receipt[DynamoRepositories, A], images: dict[Key, RawItem]
    ) -> A | None:
        """A store that fails here just leads to another round of the loop, where the plan decides again."""
        try:
            repositories = self._open(tenant_id, images)
            answered = receipt.find(repositories)
        except StoreProblem:
            return None
        repositories.is_over = True
        return answered

    def _recall(self, repositories: DynamoRepositories, key: RequestKey[M]) -> M | None:
        kept = repositories.kept.find(key.caller, key.key, self._store.clock())
        if kept is None:
            return None
        if kept.fingerprint != key.fingerprint:
            raise KeyReused
        return key.recall(kept.answer)

    def _commit(
        self, repositories: DynamoRepositories, changes: tuple[Change, ...], *, dry_run: bool
    ) -> None:
        """A dry run asks the store whether it would accept all of it, on the very same conditions."""
        placed = [(write, each) for each in changes for write in writes_of(each, repositories)]
        if not placed:
            return
        try:
            self._store.table.write([write.as_check() if dry_run else write for write, _ in placed])
        except Lost as lost:
            failed = [placed[place][1] for place in lost.images]
            if all(isinstance(each, Appended) for each in failed):
                if not dry_run:
                    self._freeze(repositories, [each.thing for each in failed if isinstance(each, Appended)])
                raise LedgerBroken from lost
            raise _LostCommit(placed, lost) from lost
        if dry_run:
            return
        if any(_is_cached(each) for each in changes):
            self._store.cache.clear()
        if self._hear is not None:
            self._tell(repositories, changes, self._hear)

    def _tell(self, repositories: DynamoRepositories, changes: tuple[Change, ...], hear: Hear) -> None:
        """What is missed here comes with the next change, or when everything is counted again."""
        things = (
            each.after if isinstance(each, Changed) else each.thing
            for each in changes
            if isinstance(each, Created | Changed)
        )
        images = [
            MAPPINGS[type(thing)].to_items(thing, repositories.tenancy)[0].serialize() for thing in things
        ]
        try:
            hear(images)
        except Exception:
            log.exception("a commit was not heard of")

    def _freeze(self, repositories: DynamoRepositories, things: list[object]) -> None:
        """Version and sequence disagree: nothing may be booked on that account until somebody has looked."""
        for thing in things:
            if isinstance(thing, Entry):
                log.critical(
                    "ledger broken", extra={"member_id": thing.member_id, "sequence": thing.sequence}
                )
                key = repositories.tenancy.keys.account(thing.member_id)
                arguments = {
                    "Key": raw_key(key),
                    "UpdateExpression": "SET z = :frozen",
                    "ExpressionAttributeValues": {":frozen": {"BOOL": True}},
                }
                self._store.table.write([Write("update", key, arguments)])


class PatientTable(Table):
    """For the lists of jobs, which stand outside of any unit of work. Raises Unavailable."""

    def __init__(self, table: Table, pace: Pace) -> None:
        self.__dict__.update(table.__dict__)
        self._pace = pace

    def _call(self, operation: str, **arguments: Any) -> dict[str, Any]:
        loop = _Loop(self._pace)
        for _ in loop:
            try:
                return super()._call(operation, **arguments)
            except StoreProblem as problem:
                loop.wait(problem)
        raise loop.gave_up()


class _LostCommit(Exception):
    """Nothing was written; holds how the items were that stood in the way."""

    def __init__(self, placed: list[tuple[Write, Change]], lost: Lost) -> None:
        super().__init__(str(lost))
        self.images = {
            placed[place][0].key: image for place, image in lost.images.items() if image is not None
        }
        counted = [placed[place][1] for place in lost.images]
        self.is_about_settings = any(_is_cached(each) for each in counted)
        refusals = [each.refusal for each in counted if isinstance(each, Counted) and each.refusal]
        self.short = frozenset(
            placed[place][0].key
            for place in lost.images
            if isinstance(each := placed[place][1], Counted) and each.refusal is None
        )
        # Something else moved as well: the next plan may not even ask the counter.
        self.refusal = refusals[0] if len(refusals) == len(counted) else None


def _is_cached(each: Change) -> bool:
    thing = each.after if isinstance(each, Changed) else getattr(each, "thing", None)
    return isinstance(thing, CACHED)


class _Loop:
    """At most so many rounds, until the deadline; remembers whether the store was away in between."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._ends_at = pace.monotonic() + DEADLINE_SECONDS
        self._round = 0
        self._is_away = False

    def __iter__(self) -> Iterator[int]:
        while self._round < TRIES_MAX and self._pace.monotonic() < self._ends_at:
            self._round += 1
            yield self._round

    def wait(self, problem: StoreProblem) -> None:
        """Full jitter; longer when the store asks for rest."""
        is_throttled = isinstance(problem, Busy) and problem.throttled
        self._is_away = self._is_away or is_throttled or isinstance(problem, Unknown)
        factor = THROTTLED_FACTOR if is_throttled else 1.0
        longest = min(PAUSE_MAX_SECONDS, PAUSE_FIRST_SECONDS * 2**self._round) * factor
        self._pace.sleep(self._pace.chance() * longest)

    def gave_up(self) -> DomainError:
        if self._is_away:
            return Unavailable("The outcome may be unknown; repeat the same request.", retry_after_seconds=1)
        return Conflict("The same things keep moving; try again.", retry_after_seconds=1)


PLAIN = {Unchanged: check, Absent: absence, Removed: removal, Added: addition}


def writes_of(each: Change, repositories: DynamoRepositories) -> list[Write]:
    """A change of the domain as writes with their conditions."""
    tenancy = repositories.tenancy
    match each:
        case Created(thing) | Appended(thing):
            return creation(MAPPINGS[type(thing)], thing, tenancy)
        case Changed(before, after):
            return [change(MAPPINGS[type(after)], before, after, tenancy)]
        case Counted():
            return [counting(each, tenancy.keys)]
        case Unchanged(thing) | Absent(thing) | Removed(thing) | Added(thing):
            return [PLAIN[type(each)](MAPPINGS[type(thing)], thing, tenancy)]
