"""Use case: somebody comments on an order of their own, once (C-27)."""

from datetime import datetime

from msgspec import Struct

from domain.activity.mine import DONE, mine
from domain.activity.model import Comment, CommentedBefore, OrderOfAnother
from domain.activity.ports import Repositories
from domain.actor import MemberSelf
from domain.order.model import OrderId
from domain.points.give import Occasion, give
from domain.points.model import Cause
from domain.programme.event import Commented
from domain.unit_of_work import Created, Plan, Receipt, Runner, Unchanged


class CommentWish(Struct, frozen=True):
    """What somebody says of an order."""

    order_id: OrderId
    rating: int
    text: str
    fingerprint: str


class CommentOnOrder(Struct, frozen=True):
    """The comment is the idempotency record: the same one again gets the same answer.

    Raises OrderOfAnother, CommentedBefore, IdentityMoved or AccountFrozen.
    """

    runner: Runner[Repositories]

    def __call__(self, actor: MemberSelf, wish: CommentWish, *, dry_run: bool = False) -> Comment:
        def plan(repositories: Repositories, now: datetime) -> Plan[Comment]:
            who, account, member = mine(repositories, actor)
            order = repositories.orders.find(wish.order_id)
            if order is None or order.member_id not in member.ids:
                raise OrderOfAnother
            if repositories.comments.find(wish.order_id) is not None:
                raise CommentedBefore
            occasion = Occasion(
                kind=Commented,
                event=lambda person: Commented(now, person, order.bill.store_id),
                at=now,
                cause=Cause(
                    "comment",
                    wish.order_id,
                    store_id=order.bill.store_id,
                    occurred_at=now.replace(microsecond=0),
                ),
                name=f"{wish.order_id.source}#{wish.order_id.number}",
                tally=DONE,
            )
            programme = repositories.programmes.current()
            gift = give(repositories, programme, who, occasion, now, actor.caller)
            given = bool(gift.entry.points)
            comment = Comment(
                wish.order_id,
                member.member_id,
                wish.rating,
                wish.text,
                gift.entry.points,
                gift.entry.balance,
                gift.entry.sequence if given else None,
                now,
                wish.fingerprint,
            )
            # Whose order it is must still be so, also if nothing is given for it.
            rest = gift.changes if given else (Unchanged(account), *who.held)
            return Plan(comment, (Created(comment), *rest))

        receipt: Receipt[Repositories, Comment] = Receipt(lambda stores: _recorded(stores, actor, wish))
        return self.runner.run(actor.tenant_id, plan, receipt, dry_run=dry_run)


def _recorded(repositories: Repositories, actor: MemberSelf, wish: CommentWish) -> Comment | None:
    """The comment as it was first made, by this very person."""
    comment = repositories.comments.find(wish.order_id)
    if comment is None or comment.fingerprint != wish.fingerprint:
        return None
    ids = (comment.member_id, actor.member_id)
    one, other = (repositories.accounts.way(each)[-1].member_id for each in ids)
    return comment if one == other else None
