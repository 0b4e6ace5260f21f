"""What people do beside buying: they check in, share, and comment on orders."""

from abc import abstractmethod
from collections.abc import Mapping
from random import Random
from typing import Any, ClassVar, TypeGuard

from msgspec.structs import replace

from domain.activity.check_in import Calendar, CheckIn, ReadCalendar
from domain.activity.comment import CommentOnOrder, CommentWish
from domain.activity.model import CheckInDay, Comment, Share, share_from
from domain.activity.share import ShareSomething
from domain.order.model import OrderId
from domain.unit_of_work import RequestKey
from tests.simulation import callers
from tests.simulation.area import Area
from tests.simulation.areas.codes import log_in_by_number
from tests.simulation.areas.joining import a_fan, a_member, enter, prove
from tests.simulation.areas.merges import one_person
from tests.simulation.areas.points import an_order
from tests.simulation.areas.programmes import Draft, Publish
from tests.simulation.areas.undoing import Undo
from tests.simulation.callers import Acting, ForOneself, Parted
from tests.simulation.giving import programmes
from tests.simulation.model import activities as model
from tests.simulation.model.calendar import day_of
from tests.simulation.model.state import Accepted, Programme, Refused, State, Verdict
from tests.simulation.process import Process
from tests.simulation.requests import Broken, Moment
from tests.simulation.stage import Stage
from tests.simulation.watch import KEPT_MS
from tests.simulation.world import World

DAYS, COMMENTS = "days", "comments"
NOTHING = {"points": 0, "entry": None}


class Doing(ForOneself, frozen=True):
    """Something for which the programme may give points: one that was in force at some time of the try."""

    does: ClassVar[str]

    def expect(self, state: State, moment: Moment) -> Verdict:
        member = self.actor(state, moment)
        if not member:
            return Refused("identity-moved")
        found = programmes(state, moment, self)
        verdict = self.do(state, moment, member, found[0])
        if moment.commit is None or moment.commit.of("entry"):
            return verdict
        # What gives nothing names neither rules nor time, and the account may move on meanwhile.
        others = (
            self.do(replace(state, accounts=accounts), replace(moment, now=look), member, each)
            for accounts in [
                state.accounts,
                *(view.accounts for view in moment.states if member in view.accounts),
            ]
            for look in moment.commit.by.looks
            for each in found
        )
        given = (replace(each.state, accounts=state.accounts) for each in others if _gives_nothing(each))
        return next((Accepted(each, NOTHING) for each in given), verdict)

    @abstractmethod
    def do(self, state: State, moment: Moment, member: str, programme: Programme) -> Verdict:
        """What the model says, by these rules."""

    def explains(self, state: State, moment: Moment, facts: Mapping[str, Any]) -> bool:
        """Settings and accounts are read one after the other, and what is tried writes nothing."""
        views = (replace(state, programmes=earlier.programmes) for earlier in moment.states)
        return self.is_true_in((state, *views), moment, facts)


def _gives_nothing(verdict: Verdict) -> TypeGuard[Accepted]:
    return isinstance(verdict, Accepted) and dict(verdict.facts) == NOTHING


class CheckInToday(Doing, frozen=True):
    """Once a day."""

    name: ClassVar[str] = "check in"
    use_case: ClassVar[type] = CheckIn
    is_once: ClassVar[bool] = False
    does: ClassVar[str] = "check_in"

    def call(self, process: Process) -> CheckInDay:
        return process.services.check_in(callers.person(process, self.token))

    def do(self, state: State, moment: Moment, member: str, programme: Programme) -> Verdict:
        today = self._day(moment)
        last, days = state.accounts[member].streak
        if last >= today:
            day = model.kept(state, DAYS).get(f"{member}/{today}")
            if day is None:
                return Accepted(state, {"points": 0, "streak": days, "entry": None})
            return Accepted(state, {**day, "streak": days if last == today else day["streak"]})
        rules = model.of_kind(programme, self.does)
        if not rules:
            return Refused("activity-not-offered")
        state, account, points = model.give(
            state, member, model.of_kind(programme, self.does), programme, moment.now, today
        )
        facts = {"points": points, "streak": account.streak[1], "entry": account.entries}
        state = model.keep(state, DAYS, f"{member}/{today}", facts)
        return Accepted(model.with_account(state, member, account), facts)

    @staticmethod
    def _day(moment: Moment) -> int:
        """A request means one day, that of its first look; by the time of its commit it may be the next."""
        written = moment.commit.of("check-in") if moment.commit else []
        if not written or moment.commit is None:
            return day_of(moment.now)
        if moment.commit.by.facts is not None:
            raise Broken("a try checks in one day", f"{moment.commit.by.facts} and one more")
        day = int(written[0].key[1].removeprefix("CI#"))
        if day not in {day_of(look) for look in moment.commit.by.looks}:
            raise Broken("a day is checked in on that day", f"{day}")
        return day

    def facts(self, answer: CheckInDay) -> Mapping[str, Any]:
        return {"points": answer.points.count, "streak": answer.streak, "entry": answer.entry_sequence}


