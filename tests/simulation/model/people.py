"""People: meeting them, joining, changing the phone, and who turns out to be whom."""

from collections.abc import Mapping

from msgspec.structs import replace

from tests.simulation.model import merging
from tests.simulation.model.state import Accepted, Account, Made, Person, Refused, State, Verdict

IDENTITIES_MAX = 20
DAY_MS = 86_400_000


def with_person(state: State, member: str, person: Person) -> State:
    return replace(state, people={**state.people, member: person})


def _held(state: State, member: str, *marks: str) -> State:
    return replace(state, holders={**state.holders, **dict.fromkeys(marks, member)})


def _freed(state: State, *marks: str) -> State:
    return replace(state, holders={mark: who for mark, who in state.holders.items() if mark not in marks})


def _new(state: State, member: str, person: Person) -> State:
    state = with_person(state, member, person)
    state = replace(state, accounts={**state.accounts, member: Account()})
    return _held(state, member, *person.marks())


def log_in(state: State, identities: tuple[str, ...], now: int, made: Made) -> Verdict:
    """Through a platform. The first identity is the app's own, the others are shared between apps."""
    known = list(dict.fromkeys(state.holders[one] for one in identities if one in state.holders))
    missing = tuple(one for one in identities if one not in state.holders)
    if not known:
        fan = Person(met_at=now, identities=identities)
        return Accepted(_new(state, made.member, fan), {"member": made.member})
    member = known[0]
    if len(known) > 1:
        verdict = merging.meet(state, member, known[1], "shared_identity", now, made)
        if isinstance(verdict, Refused) or verdict.facts["outcome"] != "merged":
            return Accepted(verdict.state, {"member": member}) if isinstance(verdict, Accepted) else verdict
        return Accepted(verdict.state, {"member": verdict.facts["member"]})
    person = state.people[member]
    if missing and len(person.identities) + len(missing) > IDENTITIES_MAX:
        return Refused("too-many-identities")
    after = replace(person, identities=person.identities + missing)
    return Accepted(_held(with_person(state, member, after), member, *missing), {"member": member})


def join(person: Person, phone: str, now: int, card: str) -> Person:
    return replace(person, phone=phone, card=card, joined_at=now)


def prove_phone(state: State, member: str, phone: str, now: int, made: Made, *, agrees: bool) -> Verdict:
    """Whoever proves a number joins, changes the number, is known already, or is somebody else, too."""
    member = state.alive(member)
    person = state.people[member]
    mark = f"phone:{phone}"
    holder = state.holders.get(mark)
    if holder == member:
        return Accepted(state, {"outcome": "unchanged", "member": member})
    if holder is not None:
        return merging.meet(state, member, holder, "phone", now, made, phone)
    if person.joined_at:
        old = [f"phone:{person.phone}"] if person.phone else []
        state = _freed(with_person(state, member, replace(person, phone=phone)), *old)
        return Accepted(_held(state, member, mark), {"outcome": "phone_changed", "member": member})
    if not agrees:
        return Refused("consent-required")
    joined = join(person, phone, now, made.card)
    state = _held(with_person(state, member, joined), member, mark, f"card:{made.card}")
    return Accepted(state, {"outcome": "joined", "member": member})


def log_in_by_phone(state: State, phone: str, now: int, made: Made, *, agrees: bool) -> Verdict:
    """A number that nobody holds joins, with consent."""
    holder = state.holders.get(f"phone:{phone}")
    if holder is not None:
        return Accepted(state, {"member": holder})
    if not agrees:
        return Refused("consent-required")
    person = join(Person(met_at=now), phone, now, made.card)
    return Accepted(_new(state, made.member, person), {"member": made.member})


def show_proof(state: State, digest: str, by: str, now: int, outcome: str) -> Verdict:
    """A proof that can be shown again belongs to who showed it first; old ones join nobody."""
    known = state.proofs.get(digest)
    if known is None:
        return Accepted(replace(state, proofs={**state.proofs, digest: (by, now)}))
    is_old = now > known[1] + DAY_MS
    if known[0] != by or (is_old and outcome in {"merged", "waiting"}):
        return Refused("phone-proof-of-another")
    return Accepted(state)


def change_profile(state: State, member: str, names: Mapping[str, str | None]) -> Accepted:
    """None empties a field."""
    member = state.alive(member)
    person = state.people[member]
    after = {name: text for name, text in {**person.names, **names}.items() if text is not None}
    return Accepted(
        with_person(state, member, replace(person, names=after)), {"member": member, "names": after}
    )
