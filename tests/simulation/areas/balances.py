"""Balances and lists of entries, as staff reads them."""

from collections.abc import Mapping
from random import Random
from typing import Any, ClassVar

from domain.page import Page
from domain.points.as_of import PastAccount, ReadAsOf
from domain.points.explain import ExplainEntry, Explanation
from domain.points.model import Entry, EntryRef
from domain.points.read import Balance, ListEntries, ReadBalance
from tests.simulation import callers
from tests.simulation.area import Area
from tests.simulation.areas.joining import a_fan
from tests.simulation.areas.merges import merged, one_person
from tests.simulation.areas.points import an_order, instant
from tests.simulation.areas.undoing import Undo
from tests.simulation.callers import OFFICE, Personal
from tests.simulation.model.calendar import day_of, number_of
from tests.simulation.model.state import Accepted, Account, Refused, State, Verdict, is_over
from tests.simulation.process import Process
from tests.simulation.requests import Moment, Operation
from tests.simulation.stage import Stage
from tests.simulation.world import World


class SeeBalance(Operation, frozen=True):
    """Staff looks at somebody's points."""

    name: ClassVar[str] = "balance"
    use_case: ClassVar[type] = ReadBalance
    is_once: ClassVar[bool] = False
    member: str

    def call(self, process: Process) -> Balance:
        actor = callers.signed(process, OFFICE, self.member, once=True)
        return process.services.read_balance(actor, self.member)

    def expect(self, state: State, moment: Moment) -> Verdict:
        return Accepted(state, _balance(state.accounts[state.alive(self.member)], moment.now))

    def explains(self, state: State, moment: Moment, facts: Mapping[str, Any]) -> bool:
        return _is_shown(moment, _led_to(moment, self.member), facts)

    def facts(self, answer: Balance) -> Mapping[str, Any]:
        account, today = answer.account, answer.today
        live = {lot: count for lot, count in account.lots.items() if not lot.is_over(today)}
        return {
            "lots": tuple(
                ((number_of(lot.held_through), number_of(lot.valid_through)), count.count)
                for lot, count in live.items()
            ),
            "debt": account.debt.count,
            "available": account.available(today).count,
        }


def _balance(account: Account, now: int) -> dict[str, Any]:
    live = tuple((lot, count) for lot, count in account.lots if not is_over(lot, day_of(now)))
    return {"lots": live, "debt": account.debt, "available": account.available(day_of(now))}


class SeeEntries(Operation, frozen=True):
    """Staff reads somebody's history from the newest entry on."""

    name: ClassVar[str] = "entries"
    use_case: ClassVar[type] = ListEntries
    is_once: ClassVar[bool] = False
    member: str

    def call(self, process: Process) -> Page[Entry]:
        actor = callers.signed(process, OFFICE, self.member, once=True)
        return process.services.list_entries(actor, self.member, 3, None)

    def expect(self, state: State, moment: Moment) -> Verdict:
        member = state.alive(self.member)
        account = state.accounts[member]
        newest = (member, account.entries, account.balance) if account.entries else None
        return Accepted(state, {"newest": newest})

    def explains(self, state: State, moment: Moment, facts: Mapping[str, Any]) -> bool:
        return _is_listed(moment, _led_to(moment, self.member), facts["newest"])

    def facts(self, answer: Page[Entry]) -> Mapping[str, Any]:
        first = answer.items[0] if answer.items else None
        return {"newest": (first.member_id, first.sequence, first.balance.count) if first else None}


class SeeAsOf(Operation, frozen=True):
    """Staff asks what somebody had at a moment that has passed."""

    name: ClassVar[str] = "as of"
    use_case: ClassVar[type] = ReadAsOf
    is_once: ClassVar[bool] = False
    member: str
    at: int
    known: tuple[tuple[str, int, int], ...]
    """Of everybody, what each entry is known to have left: member, sequence, balance."""

    def call(self, process: Process) -> PastAccount:
        actor: Any = callers.signed(process, OFFICE, f"{self.member} {self.at}", once=True)
        return process.services.read_as_of(actor, self.member, instant(self.at))

    def expect(self, state: State, moment: Moment) -> Verdict:
        return Accepted(state, {"owner": state.alive(self.member)})

    def explains(self, state: State, moment: Moment, facts: Mapping[str, Any]) -> bool:
        """An entry leaves one balance for ever; two that one commit wrote are not told apart."""
        owner, entries, balance = facts["owner"], facts["entries"], facts["balance"]
        known = {(member, entry): left for member, entry, left in self.known}
        known |= {(owner, account.entries): account.balance for account in _during(moment, owner)}
        return owner in _led_to(moment, self.member) and known.get((owner, entries), balance) == balance

    def facts(self, answer: PastAccount) -> Mapping[str, Any]:
        sequence, balance = answer.entry_sequence, answer.balance.count
        return {"owner": answer.member_id, "entries": sequence, "balance": balance}


