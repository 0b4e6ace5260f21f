"""The catalogue of rewards: what staff puts there, and what is seen of it."""

from collections.abc import Iterator, Mapping
from random import Random
from typing import Any, ClassVar

from domain.money import Points
from domain.page import Page
from domain.reward.keep import (
    AddCodes,
    CodesAdded,
    MoveStock,
    SaveReward,
    StockMoved,
    codes_added_from,
    stock_moved_from,
)
from domain.reward.model import Offer, Reward, RewardKind
from domain.reward.read import Choice, ListChoices, ListRewards, ReadReward, Shelf
from domain.unit_of_work import RequestKey
from tests.simulation import callers, observe
from tests.simulation.area import Area
from tests.simulation.areas.joining import a_fan
from tests.simulation.callers import OFFICE, Acting
from tests.simulation.cloud import Change
from tests.simulation.keyed import remember, remembered
from tests.simulation.model import rewards as model
from tests.simulation.model.state import Accepted, Refused, State, Verdict
from tests.simulation.process import Process
from tests.simulation.requests import Broken, Moment, Operation
from tests.simulation.stage import Stage
from tests.simulation.world import World

KINDS = {
    "towel": ("goods", True),
    "mug": ("goods", True),
    "wash": ("service", False),
    "month": ("virtual", True),
    "treat": ("coupon", False),
}


class Offers(Operation, frozen=True):
    """Staff says what a reward costs, whether it is shown, and how often one may have it."""

    name: ClassVar[str] = "save a reward"
    use_case: ClassVar[type] = SaveReward
    is_once: ClassVar[bool] = False
    reward: str
    points: int
    shown: bool = True
    limit: int = 0

    @property
    def offer(self) -> model.Offer:
        kind, counted = KINDS[self.reward]
        return model.Offer(kind, self.points, counted, self.shown, self.limit)

    def call(self, process: Process) -> Reward:
        actor: Any = callers.signed(process, OFFICE, f"{self.offer}", once=True)
        kind, counted = KINDS[self.reward]
        offer = Offer(
            name=self.reward,
            kind=RewardKind(kind),
            points=Points(self.points),
            is_counted=counted or kind == "coupon",
            is_shown=self.shown,
            per_member=self.limit or None,
            template_id=model.TREAT if kind == "coupon" else None,
        )
        return process.services.save_reward(actor, self.reward, offer)

    def expect(self, state: State, moment: Moment) -> Verdict:
        return model.save(state, self.reward, self.offer)

    def facts(self, answer: Reward) -> Mapping[str, Any]:
        return {"points": answer.offer.points.count, "shown": answer.offer.is_shown}


class Move(Operation, frozen=True):
    """Pieces come, or go."""

    name: ClassVar[str] = "move stock"
    use_case: ClassVar[type] = MoveStock
    is_once: ClassVar[bool] = True
    key: str
    reward: str
    by: int

    def call(self, process: Process) -> StockMoved:
        text = f"{self.reward} {self.by}"
        actor: Any = callers.signed(process, OFFICE, text)
        key = RequestKey(actor.caller, self.key, text, stock_moved_from)
        return process.services.move_stock(actor, self.reward, self.by, key)

    def expect(self, state: State, moment: Moment) -> Verdict:
        known = remembered(state, moment, self.key)
        return known or remember(model.move(state, self.reward, self.by), moment, self.key)

    def facts(self, answer: StockMoved) -> Mapping[str, Any]:
        return {"stock": answer.stock}


class Bring(Operation, frozen=True):
    """Codes come."""

    name: ClassVar[str] = "add codes"
    use_case: ClassVar[type] = AddCodes
    is_once: ClassVar[bool] = True
    key: str
    reward: str
    codes: tuple[str, ...]

    def call(self, process: Process) -> CodesAdded:
        text = f"{self.reward} {self.codes}"
        actor: Any = callers.signed(process, OFFICE, text)
        key = RequestKey(actor.caller, self.key, text, codes_added_from)
        return process.services.add_codes(actor, self.reward, self.codes, key)

    def expect(self, state: State, moment: Moment) -> Verdict:
        known = remembered(state, moment, self.key)
        return known or remember(model.bring(state, self.reward, frozenset(self.codes)), moment, self.key)

    def facts(self, answer: CodesAdded) -> Mapping[str, Any]:
        return {"added": answer.added}


