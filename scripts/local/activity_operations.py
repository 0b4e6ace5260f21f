"""What checking in, sharing and comments cost the store: a part of `operations.py`."""

from functools import partial

from domain.activity.comment import CommentWish
from domain.activity.model import share_from
from domain.actor import MemberSelf
from domain.order.model import OrderId
from scripts.local.costs import Limit
from scripts.local.measuring import STORE, Bench


class Activities:
    """Of somebody who is a member already."""

    def __init__(self, bench: Bench, actor: MemberSelf) -> None:
        self._bench, self.services, self._actor = bench, bench.services, actor

    def run(self) -> None:
        bench, services, actor = self._bench, self.services, self._actor
        check_in = partial(services.check_in, actor)
        bench.row("Check in", Limit(2, 1.5, 6), check_in)
        bench.row("Check in again on the same day", Limit(2, 2.5, 0), check_in)
        bench.row("The calendar of a month", Limit(2, 2, 0), partial(services.read_calendar, actor))
        share = partial(services.share_something, actor, "menu", bench.key(share_from))
        bench.row("Share something", Limit(2, 1.5, 6), share)
        bench.row("Share: the same request again", Limit(2, 1.5, 0), share)
        wish = CommentWish(OrderId(STORE, "C-1"), 5, "好喝", "f" * 64)
        comment = partial(services.comment_on_order, actor, wish)
        bench.row("Comment on an order", Limit(4, 3.5, 6), comment)
        bench.row("Comment: the same again", Limit(6, 6.5, 0), comment)
