"""Use case of the hourly job: points whose last day is over leave their accounts, and tiers are reviewed.

Nothing depends on when this runs: no rule ever counts points that are over, or a tier that is (see `Book`);
the job only writes it down. Safe to run twice and to stop half-way.
"""

from collections.abc import Callable
from datetime import datetime

from msgspec import Struct

from domain.clock import Clock, shop_date
from domain.money import NO_POINTS, Points
from domain.points.book import Book
from domain.points.model import EntryKind
from domain.points.ports import Due, DueAccounts, Repositories
from domain.unit_of_work import Plan, Runner

CALLER = "job:expire_points"


class Expired(Struct, frozen=True):
    """What one run did. `more`: the limit was reached, the next run goes on."""

    accounts: int
    points: Points
    failed: int
    more: bool


class ExpirePoints(Struct, frozen=True):
    """Works through the due index of all tenants; a failing account is reported and skipped."""

    runner: Runner[Repositories]
    due: DueAccounts
    clock: Clock
    report_failure: Callable[[Due, Exception], None]

    def __call__(self, limit: int) -> Expired:
        accounts, failed, expired = 0, 0, NO_POINTS
        for due in self.due.before(shop_date(self.clock())):
            if accounts >= limit:
                return Expired(accounts, expired, failed, more=True)
            try:
                expired = expired + self._expire(due)
                accounts += 1
            except Exception as problem:  # noqa: BLE001  # one broken account must not stop all the others
                self.report_failure(due, problem)
                failed += 1
        return Expired(accounts, expired, failed, more=False)

    def _expire(self, due: Due) -> Points:
        def plan(repositories: Repositories, now: datetime) -> Plan[Points]:
            account = repositories.accounts.exact(due.member_id)
            if account is None or account.redirect_to is not None:
                return Plan(NO_POINTS)
            book = Book(account, now, CALLER, repositories.programmes.current())
            gone = [-entry.points.count for entry in book.entries if entry.kind is EntryKind.EXPIRE]
            return Plan(Points(sum(gone)), book.changes())

        return self.runner.run(due.tenant_id, plan)
