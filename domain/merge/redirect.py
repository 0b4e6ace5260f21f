"""Ids from before merges: each of them leads to whoever lives on, in one hop once all is settled."""

from collections.abc import Iterable
from datetime import datetime

from msgspec.structs import replace

from domain.member.model import Member
from domain.merge.model import Merge, MergeState
from domain.merge.ports import Repositories
from domain.points.model import Account
from domain.unit_of_work import Change, Changed, Plan, Unchanged


def repoint(people: Iterable[tuple[Member, Account]], member_id: str) -> tuple[Change, ...]:
    """Both halves of each lead there. Those that do already are held so: nobody may shorten them now."""
    changes: list[Change] = []
    for member, account in people:
        if member.redirect_to == member_id:
            changes.append(Unchanged(member))
        else:
            changes.append(Changed(member, member.next(redirect_to=member_id)))
            changes.append(Changed(account, replace(account, redirect_to=member_id)))
    return tuple(changes)


def shorten(repositories: Repositories, now: datetime, merge: Merge, alias_id: str) -> Plan[None]:
    """An id that led to the source leads to the target, or to whom that went on, as long as all stands."""
    found = [each for each in repositories.people.those([alias_id]) if each[0].redirect_to == merge.source_id]
    stored = repositories.merges.find(merge.merge_id)
    if not found or stored is None or stored.state is not MergeState.DONE:
        return Plan(None)
    heir = repositories.members.get(merge.target_id)
    return Plan(None, (*repoint(found, heir.member_id), Unchanged(stored), Unchanged(heir)))
