"""Merges: those that wait, staff's decisions, undoing, and the job that settles them."""

from collections.abc import Iterator, Mapping
from random import Random
from typing import Any, ClassVar

from domain.actor import Operator
from domain.merge.decide import ApproveMerge, ListWaiting, ReadMerge, RejectMerge
from domain.merge.model import Merge
from domain.merge.settle import SettleMerges
from domain.page import Page
from tests.simulation import callers, observe
from tests.simulation.area import Area
from tests.simulation.areas.codes import AskToLogIn, EnterByPhone
from tests.simulation.areas.joining import a_fan, a_member, enter, prove
from tests.simulation.areas.points import an_order
from tests.simulation.areas.profiles import NAMES, Rename
from tests.simulation.areas.refunds import a_debtor
from tests.simulation.callers import OFFICE
from tests.simulation.cloud import Change, Commit
from tests.simulation.giving import under_one
from tests.simulation.model import merging as model
from tests.simulation.model.state import NOTHING, Accepted, Refused, State, Verdict, without_effect
from tests.simulation.process import Process
from tests.simulation.requests import Broken, Moment, Operation
from tests.simulation.stage import Stage
from tests.simulation.world import Human, World

REDIRECTS = {"member": "redirect_to", "account": "r"}
STATES = ("waiting", "done", "undone", "rejected")
UNFIT = 0.05
"""How often staff decides about a merge for which there is nothing to decide."""


def office(process: Process, text: str) -> Operator:
    actor = callers.signed(process, OFFICE, text, once=True)
    if not isinstance(actor, Operator):
        raise Broken("the office is an operator", str(actor))
    return actor


class SeeWaiting(Operation, frozen=True):
    """Staff opens the list of merges that wait."""

    name: ClassVar[str] = "waiting merges"
    use_case: ClassVar[type] = ListWaiting
    is_once: ClassVar[bool] = False

    def call(self, process: Process) -> Page[Merge]:
        return process.services.list_waiting_merges(office(process, "waiting"), 20, None)

    def expect(self, state: State, moment: Moment) -> Verdict:
        return Accepted(state)

    def facts(self, answer: Page[Merge]) -> Mapping[str, Any]:
        return NOTHING

    def learn(self, world: World, answer: Page[Merge]) -> None:
        for merge in answer.items:
            if world.state.merges[merge.merge_id].state not in STATES:
                raise Broken("the list shows merges", merge.merge_id)


class SeeMerge(Operation, frozen=True):
    """Staff looks at one."""

    name: ClassVar[str] = "a merge"
    use_case: ClassVar[type] = ReadMerge
    is_once: ClassVar[bool] = False
    merge_id: str

    def call(self, process: Process) -> Merge:
        return process.services.read_merge(office(process, self.merge_id), self.merge_id)

    def expect(self, state: State, moment: Moment) -> Verdict:
        merge = state.merges.get(self.merge_id)
        return Accepted(state, {"state": merge.state}) if merge else Refused("merge-not-found")

    def facts(self, answer: Merge) -> Mapping[str, Any]:
        return {"state": answer.state.value}


class Approve(Operation, frozen=True):
    """Staff: they are one."""

    name: ClassVar[str] = "approve"
    use_case: ClassVar[type] = ApproveMerge
    is_once: ClassVar[bool] = False
    merge_id: str

    def call(self, process: Process) -> Merge:
        return process.services.approve_merge(office(process, self.merge_id), self.merge_id)

    def expect(self, state: State, moment: Moment) -> Verdict:
        return under_one(state, moment, lambda each: model.approve(each, self.merge_id, moment.now))

    def facts(self, answer: Merge) -> Mapping[str, Any]:
        return {"state": answer.state.value}


class TryApprove(Approve, frozen=True):
    """The same without effect."""

    name: ClassVar[str] = "try to approve"

    def call(self, process: Process) -> Merge:
        actor = office(process, self.merge_id)
        return process.services.approve_merge(actor, self.merge_id, dry_run=True)

    def expect(self, state: State, moment: Moment) -> Verdict:
        return without_effect(Approve(self.merge_id).expect(state, moment), state)


class Reject(Operation, frozen=True):
    """Staff: they are two."""

    name: ClassVar[str] = "reject"
    use_case: ClassVar[type] = RejectMerge
    is_once: ClassVar[bool] = False
    merge_id: str
    release: bool

    def call(self, process: Process) -> Merge:
        actor = office(process, f"{self.merge_id} {self.release}")
        return process.services.reject_merge(actor, self.merge_id, release_phone=self.release)

    def expect(self, state: State, moment: Moment) -> Verdict:
        return model.reject(state, self.merge_id, moment.now, release=self.release)

    def facts(self, answer: Merge) -> Mapping[str, Any]:
        return {"state": answer.state.value}


