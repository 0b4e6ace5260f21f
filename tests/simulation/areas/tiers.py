"""Tiers: reached, reviewed, and seen by staff."""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from random import Random
from typing import Any, ClassVar

from domain.page import Page
from domain.points.home import Home, ReadHome
from domain.points.standing import TierChange
from domain.points.tier import ListTierChanges, ReadTier, TierSheet
from tests.simulation import callers, observe
from tests.simulation.area import Area
from tests.simulation.areas.joining import Prove, a_fan, a_member, prove
from tests.simulation.areas.lapsing import Expire
from tests.simulation.areas.merges import one_person
from tests.simulation.areas.points import Earn, an_order
from tests.simulation.areas.programmes import ChangeRate
from tests.simulation.areas.refunds import GiveBack
from tests.simulation.areas.undoing import Undo
from tests.simulation.callers import OFFICE, Acting
from tests.simulation.cloud import Change
from tests.simulation.model import tiers as model
from tests.simulation.model.calendar import day_of
from tests.simulation.model.state import Accepted, Account, Refused, State, Verdict
from tests.simulation.process import Process
from tests.simulation.requests import Broken, Moment, Operation
from tests.simulation.stage import Stage
from tests.simulation.world import World


class SeeTier(Operation, frozen=True):
    """Staff looks where somebody stands."""

    name: ClassVar[str] = "tier"
    use_case: ClassVar[type] = ReadTier
    is_once: ClassVar[bool] = False
    member: str

    def call(self, process: Process) -> TierSheet:
        actor = callers.signed(process, OFFICE, self.member, once=True)
        return process.services.read_tier(actor, self.member)

    def expect(self, state: State, moment: Moment) -> Verdict:
        ladder, today = state.programme.ladder, day_of(moment.now)
        if ladder is None:
            return Refused("no-tiers")
        account = model.step(state.accounts[state.alive(self.member)], ladder, today)
        return Accepted(state, _told(account, ladder, today))

    def explains(self, state: State, moment: Moment, facts: Mapping[str, Any]) -> bool:
        """Settings, the way, and the account are read one after the other."""
        owners = {each.alive(self.member) for each in moment.states}
        today = day_of(moment.now)
        for ladder in [each.programme.ladder for each in moment.states]:
            if ladder is None:
                continue
            for account in [
                each.accounts[one] for each in moment.states for one in owners if one in each.accounts
            ]:
                seen = model.step(account, ladder, today)
                if facts == _told(seen, ladder, today):
                    return True
        return False

    def excuses(self, world: World, state: State, moment: Moment) -> set[str]:
        """There were no tiers at some time of the try."""
        return {"no-tiers"} if any(each.programme.ladder is None for each in moment.states) else set()

    def facts(self, answer: TierSheet) -> Mapping[str, Any]:
        tier = answer.progress.tier
        return {"tier": tier.tier_id if tier else "", "value": answer.progress.value}


def _told(account: Account, ladder: model.Ladder, today: int) -> dict[str, Any]:
    tier = account.tier.name if account.tier else ""
    return {"tier": tier, "value": model.worth(account, ladder, today)}


class SeeTierChanges(Operation, frozen=True):
    """Staff reads how somebody's tier changed."""

    name: ClassVar[str] = "tier changes"
    use_case: ClassVar[type] = ListTierChanges
    is_once: ClassVar[bool] = False
    member: str

    def call(self, process: Process) -> Page[TierChange]:
        actor = callers.signed(process, OFFICE, self.member, once=True)
        return process.services.list_tier_changes(actor, self.member, 50, None)

    def expect(self, state: State, moment: Moment) -> Verdict:
        return Accepted(state, {"newest": state.accounts[state.alive(self.member)].changes})

    def explains(self, state: State, moment: Moment, facts: Mapping[str, Any]) -> bool:
        """A list may lag, but not behind the beginning of the try."""
        owners = {each.alive(self.member) for each in moment.states}
        seen = [
            each.accounts[one].changes for each in moment.states for one in owners if one in each.accounts
        ]
        newest: int = facts["newest"]
        return min(seen) <= newest <= max(seen)

    def facts(self, answer: Page[TierChange]) -> Mapping[str, Any]:
        numbers = [change.number for change in answer.items]
        if numbers != list(range(len(numbers), 0, -1)) and len(numbers) < 50:
            raise Broken("the changes of a tier have no gaps", f"{self}: {numbers}")
        return {"newest": numbers[0] if numbers else 0}


