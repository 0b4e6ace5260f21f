"""What coupons and checkout cost the store: a part of `operations.py`."""

from functools import partial
from typing import Any, Protocol

from msgspec.structs import replace

from domain.actor import MemberSelf, Operator
from domain.checkout.complete import CheckoutRequest
from domain.checkout.counter import Basket, Wish
from domain.checkout.hold import HoldRequest
from domain.checkout.reverse import ReversalRequest
from domain.coupon.claim import ClaimWish, claimed_from
from domain.coupon.issue import IssueWish, issued_from
from domain.coupon.redeem import RedeemWish, redeemed_from
from domain.coupon.template import Form
from domain.member.find import Reference, ReferenceKind
from domain.money import Money, Points
from domain.order.model import Line, OrderId, Payment, PaymentMethod, SaleChannel
from domain.programme import form
from domain.unit_of_work import RequestKey
from scripts.local.costs import Limit
from serverless.wiring import Wiring

STORE = "nanjing-road"
COUNTER = SaleChannel.COUNTER
GROSS, TO_PAY = Money(10_000), Money(7_750)
"""Gold pays 90 of 100 yuan, a coupon takes 10 off, 250 points 2.50."""


class Bench(Protocol):
    """What `operations.py` offers."""

    services: Wiring
    actor: MemberSelf
    office: Operator

    def row(self, name: str, limit: Limit, action: Any) -> Any: ...


