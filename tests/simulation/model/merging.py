"""Two people who turn out to be one: merging, waiting for staff, and taking apart again."""

from msgspec.structs import replace

from tests.simulation.model import points, rules, tiers
from tests.simulation.model.calendar import day_of
from tests.simulation.model.state import (
    Accepted,
    Account,
    Lot,
    Made,
    Merge,
    Person,
    Refused,
    State,
    Verdict,
    is_over,
    released,
)

IDENTITIES_MAX, IDENTITIES_BY_STAFF = 20, 60
LOTS_MAX = 500
UNDO_MS = 24 * 3_600_000


def _elder(state: State, one: str, other: str) -> tuple[str, str]:
    """The younger, who goes, and the elder, who stays: members before fans, then by age (D-15)."""

    def age(member: str) -> tuple[int, int, str]:
        person = state.people[member]
        return (0 if person.joined_at else 1, person.joined_at or person.met_at, member)

    stays, goes = sorted((one, other), key=age)
    return goes, stays


def _together(state: State, source: str, target: str) -> tuple[int, int]:
    one, other = state.people[source], state.people[target]
    identities = len(one.identities) + len(other.identities) + (1 if one.card else 0)
    days = {day for who in (source, target) for day, _ in state.accounts[who].lots}
    return identities, len(days)


def _reason(state: State, source: str, target: str, cause: str) -> str:
    one, other = state.people[source], state.people[target]
    names = [person.names.get("name") for person in (one, other)]
    if names[0] and names[1] and names[0] != names[1]:
        return "names_differ"
    if cause != "phone" and one.phone and other.phone and one.phone != other.phone:
        return "phones_differ"
    identities, lots = _together(state, source, target)
    if lots > LOTS_MAX:
        return "too_many_lots"
    return "too_many_identities" if identities > IDENTITIES_MAX else ""


def meet(state: State, prover: str, other: str, cause: str, now: int, made: Made, phone: str = "") -> Verdict:
    """They are merged at once, or wait, unless staff has spoken before (D-16)."""
    source, target = _elder(state, prover, other)
    pair = frozenset((source, target))
    known = state.merges.get(state.pairs.get(pair, ""))
    waits = {"outcome": "waiting", "member": prover}
    if known is not None and known.state == "waiting":
        return Accepted(state, waits)
    if known is not None and known.state == "rejected":
        return Refused("phone-of-another-member") if cause == "phone" else Accepted(state, waits)
    reason = _reason(state, source, target, cause)
    if not reason and known is not None and cause == "shared_identity":
        reason = "undone_before"
    if reason:
        # Who is the elder may have changed since; what there was to settle has not.
        source, target = (known.source, known.target) if known else (source, target)
        waiting = Merge(source, target, cause, "waiting", now, prover=prover, phone=phone)
        return Accepted(_recorded(state, pair, waiting, made), waits)
    return _flip(state, made.merge, Merge(source, target, cause, "done", now, phone=phone), phone, now)


def _recorded(state: State, pair: frozenset[str], merge: Merge, made: Made) -> State:
    merges, pairs = {**state.merges, made.merge: merge}, {**state.pairs, pair: made.merge}
    return replace(state, merges=merges, pairs=pairs)


def _flip(state: State, merge_id: str, merge: Merge, proven: str, now: int) -> Accepted:
    source, target = merge.source, merge.target
    state, merge = _move_points(state, merge, now)
    one, other = state.people[source], state.people[target]
    phone = proven or other.phone or one.phone
    identities = one.identities + ((f"card:{one.card}",) if one.card else ())
    filled = tuple(name for name in one.names if name not in other.names)
    survivor = replace(
        other,
        phone=phone,
        names={**{name: one.names[name] for name in filled}, **other.names},
        identities=other.identities + identities,
        aliases=(*other.aliases, *one.aliases, source),
    )
    took = phone if phone != other.phone else ""
    merge = replace(
        merge,
        identities=identities,
        phone_before=other.phone if took else "",
        took_phone=took,
        filled=filled,
    )
    old = {f"phone:{person.phone}" for person in (one, other) if person.phone}
    holders = {mark: who for mark, who in state.holders.items() if mark not in old}
    holders |= dict.fromkeys(identities, target) | ({f"phone:{phone}": target} if phone else {})
    people = {**state.people, source: replace(one, redirect=target), target: survivor}
    state = replace(state, people=people, holders=holders, merges={**state.merges, merge_id: merge})
    moved = bool(merge.phone_before)
    return Accepted(state, {"outcome": "merged", "member": target, "phone_moved": moved})


