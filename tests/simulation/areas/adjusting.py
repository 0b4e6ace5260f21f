"""Points that staff gives and takes by hand."""

from collections.abc import Mapping
from random import Random
from typing import Any, ClassVar

from domain.money import Points
from domain.points.adjust import Adjustment, AdjustmentWish, AdjustPoints, adjustment_from
from domain.unit_of_work import RequestKey
from tests.simulation import callers
from tests.simulation.area import Area
from tests.simulation.areas.joining import a_fan
from tests.simulation.areas.merges import one_person
from tests.simulation.areas.points import an_order
from tests.simulation.areas.tiers import with_ladder
from tests.simulation.areas.undoing import Undo
from tests.simulation.callers import OFFICE
from tests.simulation.giving import fitting
from tests.simulation.keyed import remember, remembered
from tests.simulation.model import points as model
from tests.simulation.model.state import State, Verdict
from tests.simulation.process import Process
from tests.simulation.requests import Moment, Operation
from tests.simulation.stage import Stage
from tests.simulation.world import World


class Adjust(Operation, frozen=True):
    """Staff moves points, under a key of its own."""

    name: ClassVar[str] = "adjust"
    use_case: ClassVar[type] = AdjustPoints
    is_once: ClassVar[bool] = True
    member: str
    points: int
    key: str

    @property
    def fingerprint(self) -> str:
        return f"{self.member} {self.points}"

    def call(self, process: Process) -> Adjustment:
        return self.ask(process)

    def ask(self, process: Process, *, dry_run: bool = False) -> Adjustment:
        actor: Any = callers.signed(process, OFFICE, self.fingerprint)
        key = RequestKey(actor.caller, self.key, self.fingerprint, adjustment_from)
        wish = AdjustmentWish(self.member, Points(self.points), "补偿", key)
        return process.services.adjust_points(actor, wish, dry_run=dry_run)

    def expect(self, state: State, moment: Moment) -> Verdict:
        known = remembered(state, moment, self.key)
        if known:
            return known
        verdict = fitting(
            state, moment, lambda each: model.adjust(state, self.member, self.points, each, moment.now)
        )
        return remember(verdict, moment, self.key)

    def facts(self, answer: Adjustment) -> Mapping[str, Any]:
        return {
            "member": answer.member_id,
            "points": answer.points.count,
            "entry": answer.entry_sequence,
            "balance": answer.balance.count,
        }


def draw_adjust(world: World, chance: Random) -> Adjust | None:
    members = world.known_members()
    if not members:
        return None
    points = chance.choice((1, 7, 50, -1, -5, -40))
    return Adjust(chance.choice(members), points, f"adjust-{chance.randrange(10**9):09}")


def given_scene(stage: Stage) -> Adjust:
    """Somebody has a tier that is due for a review, and earns at that moment."""
    member = a_fan(stage).member_id
    with_ladder(stage, 1)
    stage.does(an_order(stage, member, 6000))
    stage.wait(days=400)
    stage.rival = an_order(stage, member, number="rival")
    return Adjust(member, 50, "adjust-0000000001")


def taken_scene(stage: Stage) -> Adjust:
    """All that there is, while another adjustment wants it, too."""
    member = a_fan(stage).member_id
    stage.does(an_order(stage, member))
    held = stage.world.state.accounts[member].balance
    stage.rival = Adjust(member, -1, "adjust-0000000002")
    return Adjust(member, -held, "adjust-0000000003")


def parted_scene(stage: Stage) -> Adjust:
    """By the id of somebody who is taken apart again at that moment."""
    _, merge_id = one_person(stage)
    source = stage.world.state.merges[merge_id].source
    stage.rival = Undo(merge_id)
    return Adjust(source, 5, "adjust-0000000004")


AREA = Area(
    "adjusting",
    draws=((2, draw_adjust),),
    scenarios={
        "points by hand": given_scene,
        "points taken by hand": taken_scene,
        "points by hand for two who are parted": parted_scene,
    },
)
