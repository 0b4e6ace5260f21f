"""Use case of staff: what somebody had at a past instant, worked out from the ledger."""

from collections.abc import Iterable
from datetime import datetime
from itertools import takewhile

from msgspec import Struct
from msgspec.structs import replace

from domain.actor import Operator
from domain.clock import shop_date
from domain.errors import invalid
from domain.money import NO_POINTS, Points
from domain.points.history import entries_back, tier_changes_back
from domain.points.model import Account, Entry
from domain.points.ports import Repositories
from domain.points.standing import TierChange, TierReason, steps
from domain.programme.ladder import Ladder
from domain.unit_of_work import Plan, Runner


class PastAccount(Struct, frozen=True):
    """Lots and debt as they were; `available` leaves out what was over by then."""

    member_id: str
    at: datetime
    balance: Points
    available: Points
    debt: Points
    entry_sequence: int
    """Of the last entry before; 0: there was none."""
    tier_id: str | None


class ReadAsOf(Struct, frozen=True):
    """Takes back, in thought, every entry written since: what is left is what there was.

    Of somebody who was merged into another one, the other's points count from the merge on.
    Raises MemberNotFound.
    """

    runner: Runner[Repositories]

    def __call__(self, actor: Operator, member_id: str, at: datetime) -> PastAccount:
        def plan(repositories: Repositories, now: datetime) -> Plan[PastAccount]:
            if at > now:
                raise invalid("at", "in-the-future", "Nobody knows what there will be.")
            account = repositories.accounts.get(member_id)
            ladder = repositories.programmes.current().terms.ladder
            since = takewhile(lambda entry: entry.at > at, entries_back(repositories.entries, account))
            past = _unfolded(account, since)
            found = PastAccount(
                member_id=account.member_id,
                at=at,
                balance=past.balance,
                available=past.available(shop_date(at)),
                debt=past.debt,
                entry_sequence=past.version,
                tier_id=_tier(account, tier_changes_back(repositories.tier_changes, account), ladder, at),
            )
            return Plan(found)

        return self.runner.run(actor.tenant_id, plan)


def _unfolded(account: Account, since: Iterable[Entry]) -> Account:
    lots, debt, version = dict(account.lots), account.debt, account.version
    for entry in since:
        for posting in entry.postings:
            lots[posting.lot] = lots.get(posting.lot, NO_POINTS) - posting.points
        debt, version = debt - entry.debt, entry.sequence - 1
    return replace(account, lots={lot: n for lot, n in lots.items() if n}, debt=debt, version=version)


def _tier(account: Account, changes: Iterable[TierChange], ladder: Ladder | None, at: datetime) -> str | None:
    """A review holds from its day on, whenever it was written down; all else since it was written."""
    day = shop_date(at)
    for change in changes:
        held = change.on <= day if change.reason is TierReason.REVIEW else change.at <= at
        if held and change.number == account.tier_changes:
            return _reviewed(account, ladder, at)
        if held:
            return change.after
    return None


def _reviewed(account: Account, ladder: Ladder | None, at: datetime) -> str | None:
    """The tier that is written down, after the reviews that were due by then."""
    standing = account.standing
    for step in steps(account, ladder, shop_date(at)):
        if step.reason is not TierReason.REACHED:
            standing = step.standing
    return standing.tier_id if standing else None
