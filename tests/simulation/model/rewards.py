"""Rewards by hand: what they cost, what is left, and what became of each exchange."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from tests.simulation.model import coupons, rules, tiers
from tests.simulation.model.calendar import day_of
from tests.simulation.model.points import lapse, moved, opened, settle, write
from tests.simulation.model.state import Accepted, Lot, Programme, Refused, State, Verdict

REWARDS, EXCHANGES = "rewards", "exchanges"


class Offer(Struct, frozen=True):
    """What staff says of it. `limit` 0: none."""

    kind: str
    points: int
    counted: bool = True
    shown: bool = True
    limit: int = 0

    @property
    def has_pieces(self) -> bool:
        return self.counted and self.kind != "virtual"


class Reward(Struct, frozen=True):
    """`stock`: ever put there; `left`: pieces or codes; `codes`: all that were ever brought."""

    offer: Offer
    stock: int = 0
    left: int = 0
    codes: frozenset[str] = frozenset()


class Exchange(Struct, frozen=True):
    """`lots`: from which the points were taken."""

    member: str
    reward: str
    points: int
    kind: str
    counted: bool
    limited: bool
    day: int
    lots: tuple[tuple[Lot, int], ...]
    state: str = "open"
    coupon: str = ""
    """Its code, where the reward was one."""


TREAT = "eight"
"""The template of coupons that are rewards."""


def rewards(state: State) -> Mapping[str, Reward]:
    found: Mapping[str, Reward] = state.areas.get(REWARDS, {})
    return found


def exchanges(state: State) -> Mapping[str, Exchange]:
    found: Mapping[str, Exchange] = state.areas.get(EXCHANGES, {})
    return found


def keep(state: State, what: str, name: str, thing: Reward | Exchange) -> State:
    known: Mapping[str, Any] = state.areas.get(what, {})
    return replace(state, areas={**state.areas, what: {**known, name: thing}})


def save(state: State, name: str, offer: Offer) -> Accepted:
    """The same again changes nothing."""
    before = rewards(state).get(name)
    after = replace(before, offer=offer) if before else Reward(offer)
    facts = {"points": offer.points, "shown": offer.shown}
    return Accepted(keep(state, REWARDS, name, after) if after != before else state, facts)


def move(state: State, name: str, by: int) -> Verdict:
    reward = rewards(state).get(name)
    if reward is None:
        return Refused("reward-not-found")
    if not reward.offer.has_pieces:
        return Refused("stock-not-counted")
    if reward.left + by < 0:
        return Refused("stock-too-low")
    after = replace(reward, stock=reward.stock + by, left=reward.left + by)
    return Accepted(keep(state, REWARDS, name, after), {"stock": after.stock})


def bring(state: State, name: str, codes: frozenset[str]) -> Verdict:
    reward = rewards(state).get(name)
    if reward is None:
        return Refused("reward-not-found")
    if reward.offer.kind != "virtual":
        return Refused("stock-not-counted")
    if reward.codes & codes:
        return Refused("codes-known")
    after = replace(reward, left=reward.left + len(codes), codes=reward.codes | codes)
    return Accepted(keep(state, REWARDS, name, after), {"added": len(codes)})


def exchange(
    state: State,
    member: str,
    name: str,
    offer: Offer,
    points: int,
    programme: Programme,
    now: int,
    coupon: tuple[str, int],
) -> Verdict:
    """`offer`: as it was read; what is left is what is left now. `coupon`: code and version, if it is one."""
    today, reward = day_of(now), rewards(state)[name]
    account = opened(state.accounts[member], programme, today)
    usage = f"reward#{name}"
    is_coupon = offer.kind == "coupon"
    reasons = {
        "reward-not-offered": not offer.shown,
        "reward-changed": points != offer.points,
        "not-enough-points": points > account.available(today),
        "reward-limit-reached": offer.limit and account.used.get(usage, (0, 0, 0))[2] >= offer.limit,
        "reward-sold-out": offer.counted and reward.left <= 0,
    }
    refusal = next((reason for reason, holds in reasons.items() if holds), "")
    if not refusal and is_coupon:
        refusal = coupons.refuses(state, TREAT, coupon[1], (), "exchanged", now)
    if refusal:
        return Refused(refusal)
    lots, wanted = dict(account.lots), points
    for day, _ in account.lots:
        part = min(wanted, lots[day])
        lots[day], wanted = lots[day] - part, wanted - part
    after = write(account, "redeem", lots, account.debt)
    paid = tuple((day, -count) for day, count in moved(account, after))
    if offer.limit:
        after = replace(after, used=rules.together(after.used, {usage: (today, 1, 1)}))
    after = tiers.booked(account, after, programme.ladder, today, today)
    made = Exchange(
        member,
        name,
        points,
        offer.kind,
        offer.has_pieces,
        bool(offer.limit),
        today,
        paid,
        "fulfilled" if offer.kind in {"virtual", "coupon"} else "open",
        coupon[0] if is_coupon else "",
    )
    if is_coupon:
        _, state = coupons.mint(state, coupon[0], TREAT, coupon[1], member, "exchanged", now)
    state = keep(state, EXCHANGES, f"{member}:{after.entries}", made)
    state = keep(state, REWARDS, name, replace(reward, left=reward.left - offer.counted))
    facts = {"member": member, "points": points, "entry": after.entries, "balance": after.balance}
    return Accepted(replace(state, accounts={**state.accounts, member: after}), facts)


def fulfil(state: State, exchange_id: str) -> Verdict:
    found = exchanges(state).get(exchange_id)
    if found is None:
        return Refused("exchange-not-found")
    if found.state != "open":
        return Refused("exchange-not-open")
    return Accepted(
        keep(state, EXCHANGES, exchange_id, replace(found, state="fulfilled")), {"state": "fulfilled"}
    )


def refund(state: State, exchange_id: str, programme: Programme, now: int) -> Verdict:
    """Back to the lots; what is over lapses at once (D-22)."""
    found, today = exchanges(state).get(exchange_id), day_of(now)
    if found is None:
        return Refused("exchange-not-found")
    if found.state == "refunded":
        return Refused("exchange-not-open")
    if found.kind == "virtual":
        return Refused("exchange-not-refundable")
    if found.coupon:
        verdict = coupons.void(state, found.coupon, now)
        if isinstance(verdict, Refused) or verdict.state is state:
            return Refused("exchange-not-refundable")
        state = verdict.state
    member = state.alive(found.member)
    account = opened(state.accounts[member], programme, today)
    lots = dict(account.lots)
    for day, count in found.lots:
        lots[day] = lots.get(day, 0) + count
    given = write(account, "refund_redeem", *settle(lots, account.debt))
    after = lapse(given, programme, today)
    if found.limited:
        after = replace(after, used=rules.apart(after.used, {f"reward#{found.reward}": (found.day, 1, 1)}))
    after = tiers.booked(account, after, programme.ladder, today, today)
    reward = rewards(state)[found.reward]
    claws = {} if member == found.member else {(member, found.member): given.entries}
    state = keep(state, EXCHANGES, exchange_id, replace(found, state="refunded"))
    state = keep(state, REWARDS, found.reward, replace(reward, left=reward.left + found.counted))
    points = given.balance - account.balance
    facts = {"state": "refunded", "points": points, "entry": given.entries, "balance": after.balance}
    accounts = {**state.accounts, member: after}
    return Accepted(replace(state, accounts=accounts, foreign_claws={**state.foreign_claws, **claws}), facts)
