"""Dry runs: what would be answered, while nothing is written."""

from collections.abc import Iterator, Mapping
from random import Random
from typing import Any, ClassVar

from msgspec.structs import asdict, replace

from domain.order.model import Order, Refund
from tests.simulation.area import Area
from tests.simulation.areas.joining import a_fan
from tests.simulation.areas.points import Earn, an_order, draw_earn
from tests.simulation.areas.programmes import Draft, Publish
from tests.simulation.areas.refunds import GiveBack, draw_refund
from tests.simulation.callers import CAPPED
from tests.simulation.model.state import State, Verdict, without_effect
from tests.simulation.process import Process
from tests.simulation.requests import Moment
from tests.simulation.stage import Stage
from tests.simulation.world import CAP_FEN, World


def _views(state: State, moment: Moment) -> Iterator[State]:
    """Settings, people and accounts are read one after the other, and nothing is written that tells which."""
    for earlier in moment.states:
        yield replace(state, programmes=earlier.programmes)
        yield replace(state, programmes=earlier.programmes, people=earlier.people)


def _parts(operation: Any) -> dict[str, Any]:
    return asdict(operation)


class TryEarn(Earn, frozen=True):
    """A till asks what an order would earn."""

    name: ClassVar[str] = "try an order"
    is_once: ClassVar[bool] = False

    def call(self, process: Process) -> Order:
        return self.ask(process, dry_run=True)

    def expect(self, state: State, moment: Moment) -> Verdict:
        return without_effect(Earn(**_parts(self)).expect(state, moment), state)

    def explains(self, state: State, moment: Moment, facts: Mapping[str, Any]) -> bool:
        return self.is_true_in(_views(state, moment), moment, facts)

    def learn(self, world: World, answer: Order) -> None:
        """Nothing happened."""


class TryRefund(GiveBack, frozen=True):
    """A till asks what a refund would take back."""

    name: ClassVar[str] = "try a refund"
    is_once: ClassVar[bool] = False

    def call(self, process: Process) -> Refund:
        return self.ask(process, dry_run=True)

    def expect(self, state: State, moment: Moment) -> Verdict:
        return without_effect(GiveBack(**_parts(self)).expect(state, moment), state)

    def explains(self, state: State, moment: Moment, facts: Mapping[str, Any]) -> bool:
        return self.is_true_in(_views(state, moment), moment, facts)

    def learn(self, world: World, answer: Refund) -> None:
        """Nothing happened."""


def draw_try(world: World, chance: Random) -> TryEarn | TryRefund | None:
    if chance.random() < 0.5:
        order = draw_earn(world, chance)
        return TryEarn(**_parts(order)) if order else None
    refund = draw_refund(world, chance)
    return TryRefund(**_parts(refund)) if refund else None


def order_scene(stage: Stage) -> TryEarn:
    """While the same order is recorded in earnest."""
    order = an_order(stage, a_fan(stage).member_id)
    stage.rival = order
    return TryEarn(**_parts(order))


def capped_order_scene(stage: Stage) -> TryEarn:
    """With a key that may record so much a day only, and another order that uses it up."""
    member = a_fan(stage).member_id
    stage.rival = an_order(stage, member, CAP_FEN * 3 // 5, number="rival", key_id=CAPPED)
    return TryEarn(**_parts(an_order(stage, member, CAP_FEN * 3 // 5, key_id=CAPPED)))


def spent_budget_scene(stage: Stage) -> TryEarn:
    """Little of the budget is left, and an order in earnest takes some of it."""
    member = a_fan(stage).member_id
    number = stage.does(Draft("chest", 0)).record.draft_number
    stage.does(Publish("publish-for-the-scene", {"chest": number}))
    stage.does(an_order(stage, member))
    stage.rival = an_order(stage, member, number="rival")
    return TryEarn(**_parts(an_order(stage, member, cups=2)))


def refund_scene(stage: Stage) -> TryRefund:
    order = an_order(stage, a_fan(stage).member_id)
    stage.does(order)
    back = GiveBack(order, "R1", "east", {"wechat_pay": 3000}, stage.world.now_ms // 1000 * 1000)
    stage.rival = replace(back, number="R2")
    return TryRefund(**_parts(back))


AREA = Area(
    "trying",
    draws=((2, draw_try),),
    scenarios={
        "try an order": order_scene,
        "try an order within a cap": capped_order_scene,
        "try an order that wants the budget": spent_budget_scene,
        "try a refund": refund_scene,
    },
)