class Settle(Operation, frozen=True):
    """The job that lets logins follow."""

    name: ClassVar[str] = "settle merges"
    use_case: ClassVar[type] = SettleMerges
    is_once: ClassVar[bool] = False

    def call(self, process: Process) -> int:
        return process.services.settle_merges(limit=100)

    def expect(self, state: State, moment: Moment) -> Verdict:
        return Accepted(state)

    def facts(self, answer: int) -> Mapping[str, Any]:
        return NOTHING


def settled(world: World, state: State, commit: Commit) -> State | None:
    """A merge leaves the list of what is to be settled; nothing else of it changes."""
    if commit.kinds != {"merge"}:
        return None
    (change,) = commit.changes
    before, after = change.before or {}, change.after or {}
    differing = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    if differing - {"version", "gsi2pk", "gsi2sk", "is_settled"}:
        return None
    return state


def shortened(world: World, state: State, commit: Commit) -> State | None:
    """Older redirects become one hop: they lead where they led before."""
    if not commit.kinds <= {"member", "account"} or any(_moves_more(change) for change in commit.changes):
        return None
    for change in commit.changes:
        seen = observe.text(change.after or {}, REDIRECTS[change.kind])
        if state.alive(seen) != state.alive(change.thing_id):
            raise Broken("a redirect leads to the survivor", f"{change.thing_id} to {seen}")
    return state


def _moves_more(change: Change) -> bool:
    before, after = change.before or {}, change.after or {}
    differing = {each for each in before.keys() | after.keys() if before.get(each) != after.get(each)}
    return bool(differing - {REDIRECTS[change.kind], "version"}) or REDIRECTS[change.kind] not in differing


def all_settled(world: World) -> Iterator[str]:
    """The job leaves nothing open (invariant 29)."""
    for key, item in world.cloud.storage.items():
        if "gsi2pk" in item and item["gsi2pk"]["S"].startswith("SAGA#"):
            yield f"{key} is still to be settled"


def redirects_are_short(world: World) -> Iterator[str]:
    """One hop once all is settled, never a circle (invariant 2), and nothing is left behind."""
    for key, item in world.cloud.storage.items():
        kind = observe.text(item, "kind")
        target = observe.text(item, REDIRECTS.get(kind, ""))
        if not target:
            continue
        member = key[0].split("#", 3)[3]
        if target != world.state.alive(member):
            yield f"{kind} of {member} leads to {target}, not to {world.state.alive(member)}"
        if kind == "account" and (observe.lots(item) or observe.number(item, "d")):
            yield f"{member} was merged away and still holds points"


def merge_ids(world: World, *states: str) -> list[str]:
    return [name for name, merge in world.state.merges.items() if merge.state in states]


def draw_merge(states: tuple[str, ...], make: Any) -> Any:
    def draw(world: World, chance: Random) -> Operation | None:
        found = merge_ids(world, *(STATES if chance.random() < UNFIT else states))
        return make(chance.choice(found), chance) if found else None

    return draw


def _two_names(stage: Stage) -> tuple[Human, Human]:
    """Two members with different real names: about these, staff must decide."""
    one, other = a_member(stage), a_member(stage, 1)
    stage.does(Rename(one.tokens["wx"], {"name": NAMES[0]}))
    stage.does(Rename(other.tokens["wx"], {"name": NAMES[1]}))
    return one, other


def wait_scene(stage: Stage) -> Operation:
    one, other = _two_names(stage)
    return prove(stage.world, other, "wx", stage.world.state.people[one.member_id].phone)


def approve_scene(stage: Stage) -> Approve:
    (merge_id,) = _waiting(stage)
    stage.rival = Reject(merge_id, release=False)
    return Approve(merge_id)


def try_approve_scene(stage: Stage) -> TryApprove:
    """While it is approved in earnest."""
    merge_id = approve_scene(stage).merge_id
    stage.rival = Approve(merge_id)
    return TryApprove(merge_id)


def approve_younger_scene(stage: Stage) -> Approve:
    """The older one had proved the number of the younger one, which is what the two keep."""
    one, other = _two_names(stage)
    stage.does(prove(stage.world, one, "wx", other.phones[0]))
    return Approve(merge_ids(stage.world, "waiting")[0])


def _in_by_number(stage: Stage) -> tuple[Human, str]:
    """Somebody who is logged in by a number, and the merge that waits because somebody else proved it."""
    one, other = _two_names(stage)
    number = one.phones[0]
    stage.does(AskToLogIn(number))
    stage.does(EnterByPhone(one.number, number, stage.world.outside.inbox[number][-1]))
    stage.does(prove(stage.world, other, "wx", number))
    return one, merge_ids(stage.world, "waiting")[0]


def released_scene(stage: Stage) -> Rename:
    """Staff took the number away by which somebody had logged in."""
    one, merge_id = _in_by_number(stage)
    stage.does(Reject(merge_id, release=True))
    return Rename(one.tokens["web"], {"nickname": NAMES[1]})


