"""At every commit: the model takes the same step, and what was written must be what it says."""

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from tests.simulation import observe
from tests.simulation.cloud import Change, Commit
from tests.simulation.model.state import Made, Refused, State
from tests.simulation.requests import Broken, Moment
from tests.simulation.table.values import Item

if TYPE_CHECKING:
    from tests.simulation.world import World

KEPT_MS = 30 * 24 * 3_600_000 - 1_000
"""So long a caller's key is remembered, to the second; order and refund numbers are for ever."""
Step = Callable[["World", State, Commit], State | None]
"""What a commit means that is not its request's own effect; None: not mine."""
Comparison = Callable[["World", State, Change], None]


def step(world: "World", state: State, commit: Commit, steps: tuple[Step, ...]) -> State:
    """The state after the commit, by the model's own reckoning."""
    for each in steps:
        after = each(world, state, commit)
        if after is not None:
            return after
    request = commit.by.request
    moment = Moment(commit.decided_at, made_of(commit), commit, world.seen_by(commit.by))
    verdict = request.operation.expect(state, moment)
    if isinstance(verdict, Refused):
        raise Broken("nothing is written that the rules refuse", f"{request.text()}: {verdict.code}")
    if request.operation.is_once and (request.effect_at or 0) > commit.decided_at - KEPT_MS:
        raise Broken("a request takes effect once", request.text())
    request.effect_at = commit.decided_at
    request.facts = commit.by.facts = verdict.facts
    accepted: State = verdict.state
    return accepted


def made_of(commit: Commit) -> Made:
    """Ids that were drawn, as they stand in what was written."""
    members = [change.thing_id for change in commit.of("member") if change.before is None]
    merges = [change.thing_id for change in commit.of("merge")]
    cards = [
        change.thing_id.removeprefix("card#")
        for change in commit.of("sentinel")
        if change.before is None and change.thing_id.startswith("card#")
    ]
    member, card, merge = (found[0] if found else "" for found in (members, cards, merges))
    return Made(member, card, merge, code=commit.by.code, secret=commit.by.secret)


def compare(
    world: "World",
    before: State,
    after: State,
    commit: Commit,
    comparisons: Mapping[str, tuple[Comparison, ...]],
) -> None:
    """Whatever was written is what the model holds, and whatever the model changed was written."""
    for change in commit.changes:
        for comparison in comparisons.get(change.kind, ()):
            comparison(world, after, change)
    _check_entries(commit)
    _same_touched("accounts", before.accounts, after.accounts, {c.thing_id for c in commit.of("account")})
    _same_touched("people", before.people, after.people, {c.thing_id for c in commit.of("member")})
    _same_touched("merges", before.merges, after.merges, {c.thing_id for c in commit.of("merge")})
    held = {_mark(world, change) for change in commit.of("sentinel")}
    _same_touched("holders", before.holders, after.holders, held)


def _same_touched(what: str, before: Mapping[str, Any], after: Mapping[str, Any], written: set[str]) -> None:
    if before is after and not written:
        return
    changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    if changed - written:
        raise Broken(f"{what} that must change are written", f"{sorted(changed - written)} were not")


def _differs(what: str, seen: object, expected: object) -> None:
    if seen != expected:
        raise Broken(f"{what} is as the model says", f"stored {seen}, expected {expected}")


def _each_fits(what: str, pairs: Mapping[str, tuple[object, object]]) -> None:
    for name, (seen, expected) in pairs.items():
        _differs(f"{what}'s {name}", seen, expected)


def _account(world: "World", state: State, change: Change) -> None:
    if change.after is None:
        raise Broken("accounts are never deleted", change.thing_id)
    expected = state.accounts.get(change.thing_id)
    _differs("an account", observe.account(change.after), expected)
    points = dict(expected.lots) if expected else {}
    if expected is None or expected.debt < 0 or min([1, *points.values()]) <= 0:
        raise Broken("no lot and no debt is negative", str(expected))
    if expected.debt and points:
        raise Broken("lots and debt never stand together", str(expected))
    if sum(expected.kinds.values()) != expected.balance:
        raise Broken("sums by kind are the balance", str(expected))


def _member(world: "World", state: State, change: Change) -> None:
    if change.after is None:
        raise Broken("people are never deleted", change.thing_id)
    seen = observe.person(change.after, world.phones, _opened(world, change.after))
    expected = state.people.get(change.thing_id)
    if expected is not None and seen.redirect:
        # Earlier redirects are shortened later: what counts is where they lead.
        _differs("a redirect", state.alive(seen.redirect), state.alive(change.thing_id))
        seen = replace(seen, redirect=expected.redirect)
    _differs("a person", seen, expected)


def _opened(world: "World", item: Item) -> dict[str, str]:
    if "name_sealed" not in item:
        return {}
    context = f"{item['pk']['S']}|{item['sk']['S']}|name"
    return {"name": world.keyring.open(context, item["name_sealed"]["B"])}


