"""What people see of their exchanges."""

from collections.abc import Mapping
from random import Random
from typing import Any, ClassVar

from domain.page import Page
from domain.points.model import EntryRef
from domain.reward.model import Exchange
from domain.reward.read import ListExchanges, ReadExchange
from tests.simulation import callers
from tests.simulation.area import Area
from tests.simulation.areas.exchanges import HandOver, exchanged
from tests.simulation.callers import Acting
from tests.simulation.model import rewards as model
from tests.simulation.model.state import Accepted, Refused, State, Verdict
from tests.simulation.process import Process
from tests.simulation.requests import Moment, Operation
from tests.simulation.stage import Stage
from tests.simulation.world import World


class SeeExchanges(Acting, frozen=True):
    """Somebody looks at the own exchanges."""

    name: ClassVar[str] = "my exchanges"
    use_case: ClassVar[type] = ListExchanges
    is_once: ClassVar[bool] = False

    def call(self, process: Process) -> Page[Exchange]:
        actor = callers.person(process, self.token)
        return process.services.list_exchanges(actor, actor.member_id, 100, None)

    def expect_of(self, state: State, member: str) -> Verdict:
        return Accepted(state, {"seen": _theirs(state, member)})

    def explains(self, state: State, moment: Moment, facts: Mapping[str, Any]) -> bool:
        """One list for each older id: what was there all the time is there, and nothing that never was."""
        member = self.actor(state, moment)
        seen = [_theirs(each, member) for each in (*moment.states, state) if member in each.people]
        found = facts["seen"]
        return bool(seen) and frozenset.intersection(*seen) <= found <= frozenset.union(*seen)

    def facts(self, answer: Page[Exchange]) -> Mapping[str, Any]:
        return {"seen": frozenset((each.exchange_id, each.state.value) for each in answer.items)}


def _theirs(state: State, member: str) -> frozenset[tuple[str, str]]:
    owners = {member, *state.people[member].aliases}
    found = model.exchanges(state).items()
    return frozenset((name, exchange.state) for name, exchange in found if exchange.member in owners)


class SeeExchange(Acting, frozen=True):
    """Somebody looks at one of the own."""

    name: ClassVar[str] = "my exchange"
    use_case: ClassVar[type] = ReadExchange
    is_once: ClassVar[bool] = False
    exchange: str

    def call(self, process: Process) -> Exchange:
        actor = callers.person(process, self.token)
        return process.services.read_exchange(actor, EntryRef.parse(self.exchange))

    def expect_of(self, state: State, member: str) -> Verdict:
        found = dict(_theirs(state, member)).get(self.exchange)
        return Accepted(state, {"state": found}) if found else Refused("exchange-not-found")

    def facts(self, answer: Exchange) -> Mapping[str, Any]:
        return {"state": answer.state.value}


def draw_look(world: World, chance: Random) -> Operation | None:
    found, made = world.somebody(chance), world.memory["exchanges"]
    if found is None or not made:
        return None
    return SeeExchanges(found[2]) if chance.random() < 0.5 else SeeExchange(found[2], chance.choice(made))


def list_scene(stage: Stage) -> SeeExchanges:
    token, exchange = exchanged(stage)
    stage.rival = HandOver("finish-rival-001", exchange)
    return SeeExchanges(token)


def one_scene(stage: Stage) -> SeeExchange:
    token, exchange = exchanged(stage)
    stage.rival = HandOver("finish-rival-001", exchange)
    return SeeExchange(token, exchange)


AREA = Area(
    "exchanges seen",
    draws=((1, draw_look),),
    scenarios={"see exchanges": list_scene, "see an exchange": one_scene},
)
