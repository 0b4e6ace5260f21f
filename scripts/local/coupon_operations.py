"""What coupons cost the store, from the template to the till: a part of `operations.py`."""

import struct
import zlib
from functools import partial
from typing import Any

from domain.actor import MemberSelf
from domain.clock import shop_date
from domain.coupon.claim import ClaimWish, claimed_from
from domain.coupon.issue import IssueWish, issued_from
from domain.coupon.redeem import RedeemWish, redeemed_from
from domain.coupon.template import Form
from domain.image.model import Purpose
from domain.money import Money
from domain.order.model import Line, OrderId, SaleChannel
from domain.programme import form
from domain.statistics.read import Days
from scripts.local.costs import Limit
from scripts.local.measuring import STORE, Bench

COUNTER = SaleChannel.COUNTER
GROSS = Money(10_000)
PUSHED: dict[str, Any] = {
    "face": {"title": "山茶咖啡", "coupon_title": "满50减10", "disclaimer": "每单一张"},
    "effect": {"kind": "threshold_discount", "from_fen": 5000, "off_fen": 1000},
    "validity": {"kind": "relative", "days_valid": 30},
    "delivery": "push",
}
CLAIMED = {**PUSHED, "delivery": "claim", "claiming": {"per_member": 900}, "total": 1000}
TEMPLATE = "pushed"


def issue(bench: Bench, actor: MemberSelf, template_id: str = TEMPLATE) -> str:
    """The code of a coupon that somebody has now."""
    wish = IssueWish(template_id, (actor.member_id,), bench.key(issued_from))
    code = bench.services.issue_coupons(bench.office, wish).handed[0].code
    return code or ""


class Coupons:
    """From the template to the till."""

    def __init__(self, bench: Bench, actor: MemberSelf) -> None:
        self._bench, self.services, self._actor = bench, bench.services, actor

    def run(self) -> None:
        self._print()
        self._claim()
        self._issue()
        self._redeem(issue(self._bench, self._actor))

    def _print(self) -> None:
        bench, services, office = self._bench, self.services, self._bench.office
        save = partial(services.save_template, office)
        flash = partial(save, "flash", form.load(Form, CLAIMED))
        bench.row("Write a coupon template with 1,000 pieces", Limit(2, 1, 68), flash)
        bench.row("Write a template: the same again", Limit(1, 1, 0), flash)
        save(TEMPLATE, form.load(Form, PUSHED))
        bench.row(
            "Read a template and its stock", Limit(2, 33, 0), partial(services.read_template, office, "flash")
        )
        page = partial(services.list_templates, office, 20, None)
        bench.row("A page of templates", Limit(1, 1, 0), page)
        upload = partial(services.upload_image, office, Purpose.COUPON_LOGO, _white(300))
        bench.row("Upload an image", Limit(2, 1, 1), upload)
        bench.row("Upload an image: the same again", Limit(1, 1, 0), upload)

    def _claim(self) -> None:
        bench, services, actor = self._bench, self.services, self._actor
        offered = partial(services.list_claimable, actor, 20, None)
        bench.row("What can be claimed", Limit(3, 6, 0), offered)
        wish = ClaimWish(bench.key(claimed_from), template_id="flash")
        claim = partial(services.claim_coupon, actor, wish)
        bench.row("Claim a coupon (stock and limit)", Limit(3, 2, 8, 2), claim)
        bench.row("Claim: the same request again", Limit(3, 2, 0), claim)
        page = partial(services.list_coupons, actor, actor.member_id, 20, None)
        bench.row("A page of coupons", Limit(3, 3, 0), page)

    def _issue(self) -> None:
        bench, services = self._bench, self.services
        wish = IssueWish(TEMPLATE, (self._actor.member_id,), bench.key(issued_from))
        hand_out = partial(services.issue_coupons, bench.office, wish)
        done = bench.row("Issue one coupon", Limit(3, 2, 4, 2), hand_out)
        bench.row("Issue: the same request again", Limit(3, 2, 0), hand_out)
        read = partial(services.read_coupon, self._actor, done.handed[0].code)
        bench.row("Read a coupon", Limit(3, 3, 0), read)

    def _redeem(self, code: str) -> None:
        bench, services, office = self._bench, self.services, self._bench.office
        lines, order_id = (Line("latte", "coffee", 1, GROSS),), OrderId(STORE, "K-1")
        wish = RedeemWish(code, order_id, STORE, COUNTER, lines, bench.key(redeemed_from))
        services.redeem_coupon(office, wish, dry_run=True)
        redeem = partial(services.redeem_coupon, office, wish)
        bench.row("Redeem a coupon", Limit(2, 1, 4, 3), redeem)
        bench.row("Redeem: the same request again", Limit(3, 3, 0), redeem)
        release = partial(services.release_redemption, office, code, order_id, STORE)
        bench.row("Release a redemption", Limit(2, 1, 1, 3), release)
        bench.row("Release a redemption again", Limit(1, 1, 0), release)
        void = partial(services.void_coupon, office, code, "bench")
        bench.row("Void a coupon", Limit(2, 1, 1, 3), void)
        bench.row("Void a coupon again", Limit(1, 1, 0), void)

    def figures(self) -> None:
        """After checkout, which quotes a bill for somebody with few coupons."""
        bench, services, tenant_id = self._bench, self.services, self._bench.office.tenant_id
        codes = [issue(bench, self._actor) for _ in range(31)]
        found = services.runner.use(tenant_id, lambda stores, _: stores.coupons.those(codes))
        one, *more = found.values()
        count = partial(services.count_coupons, tenant_id)
        bench.row("Follow the table: one new coupon", Limit(3, 2, 6), partial(count, [one]))
        bench.row("Follow the table: thirty at once", Limit(3, 31, 64), partial(count, more))
        bench.row("Follow the table: the same again", Limit(2, 31, 0), partial(count, more))
        read = partial(services.read_statistics, bench.office, TEMPLATE)
        bench.row("Figures of a template", Limit(4, 4, 0), read)
        today = shop_date(services.clock())
        page = partial(services.list_statistics, bench.office, TEMPLATE, Days(today, today), 20, None)
        bench.row("Figures of a template by day and store", Limit(4, 4, 0), page)


def _white(size: int) -> bytes:
    """A picture in the format of PNG."""
    head = struct.pack(">IIBBBBB", size, size, 8, 0, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\xff" * size) * size)
    parts = ((b"IHDR", head), (b"IDAT", rows), (b"IEND", b""))
    chunks = (
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)
