"""What is over leaves: the hourly job."""

from collections.abc import Iterator, Mapping
from random import Random
from typing import Any, ClassVar

from domain.points.expire import Expired, ExpirePoints
from tests.simulation.area import Area
from tests.simulation.areas.joining import a_fan
from tests.simulation.areas.points import MID_DECEMBER, an_older_order, an_order
from tests.simulation.giving import fitting
from tests.simulation.model import points as model
from tests.simulation.model.calendar import day_of
from tests.simulation.model.state import NOTHING, Accepted, State, Verdict, is_over
from tests.simulation.process import Process
from tests.simulation.requests import Moment, Operation
from tests.simulation.stage import Stage
from tests.simulation.world import World


class Expire(Operation, frozen=True):
    """The hourly job."""

    name: ClassVar[str] = "expire points"
    use_case: ClassVar[type] = ExpirePoints
    is_once: ClassVar[bool] = False

    def call(self, process: Process) -> Expired:
        return process.services.expire_points(limit=100)

    def expect(self, state: State, moment: Moment) -> Verdict:
        if moment.commit is None:
            return Accepted(state)
        (account,) = moment.commit.of("account")
        member = account.thing_id
        return fitting(state, moment, lambda each: model.expire(state, member, each, moment.now), cached=True)

    def facts(self, answer: Expired) -> Mapping[str, Any]:
        return NOTHING


def draw_expire(world: World, chance: Random) -> Expire:
    return Expire()


def expire_scene(stage: Stage) -> Expire:
    """Two accounts with something over, one of them with more that is not, and an order in between."""
    one, other = a_fan(stage).member_id, a_fan(stage, 1).member_id
    stage.does(an_order(stage, one))
    stage.does(an_older_order(stage, one))
    stage.does(an_older_order(stage, other))
    stage.wait(days=MID_DECEMBER)
    stage.rival = an_order(stage, one, number="rival")
    return Expire()


def nothing_is_over(world: World) -> Iterator[str]:
    """Once the job has run, no account holds what is over (invariant 12, liveness)."""
    today = day_of(world.now_ms)
    for member, account in world.state.accounts.items():
        if any(is_over(lot, today) for lot, _ in account.lots):
            yield f"{member} still holds {account.lots} on {today}"
        if account.tier and 0 < account.tier.until < today:
            yield f"{member} still waits for the review of {account.tier} on {today}"


AREA = Area(
    "lapsing",
    draws=((2, draw_expire),),
    jobs=(Expire,),
    scenarios={"expire points": expire_scene},
    promises={"what is over leaves": nothing_is_over},
)
