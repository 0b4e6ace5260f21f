"""Use case: why did I get these points? What each rule gave, and why the others gave nothing."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from fractions import Fraction

from msgspec import Struct

from domain.actor import KeyHolder, MemberSelf
from domain.errors import NotFound
from domain.order.model import Order, counting
from domain.points.model import Entry, EntryKind, EntryRef, Gain, Given
from domain.points.ports import Repositories
from domain.programme.event import (
    CheckedIn,
    Commented,
    Event,
    Invited,
    Joined,
    OrderPaid,
    Shared,
    WasInvited,
)
from domain.programme.model import Programme
from domain.programme.price import price
from domain.programme.rule import Rule
from domain.programme.said import Sentence, number
from domain.programme.why import SENTENCES, Why
from domain.unit_of_work import MovedMeanwhile, Plan, Runner


class EntryNotFound(NotFound):
    code = "entry-not-found"
    title = "There is no such entry."
    message = "未找到该积分明细"


class Told(Struct, frozen=True):
    """What one rule gave."""

    rule_id: str
    rule_version: int
    name: str
    exact: Fraction
    sentence: Sentence


class Untold(Struct, frozen=True):
    """A rule that gave nothing, and why: worked out again from what it knew then."""

    rule_id: str
    rule_version: int
    name: str
    why: Why
    sentence: Sentence


class Explanation(Struct, frozen=True):
    """The gains and the rounding add up to the entry's points."""

    entry: Entry
    summary: Sentence
    gains: tuple[Told, ...] = ()
    rounded: Fraction = Fraction(0)
    """What rounding took away (or added)."""
    others: tuple[Untold, ...] = ()
    benefits: tuple[Told, ...] = ()
    """What came beside the points."""


class ExplainEntry(Struct, frozen=True):
    """Any entry of one's own, merged histories included. Raises EntryNotFound or MemberNotFound."""

    runner: Runner[Repositories]

    def __call__(self, actor: MemberSelf | KeyHolder, owner_id: str, ref: EntryRef) -> Explanation:
        def plan(repositories: Repositories, _: datetime) -> Plan[Explanation]:
            owner = repositories.accounts.get(owner_id).member_id
            if ref.member_id != owner and not _leads_to(repositories, ref.member_id, owner):
                raise EntryNotFound
            entry = repositories.entries.get(ref.member_id, ref.sequence)
            if entry is None:
                raise EntryNotFound
            return Plan(_explain(repositories, entry))

        return self.runner.run(actor.tenant_id, plan)


def _leads_to(repositories: Repositories, member_id: str, owner: str) -> bool:
    account = repositories.accounts.exact(member_id)
    return account is not None and repositories.accounts.way(member_id)[-1].member_id == owner


def _explain(repositories: Repositories, entry: Entry) -> Explanation:
    if entry.given is None:
        return Explanation(entry, _plain(entry))
    programme = repositories.programmes.find(entry.cause.programme_version or 0)
    event = _event(repositories, entry, entry.given)
    if programme is None or event is None:
        raise MovedMeanwhile  # Programme and order were written before or with the entry.
    given = entry.given
    return Explanation(
        entry,
        _summary(entry, given),
        _told(programme, event, given.gains),
        Fraction(entry.points.count) - given.exact,
        _others(programme, event, given),
        _told(programme, event, given.granted),
    )


def _told(programme: Programme, event: Event, gains: Iterable[Gain]) -> tuple[Told, ...]:
    rules = {rule.rule_id: rule for rule in programme.rules}
    return tuple(
        Told(
            gain.rule_id,
            gain.rule_version,
            rules[gain.rule_id].name,
            gain.exact,
            rules[gain.rule_id].settings.said(event),
        )
        for gain in gains
    )


def _event(repositories: Repositories, entry: Entry, given: Given) -> Event | None:
    make = EVENTS.get(entry.cause.reason)
    return make(repositories, entry, given) if make else None


def _order_paid(repositories: Repositories, entry: Entry, given: Given) -> Event | None:
    order: Order | None = repositories.orders.find(entry.cause.order_id) if entry.cause.order_id else None
    if order is None:
        return None
    bill, award = order.bill, order.award
    counted = counting(bill.payments, award.bonus_counts)
    return OrderPaid(bill.paid_at, given.person, bill.store_id, counted, bill.lines)