class SeeHome(Acting, frozen=True):
    """Somebody opens the member centre."""

    name: ClassVar[str] = "first page"
    use_case: ClassVar[type] = ReadHome
    is_once: ClassVar[bool] = False

    def call(self, process: Process) -> Home:
        return process.services.read_home(callers.person(process, self.token))

    def expect_of(self, state: State, member: str) -> Verdict:
        return Accepted(state, _page(state, member, state.programme.ladder, 0))

    def explains(self, state: State, moment: Moment, facts: Mapping[str, Any]) -> bool:
        """Account, person and settings are read together, and a commit may show in part."""
        member, today = self.actor(state, moment), day_of(moment.now)
        seen = [each for each in (*moment.states, state) if member in each.people]
        ladders = {each.programme.ladder for each in seen}
        return any(facts == _page(each, member, ladder, today) for each in seen for ladder in ladders)

    def facts(self, answer: Home) -> Mapping[str, Any]:
        found = answer.progress.tier if answer.progress else None
        tier = found.tier_id if found else ""
        account = answer.balance.account
        return {"member": answer.member.member_id, "entries": account.version, "tier": tier}


def _page(state: State, member: str, ladder: model.Ladder | None, today: int) -> dict[str, Any]:
    account = state.accounts[member]
    stepped = model.step(account, ladder, today) if today else account
    tier = stepped.tier.name if ladder and stepped.tier else ""
    return {"member": member, "entries": account.entries, "tier": tier}


def draw_look(world: World, chance: Random) -> Operation | None:
    people = world.known_members()
    if not people:
        return None
    found = world.somebody(chance)
    if found is not None and chance.random() < 0.4:
        return SeeHome(found[2])
    return chance.choice((SeeTier, SeeTierChanges))(chance.choice(people))


def change_is_told(world: World, state: State, change: Change) -> None:
    """Each change is written once; the last one tells the tier that there is."""
    item = change.after or {}
    member, number = change.thing_id, int(change.key[1].removeprefix("TL#"))
    account = state.accounts[member]
    tier = account.tier.name if account.tier else ""
    is_last = number == account.changes
    if (
        change.before is not None
        or number > account.changes
        or (is_last and observe.text(item, "after") != tier)
    ):
        raise Broken(
            "changes of tiers are told", f"{member} {number} of {account.changes}: {item}, has {tier}"
        )


def changes_are_there(world: World) -> Iterator[str]:
    """As many as the account has counted, each beginning where the one before it ended."""
    for member, account in world.state.accounts.items():
        pk = f"T#{world.house.tenant_id}#M#{member}"
        lines = [world.cloud.storage.get((pk, f"TL#{n + 1:010}")) for n in range(account.changes)]
        if None in lines:
            yield f"{member} has {account.changes} changes, of which some are not there"
            continue
        told = [(observe.text(line or {}, "before"), observe.text(line or {}, "after")) for line in lines]
        if any(one[1] != other[0] for one, other in pairwise(told)):
            yield f"{member}: {told}"


def with_ladder(stage: Stage, number: int) -> None:
    stage.does(ChangeRate(2, number))


def crossing_scene(stage: Stage) -> Earn:
    """Two orders at once, each of which would cross the line with the other."""
    member = a_fan(stage).member_id
    with_ladder(stage, 1)
    stage.rival = an_order(stage, member, 3000, number="rival")
    return an_order(stage, member, 3000)


def late_review_scene(stage: Stage) -> Earn:
    """Two reviews were missed when somebody comes again, and the job comes at that moment."""
    member = a_fan(stage).member_id
    with_ladder(stage, 1)
    stage.does(an_order(stage, member, 20_000))
    stage.wait(days=800)
    stage.rival = Expire()
    return an_order(stage, member, 6000, number="later")