def _move_points(state: State, merge: Merge, now: int) -> tuple[State, Merge]:
    today, ladder = day_of(now), state.programme.ladder
    giving = tiers.ranked(points.opened(state.accounts[merge.source], state.programme, today), ladder)
    taking = tiers.ranked(points.opened(state.accounts[merge.target], state.programme, today), ladder)
    orders, spend = giving.orders, giving.spend
    empty = tiers.emptied(replace(points.write(giving, "merge_out", {}, 0, -orders, -spend), used={}))
    lots = dict(taking.lots)
    for day, count in giving.lots:
        lots[day] = lots.get(day, 0) + count
    lots, debt = points.settle(lots, taking.debt + giving.debt)
    full = points.write(taking, "merge_in", lots, debt, orders, spend)
    full = replace(
        full,
        used=rules.together(taking.used, giving.used),
        streak=max(taking.streak, giving.streak),
    )
    full = tiers.step(tiers.together(full, giving), ladder, today)
    merge = replace(
        merge,
        left=points.moved(giving, empty),
        left_debt=-giving.debt,
        came=points.moved(taking, full),
        came_debt=full.debt - taking.debt,
        source_entry=empty.entries,
        target_entry=full.entries,
        orders=orders,
        spend=spend,
        used=giving.used,
        streak_before=taking.streak,
        brought=giving,
        tier_before=taking.tier,
    )
    accounts = {**state.accounts, merge.source: empty, merge.target: full}
    return replace(state, accounts=accounts), merge


def approve(state: State, merge_id: str, now: int) -> Verdict:
    """Staff: they are one."""
    waiting = state.merges.get(merge_id)
    if waiting is None:
        return Refused("merge-not-found")
    if waiting.state == "done":
        return Accepted(state, {"state": "done"})
    if waiting.state != "waiting":
        return Refused("merge-not-waiting")
    source, target = _elder(state, waiting.source, waiting.target)
    one, other = state.people[source], state.people[target]
    if one.redirect or other.redirect:
        return Refused("merge-not-waiting")
    identities, lots = _together(state, source, target)
    if identities > IDENTITIES_BY_STAFF or lots > LOTS_MAX:
        return Refused("merge-too-large")
    proven = waiting.phone if waiting.phone in {one.phone, other.phone} else ""
    merge = replace(waiting, source=source, target=target, state="done", at=now)
    after = _flip(state, merge_id, merge, proven, now).state
    return Accepted(_swept(after, target, after.merges[merge_id].phone_before), {"state": "done"})


def _swept(state: State, loser: str, lost: str) -> State:
    """Whoever got in by a number that staff took away has to log in again."""
    return (
        replace(state, sweeps=(*state.sweeps, (loser, state.steps, "", f"phone:{lost}"))) if lost else state
    )


def reject(state: State, merge_id: str, now: int, *, release: bool) -> Verdict:
    """Staff: they are two; the number may leave its old holder."""
    waiting = state.merges.get(merge_id)
    if waiting is None:
        return Refused("merge-not-found")
    if waiting.state == "rejected":
        return Accepted(state, {"state": "rejected"})
    if waiting.state != "waiting":
        return Refused("merge-not-waiting")
    merges = {**state.merges, merge_id: replace(waiting, state="rejected", at=now)}
    state = replace(state, merges=merges)
    holder = waiting.target if waiting.prover == waiting.source else waiting.source
    person = state.people[holder]
    if release and waiting.phone and not person.redirect and person.phone == waiting.phone:
        holders = {mark: who for mark, who in state.holders.items() if mark != f"phone:{waiting.phone}"}
        people = {**state.people, holder: replace(person, phone="")}
        state = _swept(replace(state, people=people, holders=holders), holder, waiting.phone)
    return Accepted(state, {"state": "rejected"})