class SeeReward(Operation, frozen=True):
    """Staff looks at what is left."""

    name: ClassVar[str] = "reward"
    use_case: ClassVar[type] = ReadReward
    is_once: ClassVar[bool] = False
    reward: str

    def call(self, process: Process) -> Shelf:
        actor: Any = callers.signed(process, OFFICE, self.reward, once=True)
        return process.services.read_reward(actor, self.reward)

    def expect(self, state: State, moment: Moment) -> Verdict:
        found = model.rewards(state).get(self.reward)
        if found is None:
            return Refused("reward-not-found")
        return Accepted(state, {"left": found.left if found.offer.counted else None})

    def explains(self, state: State, moment: Moment, facts: Mapping[str, Any]) -> bool:
        """The buckets are read at once, but not at one instant."""
        seen = [model.rewards(each).get(self.reward) for each in (*moment.states, state)]
        lefts = [found.left for found in seen if found]
        if facts["left"] is None or not lefts:
            return bool(lefts) and not KINDS[self.reward][1]
        return min(lefts) <= int(facts["left"]) <= max(lefts)

    def facts(self, answer: Shelf) -> Mapping[str, Any]:
        return {"left": answer.left}


class SeeRewards(Operation, frozen=True):
    """Staff looks at the catalogue."""

    name: ClassVar[str] = "rewards"
    use_case: ClassVar[type] = ListRewards
    is_once: ClassVar[bool] = False

    def call(self, process: Process) -> Page[Reward]:
        actor: Any = callers.signed(process, OFFICE, "rewards", once=True)
        return process.services.list_rewards(actor, 10, None)

    def expect(self, state: State, moment: Moment) -> Verdict:
        found = {name: reward.offer.points for name, reward in model.rewards(state).items()}
        return Accepted(state, {"points": found})

    def facts(self, answer: Page[Reward]) -> Mapping[str, Any]:
        return {"points": {each.reward_id: each.offer.points.count for each in answer.items}}


class SeeChoices(Acting, frozen=True):
    """Somebody looks at what points are good for."""

    name: ClassVar[str] = "choices"
    use_case: ClassVar[type] = ListChoices
    is_once: ClassVar[bool] = False

    def call(self, process: Process) -> Page[Choice]:
        return process.services.list_choices(callers.person(process, self.token), 10, None)

    def expect_of(self, state: State, member: str) -> Verdict:
        offers = {name: reward.offer for name, reward in model.rewards(state).items()}
        return Accepted(
            state, {"points": {name: offer.points for name, offer in offers.items() if offer.shown}}
        )

    def facts(self, answer: Page[Choice]) -> Mapping[str, Any]:
        return {"points": {each.reward.reward_id: each.reward.offer.points.count for each in answer.items}}


def draw_staff(world: World, chance: Random) -> Operation:
    reward = chance.choice(("towel", "towel", "towel", "mug", "wash", "month", "treat"))
    known = model.rewards(world.state)
    if reward not in known or chance.random() < 0.2:
        return Offers(reward, chance.choice((1, 5, 40)), chance.random() < 0.9, chance.choice((0, 0, 1, 2)))
    key = f"stock-{chance.randrange(10**9):09}"
    kind = chance.choice(("stock", "stock", "see", "list"))
    if kind == "see":
        return SeeReward(reward)
    if kind == "list":
        return SeeRewards()
    if reward == "month":
        return Bring(key, reward, tuple({f"c{chance.randrange(8)}" for _ in range(2)}))
    return Move(key, reward, chance.choice((1, 2, 40, -1, -38)))


def draw_choices(world: World, chance: Random) -> SeeChoices | None:
    found = world.somebody(chance)
    return SeeChoices(found[2]) if found else None


def in_catalogue(stage: Stage, reward: str = "towel", pieces: int = 1, limit: int = 0) -> None:
    """Costs 5, and so many are there; the stock lies in two buckets."""
    stage.does(Offers(reward, 5, limit=limit))
    left = model.rewards(stage.world.state)[reward].left
    if KINDS[reward] == ("goods", True) and pieces != left:
        stage.does(Move("stock-for-the-scene", reward, pieces - left))