def review_scene(stage: Stage) -> Expire:
    """The job reviews two members: one kept the tier, the other's days of grace are over; an order comes."""
    one, other = a_fan(stage).member_id, a_fan(stage, 1).member_id
    with_ladder(stage, 2)
    stage.does(an_order(stage, one, 10_000))
    order = an_order(stage, other, 2000, number="other")
    stage.does(order)
    stage.does(GiveBack(order, "R1", "east", dict(order.payments), stage.world.now_ms // 1000 * 1000))
    stage.wait(days=182)
    stage.does(Expire())
    stage.wait(days=12)
    stage.rival = an_order(stage, other, 200, number="rival")
    return Expire()


def kept_scene(stage: Stage) -> Earn:
    """Not enough to reach the tier, but enough to keep it: two reviews pass before somebody comes again."""
    member = a_fan(stage).member_id
    with_ladder(stage, 1)
    stage.does(an_order(stage, member, 5000))
    stage.wait(days=300)
    stage.does(an_order(stage, member, 3500, number="later"))
    stage.wait(days=100)
    stage.rival = Expire()
    return an_order(stage, member, 100, number="last")


def refund_scene(stage: Stage) -> GiveBack:
    """A refund below the line, on the day of the review."""
    member = a_fan(stage).member_id
    with_ladder(stage, 3)
    order = an_order(stage, member)
    stage.does(order)
    stage.does(an_order(stage, member, number="second"))
    stage.wait(days=29)
    stage.rival = Expire()
    return GiveBack(order, "R1", "east", dict(order.payments), stage.world.now_ms // 1000 * 1000)


def ladder_changes_scene(stage: Stage) -> Earn:
    """The tiers are others from now on, with an order on its way."""
    member = a_fan(stage).member_id
    with_ladder(stage, 1)
    stage.does(an_order(stage, member, 6000))
    stage.rival = ChangeRate(2, 3)
    return an_order(stage, member, 6000, number="next")


def merge_scene(stage: Stage) -> Prove:
    """Both have a tier; the one who goes has the better one, and earns at that moment."""
    with_ladder(stage, 1)
    one, other = a_member(stage), a_fan(stage, 1)
    stage.does(an_order(stage, one.member_id, 6000))
    stage.does(an_order(stage, other.member_id, 20_000, number="other"))
    stage.rival = an_order(stage, other.member_id, 3000, number="rival")
    return prove(stage.world, other, "wx", one.phones[0])


def undo_scene(stage: Stage) -> Undo:
    """Together they reached a tier; they are taken apart while an order comes."""
    with_ladder(stage, 1)
    human, merge_id = one_person(stage)
    stage.does(an_order(stage, human.member_id, 6000))
    stage.rival = an_order(stage, human.member_id, 20_000, number="rival")
    return Undo(merge_id)


def tier_scene(stage: Stage) -> SeeTier:
    member = a_fan(stage).member_id
    with_ladder(stage, 1)
    stage.rival = an_order(stage, member)
    return SeeTier(member)


def home_scene(stage: Stage) -> SeeHome:
    human = a_fan(stage)
    with_ladder(stage, 1)
    stage.rival = an_order(stage, human.member_id)
    return SeeHome(human.tokens["wx"])


def changes_scene(stage: Stage) -> SeeTierChanges:
    member = a_fan(stage).member_id
    with_ladder(stage, 1)
    stage.rival = an_order(stage, member)
    return SeeTierChanges(member)


AREA = Area(
    "tiers",
    draws=((2, draw_look),),
    scenarios={
        "an order that reaches a tier": crossing_scene,
        "an order after two reviews": late_review_scene,
        "a review": review_scene,
        "an order after a tier was kept": kept_scene,
        "a refund on the day of a review": refund_scene,
        "an order while the tiers change": ladder_changes_scene,
        "a merge of two tiers": merge_scene,
        "an undoing of a tier": undo_scene,
        "tier": tier_scene,
        "first page": home_scene,
        "tier changes": changes_scene,
    },
    comparisons={"tier-change": change_is_told},
    promises={"changes of tiers are all there": changes_are_there},
)
