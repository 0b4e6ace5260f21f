"""Benefits that came with orders: used at tills, taken back by staff, revoked with their orders."""

from collections.abc import Iterator, Mapping
from random import Random
from typing import Any, ClassVar

from msgspec.structs import asdict

from domain.entitlement.model import EntitlementRef
from domain.entitlement.read import Held, ListEntitlements
from domain.entitlement.use import ReopenEntitlement, Settled, UseEntitlement, settled_from
from domain.page import Page
from domain.unit_of_work import RequestKey
from tests.simulation import callers, observe
from tests.simulation.area import Area
from tests.simulation.areas.joining import a_fan
from tests.simulation.areas.points import Earn, an_order
from tests.simulation.areas.programmes import in_force_now
from tests.simulation.areas.refunds import GiveBack
from tests.simulation.callers import OFFICE, TILL, Acting
from tests.simulation.cloud import Change
from tests.simulation.keyed import remember, remembered
from tests.simulation.model import entitlements as model
from tests.simulation.model.points import counted
from tests.simulation.model.state import Accepted, State, Verdict, without_effect
from tests.simulation.process import Process
from tests.simulation.requests import Broken, Moment, Operation
from tests.simulation.stage import Stage
from tests.simulation.table.values import Item
from tests.simulation.world import World


class Use(Operation, frozen=True):
    """A till takes a benefit."""

    name: ClassVar[str] = "use"
    use_case: ClassVar[type] = UseEntitlement
    is_once: ClassVar[bool] = True
    key: str
    entitlement: str

    def call(self, process: Process) -> Settled:
        return self.ask(process)

    def ask(self, process: Process, *, dry_run: bool = False) -> Settled:
        actor = callers.signed(process, TILL, self.entitlement)
        key = RequestKey(actor.caller, self.key, f"use {self.entitlement}", settled_from)
        ref = EntitlementRef.parse(self.entitlement)
        return process.services.use_entitlement(actor, ref, "east", key, dry_run=dry_run)

    def expect(self, state: State, moment: Moment) -> Verdict:
        known = remembered(state, moment, self.key)
        return known or remember(model.use(state, self.entitlement, moment.now), moment, self.key)

    def facts(self, answer: Settled) -> Mapping[str, Any]:
        return {"state": answer.state.value}


class TryUse(Use, frozen=True):
    """The same without effect."""

    name: ClassVar[str] = "try a use"
    is_once: ClassVar[bool] = False

    def call(self, process: Process) -> Settled:
        return self.ask(process, dry_run=True)

    def expect(self, state: State, moment: Moment) -> Verdict:
        return without_effect(Use(**asdict(self)).expect(state, moment), state)


class Reopen(Operation, frozen=True):
    """Staff takes a use back."""

    name: ClassVar[str] = "reopen"
    use_case: ClassVar[type] = ReopenEntitlement
    is_once: ClassVar[bool] = True
    key: str
    entitlement: str

    def call(self, process: Process) -> Settled:
        actor: Any = callers.signed(process, OFFICE, self.entitlement)
        key = RequestKey(actor.caller, self.key, f"reopen {self.entitlement}", settled_from)
        ref = EntitlementRef.parse(self.entitlement)
        return process.services.reopen_entitlement(actor, ref, key)

    def expect(self, state: State, moment: Moment) -> Verdict:
        known = remembered(state, moment, self.key)
        if known:
            return known
        found = model.entitlements(state).get(self.entitlement)
        back = counted(state.orders[found.order].refunded.items()) if found else 0
        return remember(model.reopen(state, self.entitlement, back, moment.now), moment, self.key)

    def facts(self, answer: Settled) -> Mapping[str, Any]:
        return {"state": answer.state.value}


class SeeEntitlements(Acting, frozen=True):
    """Somebody looks at what there is to use."""

    name: ClassVar[str] = "my entitlements"
    use_case: ClassVar[type] = ListEntitlements
    is_once: ClassVar[bool] = False

    def call(self, process: Process) -> Page[Held]:
        actor = callers.person(process, self.token)
        return process.services.list_entitlements(actor, actor.member_id, 100, None)

    def expect_of(self, state: State, member: str) -> Verdict:
        return Accepted(state, {"seen": _theirs(state, member)})

    def explains(self, state: State, moment: Moment, facts: Mapping[str, Any]) -> bool:
        """One list for each older id: what was there all the time is there, and nothing that never was."""
        member = self.actor(state, moment)
        seen = [_theirs(each, member) for each in (*moment.states, state) if member in each.people]
        return bool(seen) and frozenset.intersection(*seen) <= facts["seen"] <= frozenset.union(*seen)

    def facts(self, answer: Page[Held]) -> Mapping[str, Any]:
        held = (each.entitlement for each in answer.items)
        return {"seen": frozenset((each.entitlement_id, each.state.value) for each in held)}


def _theirs(state: State, member: str) -> frozenset[tuple[str, str]]:
    owners = {member, *state.people[member].aliases}
    found = model.entitlements(state).items()
    return frozenset((name, each.state) for name, each in found if each.member in owners)


def draw_use(world: World, chance: Random) -> Operation | None:
    known = sorted(model.entitlements(world.state))
    if not known:
        return None
    entitlement, key = chance.choice(known), f"use-{chance.randrange(10**9):09}"
    kind = chance.choice((Use, Use, Use, TryUse, Reopen))
    return kind(key, entitlement)


