"""Terms of the programme, published by head office."""

from collections.abc import Mapping
from random import Random
from typing import Any, ClassVar

from msgspec.structs import replace

from domain.programme.publish import Published, PublishTerms, TermsWish, published_from
from domain.unit_of_work import RequestKey
from tests.simulation import callers
from tests.simulation.area import Area
from tests.simulation.areas.programmes import ChangeRate, in_force
from tests.simulation.callers import OFFICE
from tests.simulation.keyed import remember, remembered
from tests.simulation.merchant import LADDERS, programme_wish
from tests.simulation.model.state import Accepted, Refused, State, Verdict
from tests.simulation.process import Process
from tests.simulation.requests import Moment, Operation
from tests.simulation.stage import Stage
from tests.simulation.world import World


class SayTerms(Operation, frozen=True):
    """Head office publishes another ladder, in view of the version that it looked at."""

    name: ClassVar[str] = "publish terms"
    use_case: ClassVar[type] = PublishTerms
    is_once: ClassVar[bool] = True
    key: str
    ladder: int
    seen: int

    def call(self, process: Process) -> Published:
        text = f"{self.ladder} {self.seen}"
        actor: Any = callers.signed(process, OFFICE, text)
        key = RequestKey(actor.caller, self.key, text, published_from)
        chosen = programme_wish(replace(process.world.house.programme, ladder=LADDERS[self.ladder]))
        return process.services.publish_terms(actor, TermsWish(chosen.terms, self.seen, key, ends_tiers=True))

    def expect(self, state: State, moment: Moment) -> Verdict:
        known = remembered(state, moment, self.key)
        if known:
            return known
        if state.programme.version != self.seen:
            return Refused("programme-changed")
        if LADDERS[self.ladder] != state.programme.ladder:
            state = in_force(state, state.programme.rules, LADDERS[self.ladder], moment.now)
        return remember(Accepted(state, {"version": state.programme.version}), moment, self.key)

    def facts(self, answer: Published) -> Mapping[str, Any]:
        return {"version": answer.programme_version}


def draw_terms(world: World, chance: Random) -> SayTerms:
    seen = world.state.programme.version - (chance.random() < 0.1)
    return SayTerms(f"terms-{chance.randrange(10**9):09}", chance.randrange(len(LADDERS)), seen)


def terms_scene(stage: Stage) -> SayTerms:
    """While the file is applied."""
    stage.rival = ChangeRate(3)
    return SayTerms("terms-0000000001", 1, stage.world.state.programme.version)


AREA = Area("terms", draws=((1, draw_terms),), scenarios={"publish terms": terms_scene})