def _mark(world: "World", change: Change) -> str:
    kind, _, value = change.thing_id.partition("#")
    return f"{kind}:{world.phones[value] if kind == 'phone' else value}"


def _sentinel(world: "World", state: State, change: Change) -> None:
    holder = observe.text(change.after, "member_id") if change.after else None
    mark = _mark(world, change)
    _differs(f"the holder of a {mark.partition(':')[0]}", holder, state.holders.get(mark))
    if holder is not None and (mark not in state.people[holder].marks() or state.people[holder].redirect):
        raise Broken("whoever is found by a mark has it and lives on", f"{mark} finds {holder}")


def _order(world: "World", state: State, change: Change) -> None:
    expected = state.orders.get(change.thing_id.replace("#", "/", 1))
    if change.after is None or expected is None:
        raise Broken("orders come and stay", change.thing_id)
    _each_fits("an order", observe.order(change.after, expected))


def _merge(world: "World", state: State, change: Change) -> None:
    if change.after is None:
        raise Broken("merges are never deleted", change.thing_id)
    expected = state.merges.get(change.thing_id)
    if expected is None:
        raise Broken("a merge is as the model says", f"nobody expected {change.thing_id}")
    _each_fits("a merge", observe.merge(change.after, expected, world.phones))


COMPARISONS: Mapping[str, Comparison] = {
    "account": _account,
    "member": _member,
    "sentinel": _sentinel,
    "order": _order,
    "merge": _merge,
}


def _check_entries(commit: Commit) -> None:
    """Sequences without gaps, balances that follow, and a chain that fits (invariant 6)."""
    for change in commit.of("account"):
        before, after = change.before, change.after or {}
        version = observe.number(before, "v") if before else 0
        head = before["h"]["B"] if before else bytes(32)
        balance = _balance(before) if before else 0
        entries = [entry.after for entry in commit.of("entry") if entry.key[0] == change.key[0]]
        for entry in sorted((entry for entry in entries if entry), key=lambda item: item["sk"]["S"]):
            version, balance = version + 1, balance + observe.number(entry, "p")
            fits = (
                entry["sk"]["S"] == f"L#PTS#{version:010}",
                observe.number(entry, "b") == balance,
                entry["q"]["B"] == head,
                entry["h"]["B"] == _hash(entry),
            )
            if not all(fits):
                raise Broken("entries follow each other", f"{change.thing_id} entry {version}: {fits}")
            head = entry["h"]["B"]
        if after and (observe.number(after, "v"), after["h"]["B"], _balance(after)) != (
            version,
            head,
            balance,
        ):
            raise Broken("the account is where its entries lead", f"{change.thing_id} at {version}")


def _balance(item: Item) -> int:
    return sum(points for _, points in observe.lots(item)) - observe.number(item, "d")


def _hash(entry: Item) -> bytes:
    """As docs/architecture.md tells it: SHA-256 over the previous hash and the fields in canonical JSON."""
    cause = json.loads(observe.text(entry, "c"))
    fields = {
        "member_id": entry["pk"]["S"].split("#", 3)[3],
        "sequence": int(entry["sk"]["S"].rsplit("#", 1)[1]),
        "kind": observe.text(entry, "o"),
        "points": observe.number(entry, "p"),
        "balance": observe.number(entry, "b"),
        "postings": [_posting(row["L"]) for row in entry["l"]["L"]],
        "debt": observe.number(entry, "d"),
        "orders": observe.number(entry, "n"),
        "spend": observe.number(entry, "s"),
        "reason": cause["r"],
        "order": cause.get("o"),
        "refund": cause.get("f"),
        "merge": cause.get("g"),
        "other_member": cause.get("m"),
        "programme": cause.get("v"),
        "store": cause.get("s"),
        "occurred_at": cause.get("t"),
        "caller": observe.text(entry, "w"),
        "at": observe.number(entry, "a"),
    }
    later = {"earned": "e", "activities": "y", "month": "m"}
    fields |= {field: observe.number(entry, name) for field, name in later.items() if name in entry}
    texts = {
        "note": "n",
        "reward": "w",
        "reward_name": "y",
        "exchange": "x",
        "template": "k",
        "coupons": "c",
    }
    fields |= {field: cause[name] for field, name in texts.items() if name in cause}
    if "g" in entry:
        fields["given"] = observe.json_of(entry, "g")
    text = json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(entry["q"]["B"] + text.encode()).digest()


def _posting(row: list[dict[str, str]]) -> list[object]:
    held = [_day(part["N"]) for part in row[3:]]
    return [_day(row[0]["N"]), row[1]["S"], int(row[2]["N"]), *held]


def _day(day: str) -> str:
    return f"{day[:4]}-{day[4:6]}-{day[6:]}" if day != "0" else ""
