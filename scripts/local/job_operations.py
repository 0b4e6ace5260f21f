"""What the scheduled jobs cost the store: their search, and each thing they do. A part of `operations.py`.

Which shards of an index hold what is due differs from run to run, so that only a search which finds nothing,
and one thing without the search, cost the same each time. `growth.py` measures many of both.
"""

from collections.abc import Callable
from functools import partial

from domain.actor import MemberSelf
from domain.checkout.counter import Basket, Wish
from domain.checkout.hold import HoldRequest
from domain.money import Points
from domain.order.model import Line, OrderId
from scripts.local.costs import Limit
from scripts.local.coupon_operations import COUNTER, GROSS, issue
from scripts.local.measuring import STORE, Bench

ALL = 10_000


class Jobs:
    """The clock moves on; what is due is done, and then there is nothing any more."""

    def __init__(self, bench: Bench, actor: MemberSelf) -> None:
        self._bench, self.services, self._actor = bench, bench.services, actor

    def run(self) -> None:
        self._release()
        self._settle()
        self._bench.world.sandbox.control("/clock", {"advance_months": 13})
        self._expire_coupons()
        self._expire_points()
        self._search()

    def _release(self) -> None:
        bench, services = self._bench, self.services
        wish = Wish(bench.reference(self._actor), (issue(bench, self._actor),), Points(250))
        basket = Basket(OrderId(STORE, "J-1"), STORE, COUNTER, (Line("latte", "coffee", 1, GROSS),), GROSS)
        request = HoldRequest(OrderId(STORE, "J-1"), basket, wish, 5, "f" * 64)
        services.hold_checkout(bench.office, request)
        self._wait(minutes=6)
        job = services.release_holds
        (due,) = job.due.before(services.clock())
        release = partial(job._release, due)  # noqa: SLF001  # the step that is repeated
        bench.row("Release one hold that is over (without the search)", Limit(5, 4, 8, 2), release)

    def _settle(self) -> None:
        """One merge and one changed phone, after whatever other areas left behind."""
        bench, services = self._bench, self.services
        settle, sweep = services.settle_merges, services.sweep_sessions
        self._wait(minutes=2)
        settle(limit=ALL)
        sweep(limit=ALL)
        member, fan, person_id = self._two()
        services.prove_phone(fan, bench.proof(fan, "alipay", person_id))
        other = bench.person("陆知秋", "13200132001")
        services.prove_phone(member, bench.proof(member, "wechat", other))
        self._wait(minutes=2)
        (merge,), (swept,) = settle.unsettled.unsettled(), sweep.sweeps.waiting()
        finish = partial(settle._settle, *merge)  # noqa: SLF001  # the step that is repeated
        bench.row("Settle one merge (without the search)", Limit(8, 6.5, 1, 1), finish)
        end = partial(sweep._finish, *swept)  # noqa: SLF001  # the step that is repeated
        bench.row("End the sessions of a changed phone (without the search)", Limit(3, 1.5, 1, 1), end)

    def _two(self) -> tuple[MemberSelf, MemberSelf, str]:
        """One person, who has joined by WeChat and is a fan by Alipay."""
        person_id = self._bench.person("陆知秋", "13200132000")
        return self._bench.member(person_id), self._bench.fan("alipay", person_id), person_id

    def _expire_coupons(self) -> None:
        job = self.services.expire_coupons
        due = next(job.due.before(self.services.clock().date()))
        expire = partial(job._expire, due)  # noqa: SLF001  # the step that is repeated
        self._bench.row("End one coupon that is over (without the search)", Limit(2, 1, 1, 3), expire)

    def _expire_points(self) -> None:
        bench, services = self._bench, self.services
        job, convert = services.expire_points, services.convert_points
        found = job.due.before(services.clock().date())
        account = next(each for each in found if each.member_id == self._actor.member_id)
        name = "Expire one account (without the search), and turn points into coupons (two for that)"
        expire = partial(job._expire, account)  # noqa: SLF001  # the step that is repeated
        bench.row(name, Limit(2, 1, 6, 3), expire)
        bench.row("Expire one account: the same again", Limit(1, 1, 0), expire)
        issue_one = partial(convert._issue, account)  # noqa: SLF001  # the step that is repeated
        bench.row(
            "Issue one coupon that points have become (without the search)", Limit(5, 4, 4, 2), issue_one
        )

    def _search(self) -> None:
        """First all that is due is done."""
        services = self.services
        jobs: dict[str, Callable[..., object]] = {
            "points that are over": services.expire_points,
            "coupons to be issued for points": services.convert_points,
            "coupons that are over": services.expire_coupons,
            "holds that are over": services.release_holds,
            "merges to settle": services.settle_merges,
            "sessions to end": services.sweep_sessions,
        }
        for job in jobs.values():
            job(limit=ALL)
        for what, job in jobs.items():
            self._bench.row(f"Look for {what}: there is nothing", Limit(16, 8, 0), partial(job, limit=ALL))

    def _wait(self, minutes: int) -> None:
        self._bench.world.sandbox.control("/clock", {"advance_seconds": minutes * 60})
