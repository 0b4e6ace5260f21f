"""Use case of a job: the coupons that points have become are issued (C-37).

The entry that says so was written with the expiry, whenever that was; the account knows what is still to be
issued. One coupon is one transaction, so that nothing is issued twice, and nothing is lost.
"""

from collections.abc import Callable
from datetime import datetime

from msgspec import Struct

from domain.clock import Clock, shop_date
from domain.coupon.code import new_code
from domain.coupon.mint import Reason, mint
from domain.coupon.model import Source
from domain.coupon.ports import Repositories
from domain.coupon.template import TemplateNotFound
from domain.ids import Ids
from domain.points.model import Account, EntryRef
from domain.points.ports import Due, DueAccounts
from domain.unit_of_work import Changed, MovedMeanwhile, Plan, Runner

CALLER = "job:convert_points"


class Converted(Struct, frozen=True):
    """What one run did. `more`: the limit was reached, the next run goes on."""

    coupons: int
    failed: int
    more: bool


class ConvertPoints(Struct, frozen=True):
    """Works through the due index of all tenants; an account that fails is reported and tried again later."""

    runner: Runner[Repositories]
    due: DueAccounts
    ids: Ids
    clock: Clock
    report_failure: Callable[[Due, Exception], None]

    def __call__(self, limit: int) -> Converted:
        issued, failed = 0, 0
        for due in self.due.before(shop_date(self.clock())):
            try:
                while issued < limit and self._issue(due):
                    issued += 1
            except Exception as problem:  # noqa: BLE001  # one broken account must not stop all the others
                self.report_failure(due, problem)
                failed += 1
            if issued >= limit:
                return Converted(issued, failed, more=True)
        return Converted(issued, failed, more=False)

    def _issue(self, due: Due) -> bool:
        """One coupon, to the very id that had the points; whether there was one to issue."""

        def plan(repositories: Repositories, now: datetime) -> Plan[bool]:
            account = repositories.accounts.exact(due.member_id)
            if account is None or not account.converting:
                return Plan(False)
            template = repositories.templates.find(_template_id(repositories, account))
            member = repositories.members.exact(due.member_id)
            if template is None:
                raise TemplateNotFound
            if member is None:
                raise MovedMeanwhile  # It was written with the account.
            origin = EntryRef(due.member_id, account.converting[0].sequence).text()
            reason = Reason(Source.CONVERTED, new_code(self.ids), CALLER, now, origin)
            minted = mint(repositories, template, member, reason)
            return Plan(True, (Changed(account, account.issued_one()), *minted.changes))

        return self.runner.run(due.tenant_id, plan)


def _template_id(repositories: Repositories, account: Account) -> str:
    entry = repositories.entries.get(account.member_id, account.converting[0].sequence)
    if entry is None or entry.cause.template_id is None:
        raise MovedMeanwhile  # It was written with the account.
    return entry.cause.template_id