def reject_scene(stage: Stage) -> Reject:
    """The number leaves its holder, and whoever is in by it has to log in again."""
    _, merge_id = _in_by_number(stage)
    stage.rival = Approve(merge_id)
    return Reject(merge_id, release=True)


def reject_regained_scene(stage: Stage) -> Reject:
    """The holder had given the number up, and proves it again while staff takes it away."""
    one, merge_id = _in_by_number(stage)
    number = one.phones[0]
    stage.does(prove(stage.world, one, "wx", stage.human(2).phones[2]))
    stage.rival = prove(stage.world, one, "wx", number)
    return Reject(merge_id, release=True)


def phone_comes_along_scene(stage: Stage) -> Operation:
    """The older one had lost the number to staff; that of the younger one comes along."""
    one, merge_id = _in_by_number(stage)
    stage.does(Reject(merge_id, release=True))
    stage.does(enter(stage.world, one, "wx-2", shared=False))
    stage.does(prove(stage.world, one, "wx-2", stage.human(2).phones[2]))
    stage.does(enter(stage.world, one, "wx", shared=True))
    return enter(stage.world, one, "wx-2", shared=True)


def _waiting(stage: Stage) -> list[str]:
    stage.does(wait_scene(stage))
    return merge_ids(stage.world, "waiting")


def approved(stage: Stage) -> str:
    """A merge of two members that waited for staff, and was approved."""
    merge_id = _waiting(stage)[0]
    stage.does(Approve(merge_id))
    return merge_id


def merged(stage: Stage) -> str:
    """A fan with points, a nickname and a login is merged into a member with points and no nickname."""
    one, other = a_member(stage), a_fan(stage, 1)
    stage.does(Rename(other.tokens["wx"], {"nickname": NAMES[1]}))
    stage.does(an_order(stage, one.member_id))
    stage.does(an_order(stage, other.member_id))
    stage.does(enter(stage.world, other, "wx", shared=False))
    stage.does(prove(stage.world, other, "wx", one.phones[0]))
    return merge_ids(stage.world, "done")[0]


def merge_debt_scene(stage: Stage) -> Operation:
    """Somebody who owes points turns out to be a member who has some."""
    debtor = a_debtor(stage, 1)
    one = a_member(stage)
    stage.does(an_order(stage, one.member_id))
    stage.does(enter(stage.world, debtor, "wx", shared=False))
    stage.rival = an_order(stage, one.member_id, number="rival")
    return prove(stage.world, debtor, "wx", one.phones[0])


def one_person(stage: Stage) -> tuple[Human, str]:
    """Somebody whose two apps turned out to be one person's; the login of the one who went still stands."""
    human = stage.human(2)
    for channel in ("wx", "wx-2"):
        stage.does(enter(stage.world, human, channel, shared=False))
    stage.does(enter(stage.world, human, "wx", shared=True))
    stage.does(enter(stage.world, human, "wx-2", shared=True))
    return human, merge_ids(stage.world, "done")[-1]


def prove_twice_scene(stage: Stage) -> Operation:
    """Both of somebody's phones prove the same new number at once."""
    human, _ = one_person(stage)
    stage.does(enter(stage.world, human, "wx", shared=False))
    stage.does(prove(stage.world, human, "wx", human.phones[0]))
    stage.rival = prove(stage.world, human, "wx", human.phones[2])
    return prove(stage.world, human, "wx-2", human.phones[2])


def waiting_scene(stage: Stage) -> SeeWaiting:
    _waiting(stage)
    return SeeWaiting()


def merge_scene(stage: Stage) -> SeeMerge:
    return SeeMerge(merged(stage))


AREA = Area(
    "merges",
    draws=(
        (1, lambda world, chance: SeeWaiting()),
        (1, draw_merge(("waiting", "done"), lambda merge_id, chance: SeeMerge(merge_id))),
        (3, draw_merge(("waiting",), lambda merge_id, chance: Approve(merge_id))),
        (1, draw_merge(("waiting", "done"), lambda merge_id, chance: TryApprove(merge_id))),
        (2, draw_merge(("waiting",), lambda merge_id, chance: Reject(merge_id, chance.random() < 0.5))),
        (2, lambda world, chance: Settle()),
    ),
    jobs=(Settle,),
    scenarios={
        "merge with a debt": merge_debt_scene,
        "wait for staff": wait_scene,
        "approve": approve_scene,
        "try to approve": try_approve_scene,
        "approve with the number of the younger": approve_younger_scene,
        "reject": reject_scene,
        "reject while the number comes back": reject_regained_scene,
        "a login by a number that staff released": released_scene,
        "merge into who has lost the number": phone_comes_along_scene,
        "prove one number twice": prove_twice_scene,
        "waiting merges": waiting_scene,
        "a merge": merge_scene,
    },
    steps=(settled, shortened),
    promises={"all is settled": all_settled, "redirects are short": redirects_are_short},
)
