"""Figures of coupons: they follow the table, whatever is heard twice, late, in disorder or never."""

from collections.abc import Iterable, Iterator, Mapping
from random import Random
from typing import Any, ClassVar

from msgspec.structs import replace

from domain.page import Page
from domain.statistics.count import CountCoupons
from domain.statistics.model import Figures, Sum
from domain.statistics.read import ListStatistics, ReadStatistics
from domain.statistics.recount import Recounted, RecountStatistics
from tests.simulation import callers, observe
from tests.simulation.area import Area
from tests.simulation.areas.checkout import a_bill, guest
from tests.simulation.areas.coupons import Redeem, Unredeem, Void
from tests.simulation.areas.gifts import take_scene
from tests.simulation.areas.holds import KeepFor, LetGo
from tests.simulation.areas.issuing import coupon_of
from tests.simulation.areas.joining import a_fan
from tests.simulation.callers import OFFICE
from tests.simulation.cloud import Change, Commit
from tests.simulation.merchant import COUPONS
from tests.simulation.model import coupons
from tests.simulation.model import figures as model
from tests.simulation.model.state import NOTHING, Accepted, Refused, State, Verdict
from tests.simulation.process import Process
from tests.simulation.requests import Broken, Moment, Operation
from tests.simulation.stage import Stage
from tests.simulation.table.values import Item
from tests.simulation.world import World

STREAM, FOLLOWED = "stream", "followed"
KINDS = frozenset({"counted-coupon", "coupon-sum", "coupon-count"})


class Follow(Operation, frozen=True):
    """The consumer of the table's stream gets some changes or all, possibly not for the first time."""

    name: ClassVar[str] = "follow the table"
    use_case: ClassVar[type] = CountCoupons
    is_once: ClassVar[bool] = False
    places: tuple[int, ...] = ()
    """In the stream; none: all of it."""

    def which(self, world: World) -> Iterable[int]:
        return self.places or range(len(world.memory[STREAM]))

    def call(self, process: Process) -> tuple[int, ...]:
        stream, which = process.world.memory[STREAM], tuple(self.which(process.world))
        process.services.hear([stream[place] for place in which])
        return which

    def expect(self, state: State, moment: Moment) -> Verdict:
        return Accepted(state)

    def facts(self, answer: tuple[int, ...]) -> Mapping[str, Any]:
        return NOTHING

    def learn(self, world: World, answer: tuple[int, ...]) -> None:
        """The stream does not bring again what somebody has dealt with."""
        world.memory[FOLLOWED] += [place for place in answer if place not in world.memory[FOLLOWED]]


class FollowTheRest(Follow, frozen=True):
    """What nobody has dealt with yet, in its order."""

    name: ClassVar[str] = "follow the rest"

    def which(self, world: World) -> Iterable[int]:
        return [place for place in range(len(world.memory[STREAM])) if place not in world.memory[FOLLOWED]]


class Recount(Operation, frozen=True):
    """The command: everything from the beginning."""

    name: ClassVar[str] = "recount"
    use_case: ClassVar[type] = RecountStatistics
    is_once: ClassVar[bool] = False

    def call(self, process: Process) -> Recounted:
        return process.services.recount_statistics(process.world.house.tenant_id, lambda _: None)

    def expect(self, state: State, moment: Moment) -> Verdict:
        return Accepted(state)

    def explains(self, state: State, moment: Moment, facts: Mapping[str, Any]) -> bool:
        """Whoever did it, another count is shown by then."""
        first, last = model.numbers(moment.states[0]), model.numbers(moment.states[-1])
        return last[0] > first[0]

    def facts(self, answer: Recounted) -> Mapping[str, Any]:
        return NOTHING


class SeeFigures(Operation, frozen=True):
    """Head office looks at a template."""

    name: ClassVar[str] = "figures"
    use_case: ClassVar[type] = ReadStatistics
    is_once: ClassVar[bool] = False
    template: str

    def call(self, process: Process) -> Figures:
        actor: Any = callers.signed(process, OFFICE, self.template, once=True)
        return process.services.read_statistics(actor, self.template)

    def expect(self, state: State, moment: Moment) -> Verdict:
        if self.template not in coupons.templates(state):
            return Refused("coupon-template-not-found")
        return Accepted(state, model.told(state, model.numbers(state)[0], self.template, 0, ""))

    def facts(self, answer: Figures) -> Mapping[str, Any]:
        return _plain(answer)