class Coupons:
    """From the claim to the reversal."""

    def __init__(self, bench: Bench) -> None:
        self._bench, self.services = bench, bench.services
        self._numbers = iter(range(1, 1000))

    def run(self) -> None:
        self._print()
        self._claim()
        code = self._issue()
        self._redeem(code)
        self._check_out()
        self._hold()
        self._hundred()
        self._count()

    def _print(self) -> None:
        said = {
            "face": {"title": "山茶咖啡", "coupon_title": "满50减10", "disclaimer": "每单一张"},
            "effect": {"kind": "threshold_discount", "from_fen": 5000, "off_fen": 1000},
            "validity": {"kind": "relative", "days_valid": 30},
            "delivery": "claim",
            "claiming": {"per_member": 900},
            "total": 1000,
        }
        save = self.services.save_template
        self._bench.row(
            "Write a coupon template with 1,000 pieces",
            Limit(2, 1, None),
            lambda: save(self._bench.office, "flash", form.load(Form, said)),
        )
        pushed = {name: part for name, part in said.items() if name not in {"claiming", "total"}}
        save(self._bench.office, "pushed", form.load(Form, {**pushed, "delivery": "push"}))

    def _key(self, recall: Any) -> RequestKey[Any]:
        return RequestKey("bench", f"bench-coupon-{next(self._numbers):04}", "f" * 64, recall)

    def _claim(self) -> None:
        wish = ClaimWish(self._key(claimed_from), template_id="flash")
        claim = partial(self.services.claim_coupon, self._bench.actor, wish)
        self._bench.row("Claim a coupon (stock and limit)", Limit(3, 2, 8), claim)
        self._bench.row("Claim: the same request again", Limit(None, None, 8), claim)
        page = partial(self.services.list_coupons, self._bench.actor, self._bench.actor.member_id, 20, None)
        self._bench.row("A page of coupons", Limit(3, 3, 0), page)

    def _issue(self, name: str = "Issue one coupon") -> str:
        wish = IssueWish("pushed", (self._bench.actor.member_id,), self._key(issued_from))
        done = self._bench.row(
            name, Limit(3, 2, 4), lambda: self.services.issue_coupons(self._bench.office, wish)
        )
        code: str = done.handed[0].code
        return code

    def _another(self) -> str:
        wish = IssueWish("pushed", (self._bench.actor.member_id,), self._key(issued_from))
        code = self.services.issue_coupons(self._bench.office, wish).handed[0].code
        return code or ""

    def _redeem(self, code: str) -> None:
        lines, key = (Line("latte", "coffee", 1, GROSS),), self._key(redeemed_from)
        wish = RedeemWish(code, OrderId(STORE, "K-1"), STORE, COUNTER, lines, key)
        self.services.redeem_coupon(self._bench.office, wish, dry_run=True)
        redeem = partial(self.services.redeem_coupon, self._bench.office, wish)
        self._bench.row("Redeem a coupon", Limit(2, 1, 4), redeem)
        self._bench.row("Redeem: the same request again", Limit(3, 3, 4), redeem)

    def _basket(self, number: str) -> Basket:
        lines = (Line("latte", "coffee", 1, GROSS),)
        return Basket(OrderId(STORE, number), STORE, COUNTER, lines, GROSS)

    def _wish(self, *codes: str) -> Wish:
        reference = Reference(ReferenceKind.MEMBER_ID, self._bench.actor.member_id)
        return Wish(reference, codes, Points(250))

    def _request(self, number: str, code: str) -> CheckoutRequest:
        return CheckoutRequest(
            order_id=OrderId(STORE, number),
            basket=self._basket(number),
            wish=self._wish(code),
            payments=(Payment(PaymentMethod.WECHAT_PAY, TO_PAY),),
            paid_at=self.services.clock().replace(microsecond=0),
            fingerprint="f" * 64,
        )

    def _check_out(self) -> None:
        office, services, code = self._bench.office, self.services, self._another()
        request = self._request("P-1", code)
        complete = partial(services.complete_checkout, office, request)
        name = "Complete a checkout with coupon and points"
        self._bench.row(f"{name}, dry", Limit(5, 4, 12), partial(complete, dry_run=True))
        self._bench.row(name, Limit(5, 4, 12), complete)
        self._bench.row("Complete: the same checkout again", Limit(5, 5, 12), complete)
        part = self._reversal("P-1", "V-1", Money(2_500))
        self._bench.row("Reverse a part of it", Limit(5, 4, 12), part)
        self._bench.row(
            "Reverse the rest, the coupon included", Limit(6, 5, 14), self._reversal("P-1", "V-2")
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

    def _hold(self) -> None:
        office, services, code = self._bench.office, self.services, self._another()
        request = HoldRequest(OrderId(STORE, "H-1"), self._basket("H-1"), self._wish(code), 15, "f" * 64)
        self._bench.row(
            "Hold a coupon and points", Limit(4, 5, 12), partial(services.hold_checkout, office, request)
        )
        captured = replace(self._request("H-1", code), is_held=True)
        self._bench.row(
            "Complete what is held", Limit(5, 5, 12), partial(services.complete_checkout, office, captured)
        )
        again = replace(request, order_id=OrderId(STORE, "H-2"), wish=self._wish(self._another()))
        services.hold_checkout(office, again)
        release = partial(services.release_hold, office, OrderId(STORE, "H-2"), STORE)
        self._bench.row("Release what is held", Limit(6, 5, 12), release)

    def _hundred(self) -> None:
        quote = partial(
            self.services.quote_checkout,
            self._bench.office,
            replace(self._basket("Q-1"), order_id=None),
            self._wish(),
            wants_best=True,
        )
        self._bench.row("Quote a bill, a few coupons held", Limit(4, 5, 0), quote)
        for _ in range(90):
            self._another()
        self._bench.row("Quote a bill, about 100 coupons held", Limit(4, 20, 0), quote)

    def _count(self) -> None:
        tenant_id, services = self._bench.office.tenant_id, self.services
        codes = [self._another() for _ in range(31)]
        found = services.runner.use(tenant_id, lambda stores, _: stores.coupons.those(codes))
        one, *more = found.values()
        count = partial(services.count_coupons, tenant_id)
        self._bench.row("Follow the table: one new coupon", Limit(3, 2, 6), partial(count, [one]))
        self._bench.row("Follow the table: thirty at once", Limit(3, 31, 64), partial(count, more))
        self._bench.row("Follow the table: the same again", Limit(2, 31, 0), partial(count, more))
        read = partial(services.read_statistics, self._bench.office, "pushed")
        self._bench.row("Figures of a template", Limit(4, 4, 0), read)