def undo(state: State, merge_id: str, now: int, pair_id: str) -> Verdict:
    """Exactly back, for 24 hours, while all of it is still there. The pair is on record from then on."""
    merge = state.merges.get(merge_id)
    if merge is None or merge.state not in {"undone", "done"}:
        return Refused("merge-not-done" if merge else "merge-not-found")
    if merge.state == "undone":
        return Accepted(state, {"state": "undone"})
    if now >= merge.at + UNDO_MS:
        return Refused("merge-undo-too-late")
    accounts, people = _give_back(state, merge, day_of(now)), _take_apart(state, merge)
    if accounts is None or people is None:
        return Refused("merge-moved-amounts-gone" if people else "merge-followed-by-another")
    undone = replace(merge, state="undone")
    pair = frozenset((merge.source, merge.target))
    merges, pairs = {**state.merges, merge_id: undone}, dict(state.pairs)
    if pair not in pairs:
        pairs[pair] = pair_id
        bare = replace(
            undone,
            identities=(),
            took_phone="",
            phone_before="",
            filled=(),
            used={},
            streak_before=(0, 0),
            brought=None,
            tier_before=None,
        )
        merges[pair_id] = bare
    after = replace(state, people=people[0], holders=people[1], accounts=accounts, merges=merges, pairs=pairs)
    return Accepted(after, {"state": "undone"})


def _give_back(state: State, merge: Merge, today: int) -> dict[str, Account] | None:
    ladder = state.programme.ladder
    giving = points.opened(state.accounts[merge.target], state.programme, today)
    taking = points.lapse(state.accounts[merge.source], state.programme, today)
    brought_by = (merge.source, *state.people[merge.source].aliases)
    claws = state.foreign_claws
    if any(claws.get((merge.target, each), 0) > merge.target_entry for each in brought_by):
        return None
    lots = dict(giving.lots)
    for lot, count in _now(merge.came, today).items():
        lots[lot] = lots.get(lot, 0) - count
    if min([0, *lots.values()]) < 0 or giving.debt < merge.came_debt:
        return None
    lots, debt = points.settle(lots, giving.debt - merge.came_debt)
    given = points.write(giving, "merge_out", lots, debt, -merge.orders, -merge.spend)
    brought = merge.brought or Account()
    given = tiers.step(tiers.apart(given, brought, merge.tier_before), ladder, today)
    given = replace(given, used=rules.apart(giving.used, merge.used))
    if given.streak == max(merge.streak_before, taking.streak):
        given = replace(given, streak=merge.streak_before)
    back = {lot: -count for lot, count in _now(merge.left, today).items()}
    lots, debt = points.settle(back, -merge.left_debt)
    taken = points.write(taking, "merge_in", lots, debt, merge.orders, merge.spend)
    taken = tiers.step(tiers.back(replace(taken, used=merge.used), brought), ladder, today)
    return {**state.accounts, merge.source: taken, merge.target: given}


def _now(moved: tuple[tuple[Lot, int], ...], today: int) -> dict[Lot, int]:
    """In which lots it is today; what is over would have lapsed anyway."""
    lots: dict[Lot, int] = {}
    for lot, count in moved:
        if not is_over(lot, today):
            now = released(lot, today)
            lots[now] = lots.get(now, 0) + count
    return lots


def _take_apart(state: State, merge: Merge) -> tuple[dict[str, Person], dict[str, str]] | None:
    one, other = state.people[merge.source], state.people[merge.target]
    if one.redirect != merge.target or other.redirect:
        return None
    if not set(merge.identities) <= set(other.identities):
        return None
    holders = dict(state.holders)
    phone, again = other.phone, (merge.source, one.phone)
    if merge.took_phone:
        if other.phone != merge.took_phone:
            return None
        holders[f"phone:{merge.took_phone}"] = merge.source
        phone, again = merge.phone_before, (merge.target, merge.phone_before)
    if again[1]:
        if f"phone:{again[1]}" in holders:
            return None
        holders[f"phone:{again[1]}"] = again[0]
    holders |= dict.fromkeys(merge.identities, merge.source)
    emptied = {name for name in merge.filled if other.names.get(name) == one.names.get(name)}
    survivor = replace(
        other,
        phone=phone,
        names={name: text for name, text in other.names.items() if name not in emptied},
        identities=tuple(each for each in other.identities if each not in merge.identities),
        aliases=tuple(each for each in other.aliases if each not in {*one.aliases, merge.source}),
    )
    people = {**state.people, merge.source: replace(one, redirect=""), merge.target: survivor}
    return people, holders