def draw_look(world: World, chance: Random) -> SeeEntitlements | None:
    found = world.somebody(chance)
    return SeeEntitlements(found[2]) if found else None


def _granted(stage: Stage) -> tuple[Earn, str, str]:
    """An order that grants a benefit, the token of whoever has it, and its id."""
    human = a_fan(stage)
    in_force_now(stage, "upgrade")
    order = an_order(stage, human.member_id, 6000)
    granted = stage.does(order).award.granted
    return order, human.tokens["wx"], granted[0].entitlement_id


def _back(stage: Stage, order: Earn, fen: int) -> GiveBack:
    return GiveBack(order, "R1", "east", {"wechat_pay": fen}, stage.world.now_ms // 1000 * 1000)


def earn_scene(stage: Stage) -> Earn:
    """Two large orders at once."""
    member = a_fan(stage).member_id
    in_force_now(stage, "upgrade")
    stage.rival = an_order(stage, member, 7000, number="rival")
    return an_order(stage, member, 6000)


def once_a_day_scene(stage: Stage) -> Earn:
    """One has been granted today; two more large orders at once."""
    member = a_fan(stage).member_id
    in_force_now(stage, "cake")
    stage.does(an_order(stage, member, 6000))
    stage.rival = an_order(stage, member, 7000, number="rival")
    return an_order(stage, member, 6500)


def use_scene(stage: Stage) -> Use:
    """At two tills at once."""
    _, _, entitlement = _granted(stage)
    stage.rival = Use("use-rival-000001", entitlement)
    return Use("use-000000000001", entitlement)


def late_scene(stage: Stage) -> Use:
    _, _, entitlement = _granted(stage)
    stage.wait(days=60)
    return Use("use-000000000001", entitlement)


def try_scene(stage: Stage) -> TryUse:
    return TryUse(**asdict(use_scene(stage)))


def refund_scene(stage: Stage) -> GiveBack:
    """The order comes back while the benefit is used."""
    order, _, entitlement = _granted(stage)
    stage.rival = Use("use-rival-000001", entitlement)
    return _back(stage, order, 3000)


def refund_of_used_scene(stage: Stage) -> GiveBack:
    """The order comes back while the use is taken back."""
    order, _, entitlement = _granted(stage)
    stage.does(Use("use-000000000001", entitlement))
    stage.rival = Reopen("open-rival-00001", entitlement)
    return _back(stage, order, 3000)


def reopen_scene(stage: Stage) -> Reopen:
    """The use is taken back while the order comes back."""
    order, _, entitlement = _granted(stage)
    stage.does(Use("use-000000000001", entitlement))
    stage.rival = _back(stage, order, 3000)
    return Reopen("open-00000000001", entitlement)


def list_scene(stage: Stage) -> SeeEntitlements:
    _, token, entitlement = _granted(stage)
    stage.rival = Use("use-rival-000001", entitlement)
    return SeeEntitlements(token)


def entitlement_is_written(world: World, state: State, change: Change) -> None:
    """As the model says: whose, from which order, and where it stands."""
    sequence, _, number = change.key[1].removeprefix("EN#").partition(":")
    name = f"{change.thing_id}:{int(sequence)}:{int(number)}"
    expected, item = model.entitlements(state).get(name), change.after or {}
    order = f"{observe.text(item, 'order_source')}/{observe.text(item, 'order_number')}"
    seen = (order, observe.number(item, "valid_through"), observe.text(item, "s"))
    if expected is None or seen != (expected.order, expected.last_day, expected.state):
        raise Broken("an entitlement is as the model says", f"{name}: {seen}, expected {expected}")


def nothing_open_is_left_of_a_refunded_order(world: World) -> Iterator[str]:
    """By the table alone: whoever has the money back has nothing more to use."""
    ours = f"T#{world.house.tenant_id}#O#"
    whole = {
        pk.removeprefix(ours).replace("#", "/", 1)
        for (pk, sk), item in world.cloud.storage.items()
        if pk.startswith(ours) and sk == "O" and _is_back(item)
    }
    for (pk, sk), item in world.stored("entitlement"):
        order = f"{observe.text(item, 'order_source')}/{observe.text(item, 'order_number')}"
        if order in whole and observe.text(item, "s") == "open":
            yield f"{pk} {sk} of {order}"


def _is_back(item: Item) -> bool:
    back: int = sum(observe.json_of(item, "i").values())
    return back == observe.number(item, "a")


AREA = Area(
    "entitlements",
    draws=((3, draw_use), (1, draw_look)),
    scenarios={
        "earn a benefit": earn_scene,
        "earn a benefit once a day": once_a_day_scene,
        "use a benefit": use_scene,
        "use a benefit too late": late_scene,
        "try to use a benefit": try_scene,
        "refund what granted a benefit": refund_scene,
        "refund after the use": refund_of_used_scene,
        "reopen a benefit": reopen_scene,
        "see benefits": list_scene,
    },
    comparisons={"entitlement": entitlement_is_written},
    promises={"no benefit outlives its order": nothing_open_is_left_of_a_refunded_order},
)
