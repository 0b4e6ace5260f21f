"""What checkout costs the store: quoted, paid, reversed, held; a part of `operations.py`."""

from functools import partial
from typing import Any

from msgspec.structs import replace

from domain.actor import MemberSelf
from domain.checkout.complete import CheckoutRequest
from domain.checkout.counter import Basket, Wish
from domain.checkout.hold import HoldRequest
from domain.checkout.reverse import ReversalRequest
from domain.money import NO_POINTS, Money, Points
from domain.order.model import Line, OrderId, Payment, PaymentMethod
from scripts.local.costs import Limit
from scripts.local.coupon_operations import COUNTER, GROSS, issue
from scripts.local.measuring import STORE, Bench

TO_PAY = Money(7_750)
"""Gold pays 90 of 100 yuan, a coupon takes 10 off, 250 points 2.50."""
PAID = Points(250)


class Checkouts:
    """With coupons and points, at once or in two steps."""

    def __init__(self, bench: Bench, actor: MemberSelf) -> None:
        self._bench, self.services, self._actor = bench, bench.services, actor

    def run(self) -> None:
        self._check_out()
        self._hold()
        self._hold_one()
        self._quote()

    def _check_out(self) -> None:
        bench, services = self._bench, self.services
        complete = partial(services.complete_checkout, bench.office, self._request("P-1", self._coupon()))
        name = "Complete a checkout with coupon and points"
        bench.row(f"{name}, dry", Limit(5, 4, 12), partial(complete, dry_run=True))
        bench.row(name, Limit(5, 4, 12, 3), complete)
        bench.row("Complete: the same checkout again", Limit(5, 5, 0), complete)
        read = partial(services.read_checkout, bench.office, OrderId(STORE, "P-1"), STORE)
        bench.row("Read a checkout", Limit(2, 2, 0), read)
        part = self._reversal("P-1", "V-1", Money(2_500))
        bench.row("Reverse a part of it", Limit(5, 4, 12), part)
        bench.row("Reverse: the same part again", Limit(4, 3, 0), part)
        rest = self._reversal("P-1", "V-2")
        bench.row("Reverse the rest, the coupon included", Limit(6, 5, 14, 3), rest)

    def _hold(self) -> None:
        bench, services, office = self._bench, self.services, self._bench.office
        request = self._held("H-1", self._wish(self._coupon()))
        hold = partial(services.hold_checkout, office, request)
        bench.row("Hold a coupon and points", Limit(4, 5, 12, 2), hold)
        bench.row("Hold: the same again", Limit(1, 2, 0), hold)
        paid = replace(self._request("H-1", request.wish.coupon_codes[0]), is_held=True)
        complete = partial(services.complete_checkout, office, paid)
        bench.row("Complete what is held", Limit(5, 5, 12, 4), complete)
        services.hold_checkout(office, self._held("H-2", self._wish(self._coupon())))
        release = partial(services.release_hold, office, OrderId(STORE, "H-2"), STORE)
        bench.row("Release what is held", Limit(6, 5, 12, 2), release)
        bench.row("Release what is held again", Limit(1, 1, 0), release)

    def _hold_one(self) -> None:
        """A coupon alone, as the design of the data looked at it."""
        bench, office = self._bench, self._bench.office
        wish = replace(self._wish(self._coupon()), points=NO_POINTS)
        hold = partial(self.services.hold_checkout, office, self._held("H-3", wish))
        bench.row("Hold a coupon alone", Limit(4, 5, 6, 2), hold)
        release = partial(self.services.release_hold, office, OrderId(STORE, "H-3"), STORE)
        bench.row("Release a coupon that is held alone", Limit(3, 2, 4, 2), release)

    def _quote(self) -> None:
        bench = self._bench
        basket = replace(self._basket("Q-1"), order_id=None)
        quote = partial(self.services.quote_checkout, bench.office, basket, self._wish(), wants_best=True)
        bench.row("Quote a bill, a few coupons held", Limit(2, 2.5, 0), quote)
        for _ in range(90):
            self._coupon()
        bench.row("Quote a bill, about 100 coupons held", Limit(4, 20, 0), quote)

    def _coupon(self) -> str:
        return issue(self._bench, self._actor)

    def _basket(self, number: str) -> Basket:
        lines = (Line("latte", "coffee", 1, GROSS),)
        return Basket(OrderId(STORE, number), STORE, COUNTER, lines, GROSS)

    def _wish(self, *codes: str) -> Wish:
        return Wish(self._bench.reference(self._actor), codes, PAID)

    def _held(self, number: str, wish: Wish) -> HoldRequest:
        return HoldRequest(OrderId(STORE, number), self._basket(number), wish, 15, "f" * 64)

    def _request(self, number: str, code: str) -> CheckoutRequest:
        return CheckoutRequest(
            order_id=OrderId(STORE, number),
            basket=self._basket(number),
            wish=self._wish(code),
            payments=(Payment(PaymentMethod.WECHAT_PAY, TO_PAY),),
            paid_at=self.services.clock().replace(microsecond=0),
            fingerprint="f" * 64,
        )

    def _reversal(self, number: str, refund: str, amount: Money | None = None) -> Any:
        request = ReversalRequest(
            order_id=OrderId(STORE, number),
            store_id=STORE,
            number=refund,
            amount=amount,
            refunded_at=self.services.clock().replace(microsecond=0),
            fingerprint="f" * 64,
        )
        return partial(self.services.reverse_checkout, self._bench.office, request)
