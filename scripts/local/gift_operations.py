"""What coupons that are sent or given away cost the store: a part of `operations.py`."""

from functools import partial

from domain.actor import MemberSelf
from domain.coupon.claim import claimed_from
from domain.coupon.give import PURPOSE, offered_from
from domain.coupon.template import Form
from domain.programme import form
from scripts.local.costs import Limit
from scripts.local.coupon_operations import PUSHED, issue
from scripts.local.measuring import Bench


class Gifts:
    """Between two members."""

    def __init__(self, bench: Bench, actor: MemberSelf) -> None:
        self._bench, self.services, self._actor = bench, bench.services, actor

    def run(self) -> None:
        self._sent()
        self._given()

    def _sent(self) -> None:
        """The template lets members claim it; one that is sent waits for that, too."""
        bench, services = self._bench, self.services
        services.save_template(bench.office, "sent", form.load(Form, {**PUSHED, "delivery": "claim"}))
        claim = partial(services.claim_sent, self._actor, issue(bench, self._actor, "sent"))
        bench.row("Claim a coupon that was sent", Limit(4, 3, 1, 4), claim)
        bench.row("Claim what was sent again", Limit(2, 2, 0), claim)

    def _given(self) -> None:
        bench, services, actor = self._bench, self.services, self._actor
        given = form.load(Form, {**PUSHED, "is_transferable": True})
        services.save_template(bench.office, "given", given)
        code = issue(bench, actor, "given")
        offer = partial(services.offer_coupon, actor, code, bench.key(offered_from))
        bench.row("Offer a coupon to a friend", Limit(4, 3, 6, 1), offer)
        bench.row("Offer: the same request again", Limit(3, 3, 0), offer)
        withdraw = partial(services.withdraw_offer, actor, code)
        bench.row("Take the offer back", Limit(3, 2, 1, 1), withdraw)
        bench.row("Take the offer back again", Limit(2, 2, 0), withdraw)
        offered = services.offer_coupon(actor, code, bench.key(offered_from))
        token = services.sign(actor.tenant_id, PURPOSE, offered.signed).hex()
        friend = bench.member(bench.person("江照影", "13300133000"))
        take = partial(services.take_gift, friend, token, bench.key(claimed_from))
        bench.row("Take a gift", Limit(4, 3, 6, 5), take)
        bench.row("Take a gift: the same request again", Limit(4, 4, 0), take)
