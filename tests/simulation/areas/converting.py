"""Points that were over and became coupons."""

from collections.abc import Iterator, Mapping
from random import Random
from typing import Any, ClassVar

from msgspec.structs import replace

from domain.coupon.convert import Converted, ConvertPoints
from tests.simulation.area import Area
from tests.simulation.areas.joining import a_fan
from tests.simulation.areas.lapsing import Expire
from tests.simulation.areas.points import MID_DECEMBER, an_older_order, an_order
from tests.simulation.merchant import CONVERTED
from tests.simulation.minting import new_code, new_coupons
from tests.simulation.model import coupons as model
from tests.simulation.model.state import NOTHING, Accepted, Refused, State, Verdict
from tests.simulation.process import Process
from tests.simulation.requests import Moment, Operation
from tests.simulation.stage import Stage
from tests.simulation.world import World


class Convert(Operation, frozen=True):
    """The job."""

    name: ClassVar[str] = "convert points"
    use_case: ClassVar[type] = ConvertPoints
    is_once: ClassVar[bool] = False

    def call(self, process: Process) -> Converted:
        return process.services.convert_points(limit=1000)

    def expect(self, state: State, moment: Moment) -> Verdict:
        if moment.commit is None:
            return Accepted(state)
        (change,) = moment.commit.of("account")
        ((_, _, version),) = new_coupons(moment).values()
        return self._one(state, change.thing_id, version, moment)

    def _one(self, state: State, member: str, version: int, moment: Moment) -> Verdict:
        account, code = state.accounts[member], new_code(moment)
        refusal = model.refuses(state, CONVERTED, version, [member], "converted", moment.now)
        if refusal or not account.converting:
            return Refused(refusal or "nothing to convert")
        (entry, count), *others = account.converting
        left = ((entry, count - 1), *others) if count > 1 else tuple(others)
        _, state = model.mint(state, code, CONVERTED, version, member, "converted", moment.now)
        after = replace(account, converting=left)
        return Accepted(replace(state, accounts={**state.accounts, member: after}))

    def facts(self, answer: Converted) -> Mapping[str, Any]:
        return NOTHING

    def learn(self, world: World, answer: Converted) -> None:
        world.memory["coupons"].extend(
            code
            for code, coupon in model.coupons(world.state).items()
            if coupon.template == CONVERTED and code not in world.memory["coupons"]
        )


def draw_convert(world: World, chance: Random) -> Convert:
    return Convert()


def convert_scene(stage: Stage) -> Convert:
    """Points of two people were over, more than one coupon's worth; somebody earns at that moment."""
    one, other = a_fan(stage).member_id, a_fan(stage, 1).member_id
    stage.does(an_older_order(stage, one))
    stage.does(an_older_order(stage, other))
    stage.wait(days=MID_DECEMBER)
    stage.does(Expire())
    stage.rival = an_order(stage, one, number="rival")
    return Convert()


def together_scene(stage: Stage) -> Convert:
    """Two run at once."""
    convert_scene(stage)
    stage.rival = Convert()
    return Convert()


def nothing_waits(world: World) -> Iterator[str]:
    """Once the job has run, all coupons that points became are there, unless none are handed out (C-37)."""
    if model.templates(world.state)[CONVERTED].terms.stopped:
        return
    for member, account in world.state.accounts.items():
        if account.converting:
            yield f"{member} still waits for {account.converting}"


AREA = Area(
    "converting",
    draws=((2, draw_convert),),
    jobs=(Convert,),
    scenarios={"convert points": convert_scene, "convert points twice at once": together_scene},
    promises={"points that were over are coupons": nothing_waits},
)
