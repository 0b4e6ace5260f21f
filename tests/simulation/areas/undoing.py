"""Undoing merges, alone and while something else goes on."""

from collections.abc import Mapping
from typing import Any, ClassVar

from domain.merge.model import Merge
from domain.merge.undo import UndoMerge
from tests.simulation.area import Area
from tests.simulation.areas.joining import a_fan, a_member, enter, prove
from tests.simulation.areas.merges import (
    Settle,
    approved,
    draw_merge,
    merge_ids,
    merged,
    office,
    one_person,
)
from tests.simulation.areas.points import DAY_MS, NEW_YEARS_EVE, an_order
from tests.simulation.areas.profiles import NAMES, Rename
from tests.simulation.giving import under_one
from tests.simulation.model import merging as model
from tests.simulation.model.state import State, Verdict, without_effect
from tests.simulation.process import Process
from tests.simulation.requests import Moment, Operation
from tests.simulation.stage import Stage


class Undo(Operation, frozen=True):
    """Staff takes a merge back."""

    name: ClassVar[str] = "undo"
    use_case: ClassVar[type] = UndoMerge
    is_once: ClassVar[bool] = False
    merge_id: str

    def call(self, process: Process) -> Merge:
        return process.services.undo_merge(office(process, self.merge_id), self.merge_id)

    def expect(self, state: State, moment: Moment) -> Verdict:
        written = moment.commit.of("merge") if moment.commit else []
        pair_id = next((each.thing_id for each in written if each.thing_id != self.merge_id), "")
        return under_one(state, moment, lambda each: model.undo(each, self.merge_id, moment.now, pair_id))

    def facts(self, answer: Merge) -> Mapping[str, Any]:
        return {"state": answer.state.value}


class TryUndo(Undo, frozen=True):
    """The same without effect."""

    name: ClassVar[str] = "try to undo"

    def call(self, process: Process) -> Merge:
        actor = office(process, self.merge_id)
        return process.services.undo_merge(actor, self.merge_id, dry_run=True)

    def expect(self, state: State, moment: Moment) -> Verdict:
        return without_effect(Undo(self.merge_id).expect(state, moment), state)


def try_undo_scene(stage: Stage) -> TryUndo:
    """While it is undone in earnest."""
    merge_id = merged(stage)
    stage.rival = Undo(merge_id)
    return TryUndo(merge_id)


def undo_scene(stage: Stage) -> Undo:
    merge_id = merged(stage)
    survivor = stage.world.state.merges[merge_id].target
    stage.rival = an_order(stage, survivor, number="rival")
    return Undo(merge_id)


def undo_approved_scene(stage: Stage) -> Undo:
    """Both had a number of their own; the one that the merge set free belongs to its holder again."""
    merge_id = approved(stage)
    stage.rival = prove(stage.world, stage.human(), "wx", stage.human(1).phones[0])
    return Undo(merge_id)


def undo_lapsed_scene(stage: Stage) -> Undo:
    """The points that came with the merge are over by the time it is undone."""
    one, other = a_member(stage), a_fan(stage, 1)
    stage.does(an_order(stage, other.member_id))
    stage.wait(days=NEW_YEARS_EVE)
    stage.does(enter(stage.world, other, "wx", shared=False))
    stage.does(prove(stage.world, other, "wx", one.phones[0]))
    stage.wait(hours=2)
    stage.rival = an_order(stage, one.member_id, number="rival")
    return Undo(merge_ids(stage.world, "done")[0])