class SeeStores(SeeFigures, frozen=True):
    """The same by store."""

    name: ClassVar[str] = "figures of stores"
    use_case: ClassVar[type] = ListStatistics

    def call(self, process: Process) -> Any:
        actor: Any = callers.signed(process, OFFICE, f"stores {self.template}", once=True)
        return process.services.list_statistics(actor, self.template, None, 10, None)

    def expect(self, state: State, moment: Moment) -> Verdict:
        if self.template not in coupons.templates(state):
            return Refused("coupon-template-not-found")
        shown = model.numbers(state)[0]
        stores = {key[3] for key in state.areas.get(model.SUMS, {}) if key[:3] == (shown, self.template, 0)}
        told = {store: model.told(state, shown, self.template, 0, store) for store in stores if store}
        return Accepted(state, {store: figures for store, figures in told.items() if figures})

    def explains(self, state: State, moment: Moment, facts: Mapping[str, Any]) -> bool:
        """Stores are read at once, but not at one instant: each is as it was at some moment."""
        verdicts = [self.expect(view, moment) for view in (*moment.states, state)]
        told = [dict(each.facts) for each in verdicts if isinstance(each, Accepted)]
        stores = {store for each in told for store in each} | facts.keys()
        return all(any(each.get(store) == facts.get(store) for each in told) for store in stores)

    def facts(self, answer: Page[Sum]) -> Mapping[str, Any]:  # type: ignore[override]  # a list of them
        told = {str(each.place.store_id): _plain(each.figures) for each in answer.items}
        return {store: figures for store, figures in told.items() if figures}


def _plain(figures: Figures) -> dict[str, int]:
    """Without zeros."""
    counted = {name: getattr(figures, name) for name in figures.__struct_fields__ if name not in AMOUNTS}
    counted |= {name: getattr(figures, name).fen for name in AMOUNTS}
    return {name: number for name, number in counted.items() if number}


AMOUNTS = ("off", "sales")


def is_heard_of(world: World, state: State, change: Change) -> None:
    """The table's stream has every state of every coupon."""
    world.memory[STREAM].append(change.after)


def figures_follow(world: World, state: State, commit: Commit) -> State | None:
    """Whatever made them follow, the sums are what the coupons say that were counted."""
    if not commit.kinds <= KINDS:
        return None
    for change in commit.of("coupon-count"):
        state = _another_count(state, change)
    for change in commit.of("counted-coupon"):
        state = _counted(world, state, change)
    for change in commit.of("coupon-sum"):
        if change.after is None:
            state = _without_sum(state, change)
    return state


def _another_count(state: State, change: Change) -> State:
    shown, made = model.numbers(state)
    after = change.after or {}
    now = observe.number(after, "shown"), observe.number(after, "made")
    if now != ((shown, shown + 1) if not made else (made, 0)):
        raise Broken("a count is begun, and then shown", f"{(shown, made)} became {now}")
    if made:
        _check_whole(state, shown, made)
    return replace(state, areas={**state.areas, model.COUNTS: now})


def _check_whole(state: State, shown: int, made: int) -> None:
    """Whatever was in the figures stays in them when another count is shown."""
    counted = state.areas.get(model.COUNTED, {})
    for (count, code), (version, said) in counted.items():
        newer, also = counted.get((made, code), (0, {}))
        if count == shown and newer < version and also != said:
            raise Broken("a count is shown once it is whole", f"{code}: {version} was counted, now {newer}")


def _counted(world: World, state: State, change: Change) -> State:
    count, code = int(change.key[1].removeprefix("S#")), change.thing_id
    if change.after is None:
        _check_over(state, count)
        known = dict(state.areas.get(model.COUNTED, {}))
        known.pop((count, code))
        return replace(state, areas={**state.areas, model.COUNTED: known})
    version = observe.number(change.after, "coupon_version")
    after = model.follow(state, count, code, version, observe.written(_image(world, code, version)))
    if after is None:
        raise Broken("what was counted goes forward only", f"{change.key} to {version}")
    return after


def _image(world: World, code: str, version: int) -> Item:
    for item in reversed(world.memory[STREAM]):
        if item["pk"]["S"].endswith(f"#{code}") and observe.number(item, "version") == version:
            found: Item = item
            return found
    raise Broken("only what was stored is counted", f"{code} {version}")


def _check_over(state: State, count: int) -> None:
    if count in model.numbers(state):
        raise Broken("only what is over is removed", f"of count {count}")


def _place(change: Change) -> tuple[int, str, int, str]:
    count, template = change.thing_id.split("#", 1)
    what, _, rest = change.key[1].partition("#")
    day, _, store = rest.partition("#") if what == "D" else ("0", "", rest)
    return int(count), template, int(day), store


def _without_sum(state: State, change: Change) -> State:
    place = _place(change)
    _check_over(state, place[0])
    sums = {key: number for key, number in state.areas.get(model.SUMS, {}).items() if key[:4] != place}
    return replace(state, areas={**state.areas, model.SUMS: sums})


def counted_is_written(world: World, state: State, change: Change) -> None:
    if change.after is None:
        return
    count = int(change.key[1].removeprefix("S#"))
    version, expected = state.areas[model.COUNTED][count, change.thing_id]
    rows = observe.list_of(change.after, "shares")
    seen = {(day, store, what): n for day, store, figures in rows for what, n in figures.items()}
    if (observe.number(change.after, "coupon_version"), seen) != (version, expected):
        raise Broken("what a coupon adds is as the model says", f"{change.key}: {seen}, expected {expected}")


def sum_is_written(world: World, state: State, change: Change) -> None:
    if change.after is None:
        return
    seen, expected = observe.figures(change.after), model.told(state, *_place(change))
    if seen != expected:
        raise Broken("a sum is as the model says", f"{change.key}: {seen}, expected {expected}")


