"""What orders and points cost the store: a part of `operations.py`."""

from datetime import timedelta
from functools import partial

from domain.actor import MemberSelf
from domain.entitlement.model import EntitlementRef
from domain.entitlement.use import settled_from
from domain.money import Money, Points
from domain.order.model import OrderId, Payment, PaymentMethod
from domain.points.adjust import AdjustmentWish, adjustment_from
from domain.points.claw_back import RefundRequest
from scripts.local.costs import Limit
from scripts.local.measuring import STORE, Bench


class PointsAndOrders:
    """From the first order on."""

    def __init__(self, bench: Bench, actor: MemberSelf) -> None:
        self._bench, self.services, self._actor = bench, bench.services, actor

    def run(self) -> None:
        self._earn()
        self._benefit()
        self._refund()
        self._read()
        self._adjust()

    def _earn(self) -> None:
        bench, member = self._bench, self._bench.reference(self._actor)
        earn = partial(self.services.earn_from_order, bench.till)
        first = partial(earn, bench.bill("B-0"), member)
        bench.row("Earn the first points, and reach the first tier (two for it)", Limit(2, 1, 8, 1), first)
        raised = partial(earn, bench.bill("T-1", lines=3), member)
        bench.row("Earn, and reach a tier (two for the change)", Limit(2, 1, 8), raised)
        plain = partial(earn, bench.bill("B-1"), member)
        bench.row("Earn from an order", Limit(2, 1, 6), plain)
        bench.row("Earn: the same order again", Limit(2, 1, 0), plain)

    def _benefit(self) -> None:
        bench, services = self._bench, self.services
        earn = partial(
            services.earn_from_order, bench.till, bench.bill("L-1", lines=4), bench.reference(self._actor)
        )
        granted = bench.row("Earn, with a benefit (two for it)", Limit(2, 1, 8), earn).award.granted
        ref = EntitlementRef.parse(granted[0].entitlement_id)
        use = partial(services.use_entitlement, bench.office, ref, STORE, bench.key(settled_from))
        bench.row("Use an entitlement", Limit(3, 2, 4), use)
        bench.row("Use an entitlement: the same request again", Limit(2, 2, 0), use)
        page = partial(services.list_entitlements, self._actor, self._actor.member_id, 20, None)
        bench.row("A page of entitlements", Limit(2, 2.5, 0), page)
        reopen = partial(services.reopen_entitlement, bench.office, ref, bench.key(settled_from))
        bench.row("Reopen an entitlement (it was used by mistake)", Limit(3, 2, 6), reopen)

    def _refund(self) -> None:
        bench = self._bench
        many = bench.bill("B-2", lines=40)
        earn = partial(self.services.earn_from_order, bench.till, many, bench.reference(self._actor))
        bench.row("Earn from an order of 40 lines", Limit(2, 1, 14), earn)
        refund = partial(self.services.refund_order, bench.till, self._request("B-1", "R-1"))
        bench.row("Refund an order", Limit(3, 2, 8), refund)
        bench.row("Refund: the same refund again", Limit(3, 2, 0), refund)

    def _request(self, number: str, refund_number: str) -> RefundRequest:
        return RefundRequest(
            order_id=OrderId(STORE, number),
            store_id=STORE,
            number=refund_number,
            payments=(Payment(PaymentMethod.WECHAT_PAY, Money(4400)),),
            total=Money(4400),
            refunded_at=self.services.clock().replace(microsecond=0),
            fingerprint="f" * 64,
        )

    def _read(self) -> None:
        bench, services, actor = self._bench, self.services, self._actor
        bench.row("Read the balance", Limit(1, 1, 0), partial(services.read_balance, actor, actor.member_id))
        for number in range(25):
            services.earn_from_order(bench.till, bench.bill(f"C-{number}"), bench.reference(actor))
        page = partial(services.list_entries, actor, actor.member_id, 20, None)
        bench.row("A page of 20 entries", Limit(1, 2, 0), page)
        bench.row("The first page", Limit(1, 3, 0), partial(services.read_home, actor))
        bench.row("Read one's tier", Limit(1, 1, 0), partial(services.read_tier, actor, actor.member_id))
        changes = partial(services.list_tier_changes, actor, actor.member_id, 20, None)
        bench.row("A page of changes of the tier", Limit(2, 1.5, 0), changes)

    def _adjust(self) -> None:
        bench, services, owner = self._bench, self.services, self._actor.member_id
        wish = AdjustmentWish(owner, Points(50), "bench", bench.key(adjustment_from))
        adjust = partial(services.adjust_points, bench.office, wish)
        bench.row("Adjust points by hand", Limit(2, 1, 8), adjust)
        bench.row("Adjust points: the same request again", Limit(2, 1, 0), adjust)
        before = services.clock() - timedelta(days=1)
        as_of = partial(services.read_as_of, bench.office, owner, before)
        bench.row("Points at a past instant, 30 entries ago", Limit(3, 5, 0), as_of)
