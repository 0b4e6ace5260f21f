"""What joining gives: to newcomers, and to whoever brought them."""

from random import Random

from msgspec.structs import replace

from tests.simulation import observe
from tests.simulation.area import Area
from tests.simulation.areas.codes import EnterByPhone, asked, draw_enter
from tests.simulation.areas.joining import Prove, a_fan, a_member, draw_prove, enter, prove
from tests.simulation.areas.merges import merged, one_person
from tests.simulation.areas.points import an_order
from tests.simulation.areas.programmes import Draft, Publish, in_force_now
from tests.simulation.areas.undoing import Undo
from tests.simulation.cloud import Change
from tests.simulation.model.activities import kept
from tests.simulation.model.state import State
from tests.simulation.model.welcoming import WELCOMES
from tests.simulation.requests import Broken, Operation
from tests.simulation.stage import Stage
from tests.simulation.world import World


def draw_guest(world: World, chance: Random) -> Operation | None:
    """Somebody joins by the invitation of anybody, oneself included, or by one that means nothing."""
    host = chance.choice([*world.state.people, "m_nobody"])
    drawn = draw_enter(world, chance) if chance.random() < 0.3 else draw_prove(world, chance)
    return replace(drawn, invited_by=host) if drawn else None


def invitation_scene(stage: Stage) -> Prove:
    """Two who were invited by the same member join at once."""
    host, guest, other = a_member(stage), a_fan(stage, 1), a_fan(stage, 2)
    in_force_now(stage, "gift", "friends")
    stage.rival = prove(stage.world, other, "wx", other.phones[0], invited_by=host.member_id)
    return prove(stage.world, guest, "wx", guest.phones[0], invited_by=host.member_id)


def budget_scene(stage: Stage) -> Prove:
    """What is left of the budgets is enough for one more, and two come."""
    numbers = {name: stage.does(Draft(name, 1)).record.draft_number for name in ("gift", "friends")}
    stage.does(Publish("publish-for-the-scene", numbers))
    host, guest, other = a_member(stage), a_fan(stage, 1), a_fan(stage, 2)
    stage.rival = prove(stage.world, other, "wx", other.phones[0], invited_by=host.member_id)
    return prove(stage.world, guest, "wx", guest.phones[0], invited_by=host.member_id)


def rule_begins_scene(stage: Stage) -> Prove:
    """The gift comes into force while somebody joins."""
    fan = a_fan(stage)
    number = stage.does(Draft("gift", 0)).record.draft_number
    stage.rival = Publish("publish-for-the-scene", {"gift": number})
    return prove(stage.world, fan, "wx", fan.phones[0])


def host_parted_scene(stage: Stage) -> Prove:
    """The invitation leads to somebody merged into a member; staff takes the two apart at that moment."""
    merge_id = merged(stage)
    in_force_now(stage, "friends")
    guest = a_fan(stage, 2)
    source = stage.world.state.merges[merge_id].source
    stage.rival = Undo(merge_id)
    return prove(stage.world, guest, "wx", guest.phones[0], invited_by=source)


def own_other_half_scene(stage: Stage) -> Prove:
    """The invitation is one's own, from before one's two halves were found to be one."""
    human, merge_id = one_person(stage)
    stage.does(enter(stage.world, human, "wx", shared=False))
    in_force_now(stage, "friends")
    source = stage.world.state.merges[merge_id].source
    stage.rival = Undo(merge_id)
    return prove(stage.world, human, "wx", human.phones[0], invited_by=source)


def number_again_scene(stage: Stage) -> EnterByPhone:
    """A number that was welcomed and given up joins once more, by a code."""
    in_force_now(stage, "gift", "friends")
    human = a_member(stage)
    stage.does(prove(stage.world, human, "wx", human.phones[1]))
    number, code = asked(stage, human)
    stage.rival = an_order(stage, human.member_id)
    return EnterByPhone(human.number, number, code, invited_by=human.member_id)


def new_number_scene(stage: Stage) -> EnterByPhone:
    """Nobody has seen them before; whoever invited them earns at the same moment."""
    host = a_member(stage)
    in_force_now(stage, "gift", "friends")
    guest = stage.human(1)
    number, code = asked(stage, guest)
    stage.rival = an_order(stage, host.member_id)
    return EnterByPhone(guest.number, number, code, invited_by=host.member_id)


def welcomed_once(world: World, state: State, change: Change) -> None:
    """A number is welcomed once, and what is kept is what was given."""
    number = world.phones[change.thing_id]
    expected = kept(state, WELCOMES).get(number)
    item = change.after or {}
    seen = {"member": observe.text(item, "member_id"), "points": observe.number(item, "points")}
    if change.before is not None or expected is None or seen != expected:
        raise Broken("a number is welcomed once", f"{number}: {seen}, expected {expected}")


AREA = Area(
    "welcoming",
    draws=((5, draw_guest),),
    scenarios={
        "join by invitation": invitation_scene,
        "join while a budget ends": budget_scene,
        "join as the gift begins": rule_begins_scene,
        "join by an invitation of two who are parted": host_parted_scene,
        "join by an invitation of one's other half": own_other_half_scene,
        "join by a number once more": number_again_scene,
        "join by a new number": new_number_scene,
    },
    comparisons={"welcome": welcomed_once},
)
