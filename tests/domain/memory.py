"""Repositories in memory, as strict as the store: a change needs what it was planned from."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from types import SimpleNamespace
from typing import Any, TypeVar

from domain.errors import Conflict
from domain.member.identity import Identity
from domain.member.model import Member, Sentinel
from domain.merge.model import Merge
from domain.page import Page
from domain.points.model import Account, Entry
from domain.programme.model import Programme
from domain.session.model import Session, Sweep
from domain.unit_of_work import Absent, Appended, Change, Changed, Created, Plan, Receipt, Removed, Unchanged

A = TypeVar("A")


def place_of(thing: object) -> tuple[object, ...]:
    """Where a thing lies."""
    match thing:
        case Member() | Account():
            return type(thing), thing.member_id
        case Entry():
            return Entry, thing.member_id, thing.sequence
        case Sentinel():
            return Sentinel, thing.identity
        case Merge():
            return Merge, thing.merge_id
        case Sweep():
            return Sweep, thing.sweep_id
        case _:
            raise TypeError(type(thing))


class Memory:
    """Implements what merging asks of its repositories, each part of itself."""

    def __init__(self, things: Iterable[object]) -> None:
        self.things: dict[tuple[object, ...], Any] = {place_of(thing): thing for thing in things}

    def __getattr__(self, name: str) -> "Memory":
        if name in {"merges", "people", "members", "identities", "accounts", "entries", "sessions"}:
            return self
        raise AttributeError(name)

    @property
    def programmes(self) -> Any:
        return SimpleNamespace(current=Programme)

    def find(self, merge_id: str) -> Merge | None:
        return self.things.get((Merge, merge_id))

    def member(self, member_id: str) -> Member:
        member: Member = self.things[Member, member_id]
        return member

    def account(self, member_id: str) -> Account:
        account: Account = self.things[Account, member_id]
        return account

    def exact(self, member_id: str) -> Member | None:
        return self.things.get((Member, member_id))

    def pair(self, one: str, other: str) -> tuple[tuple[Member, Account], tuple[Member, Account]]:
        first, second = ((self.member(each), self.account(each)) for each in (one, other))
        return first, second

    def those(self, member_ids: Iterable[str]) -> list[tuple[Member, Account]]:
        known = [each for each in member_ids if (Member, each) in self.things]
        return [(self.member(each), self.account(each)) for each in known]

    def holders(self, identities: Iterable[Identity]) -> dict[Identity, str]:
        known = {identity: self.things.get((Sentinel, identity)) for identity in identities}
        return {identity: sentinel.member_id for identity, sentinel in known.items() if sentinel}

    def get(self, member_id: str, sequence: int) -> Entry | None:
        return self.things.get((Entry, member_id, sequence))

    def newest(self, member_id: str, below: int | None, limit: int, *, strong: bool = False) -> list[Entry]:
        found = [entry for entry in self.entries_of(member_id) if below is None or entry.sequence < below]
        return found[::-1][:limit]

    def entries_of(self, member_id: str) -> Iterator[Entry]:
        return (self.things[Entry, member_id, n + 1] for n in range(self.account(member_id).version))

    def of_member(self, member_id: str, limit: int, position: str | None) -> Page[Session]:
        return Page(())

    def sentinels(self) -> dict[Identity, str]:
        return {
            thing.identity: thing.member_id for thing in self.things.values() if isinstance(thing, Sentinel)
        }

    def commit(self, changes: Iterable[Change]) -> None:
        """All or nothing; a place is written once. Raises Conflict."""
        after, written = dict(self.things), set()
        for change in changes:
            match change:
                case Created(thing) | Appended(thing):
                    place, old, new = place_of(thing), None, thing
                case Changed(before, thing):
                    place, old, new = place_of(thing), before, thing
                case Unchanged(thing):
                    place, old, new = place_of(thing), thing, thing
                case Absent(thing):
                    place, old, new = place_of(thing), None, None
                case Removed(thing):
                    place, old, new = place_of(thing), thing, None
                case _:
                    raise TypeError(change)
            if self.things.get(place) != old or place in written:
                raise Conflict(str(place))
            written.add(place)
            after[place] = new
        self.things = {place: thing for place, thing in after.items() if thing is not None}


class MemoryRunner:
    """Implements `domain.unit_of_work.Runner`, as far as merges need it."""

    def __init__(self, memory: Any, now: datetime) -> None:
        self.memory, self.now = memory, now

    def run(
        self,
        tenant_id: str,
        plan: Callable[[Any, datetime], Plan[A]],
        receipt: Receipt[Any, A] | None = None,
        *,
        dry_run: bool = False,
    ) -> A:
        planned = plan(self.memory, self.now)
        if planned.changes and not dry_run:
            self.memory.commit(planned.changes)
        return planned.answer

    def use(self, tenant_id: str, action: Callable[[Any, datetime], A]) -> A:
        return action(self.memory, self.now)

    def run_once(self, *_: Any, **__: Any) -> Any:
        raise NotImplementedError

    def recall(self, *_: Any) -> Any:
        raise NotImplementedError