def _led_to(moment: Moment, asked: str) -> set[str]:
    """Who an older id leads to and what is there are two reads: all to whom it led during the try."""
    return {state.alive(asked) for state in moment.states}


def _is_shown(moment: Moment, owners: set[str], facts: Mapping[str, Any]) -> bool:
    found = (account for owner in owners for account in _during(moment, owner))
    return any(_balance(account, moment.now) == facts for account in found)


def _is_listed(moment: Moment, owners: set[str], newest: tuple[str, int, int] | None) -> bool:
    """Nobody's but theirs: as it stood or, since a commit is shown item by item, amid what one wrote."""
    if newest is None:
        return any(account.entries == 0 for owner in owners for account in _during(moment, owner))
    member, entries, balance = newest
    if member not in owners:
        return False
    balances = {account.entries: account.balance for account in _during(moment, member)}
    return balances.get(entries, balance) == balance and min(balances) <= entries <= max(balances)


def _during(moment: Moment, owner: str) -> list[Account]:
    return [state.accounts.get(owner, Account()) for state in moment.states]


class SeeWhy(Operation, frozen=True):
    """Staff asks why somebody got the points of an order."""

    name: ClassVar[str] = "explain"
    use_case: ClassVar[type] = ExplainEntry
    is_once: ClassVar[bool] = False
    asked: str
    place: str
    member: str
    entry: int

    def call(self, process: Process) -> Explanation:
        actor = callers.signed(process, OFFICE, f"{self.asked} {self.place}", once=True)
        return process.services.explain_entry(actor, self.asked, EntryRef(self.member, self.entry))

    def expect(self, state: State, moment: Moment) -> Verdict:
        order = state.orders.get(self.place)
        is_theirs = order is not None and (order.member, order.entry) == (self.member, self.entry)
        if order is None or not is_theirs or state.alive(self.member) != state.alive(self.asked):
            return Refused("entry-not-found")
        gains = {name: str(gain) for name, gain in order.gains.items()}
        return Accepted(state, {"points": order.points, "gains": gains})

    def facts(self, answer: Explanation) -> Mapping[str, Any]:
        gains = {each.rule_id: str(each.exact) for each in answer.gains}
        whole = sum((each.exact for each in answer.gains), answer.rounded)
        return {"points": int(whole), "gains": gains}


class SeeMyPoints(Personal, frozen=True):
    """Somebody looks at the own balance."""

    name: ClassVar[str] = "my points"
    use_case: ClassVar[type] = ReadBalance
    is_once: ClassVar[bool] = False

    def call(self, process: Process) -> Balance:
        actor = callers.person(process, self.token)
        return process.services.read_balance(actor, actor.member_id)

    def expect(self, state: State, moment: Moment) -> Verdict:
        return SeeBalance(state.sessions[self.session_id].member).expect(state, moment)

    def explains(self, state: State, moment: Moment, facts: Mapping[str, Any]) -> bool:
        return _is_shown(moment, _led_to(moment, state.sessions[self.session_id].member), facts)

    def facts(self, answer: Balance) -> Mapping[str, Any]:
        return SeeBalance("").facts(answer)


class SeeMyEntries(Personal, frozen=True):
    """Somebody reads the own history from the newest entry on."""

    name: ClassVar[str] = "my entries"
    use_case: ClassVar[type] = ListEntries
    is_once: ClassVar[bool] = False

    def call(self, process: Process) -> Page[Entry]:
        actor = callers.person(process, self.token)
        return process.services.list_entries(actor, actor.member_id, 3, None)

    def expect(self, state: State, moment: Moment) -> Verdict:
        return SeeEntries(state.sessions[self.session_id].member).expect(state, moment)

    def explains(self, state: State, moment: Moment, facts: Mapping[str, Any]) -> bool:
        """By the very id of the login, also if it leads to somebody else by now."""
        member = state.sessions[self.session_id].member
        return _is_listed(moment, {member, *_led_to(moment, member)}, facts["newest"])

    def facts(self, answer: Page[Entry]) -> Mapping[str, Any]:
        return SeeEntries("").facts(answer)


