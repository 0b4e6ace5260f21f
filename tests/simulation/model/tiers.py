"""Tiers by hand: what counts, reviews that are due, and what a merge makes of them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from tests.simulation.model.calendar import day_later, month_later

if TYPE_CHECKING:
    from tests.simulation.model.state import Account

METRICS = ("spend", "points", "orders", "activity")
NOTHING = (0, 0, 0, 0)
Months = Mapping[int, tuple[int, int, int, int]]


class Ladder(Struct, frozen=True):
    """`rungs`: name, from which value, kept from which. 0 months: no window, no review."""

    metric: str
    rungs: tuple[tuple[str, int, int], ...]
    window: int = 0
    review: int = 0
    grace: int = 0

    def rank(self, name: str) -> int:
        return [rung[0] for rung in self.rungs].index(name)

    def knows(self, name: str) -> bool:
        return name in [rung[0] for rung in self.rungs]


class Held(NamedTuple):
    """A tier that somebody has; `until` 0: it cannot be lost."""

    name: str
    rank: int
    since: int
    until: int
    grace: bool = False


def worth(account: "Account", ladder: Ladder, day: int) -> int:
    column = METRICS.index(ladder.metric)
    if not ladder.window:
        return (account.spend, account.earned, account.orders, account.activities)[column]
    first, last = _window(ladder, day)
    return sum(counts[column] for month, counts in account.months.items() if first <= month <= last)


def _window(ladder: Ladder, day: int) -> tuple[int, int]:
    year, month, _ = month_later(day, 1 - ladder.window)
    return year * 100 + month, day // 100


def step(account: "Account", ladder: Ladder | None, today: int) -> "Account":
    """Whatever is due of the tier by today."""
    held, changes = account.tier, account.changes
    if held and (ladder is None or not ladder.knows(held.name)):
        held, changes = None, changes + 1
    if ladder is None:
        return replace(account, tier=held, changes=changes)
    while held and held.until and held.until < today:
        after = _reviewed(held, ladder, worth(account, ladder, held.until))
        changes += _name(after) != _name(held)
        held = after
    value = worth(account, ladder, today)
    best = max((rank for rank, rung in enumerate(ladder.rungs) if rung[1] <= value), default=-1)
    if best > (ladder.rank(held.name) if held else -1):
        held, changes = _fresh(ladder, best, today), changes + 1
    return replace(account, tier=held, changes=changes)


def _fresh(ladder: Ladder, rank: int, since: int) -> Held | None:
    if rank < 0:
        return None
    name, _, keep = ladder.rungs[rank]
    can_be_lost = ladder.review and (rank or keep)
    return Held(name, rank, since, day_later(since, months=ladder.review) if can_be_lost else 0)


def _reviewed(held: Held, ladder: Ladder, value: int) -> Held | None:
    rank = ladder.rank(held.name)
    if not ladder.review:
        return held._replace(until=0, grace=False)
    if value >= ladder.rungs[rank][2]:
        return held._replace(rank=rank, until=day_later(held.until, months=ladder.review), grace=False)
    if ladder.grace and not held.grace:
        return held._replace(rank=rank, until=day_later(held.until, days=ladder.grace), grace=True)
    return _fresh(ladder, rank - 1, day_later(held.until, days=1))


def booked(before: "Account", after: "Account", ladder: Ladder | None, today: int, day: int) -> "Account":
    """One more entry stands in the account; it counts in the month of that day."""
    months = dict(after.months)
    if ladder is not None and ladder.window:
        moved = (
            after.spend - before.spend,
            after.earned - before.earned,
            after.orders - before.orders,
            after.activities - before.activities,
        )
        first, _ = _window(ladder, today)
        found = _not_below_nothing(_sum(after.months, {day // 100: moved}, 1), day // 100)
        months = {month: counts for month, counts in found.items() if month >= first}
    return step(replace(after, months=months), ladder, today)


def _sum(one: Months, other: Months, sign: int) -> dict[int, tuple[int, int, int, int]]:
    found = {}
    for month in sorted(one.keys() | other.keys()):
        a, b = one.get(month, NOTHING), other.get(month, NOTHING)
        found[month] = (a[0] + sign * b[0], a[1] + sign * b[1], a[2] + sign * b[2], a[3] + sign * b[3])
    return {month: counts for month, counts in found.items() if counts != NOTHING}


def _not_below_nothing(
    found: dict[int, tuple[int, int, int, int]], *months: int
) -> dict[int, tuple[int, int, int, int]]:
    """Of what was never counted, nothing can be taken back."""
    kept = {
        month: (max(a, 0), max(b, 0), max(c, 0), max(d, 0)) if month in months else (a, b, c, d)
        for month, (a, b, c, d) in found.items()
    }
    return {month: counts for month, counts in kept.items() if counts != NOTHING}


def _name(held: Held | None) -> str:
    return held.name if held else ""


def ranked(account: "Account", ladder: Ladder | None) -> "Account":
    if account.tier is None or ladder is None:
        return account
    return replace(account, tier=account.tier._replace(rank=ladder.rank(account.tier.name)))


def better(one: Held | None, other: Held | None) -> Held | None:
    both = [held for held in (one, other) if held]
    return max(both, key=lambda held: (held.rank, held.until or 99_999_999), default=None)


def emptied(account: "Account") -> "Account":
    """Of whoever is merged away."""
    changes = account.changes + bool(account.tier)
    return replace(account, earned=0, activities=0, months={}, tier=None, changes=changes)


def together(account: "Account", other: "Account") -> "Account":
    """With all that the other one had counted."""
    return _with_tier(
        replace(
            account,
            earned=account.earned + other.earned,
            activities=account.activities + other.activities,
            months=_sum(account.months, other.months, 1),
        ),
        better(account.tier, other.tier),
    )


def apart(account: "Account", left: "Account", before: Held | None) -> "Account":
    """Without what `left` had brought; `before`: the tier that there was before that."""
    gone = {month: counts for month, counts in left.months.items() if month in account.months}
    return _with_tier(
        replace(
            account,
            earned=account.earned - left.earned,
            activities=account.activities - left.activities,
            months=_not_below_nothing(_sum(account.months, gone, -1), *account.months),
        ),
        before if account.tier and _name(account.tier) == _name(better(before, left.tier)) else account.tier,
    )


def back(account: "Account", left: "Account") -> "Account":
    """To the one who had it, as it was."""
    kept = replace(
        account,
        earned=account.earned + left.earned,
        activities=account.activities + left.activities,
        months=left.months,
    )
    return _with_tier(kept, left.tier)


def _with_tier(account: "Account", tier: Held | None) -> "Account":
    is_other = _name(tier) != _name(account.tier)
    return replace(account, tier=tier, changes=account.changes + is_other)
