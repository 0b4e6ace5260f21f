"""What people see of coupons."""

from collections.abc import Iterator, Mapping
from random import Random
from typing import Any, ClassVar

from domain.coupon.read import Claimable, Group, ListClaimable, ListCoupons, ReadCoupon, Shown
from domain.page import Page
from tests.simulation import callers
from tests.simulation.area import Area
from tests.simulation.areas.coupons import Redeem, some_code
from tests.simulation.areas.issuing import Claim, coupon_of
from tests.simulation.areas.joining import a_fan
from tests.simulation.callers import Acting, Parted
from tests.simulation.model import coupons as model
from tests.simulation.model.state import Accepted, Refused, State, Verdict
from tests.simulation.process import Process
from tests.simulation.requests import Moment, Operation
from tests.simulation.stage import Stage
from tests.simulation.world import World


class SeeCoupons(Acting, frozen=True):
    """Somebody looks at the own coupons, live or ended."""

    name: ClassVar[str] = "my coupons"
    use_case: ClassVar[type] = ListCoupons
    is_once: ClassVar[bool] = False
    group: str

    def call(self, process: Process) -> Page[Shown]:
        actor = callers.person(process, self.token)
        return process.services.list_coupons(actor, actor.member_id, 100, None, Group(self.group))

    def expect_of(self, state: State, member: str) -> Verdict:
        return Accepted(state, {"seen": _theirs(state, member, self.group)})

    def explains(self, state: State, moment: Moment, facts: Mapping[str, Any]) -> bool:
        """One list for each older id: what was there all the time is there, and nothing that never was."""
        member = self.actor(state, moment)
        seen = [
            _theirs(each, member, self.group) for each in (*moment.states, state) if member in each.people
        ]
        found = facts["seen"]
        return bool(seen) and frozenset.intersection(*seen) <= found <= frozenset.union(*seen)

    def facts(self, answer: Page[Shown]) -> Mapping[str, Any]:
        return {"seen": frozenset(each.held.coupon.code for each in answer.items)}


def _theirs(state: State, member: str, group: str) -> frozenset[str]:
    owners = set(model.ids_of(state, member))
    found = model.coupons(state).items()
    return frozenset(
        code
        for code, each in found
        if each.owner in owners and (each.state in model.LIVE) == (group == "live")
    )


class SeeCoupon(Parted, frozen=True):
    """Somebody looks at one of the own."""

    name: ClassVar[str] = "my coupon"
    use_case: ClassVar[type] = ReadCoupon
    is_once: ClassVar[bool] = False
    code: str

    def call(self, process: Process) -> Shown:
        return process.services.read_coupon(callers.person(process, self.token), self.code)

    def expect(self, state: State, moment: Moment) -> Verdict:
        member = self.actor(state, moment)
        if not member:
            return Refused("identity-moved")
        found = model.coupons(state).get(self.code)
        if found is None or found.owner not in model.ids_of(state, member):
            return Refused("coupon-not-found")
        return Accepted(state, {"state": found.state_at(moment.now), "uses": len(found.uses)})

    def facts(self, answer: Shown) -> Mapping[str, Any]:
        return {"state": answer.state.value, "uses": len(answer.held.coupon.uses)}


class SeeClaimable(Acting, frozen=True):
    """Somebody looks at what can be claimed."""

    name: ClassVar[str] = "claimable coupons"
    use_case: ClassVar[type] = ListClaimable
    is_once: ClassVar[bool] = False

    def call(self, process: Process) -> Page[Claimable]:
        return process.services.list_claimable(callers.person(process, self.token), 20, None)

    def expect_of(self, state: State, member: str) -> Verdict:
        found = model.templates(state).items()
        shown = {name for name, each in found if each.terms.delivery == "claim" and not each.terms.stopped}
        return Accepted(state, {"shown": frozenset(shown)})

    def facts(self, answer: Page[Claimable]) -> Mapping[str, Any]:
        return {"shown": frozenset(each.template.template_id for each in answer.items)}


def draw_look(world: World, chance: Random) -> Operation | None:
    found = world.somebody(chance)
    if found is None:
        return None
    kind, code = chance.choice(("list", "one", "page")), some_code(world, chance)
    if kind == "page" or not code:
        return SeeClaimable(found[2])
    return (
        SeeCoupons(found[2], chance.choice(("live", "ended")))
        if kind == "list"
        else SeeCoupon(found[2], code)
    )


def list_scene(stage: Stage) -> SeeCoupons:
    """One of two is used at that moment."""
    human = a_fan(stage)
    coupon_of(stage, human.member_id)
    code = coupon_of(stage, human.member_id)
    stage.rival = Redeem("redeem-rival-001", code, "K1", "east", 5000)
    return SeeCoupons(human.tokens["wx"], "live")


def ended_scene(stage: Stage) -> SeeCoupons:
    human = a_fan(stage)
    code = coupon_of(stage, human.member_id)
    stage.does(Redeem("redeem-000000001", code, "K1", "east", 5000))
    stage.rival = Claim(human.tokens["wx"], "claim-rival-0001", "rate")
    return SeeCoupons(human.tokens["wx"], "ended")


def one_scene(stage: Stage) -> SeeCoupon:
    human = a_fan(stage)
    code = coupon_of(stage, human.member_id)
    stage.rival = Redeem("redeem-rival-001", code, "K1", "east", 5000)
    return SeeCoupon(human.tokens["wx"], code)


def page_scene(stage: Stage) -> SeeClaimable:
    human = a_fan(stage)
    stage.rival = Claim(human.tokens["wx"], "claim-rival-0001", "rate")
    return SeeClaimable(human.tokens["wx"])


def both_lists(world: World) -> Iterator[str]:
    """Each coupon stands in one of the lists of its owner."""
    for (pk, _), item in world.stored("coupon"):
        is_live = item["state"]["S"] in model.LIVE
        owner, place = item["gsi1pk"]["S"].rpartition("#")[2], item["gsi1sk"]["S"]
        if owner != item["owner"]["S"] or ("gsi2sk" in item) != is_live or not place:
            yield f"{pk}: {owner} {place}"


AREA = Area(
    "holdings",
    draws=((3, draw_look),),
    scenarios={
        "see coupons": list_scene,
        "see coupons that are ended": ended_scene,
        "see a coupon": one_scene,
        "see what can be claimed": page_scene,
    },
    promises={"each coupon is listed": both_lists},
)