def draw_my_points(world: World, chance: Random) -> SeeMyPoints | SeeMyEntries | None:
    found = world.somebody(chance)
    kind = chance.choice((SeeMyPoints, SeeMyEntries))
    return kind(found[2]) if found else None


def draw_balance(world: World, chance: Random) -> SeeBalance | None:
    people = world.known_members()
    return SeeBalance(chance.choice(people)) if people else None


def as_of(world: World, member: str, ago_ms: int) -> SeeAsOf:
    """So long ago; whole seconds, and never in the future by anybody's clock."""
    found = {
        (name, account.entries, account.balance)
        for state in world.states
        for name, account in state.accounts.items()
    }
    return SeeAsOf(member, (world.now_ms - ago_ms - 2000) // 1000 * 1000, tuple(sorted(found)))


def draw_as_of(world: World, chance: Random) -> SeeAsOf | None:
    people = world.known_members()
    ago = chance.choice((0, 60_000, 3_600_000, 40 * 86_400_000))
    return as_of(world, chance.choice(people), ago) if people else None


def draw_entries(world: World, chance: Random) -> SeeEntries | None:
    people = world.known_members()
    return SeeEntries(chance.choice(people)) if people else None


def draw_why(world: World, chance: Random) -> SeeWhy | None:
    """Mostly of whoever the order belongs to, sometimes of somebody else."""
    orders, people = world.state.orders, world.known_members()
    if not orders:
        return None
    place = chance.choice(list(orders))
    order = orders[place]
    asked = order.member if chance.random() < 0.8 else chance.choice(people)
    return SeeWhy(asked, place, order.member, order.entry)


def why_scene(stage: Stage) -> SeeWhy:
    """By the id that came of a merge, while staff takes the two apart."""
    _, merge_id = one_person(stage)
    merge = stage.world.state.merges[merge_id]
    stage.does(an_order(stage, merge.target, number="why"))
    order = stage.world.state.orders["east/why"]
    stage.rival = Undo(merge_id)
    return SeeWhy(merge.source, "east/why", order.member, order.entry)


def balance_scene(stage: Stage) -> SeeBalance:
    member = a_fan(stage).member_id
    stage.does(an_order(stage, member))
    return SeeBalance(member)


def entries_scene(stage: Stage) -> SeeEntries:
    member = a_fan(stage).member_id
    for _ in range(5):
        stage.does(an_order(stage, member))
    return SeeEntries(member)


def older_balance_scene(stage: Stage) -> SeeBalance:
    return SeeBalance(_from_before_a_merge(stage))


def older_entries_scene(stage: Stage) -> SeeEntries:
    return SeeEntries(_from_before_a_merge(stage))


def _from_before_a_merge(stage: Stage) -> str:
    merge_id = merged(stage)
    return stage.world.state.merges[merge_id].source


def my_points_scene(stage: Stage) -> SeeMyPoints:
    """While staff takes two halves apart."""
    human, merge_id = one_person(stage)
    stage.rival = Undo(merge_id)
    return SeeMyPoints(human.tokens["wx-2"])


def my_entries_scene(stage: Stage) -> SeeMyEntries:
    """After staff took two halves apart, by the login of the one who went."""
    human, merge_id = one_person(stage)
    stage.does(Undo(merge_id))
    return SeeMyEntries(human.tokens["wx"])


def as_of_scene(stage: Stage) -> SeeAsOf:
    """Before the last order, with one more on its way."""
    member = a_fan(stage).member_id
    stage.does(an_order(stage, member, number="first"))
    stage.wait(hours=1)
    stage.does(an_order(stage, member, number="second"))
    stage.rival = an_order(stage, member, number="rival")
    return as_of(stage.world, member, 60_000)


AREA = Area(
    "balances",
    draws=((1, draw_balance), (1, draw_as_of), (1, draw_entries), (1, draw_why), (2, draw_my_points)),
    scenarios={
        "balance": balance_scene,
        "explain": why_scene,
        "entries": entries_scene,
        "as of": as_of_scene,
        "balance by an older id": older_balance_scene,
        "entries by an older id": older_entries_scene,
        "my points": my_points_scene,
        "my entries": my_entries_scene,
    },
)
