"""Use case of staff: points are given or taken by hand, with a reason that stays."""

from datetime import date, datetime

from msgspec import Struct

from domain.actor import Operator
from domain.clock import shop_date
from domain.errors import RuleBroken, invalid
from domain.money import NO_POINTS, Points
from domain.points.book import Book
from domain.points.model import Account, Cause, EntryKind, LotKey
from domain.points.ports import Repositories
from domain.points.validity import last_day
from domain.unit_of_work import Plan, Record, RequestKey, Runner, held

POINTS_MAX = 1_000_000
REASON_MAX = 100


class NotEnoughPoints(RuleBroken):
    code = "not-enough-points"
    title = "The member does not have so many points."
    message = "积分不足"


def not_enough(account: Account, today: date) -> NotEnoughPoints:
    """With what there is."""
    usable, held = max(account.available(today), NO_POINTS), account.held(today)
    more = f"; {held.count} more are held" if held > NO_POINTS else ""
    return NotEnoughPoints(f"{usable.count} points can be used today{more}.")


class Adjustment(Struct, frozen=True):
    """What was moved, and where the account stands."""

    member_id: str
    points: Points
    balance: Points
    entry_sequence: int
    is_repeated: bool = False

    def record(self) -> Record:
        return {
            "member_id": self.member_id,
            "points": self.points.count,
            "balance": self.balance.count,
            "entry": self.entry_sequence,
        }


def adjustment_from(record: Record) -> Adjustment:
    """The reverse of `Adjustment.record`."""
    numbers = (int(str(record[name])) for name in ("points", "balance", "entry"))
    points, balance, sequence = numbers
    return Adjustment(str(record["member_id"]), Points(points), Points(balance), sequence, is_repeated=True)


class AdjustmentWish(Struct, frozen=True):
    """`points`: so many more, or fewer if negative. What is given lives as long as what is earned today."""

    member_id: str
    points: Points
    reason: str
    key: RequestKey[Adjustment]


class AdjustPoints(Struct, frozen=True):
    """Nobody is put into debt by hand. What is adjusted counts for no tier.

    Raises MemberNotFound, NotEnoughPoints or AccountFrozen.
    """

    runner: Runner[Repositories]

    def __call__(self, actor: Operator, wish: AdjustmentWish, *, dry_run: bool = False) -> Adjustment:
        if not wish.points:
            raise invalid("points", "out-of-range", "An adjustment moves at least one point.")

        def plan(repositories: Repositories, now: datetime) -> Plan[Adjustment]:
            way = repositories.accounts.way(wish.member_id)
            programme = repositories.programmes.current()
            book = Book(way[-1], now, actor.caller, programme)
            cause = Cause("adjustment", note=wish.reason)
            if wish.points > NO_POINTS:
                lot = LotKey(last_day(programme.terms.validity, shop_date(now)))
                entry = book.earn(wish.points, lot, cause, EntryKind.ADJUST)
            elif -wish.points > book.account.available(shop_date(now)):
                raise not_enough(book.account, shop_date(now))
            else:
                entry = book.take(-wish.points, cause, EntryKind.ADJUST, first=None, may_owe=False)
            done = Adjustment(entry.member_id, entry.points, entry.balance, entry.sequence)
            return Plan(done, (*book.changes(), *held(way)))

        return self.runner.run_once(actor.tenant_id, plan, wish.key, dry_run=dry_run)
