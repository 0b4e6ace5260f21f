"""Use cases that end sessions after a changed phone: at once what can be seen, surely by the job."""

from collections.abc import Callable
from datetime import datetime, timedelta

from msgspec import Struct

from domain.errors import DomainError
from domain.page import PAGE_MAX
from domain.session.model import Sweep
from domain.session.ports import Repositories, Sweeps
from domain.unit_of_work import Plan, Removed, Runner

SURE_AFTER = timedelta(minutes=1)
"""Sessions are found through an index that may lag."""


class EndSessions(Struct, frozen=True):
    """Ends the live ones among the newest hundred; the job sees to the rest."""

    runner: Runner[Repositories]

    def __call__(self, tenant_id: str, sweep: Sweep) -> None:
        """Repeating it changes nothing."""
        self.runner.use(tenant_id, lambda repositories, now: end_page(repositories, sweep, None, now))


def end_page(repositories: Repositories, sweep: Sweep, position: str | None, now: datetime) -> str | None:
    """Ends what one page of the list holds, and says where the next one starts."""
    page = repositories.sessions.of_member(sweep.member_id, PAGE_MAX, position)
    for session in page.items:
        if sweep.covers(session) and session.is_alive(now):
            repositories.sessions.revoke(session.revoked(now))
    return page.next_position


class SweepSessions(Struct, frozen=True):
    """Use case of the scheduled job: finishes sweeps that are a minute old. Safe to run twice."""

    runner: Runner[Repositories]
    sweeps: Sweeps
    report_failure: Callable[[str, DomainError], None]

    def __call__(self, limit: int) -> int:
        done = 0
        for tenant_id, sweep_id in self.sweeps.waiting():
            if done >= limit:
                break
            try:
                done += 1 if self._finish(tenant_id, sweep_id) else 0
            except DomainError as problem:
                self.report_failure(sweep_id, problem)
        return done

    def _finish(self, tenant_id: str, sweep_id: str) -> bool:
        def sweep_all(repositories: Repositories, now: datetime) -> Sweep | None:
            sweep = repositories.sessions.find_sweep(sweep_id)
            if sweep is None or now < sweep.at + SURE_AFTER:
                return None
            position = end_page(repositories, sweep, None, now)
            while position is not None:
                position = end_page(repositories, sweep, position, now)
            return sweep

        sweep = self.runner.use(tenant_id, sweep_all)
        if sweep is None:
            return False
        return self.runner.run(tenant_id, lambda stores, now: Plan(True, (Removed(sweep),)))