def figures_are_those_of_the_coupons(world: World) -> Iterator[str]:
    """Everything was heard of by now: the sums are what all coupons say that are stored."""
    shown = model.numbers(world.state)[0]
    fresh = State()
    for (pk, _), item in world.stored("coupon"):
        fresh = model.follow(fresh, shown, pk, 1, observe.written(item)) or fresh
    sums = ((_place(Change(key, None, item)), item) for key, item in world.stored("coupon-sum"))
    stored = {
        (*place, what): number
        for place, item in sums
        for what, number in observe.figures(item).items()
        if place[0] == shown
    }
    expected = {key: n for key, n in fresh.areas.get(model.SUMS, {}).items() if n}
    if stored != expected:
        yield f"{sorted(stored.items() ^ expected.items())}"


def draw_follow(world: World, chance: Random) -> Operation:
    stream = world.memory[STREAM]
    kind = chance.choice(("follow", "follow", "follow", "see", "stores", "recount"))
    if kind == "recount" and chance.random() < 0.3:
        return Recount()
    if kind != "follow" or not stream:
        return (SeeStores if kind == "stores" else SeeFigures)(chance.choice((*COUPONS, "spare")))
    places = list(range(max(len(stream) - chance.randrange(1, 9), 0), len(stream)))
    if chance.random() < 0.3:
        places = chance.choices(range(len(stream)), k=min(len(stream), 5))
    return Follow(tuple(places))


def _some(stage: Stage) -> str:
    """Two were issued, one of them was redeemed."""
    member = a_fan(stage).member_id
    coupon_of(stage, member)
    code = coupon_of(stage, member)
    stage.does(Redeem("redeem-scene-0001", code, "K1", "east", 5000))
    return code


def follow_scene(stage: Stage) -> Follow:
    """Another consumer hears of a part of it, and of the rest later."""
    _some(stage)
    stage.rival = Follow((1, 0))
    return Follow()


def held_scene(stage: Stage) -> Follow:
    """A bill was held and let go: two changes after which nothing is different, and the first comes last."""
    member, code = guest(stage)
    bill = a_bill(stage.world, member, codes=(code,))
    stage.does(Follow())
    stage.does(KeepFor(bill))
    stage.does(LetGo(bill.number, bill.store))
    first = len(stage.world.memory[STREAM]) - 2
    stage.does(Follow((first + 1,)))
    stage.rival = FollowTheRest()
    return Follow((first,))


def rest_scene(stage: Stage) -> FollowTheRest:
    _some(stage)
    stage.does(Follow((0,)))
    stage.rival = Follow()
    return FollowTheRest()


def again_scene(stage: Stage) -> Follow:
    """What was counted goes on: a redemption is taken back, a day later; another consumer is late."""
    code = _some(stage)
    stage.does(Follow())
    stage.wait(hours=1)
    stage.does(Unredeem(code, "K1", "east"))
    stage.rival = Follow((2, 1))
    return Follow((3,))


def gift_scene(stage: Stage) -> Follow:
    """A coupon went to a friend."""
    stage.does(take_scene(stage))
    stage.rival = Follow((0,))
    return Follow()


def both_scene(stage: Stage) -> Follow:
    """A count is being made beside the one that is shown, and is finished at that moment."""
    code = _some(stage)
    stage.does(Follow())
    stage.breaks_off(Recount())
    stage.does(Unredeem(code, "K1", "east"))
    stage.rival = Recount()
    return Follow((3, 0))


def recount_scene(stage: Stage) -> Recount:
    """The second one, so that there is something to remove; business goes on."""
    code = _some(stage)
    stage.does(Follow((0, 2)))
    stage.does(Recount())
    stage.rival = Void(stage.world.memory["coupons"][0])
    stage.does(Unredeem(code, "K1", "east"))
    return Recount()


def see_scene(stage: Stage) -> SeeFigures:
    """At the very moment another count is shown."""
    _some(stage)
    stage.does(Follow((0, 1)))
    stage.rival = Recount()
    return SeeFigures("eight")


def see_stores_scene(stage: Stage) -> SeeStores:
    _some(stage)
    stage.does(Follow())
    stage.rival = Recount()
    return SeeStores("eight")


AREA = Area(
    "figures",
    draws=((3, draw_follow),),
    jobs=(FollowTheRest,),
    steps=(figures_follow,),
    scenarios={
        "follow the table": follow_scene,
        "follow the table again": again_scene,
        "follow the rest": rest_scene,
        "follow what was held": held_scene,
        "follow a gift": gift_scene,
        "follow the table while all is counted": both_scene,
        "recount": recount_scene,
        "figures": see_scene,
        "figures of stores": see_stores_scene,
    },
    comparisons={
        "coupon": is_heard_of,
        "counted-coupon": counted_is_written,
        "coupon-sum": sum_is_written,
    },
    promises={"figures are those of the coupons": figures_are_those_of_the_coupons},
)