class SeeCalendar(Acting, frozen=True):
    """Somebody looks at the days of this month."""

    name: ClassVar[str] = "my calendar"
    use_case: ClassVar[type] = ReadCalendar
    is_once: ClassVar[bool] = False

    def call(self, process: Process) -> Calendar:
        return process.services.read_calendar(callers.person(process, self.token))

    def expect_of(self, state: State, member: str) -> Verdict:
        return Accepted(state, {"days": frozenset(_days(state, member))})

    def explains(self, state: State, moment: Moment, facts: Mapping[str, Any]) -> bool:
        """A list may lag: each day was there at some time, and none that was there before is missing."""
        month = day_of(moment.now) // 100
        member = self.actor(state, moment)
        seen = [
            {day for day in _days(each, member) if day // 100 == month}
            for each in (*moment.states, state)
            if member in each.people
        ]
        return bool(seen) and set.intersection(*seen) <= facts["days"] <= set.union(*seen)

    def facts(self, answer: Calendar) -> Mapping[str, Any]:
        return {"days": frozenset(int(f"{day.on:%Y%m%d}") for day in answer.days)}


def _days(state: State, member: str) -> set[int]:
    owners = {member, *state.people[member].aliases}
    places = [name.split("/") for name in model.kept(state, DAYS)]
    return {int(day) for owner, day in places if owner in owners}


class ShareMenu(Doing, frozen=True):
    """Under a key of one's own."""

    name: ClassVar[str] = "share"
    use_case: ClassVar[type] = ShareSomething
    is_once: ClassVar[bool] = True
    does: ClassVar[str] = "share"
    key: str

    def call(self, process: Process) -> Share:
        actor = callers.person(process, self.token)
        key = RequestKey(actor.caller, self.key, "menu", share_from)
        return process.services.share_something(actor, "menu", key)

    def do(self, state: State, moment: Moment, member: str, programme: Programme) -> Verdict:
        facts, kept_at = state.keys.get(self.key, ({}, 0))
        if kept_at > moment.now - KEPT_MS:
            return Accepted(state, facts)
        rules = model.of_kind(programme, self.does)
        if not rules:
            return Refused("activity-not-offered")
        given, account, points = model.give(state, member, rules, programme, moment.now)
        facts = {"points": points, "entry": account.entries if points else None}
        after = model.with_account(given, member, account) if points else state
        return Accepted(replace(after, keys={**state.keys, self.key: (facts, moment.now)}), facts)

    def facts(self, answer: Share) -> Mapping[str, Any]:
        return {"points": answer.points.count, "entry": answer.entry_sequence}


class Say(Doing, frozen=True):
    """A comment on an order, mostly of one's own."""

    name: ClassVar[str] = "comment"
    use_case: ClassVar[type] = CommentOnOrder
    is_once: ClassVar[bool] = True
    does: ClassVar[str] = "comment"
    place: str
    text: str

    def call(self, process: Process) -> Comment:
        source, _, number = self.place.partition("/")
        wish = CommentWish(OrderId(source, number), 5, self.text, self.text)
        return process.services.comment_on_order(callers.person(process, self.token), wish)

    def do(self, state: State, moment: Moment, member: str, programme: Programme) -> Verdict:
        said = model.kept(state, COMMENTS).get(self.place)
        if said is not None and said["text"] == self.text and state.alive(str(said["member"])) == member:
            return Accepted(state, {"points": said["points"], "entry": said["entry"]})
        order = state.orders.get(self.place)
        if order is None or order.member not in {member, *state.people[member].aliases}:
            return Refused("order-not-yours")
        if said is not None:
            return Refused("commented-before")
        rules = model.of_kind(programme, self.does)
        given, account, points = model.give(state, member, rules, programme, moment.now)
        facts = {"points": points, "entry": account.entries if points else None}
        after = model.with_account(given, member, account) if points else state
        return Accepted(
            model.keep(after, COMMENTS, self.place, {**facts, "text": self.text, "member": member}), facts
        )

    def facts(self, answer: Comment) -> Mapping[str, Any]:
        return {"points": answer.points.count, "entry": answer.entry_sequence}


def draw_activity(world: World, chance: Random) -> Parted | None:
    found = world.somebody(chance)
    if found is None:
        return None
    token, orders = found[2], list(world.state.orders)
    kind = chance.choice(("check in", "check in", "calendar", "share", "comment"))
    if kind == "check in":
        return CheckInToday(token)
    if kind == "calendar":
        return SeeCalendar(token)
    if kind == "share":
        return ShareMenu(token, f"share-{chance.randrange(10**9):09}")
    return Say(token, chance.choice(orders), chance.choice("好差")) if orders else None


def _offers(stage: Stage, *names: str) -> None:
    numbers = {name: stage.does(Draft(name, 0)).record.draft_number for name in names}
    stage.does(Publish("publish-for-the-scene", numbers))


def check_in_scene(stage: Stage) -> CheckInToday:
    """The second day in a row, from two phones at once."""
    _offers(stage, "daily-visit")
    token = a_member(stage).tokens["wx"]
    stage.does(CheckInToday(token))
    stage.wait(hours=1)
    stage.rival = CheckInToday(token)
    return CheckInToday(token)


def last_minute_scene(stage: Stage) -> CheckInToday:
    """A moment before midnight: what is tried once more is tried on the next day."""
    _offers(stage, "daily-visit")
    token = a_member(stage).tokens["wx"]
    day_ms, zone_ms = 86_400_000, 28_800_000
    stage.world.pass_time(day_ms - (stage.world.now_ms + zone_ms) % day_ms - 50)
    stage.rival = an_order(stage, stage.human().member_id, number="rival")
    return CheckInToday(token)


def check_in_while_undone_scene(stage: Stage) -> CheckInToday:
    """One half checked in yesterday; staff takes the two apart while the person checks in."""
    _offers(stage, "daily-visit")
    human, merge_id = one_person(stage)
    stage.does(CheckInToday(human.tokens["wx-2"]))
    stage.wait(hours=1)
    stage.rival = Undo(merge_id)
    return CheckInToday(human.tokens["wx-2"])


def missed_day_scene(stage: Stage) -> CheckInToday:
    """A day was missed: the row begins anew."""
    _offers(stage, "daily-visit")
    human = a_fan(stage)
    stage.does(CheckInToday(human.tokens["wx"]))
    stage.wait(hours=50)
    stage.does(enter(stage.world, human, "wx", shared=False))
    stage.rival = CheckInToday(human.tokens["wx"])
    return CheckInToday(human.tokens["wx"])


def check_in_after_a_merge_scene(stage: Stage) -> CheckInToday:
    """The other one has checked in today, before the two turned out to be one."""
    _offers(stage, "daily-visit")
    one, other = a_member(stage), a_fan(stage, 1)
    stage.does(CheckInToday(other.tokens["wx"]))
    stage.does(prove(stage.world, other, "wx", one.phones[0]))
    stage.rival = CheckInToday(one.tokens["wx"])
    return CheckInToday(one.tokens["wx"])


def calendar_scene(stage: Stage) -> SeeCalendar:
    _offers(stage, "daily-visit")
    token = a_fan(stage).tokens["wx"]
    stage.rival = CheckInToday(token)
    return SeeCalendar(token)


def share_scene(stage: Stage) -> ShareMenu:
    """The limit of the day is nearly reached."""
    _offers(stage, "shared")
    token = a_fan(stage).tokens["wx"]
    stage.does(ShareMenu(token, "share-0000000001"))
    stage.rival = ShareMenu(token, "share-0000000002")
    return ShareMenu(token, "share-0000000003")


def check_in_by_a_number_scene(stage: Stage) -> CheckInToday:
    """Who got in by a number checks in while the number is replaced in another place."""
    _offers(stage, "daily-visit")
    human = a_member(stage)
    log_in_by_number(stage, human)
    stage.rival = prove(stage.world, human, "wx", human.phones[1])
    return CheckInToday(human.tokens["web"])


def unpaid_comment_scene(stage: Stage) -> Say:
    """Points for comments begin at that very moment."""
    human = a_fan(stage)
    stage.does(an_order(stage, human.member_id, number="said"))
    drafted = stage.does(Draft("spoken", 0)).record.draft_number
    stage.rival = Publish("publish-for-the-scene", {"spoken": drafted})
    return Say(human.tokens["wx"], "east/said", "好")


def comment_scene(stage: Stage) -> Say:
    """By two words at once."""
    _offers(stage, "spoken")
    human = a_fan(stage)
    stage.does(an_order(stage, human.member_id, number="said"))
    stage.rival = Say(human.tokens["wx"], "east/said", "差")
    return Say(human.tokens["wx"], "east/said", "好")


def unused_days(world: World, state: State, change: Any) -> None:
    """A day is written once."""
    if change.before is not None or change.after is None:
        raise Broken("a day of checking in never changes", change.thing_id)


AREA = Area(
    "activities",
    draws=((4, draw_activity),),
    scenarios={
        "check in": check_in_scene,
        "check in a second before midnight": last_minute_scene,
        "check in while a merge is undone": check_in_while_undone_scene,
        "check in after a missed day": missed_day_scene,
        "check in after a merge": check_in_after_a_merge_scene,
        "check in by a number that is replaced": check_in_by_a_number_scene,
        "my calendar": calendar_scene,
        "share": share_scene,
        "comment": comment_scene,
        "comment as a rule begins": unpaid_comment_scene,
    },
    comparisons={"check-in": unused_days, "comment": unused_days},
)