def undo_released_scene(stage: Stage) -> Undo:
    """What was held when it came with the merge was released since: midnight has passed."""
    one, other = a_member(stage), a_fan(stage, 1)
    last_held = stage.world.now_ms - max(stage.world.state.programme.hold - 1, 0) * DAY_MS
    stage.does(an_order(stage, other.member_id, paid_at=last_held // 1000 * 1000))
    stage.does(prove(stage.world, other, "wx", one.phones[0]))
    stage.wait(hours=2)
    stage.does(an_order(stage, one.member_id))
    stage.rival = an_order(stage, one.member_id, number="rival")
    return Undo(merge_ids(stage.world, "done")[0])


def undo_chain_scene(stage: Stage) -> Undo:
    """The source had itself swallowed somebody before, whose id still is in use at a till."""
    human, _ = one_person(stage)
    one = a_member(stage)
    stage.does(prove(stage.world, human, "wx-2", one.phones[0]))
    merge_id = merge_ids(stage.world, "done")[-1]
    stage.wait(minutes=2)
    stage.does(Settle())
    first = stage.world.state.people[stage.world.state.merges[merge_id].source].aliases[0]
    stage.rival = an_order(stage, first, number="rival")
    return Undo(merge_id)


def prove_while_undone_scene(stage: Stage) -> Operation:
    """Somebody proves another member's number while staff takes the two halves apart."""
    one = a_member(stage)
    human, merge_id = one_person(stage)
    stage.rival = Undo(merge_id)
    return prove(stage.world, human, "wx-2", one.phones[0])


def rename_while_undone_scene(stage: Stage) -> Operation:
    human, merge_id = one_person(stage)
    stage.rival = Undo(merge_id)
    return Rename(human.tokens["wx-2"], {"name": NAMES[0]})


def order_while_undone_scene(stage: Stage) -> Operation:
    """A till still knows the id from before the merge."""
    _, merge_id = one_person(stage)
    stage.rival = Undo(merge_id)
    return an_order(stage, stage.world.state.merges[merge_id].source)


def card_while_undone(stage: Stage) -> tuple[str, str]:
    """Who is left of two members, and the card that the other one had, while their merge is undone."""
    merge_id = approved(stage)
    merge = stage.world.state.merges[merge_id]
    stage.rival = Undo(merge_id)
    return merge.target, stage.world.state.people[merge.source].card


def card_while_undone_scene(stage: Stage) -> Operation:
    """A till reads the card that one of two members had before the merge: it is theirs alone from then on."""
    survivor, card = card_while_undone(stage)
    return an_order(stage, survivor, by="card_number", value=card)


def settle_scene(stage: Stage) -> Settle:
    merge_id = merged(stage)
    stage.wait(minutes=2)
    stage.rival = Undo(merge_id)
    return Settle()


def settle_late_scene(stage: Stage) -> Settle:
    """A merge was undone and then done again, before the job came by: the login since then must live."""
    one = a_member(stage)
    other = a_fan(stage, 1, "alipay")
    number = one.phones[0]
    stage.does(prove(stage.world, other, "alipay", number))
    stage.does(Undo(merge_ids(stage.world, "done")[-1]))
    stage.does(enter(stage.world, other, "alipay", shared=False))
    stage.does(prove(stage.world, other, "alipay", number))
    stage.does(enter(stage.world, other, "alipay", shared=False))
    stage.wait(minutes=2)
    stage.rival = enter(stage.world, other, "alipay", shared=False)
    return Settle()


def settle_two_scene(stage: Stage) -> Settle:
    """Two undoings, one after the other, that nobody settled: what went back first has gone on since."""
    human, first = one_person(stage)
    one = a_member(stage)
    stage.does(prove(stage.world, human, "wx-2", one.phones[0]))
    second = merge_ids(stage.world, "done")[-1]
    for channel in ("wx", "wx-2"):
        stage.does(enter(stage.world, human, channel, shared=False))
    stage.breaks_off(Undo(second))
    stage.breaks_off(Undo(first))
    stage.wait(minutes=2)
    stage.rival = enter(stage.world, human, "wx", shared=False)
    return Settle()


def wait_again_scene(stage: Stage) -> Operation:
    """An undoing that nobody settled, and the two wait for staff again: the login in between must end."""
    one, other = stage.human(), stage.human(1)
    merge_id = approved(stage)
    stage.does(enter(stage.world, other, "wx", shared=False))
    stage.breaks_off(Undo(merge_id))
    stage.does(enter(stage.world, other, "wx", shared=False))
    return prove(stage.world, other, "wx", one.phones[0])


AREA = Area(
    "undoing",
    draws=(
        (4, draw_merge(("done",), lambda merge_id, chance: Undo(merge_id))),
        (1, draw_merge(("done",), lambda merge_id, chance: TryUndo(merge_id))),
    ),
    scenarios={
        "undo": undo_scene,
        "try to undo": try_undo_scene,
        "undo what staff approved": undo_approved_scene,
        "undo after points have lapsed": undo_lapsed_scene,
        "undo after points were released": undo_released_scene,
        "undo the second of two": undo_chain_scene,
        "prove a phone while a merge is undone": prove_while_undone_scene,
        "change the profile while a merge is undone": rename_while_undone_scene,
        "order under an older id while a merge is undone": order_while_undone_scene,
        "order by an older card while a merge is undone": card_while_undone_scene,
        "wait again after an undoing": wait_again_scene,
        "settle": settle_scene,
        "settle what was undone and done again": settle_late_scene,
        "settle two undoings": settle_two_scene,
    },
)
