"""The promises between stored things, each checked from one thing's side. Empty lists when all is well."""

from collections.abc import Iterator
from datetime import timedelta

from domain.activity.ports import Repositories
from domain.clock import shop_date
from domain.member.model import Member, Sentinel
from domain.order.model import Order, OrderId, Refund
from domain.points.model import Account, Entry, EntryKind
from domain.points.prove import Finding, prove
from domain.proof.ports import Thing

LOOKS_MAX = 5
"""A busy account may move while its entries are read."""


def check(repositories: Repositories, thing: Thing) -> list[Finding]:
    """What is wrong with the thing or with what it points to."""
    match thing:
        case Account():
            return _account(repositories, thing)
        case Entry():
            return list(_entry(repositories, thing))
        case Order():
            return list(_order(repositories, thing))
        case Refund():
            return list(_refund(repositories, thing))
        case Member():
            return list(_member(repositories, thing))
        case Sentinel():
            return list(_sentinel(repositories, thing))


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
    if entry.kind is EntryKind.EARN and (entry.member_id, entry.sequence) not in _named(repositories, entry):
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
    if cause.reason == "check_in":
        # The day of a request is that of its first look, perhaps a moment before midnight.
        today = shop_date(entry.at)
        days = [repositories.check_ins.find(entry.member_id, on) for on in (today, today - timedelta(days=1))]
        return [(day.member_id, day.entry_sequence) for day in days if day]
    return [(entry.member_id, entry.sequence)]


def _order(repositories: Repositories, order: Order) -> Iterator[Finding]:
    entry = repositories.entries.get(order.member_id, order.award.entry_sequence)
    if not _belongs(entry, order.bill.order_id, None) or (entry and entry.points != order.award.points):
        yield Finding(order.member_id, f"order {order.bill.order_id.number} has no entry that fits")


def _refund(repositories: Repositories, refund: Refund) -> Iterator[Finding]:
    entry = repositories.entries.get(refund.member_id, refund.entry_sequence)
    if not _belongs(entry, refund.order_id, refund.number) or (entry and entry.points != refund.points):
        yield Finding(refund.member_id, f"refund {refund.number} has no entry that fits")


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
