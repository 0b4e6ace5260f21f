"""The promises between stored things, each checked from one thing's side. Empty lists when all is well."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from domain.checkout.model import Hold
from domain.clock import shop_date
from domain.coupon.model import Coupon
from domain.entitlement.model import Entitlement, EntitlementState
from domain.member.model import Member, Sentinel
from domain.money import Points
from domain.order.model import CouponLeg, Granted, Order, OrderId, Refund, Tender
from domain.points.model import Account, Entry, EntryKind, EntryRef
from domain.points.prove import Finding, prove
from domain.proof.ports import Repositories, Thing
from domain.reward.model import Exchange

LOOKS_MAX = 5
"""A busy account may move while its entries are read."""


def check(repositories: Repositories, thing: Thing) -> list[Finding]:
    """What is wrong with the thing or with what it points to."""
    return list(CHECKS[type(thing)](repositories, thing))


def _account(repositories: Repositories, seen: Account) -> list[Finding]:
    findings = [Finding(seen.member_id, "the account is gone")]
    for _ in range(LOOKS_MAX):
        account = repositories.accounts.exact(seen.member_id)
        if account is None:
            break
        findings = prove(account, repositories.entries.all(account.member_id))
        after = repositories.accounts.exact(seen.member_id)
        if not findings or (after is not None and after.version == account.version):
            break  # What moved between the two looks proves nothing.
    return findings


def _entry(repositories: Repositories, entry: Entry) -> Iterator[Finding]:
    is_named = (entry.member_id, entry.sequence) in _named(repositories, entry)
    if entry.kind in {EntryKind.EARN, EntryKind.REDEEM, EntryKind.REFUND_REDEEM} and not is_named:
        what = f"entry {entry.sequence} is not the one that its {entry.cause.reason} names"
        yield Finding(entry.member_id, what)


def _named(repositories: Repositories, entry: Entry) -> list[tuple[str, int | None]]:
    """Which entry the document names that this one came of."""
    cause = entry.cause
    if cause.reason == "order" and cause.order_id:
        order = repositories.orders.find(cause.order_id)
        return [(order.member_id, order.award.entry_sequence)] if order else []
    if cause.reason == "comment" and cause.order_id:
        comment = repositories.comments.find(cause.order_id)
        return [(comment.member_id, comment.entry_sequence)] if comment else []
    if cause.exchange_id or cause.reason == "exchange":
        return _named_by_exchange(repositories, entry)
    if cause.reason.startswith("checkout"):
        return [(entry.member_id, entry.sequence)] if _is_of_checkout(repositories, entry) else []
    if cause.reason == "check_in":
        # The day of a request is that of its first look, perhaps a moment before midnight.
        today = shop_date(entry.at)
        days = [repositories.check_ins.find(entry.member_id, on) for on in (today, today - timedelta(days=1))]
        return [(day.member_id, day.entry_sequence) for day in days if day]
    return [(entry.member_id, entry.sequence)]


def _named_by_exchange(repositories: Repositories, entry: Entry) -> list[tuple[str, int | None]]:
    if entry.cause.exchange_id is None:
        made = repositories.exchanges.find(entry.member_id, entry.sequence)
        return [(made.member_id, made.sequence)] if made else []
    ref = EntryRef.parse(entry.cause.exchange_id)
    taken = repositories.exchanges.find(ref.member_id, ref.sequence)
    back = taken.refund_entry if taken else None
    return [(back.member_id, back.sequence)] if back else []


def _is_of_checkout(repositories: Repositories, entry: Entry) -> bool:
    """Whether there is what it paid for, or what gave it back; a bill may be held more than once."""
    order_id, number = entry.cause.order_id, entry.cause.refund_number
    if order_id is None:
        return False
    if number is not None:
        refund = repositories.orders.find_refund(order_id, number)
        return refund is not None and refund.given_back == entry.points
    return (repositories.orders.find(order_id) or repositories.holds.find(order_id)) is not None


def _order(repositories: Repositories, order: Order) -> Iterator[Finding]:
    entry = repositories.entries.get(order.member_id, order.award.entry_sequence)
    if not _belongs(entry, order.bill.order_id, None) or (entry and entry.points != order.award.points):
        yield Finding(order.member_id, f"order {order.bill.order_id.number} has no entry that fits")
    yield from _granted(repositories, order)
    if order.tender is not None:
        yield from _paid(repositories, order, order.tender)


def _paid(repositories: Repositories, order: Order, tender: Tender) -> Iterator[Finding]:
    """What paid it beside money says the same."""
    name, order_id, points = f"order {order.bill.order_id.number}", order.bill.order_id, tender.points
    coupons = repositories.coupons.those([leg.code for leg in tender.coupons]) if tender.coupons else {}
    for leg in tender.coupons:
        uses = coupons[leg.code].uses if leg.code in coupons else ()
        if [use.off for use in uses if use.order_id == order_id and use.is_checkout] != [leg.off]:
            yield Finding(order.member_id, f"{name} was not paid by the coupon that it names")
    if points is not None and not _took(repositories, points.member_id, points.entry_sequence, points.points):
        yield Finding(order.member_id, f"{name} was not paid by the points that it names")


def _took(repositories: Repositories, member_id: str, sequence: int, points: Points) -> bool:
    entry = repositories.entries.get(member_id, sequence)
    return entry is not None and (entry.points, entry.cause.reason) == (-points, "checkout")


def _coupon(repositories: Repositories, seen: Coupon) -> Iterator[Finding]:
    """Every use by a checkout is named by its order."""
    for use in seen.uses:
        order = repositories.orders.find(use.order_id) if use.is_checkout else None
        legs = order.tender.coupons if order and order.tender else ()
        if use.is_checkout and CouponLeg(seen.code, use.off) not in legs:
            yield Finding(
                seen.owner, f"a coupon was used for order {use.order_id.number}, which does not know"
            )


def _hold(repositories: Repositories, hold: Hold) -> Iterator[Finding]:
    is_taken = hold.entry_sequence is not None
    if is_taken and not _took(repositories, hold.member_id, hold.entry_sequence or 0, hold.points):
        yield Finding(hold.member_id, f"the hold for order {hold.order_id.number} has no entry that fits")


def _granted(repositories: Repositories, order: Order) -> Iterator[Finding]:
    told = [each.entitlement_id for each in order.award.granted]
    found = repositories.entitlements.of_entry(order.member_id, order.award.entry_sequence) if told else []
    if [each.entitlement_id for each in found] != told:
        yield Finding(order.member_id, f"order {order.bill.order_id.number} has not what it granted")


def _entitlement(repositories: Repositories, seen: Entitlement) -> Iterator[Finding]:
    order = repositories.orders.find(seen.order_id)
    entitlement = repositories.entitlements.find(seen.ref) or seen  # A refund may have come since.
    name, benefit = f"entitlement {entitlement.entitlement_id}", entitlement.benefit
    is_told = order is not None and (
        Granted(entitlement.entitlement_id, benefit.benefit_id, benefit.name, entitlement.valid_through)
        in order.award.granted
    )
    if order is None or not is_told:
        yield Finding(entitlement.owner, f"{name} is not what its order granted")
    elif entitlement.state is EntitlementState.OPEN and not entitlement.is_earned(order):
        yield Finding(entitlement.owner, f"{name} is open, but its order is no longer worth it")


def _refund(repositories: Repositories, refund: Refund) -> Iterator[Finding]:
    entry = repositories.entries.get(refund.member_id, refund.entry_sequence)
    if not _belongs(entry, refund.order_id, refund.number) or (entry and entry.points != refund.points):
        yield Finding(refund.member_id, f"refund {refund.number} has no entry that fits")


def _exchange(repositories: Repositories, exchange: Exchange) -> Iterator[Finding]:
    paid = repositories.entries.get(exchange.member_id, exchange.sequence)
    if paid is None or (paid.points, paid.cause.reward_id) != (-exchange.points, exchange.reward_id):
        yield Finding(exchange.member_id, f"exchange {exchange.exchange_id} has no entry that fits")
    if exchange.refund_entry is not None:
        ref = exchange.refund_entry
        back = repositories.entries.get(ref.member_id, ref.sequence)
        if back is None or (back.points, back.cause.exchange_id) != (exchange.points, exchange.exchange_id):
            yield Finding(exchange.member_id, f"the refund of {exchange.exchange_id} has no entry that fits")


def _belongs(entry: Entry | None, order_id: OrderId, refund_number: str | None) -> bool:
    return entry is not None and (entry.cause.order_id, entry.cause.refund_number) == (
        order_id,
        refund_number,
    )


def _member(repositories: Repositories, seen: Member) -> Iterator[Finding]:
    member = repositories.members.exact(seen.member_id)
    account = repositories.accounts.exact(seen.member_id)
    if member is None or account is None:
        yield Finding(seen.member_id, "a member without record or points account")
        return
    if member.redirect_to != account.redirect_to:
        yield Finding(member.member_id, "member and account redirect to different places")
    if member.redirect_to is None:
        holders = repositories.identities.holders(member.all_identities())
        for identity in member.all_identities():
            if holders.get(identity) != member.member_id:
                yield Finding(
                    member.member_id, f"an identity of kind {identity.kind.value} finds somebody else"
                )


def _sentinel(repositories: Repositories, seen: Sentinel) -> Iterator[Finding]:
    holder = repositories.identities.holders([seen.identity]).get(seen.identity)
    if holder is None:
        return
    member = repositories.members.exact(holder)
    if member is None or member.redirect_to is not None or seen.identity not in member.all_identities():
        yield Finding(holder, f"a sentinel of kind {seen.identity.kind.value} that its member does not hold")


CHECKS: Mapping[type, Callable[[Repositories, Any], Iterable[Finding]]] = {
    Account: _account,
    Coupon: _coupon,
    Hold: _hold,
    Entitlement: _entitlement,
    Entry: _entry,
    Exchange: _exchange,
    Member: _member,
    Order: _order,
    Refund: _refund,
    Sentinel: _sentinel,
}