def save_scene(stage: Stage) -> Offers:
    """Two say something else at once."""
    in_catalogue(stage)
    stage.rival = Offers("towel", 7)
    return Offers("towel", 6)


def first_save_scene(stage: Stage) -> Offers:
    stage.rival = Offers("mug", 7)
    return Offers("mug", 6)


def move_scene(stage: Stage) -> Move:
    """Two take from the shelf what lies there once."""
    in_catalogue(stage, pieces=3)
    stage.rival = Move("stock-rival", "towel", -2)
    return Move("stock-0001", "towel", -2)


def put_scene(stage: Stage) -> Move:
    in_catalogue(stage)
    stage.rival = Move("stock-rival", "towel", 90)
    return Move("stock-0001", "towel", 60)


def bring_scene(stage: Stage) -> Bring:
    """One of the codes comes from both sides."""
    in_catalogue(stage, "month")
    stage.rival = Bring("stock-rival", "month", ("x1", "x2"))
    return Bring("stock-0001", "month", ("x2", "x3"))


def see_scene(stage: Stage) -> SeeReward:
    in_catalogue(stage, pieces=3)
    stage.rival = Move("stock-rival", "towel", -2)
    return SeeReward("towel")


def see_codes_scene(stage: Stage) -> SeeReward:
    in_catalogue(stage, "month")
    stage.rival = Bring("stock-rival", "month", ("x1",))
    return SeeReward("month")


def list_scene(stage: Stage) -> SeeRewards:
    in_catalogue(stage)
    stage.rival = Offers("towel", 7)
    return SeeRewards()


def choices_scene(stage: Stage) -> SeeChoices:
    human = a_fan(stage)
    in_catalogue(stage)
    stage.rival = Offers("towel", 5, shown=False)
    return SeeChoices(human.tokens["wx"])


def reward_is_written(world: World, state: State, change: Change) -> None:
    name = change.key[1].removeprefix("R#")
    expected, item = model.rewards(state).get(name), change.after or {}
    seen = (observe.number(item, "points"), observe.number(item, "stock"), item["is_shown"]["BOOL"])
    if expected is None or seen != (expected.offer.points, expected.stock, expected.offer.shown):
        raise Broken("a reward is as the model says", f"{name}: {seen}, expected {expected}")


def no_bucket_is_below_nothing(world: World, state: State, change: Change) -> None:
    """Invariant 14: a bucket stands at minus what is left."""
    if change.thing_id.startswith("stock#") and observe.number(change.after or {}, "n") > 0:
        raise Broken("no bucket gives what it has not", f"{change.thing_id}: {change.after}")


def stock_adds_up(world: World) -> Iterator[str]:
    """Invariant 14: what is left in the buckets, or in codes, is what the model says."""
    left: dict[str, int] = {}
    for (pk, _), item in world.cloud.storage.items():
        _, tenant, kind, *rest = pk.split("#")
        if tenant != world.house.tenant_id:
            continue
        if kind == "W" and rest[0] == "stock":
            left[rest[1]] = left.get(rest[1], 0) - observe.number(item, "n")
        if kind == "RC" and observe.text(item, "kind") == "code":
            left[rest[0]] = left.get(rest[0], 0) + 1
    for name, reward in model.rewards(world.state).items():
        if reward.offer.counted and left.get(name, 0) != reward.left:
            yield f"{left.get(name, 0)} left of {name}, expected {reward.left}"


AREA = Area(
    "rewards",
    draws=((3, draw_staff), (1, draw_choices)),
    scenarios={
        "save a reward": save_scene,
        "save a new reward": first_save_scene,
        "take stock away": move_scene,
        "put stock": put_scene,
        "add codes": bring_scene,
        "see a reward": see_scene,
        "see codes": see_codes_scene,
        "see the catalogue": list_scene,
        "see choices": choices_scene,
    },
    comparisons={"reward": reward_is_written, "counter": no_bucket_is_below_nothing},
    promises={"stock adds up": stock_adds_up},
)