EVENTS: Mapping[str, Callable[[Repositories, Entry, Given], Event | None]] = {
    "order": _order_paid,
    "check_in": lambda _, entry, given: CheckedIn(entry.at, given.person),
    "share": lambda _, entry, given: Shared(entry.at, given.person),
    "comment": lambda _, entry, given: Commented(entry.at, given.person, entry.cause.store_id),
    "joined": lambda _, entry, given: Joined(entry.at, given.person),
    "invited": lambda _, entry, given: Invited(entry.at, given.person),
    "was_invited": lambda _, entry, given: WasInvited(entry.at, given.person),
}
"""By the reason of an entry: what happened then."""


def _others(programme: Programme, event: Event, given: Given) -> tuple[Untold, ...]:
    """Worked out from the same facts; what did give is told by the entry alone."""
    if given.was_over:
        return ()
    gave = {gain.rule_id for gain in (*given.gains, *given.granted)}
    passed = price(programme, event, given.left).passed
    return tuple(_untold(each.rule, each.why) for each in passed if each.rule.rule_id not in gave)


def _untold(rule: Rule, why: Why) -> Untold:
    return Untold(rule.rule_id, rule.version, rule.name, why, SENTENCES[why])


def _summary(entry: Entry, given: Given) -> Sentence:
    if given.was_over:
        return Sentence("上报时积分已过有效期，未发放", "Reported after the points would have been over.")
    exact = number(given.exact)
    return Sentence(
        f"共得 {entry.points.count} 分（规则合计 {exact} 分，最后取整一次）",
        f"{entry.points.count} points: the rules gave {exact}, rounded once at the end.",
    )


def _plain(entry: Entry) -> Sentence:
    """For what no programme gave."""
    count = abs(entry.points.count)
    order = entry.cause.order_id.number if entry.cause.order_id else ""
    reward = entry.cause.reward_name or entry.cause.reward_id or ""
    if entry.cause.reason.startswith("checkout"):
        return _at_checkout(entry, order, count)
    said = {
        EntryKind.CLAW_BACK: Sentence(
            f"订单 {order} 退款，收回 {count} 分", f"Order {order} was refunded: {count} points taken back."
        ),
        EntryKind.EXPIRE: Sentence(f"{count} 分到期失效", f"{count} points reached their last day."),
        EntryKind.CONVERT: Sentence(
            f"到期积分转换为 {entry.cause.coupons} 张优惠券",
            f"Points that reached their last day became {entry.cause.coupons} coupons.",
        ),
        EntryKind.ADJUST: Sentence(
            f"商家{'增加' if entry.points.count > 0 else '扣减'} {count} 分",
            f"{count} points were {'given' if entry.points.count > 0 else 'taken'} by hand.",
        ),
        EntryKind.REDEEM: Sentence(
            f"兑换「{reward}」使用 {count} 分", f"{count} points were exchanged for “{reward}”."
        ),
        EntryKind.REFUND_REDEEM: Sentence(
            f"兑换「{reward}」退还 {count} 分", f"{count} points came back from an exchange for “{reward}”."
        ),
        EntryKind.RELEASE: Sentence(
            f"{entry.released.count} 分可以使用了", f"{entry.released.count} points can be used from now on."
        ),
        EntryKind.MERGE_OUT: Sentence("账号合并，积分转出", "Two accounts became one: points moved out."),
        EntryKind.MERGE_IN: Sentence("账号合并，积分转入", "Two accounts became one: points moved in."),
    }
    otherwise = Sentence(f"积分变动 {entry.points.count} 分", f"{entry.points.count} points.")
    return said.get(entry.kind, otherwise)


def _at_checkout(entry: Entry, order: str, count: int) -> Sentence:
    if entry.kind is EntryKind.REDEEM:
        return Sentence(f"订单 {order} 抵扣 {count} 分", f"{count} points paid a part of order {order}.")
    return Sentence(f"订单 {order} 退还 {count} 分", f"{count} points came back from order {order}.")
