"""Use cases of head office: the catalogue, the stock of a reward, and the codes of a virtual one."""

from datetime import datetime

from msgspec import Struct

from domain.actor import Operator
from domain.errors import invalid
from domain.keyring import Fresh
from domain.reward.model import (
    COUNTED_ELSEWHERE,
    CodeMark,
    CodesKnown,
    KindFixed,
    Offer,
    Reward,
    RewardCode,
    RewardKind,
    RewardNotFound,
    StockNotCounted,
)
from domain.reward.ports import Repositories
from domain.stock import STOCK_MAX
from domain.unit_of_work import Changed, Created, Plan, Record, RequestKey, Runner, Unchanged


class SaveReward(Struct, frozen=True):
    """The same again changes nothing. Exchanges that were made keep what they were. Raises KindFixed."""

    runner: Runner[Repositories]

    def __call__(self, actor: Operator, reward_id: str, offer: Offer) -> Reward:
        _check(offer)

        def plan(repositories: Repositories, now: datetime) -> Plan[Reward]:
            before = repositories.rewards.find(reward_id)
            if offer.template_id is not None and repositories.templates.find(offer.template_id) is None:
                raise invalid("template_id", "invalid-choice", "There is no such coupon template.")
            if before is None:
                made = Reward(reward_id, offer, now, actor.caller)
                return Plan(made, (Created(made),))
            if before.offer == offer:
                return Plan(before)
            if (before.offer.kind, before.offer.is_counted) != (offer.kind, offer.is_counted):
                raise KindFixed
            after = before.with_offer(offer, now, actor.caller)
            return Plan(after, (Changed(before, after),))

        return self.runner.run(actor.tenant_id, plan)


def _check(offer: Offer) -> None:
    """Raises InvalidInput."""
    if offer.starts_at and offer.ends_at and offer.ends_at <= offer.starts_at:
        raise invalid("ends_at", "out-of-order", "A reward ends after it begins.")
    if offer.kind in COUNTED_ELSEWHERE and not offer.is_counted:
        raise invalid("is_counted", "out-of-range", "Codes and coupons are counted by themselves.")
    if (offer.template_id is not None) != (offer.kind is RewardKind.COUPON):
        raise invalid("template_id", "invalid-choice", "A coupon has a template, other rewards have none.")
    if len(set(offer.tier_ids)) != len(offer.tier_ids):
        raise invalid("tier_ids", "duplicate", "Name each tier once.")


class StockMoved(Struct, frozen=True):
    """`stock`: pieces that were ever there for members."""

    reward_id: str
    by: int
    stock: int
    is_repeated: bool = False

    def record(self) -> Record:
        return {"reward_id": self.reward_id, "by": self.by, "stock": self.stock}


def stock_moved_from(record: Record) -> StockMoved:
    """The reverse of `StockMoved.record`."""
    by, stock = (int(str(record[name])) for name in ("by", "stock"))
    return StockMoved(str(record["reward_id"]), by, stock, is_repeated=True)


class MoveStock(Struct, frozen=True):
    """Pieces come to the shelf, or are taken away; never more than lie there, whoever exchanges meanwhile.

    Raises RewardNotFound, StockNotCounted or StockTooLow.
    """

    runner: Runner[Repositories]

    def __call__(
        self, actor: Operator, reward_id: str, by: int, key: RequestKey[StockMoved], *, dry_run: bool = False
    ) -> StockMoved:
        if not by:
            raise invalid("by", "out-of-range", "A move is at least one piece.")

        def plan(repositories: Repositories, now: datetime) -> Plan[StockMoved]:
            reward = repositories.rewards.find(reward_id)
            if reward is None:
                raise RewardNotFound
            if not reward.offer.has_buckets:
                raise StockNotCounted
            left = repositories.stocks.left(reward.shelf)
            if sum(left) + by > STOCK_MAX:
                raise invalid("by", "out-of-range", f"Up to {STOCK_MAX} pieces lie on a shelf.")
            after = reward.with_stock(by, sum(left), now, actor.caller)
            moves = after.shelf.add(by) if by > 0 else reward.shelf.withdraw(-by, left)
            return Plan(StockMoved(reward_id, by, after.stock), (Changed(reward, after), *moves))

        return self.runner.run_once(actor.tenant_id, plan, key, dry_run=dry_run)


class CodesAdded(Struct, frozen=True):
    """How many there are more."""

    reward_id: str
    added: int
    is_repeated: bool = False

    def record(self) -> Record:
        return {"reward_id": self.reward_id, "added": self.added}


def codes_added_from(record: Record) -> CodesAdded:
    """The reverse of `CodesAdded.record`."""
    return CodesAdded(str(record["reward_id"]), int(str(record["added"])), is_repeated=True)


class AddCodes(Struct, frozen=True):
    """All of them or none; a code that was ever brought is not brought again.

    Raises RewardNotFound, StockNotCounted (not a virtual reward) or CodesKnown.
    """

    runner: Runner[Repositories]

    def __call__(
        self, actor: Operator, reward_id: str, codes: tuple[str, ...], key: RequestKey[CodesAdded]
    ) -> CodesAdded:
        if len(set(codes)) != len(codes):
            raise invalid("codes", "duplicate", "A code stands twice in the list.")

        def plan(repositories: Repositories, now: datetime) -> Plan[CodesAdded]:
            reward = repositories.rewards.find(reward_id)
            if reward is None:
                raise RewardNotFound
            if reward.offer.kind is not RewardKind.VIRTUAL:
                raise StockNotCounted
            fresh = {repositories.codes.index(code): code for code in codes}
            if repositories.codes.known(fresh):
                raise CodesKnown
            made = (Created(RewardCode(reward_id, index, Fresh(code))) for index, code in fresh.items())
            marks = (Created(CodeMark(index)) for index in fresh)
            return Plan(CodesAdded(reward_id, len(fresh)), (Unchanged(reward), *marks, *made))

        return self.runner.run_once(actor.tenant_id, plan, key)
