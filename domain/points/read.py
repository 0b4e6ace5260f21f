"""Use cases that only read points: the balance with what lapses next, and the list of entries."""

from datetime import date, datetime

from msgspec import Struct, field

from domain.actor import KeyHolder, MemberSelf
from domain.clock import shop_date
from domain.money import NO_POINTS, Points
from domain.months import month_of
from domain.page import Page
from domain.points.model import Account, Entry, EntryKind
from domain.points.ports import Repositories
from domain.unit_of_work import Runner

SCANNED_MAX = 100
"""So many entries are looked through for those of one kind at a time."""
STREAMS_MAX = 40
"""More merges than anybody has had; histories beyond are not followed."""


class Balance(Struct, frozen=True):
    """An account as of a business day."""

    account: Account
    today: date

    def by_month(self) -> dict[int, Points]:
        """What lapses in which month (202611), the next one first; what is for ever is left out."""
        found: dict[int, Points] = {}
        for lot, points in self.account.lots.items():
            if lot.valid_through is not None and not lot.is_over(self.today):
                month = month_of(lot.valid_through)
                found[month] = found.get(month, NO_POINTS) + points
        return dict(sorted(found.items()))


class ReadBalance(Struct, frozen=True):
    """Expired points are left out, whether or not the job has booked them yet."""

    runner: Runner[Repositories]

    def __call__(self, actor: MemberSelf | KeyHolder, member_id: str) -> Balance:
        return self.runner.use(
            actor.tenant_id,
            lambda stores, now: Balance(stores.accounts.get(member_id), shop_date(now)),
        )


class _Streams(Struct):
    """Which member's entries are still to be shown, and below which sequence.

    A merge joins the other member's earlier entries at the place where it was written; a merge that
    was undone joins nothing. `undone` holds the merges whose undoing was met on the way down.
    """

    below: dict[str, int | None]
    undone: set[str] = field(default_factory=set)

    def text(self) -> str:
        parts = [f"{member_id}={'' if below is None else below}" for member_id, below in self.below.items()]
        return ";".join([",".join(parts), ",".join(sorted(self.undone))])

    @classmethod
    def parse(cls, text: str) -> "_Streams":
        below: dict[str, int | None] = {}
        members, _, undone = text.partition(";")
        for part in filter(None, members.split(",")):
            member_id, _, sequence = part.partition("=")
            below[member_id] = int(sequence) if sequence else None
        return cls(below, set(filter(None, undone.split(","))))

    def pass_by(self, entry: Entry) -> None:
        self.below[entry.member_id] = entry.sequence
        merge_id, other = entry.cause.merge_id, entry.cause.other_member_id
        if entry.cause.reason == "merge_undone" and merge_id:
            self.undone.add(merge_id)
        elif entry.kind is EntryKind.MERGE_IN and merge_id in self.undone:
            self.undone.discard(merge_id)
        elif entry.kind is EntryKind.MERGE_IN and other and len(self.below) < STREAMS_MAX:
            self.below.setdefault(other, None)


class ListEntries(Struct, frozen=True):
    """Newest first, across merges. One call for twenty entries of a member that was never merged.

    With `kind` only those; a page may then hold fewer than asked for, and the next one goes on.
    """

    runner: Runner[Repositories]

    def __call__(
        self,
        actor: MemberSelf | KeyHolder,
        member_id: str,
        limit: int,
        position: str | None,
        kind: EntryKind | None = None,
    ) -> Page[Entry]:
        def ask(repositories: Repositories, _: datetime) -> Page[Entry]:
            # Staff may come with an id from before a merge; a member's session knows the right one.
            start = member_id
            if isinstance(actor, KeyHolder) and position is None:
                start = repositories.accounts.get(member_id).member_id
            streams = _Streams.parse(position) if position else _Streams({start: None})
            queues: dict[str, list[Entry]] = {}
            most = limit if kind is None else SCANNED_MAX
            items: list[Entry] = []
            for seen in range(most + 1):
                for member in [member for member in streams.below if member not in queues]:
                    below = streams.below[member]
                    queues[member] = repositories.entries.newest(member, below, most + 1 - seen)[::-1]
                entry = _pop_newest(queues)
                if entry is None:
                    return Page(tuple(items))
                if seen == most or len(items) == limit:
                    break
                streams.pass_by(entry)
                if kind in {None, entry.kind}:
                    items.append(entry)
            return Page(tuple(items), streams.text())

        return self.runner.use(actor.tenant_id, ask)


def _pop_newest(queues: dict[str, list[Entry]]) -> Entry | None:
    waiting = [queue for queue in queues.values() if queue]
    if not waiting:
        return None
    return max(waiting, key=lambda queue: (queue[-1].at, queue[-1].sequence)).pop()
