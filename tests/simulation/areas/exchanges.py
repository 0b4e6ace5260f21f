"""Points for rewards: exchanged, handed over, taken back."""

from collections.abc import Iterator, Mapping
from functools import partial
from random import Random
from typing import Any, ClassVar

from msgspec.structs import asdict, replace

from domain.money import Points
from domain.points.model import EntryRef
from domain.reward.exchange import Exchanged, ExchangeReward, ExchangeWish, exchanged_from
from domain.reward.finish import Finished, FulfilExchange, RefundExchange, finished_from
from domain.unit_of_work import RequestKey
from tests.simulation import callers, observe
from tests.simulation.area import Area
from tests.simulation.areas.coupons import Redeem
from tests.simulation.areas.issuing import hear_of
from tests.simulation.areas.joining import a_fan, enter
from tests.simulation.areas.merges import one_person
from tests.simulation.areas.points import a_usable_order, an_order
from tests.simulation.areas.rewards import Bring, Offers, in_catalogue
from tests.simulation.areas.templates import Say
from tests.simulation.areas.undoing import Undo
from tests.simulation.callers import OFFICE, TILL, ForOneself
from tests.simulation.cloud import Change
from tests.simulation.giving import fits, fitting
from tests.simulation.keyed import remember, remembered
from tests.simulation.merchant import COUPONS
from tests.simulation.minting import new_code, versions
from tests.simulation.model import rewards as model
from tests.simulation.model.state import Programme, Refused, State, Verdict, without_effect
from tests.simulation.process import Process
from tests.simulation.requests import Broken, Moment, Operation
from tests.simulation.stage import Stage
from tests.simulation.world import World


class Swap(ForOneself, frozen=True):
    """Somebody wants a reward for what it was said to cost."""

    name: ClassVar[str] = "exchange"
    use_case: ClassVar[type] = ExchangeReward
    is_once: ClassVar[bool] = True
    key: str
    reward: str
    points: int

    def call(self, process: Process) -> Exchanged:
        return self.ask(process)

    def ask(self, process: Process, *, dry_run: bool = False) -> Exchanged:
        actor = callers.person(process, self.token)
        key = RequestKey(actor.caller, self.key, f"{self.reward} {self.points}", exchanged_from)
        wish = ExchangeWish(actor.member_id, self.reward, Points(self.points), key)
        return process.services.exchange_reward(actor, wish, dry_run=dry_run)

    def expect(self, state: State, moment: Moment) -> Verdict:
        known = remembered(state, moment, self.key)
        if known:
            return known
        member = self.actor(state, moment)
        if not member:
            return Refused("identity-moved")
        now = model.rewards(state).get(self.reward)
        if now is None:
            return Refused("reward-not-found")
        offers = [now.offer]
        if moment.commit is not None:  # What staff said since the try began may not have been read.
            views = (model.rewards(each).get(self.reward) for each in moment.states)
            offers += [view.offer for view in views if view]
        verdicts = [
            fitting(state, moment, partial(self._under, state, moment, member, offer)) for offer in offers
        ]
        found = next((each for each in verdicts if fits(each, moment)), verdicts[0])
        return remember(found, moment, self.key)

    def _under(
        self, state: State, moment: Moment, member: str, offer: model.Offer, programme: Programme
    ) -> Verdict:
        version = versions(state, moment, model.TREAT)[0]
        coupon = (new_code(moment), version)
        return model.exchange(state, member, self.reward, offer, self.points, programme, moment.now, coupon)

    def facts(self, answer: Exchanged) -> Mapping[str, Any]:
        return {
            "member": answer.exchange_id.partition(":")[0],
            "points": answer.points.count,
            "entry": answer.entry_sequence,
            "balance": answer.balance.count,
        }

    def learn(self, world: World, answer: Exchanged) -> None:
        world.memory["exchanges"].append(answer.exchange_id)
        if answer.coupon_code is not None:
            hear_of(world, answer.coupon_code)


class TrySwap(Swap, frozen=True):
    """The same without effect."""

    name: ClassVar[str] = "try an exchange"
    is_once: ClassVar[bool] = False

    def call(self, process: Process) -> Exchanged:
        return self.ask(process, dry_run=True)

    def expect(self, state: State, moment: Moment) -> Verdict:
        return without_effect(Swap(**asdict(self)).expect(state, moment), state)

    def learn(self, world: World, answer: Exchanged) -> None:
        """Nothing happened."""


class HandOver(Operation, frozen=True):
    """The till hands over what was exchanged."""

    name: ClassVar[str] = "fulfil"
    use_case: ClassVar[type] = FulfilExchange
    is_once: ClassVar[bool] = True
    key: str
    exchange: str

    def call(self, process: Process) -> Finished:
        actor = callers.signed(process, TILL, self.exchange)
        key = RequestKey(actor.caller, self.key, f"fulfil {self.exchange}", finished_from)
        return process.services.fulfil_exchange(actor, EntryRef.parse(self.exchange), "east", key)

    def expect(self, state: State, moment: Moment) -> Verdict:
        known = remembered(state, moment, self.key)
        return known or remember(model.fulfil(state, self.exchange), moment, self.key)

    def facts(self, answer: Finished) -> Mapping[str, Any]:
        return {"state": answer.state.value}


class TakeBack(Operation, frozen=True):
    """Staff takes an exchange back."""

    name: ClassVar[str] = "refund an exchange"
    use_case: ClassVar[type] = RefundExchange
    is_once: ClassVar[bool] = True
    key: str
    exchange: str

    def call(self, process: Process) -> Finished:
        actor: Any = callers.signed(process, OFFICE, self.exchange)
        key = RequestKey(actor.caller, self.key, f"refund {self.exchange}", finished_from)
        return process.services.refund_exchange(actor, EntryRef.parse(self.exchange), key)

    def expect(self, state: State, moment: Moment) -> Verdict:
        known = remembered(state, moment, self.key)
        if known:
            return known
        ask = partial(self._under, state, moment)
        return remember(fitting(state, moment, ask), moment, self.key)

    def _under(self, state: State, moment: Moment, programme: Programme) -> Verdict:
        return model.refund(state, self.exchange, programme, moment.now)

    def facts(self, answer: Finished) -> Mapping[str, Any]:
        return {
            "state": answer.state.value,
            "points": answer.points.count,
            "entry": answer.entry_sequence,
            "balance": answer.balance.count if answer.balance is not None else None,
        }


def draw_swap(world: World, chance: Random) -> Operation | None:
    found = world.somebody(chance)
    known = model.rewards(world.state)
    if found is None or not known:
        return None
    reward = chance.choice(sorted(known))
    points = known[reward].offer.points if chance.random() < 0.95 else 3
    kind = TrySwap if chance.random() < 0.15 else Swap
    return kind(found[2], f"swap-{chance.randrange(10**9):09}", reward, points)


def draw_finish(world: World, chance: Random) -> Operation | None:
    made = world.memory["exchanges"]
    if not made:
        return None
    exchange, key = chance.choice(made), f"finish-{chance.randrange(10**9):09}"
    return HandOver(key, exchange) if chance.random() < 0.35 else TakeBack(key, exchange)


def _rich(stage: Stage, number: int = 0) -> tuple[str, str]:
    """A token, and whose it is; the points can be used."""
    human = a_fan(stage, number) if number else a_fan(stage)
    stage.does(a_usable_order(stage, human.member_id))
    return human.tokens["wx"], human.member_id


def last_one_scene(stage: Stage) -> Swap:
    """Two want the last one."""
    token, _ = _rich(stage)
    other, _ = _rich(stage, 1)
    in_catalogue(stage)
    stage.rival = Swap(other, "swap-rival-00001", "towel", 5)
    return Swap(token, "swap-0000000001", "towel", 5)


def limited_scene(stage: Stage) -> Swap:
    """One for each person, from two phones at once."""
    token, _ = _rich(stage)
    in_catalogue(stage, pieces=5, limit=1)
    stage.rival = Swap(token, "swap-rival-00001", "towel", 5)
    return Swap(token, "swap-0000000001", "towel", 5)


def endless_scene(stage: Stage) -> Swap:
    """While it is hidden."""
    token, _ = _rich(stage)
    in_catalogue(stage, "wash")
    stage.rival = Offers("wash", 5, shown=False)
    return Swap(token, "swap-0000000001", "wash", 5)


def code_scene(stage: Stage) -> Swap:
    """Two want the last code."""
    token, _ = _rich(stage)
    other, _ = _rich(stage, 1)
    in_catalogue(stage, "month")
    stage.does(Swap(other, "swap-before-0001", "month", 5))
    stage.rival = Swap(other, "swap-rival-00001", "month", 5)
    return Swap(token, "swap-0000000001", "month", 5)


def known_code_scene(stage: Stage) -> Bring:
    """A code is brought again while somebody gets it."""
    token, _ = _rich(stage)
    in_catalogue(stage, "month")
    stage.rival = Swap(token, "swap-rival-00001", "month", 5)
    return Bring("stock-0001", "month", ("c0", "c1", "c2"))


def try_scene(stage: Stage) -> TrySwap:
    return TrySwap(**asdict(last_one_scene(stage)))


def exchanged(stage: Stage) -> tuple[str, str]:
    token, member = _rich(stage)
    in_catalogue(stage, limit=1)
    entry = stage.does(Swap(token, "swap-0000000001", "towel", 5)).entry_sequence
    return token, f"{member}:{entry}"


def hand_over_scene(stage: Stage) -> HandOver:
    """While it is taken back."""
    _, exchange = exchanged(stage)
    stage.rival = TakeBack("finish-rival-001", exchange)
    return HandOver("finish-000000001", exchange)


def take_back_scene(stage: Stage) -> TakeBack:
    _, exchange = exchanged(stage)
    stage.rival = TakeBack("finish-rival-001", exchange)
    return TakeBack("finish-000000001", exchange)


def late_scene(stage: Stage) -> TakeBack:
    """The points are over by now, and somebody earns at that moment."""
    _, exchange = exchanged(stage)
    stage.wait(days=400)
    stage.rival = an_order(stage, exchange.partition(":")[0], number="rival")
    return TakeBack("finish-000000001", exchange)


def coupon_scene(stage: Stage) -> Swap:
    """While no more of these coupons are handed out."""
    token, _ = _rich(stage)
    in_catalogue(stage, "treat")
    stage.rival = Say(model.TREAT, replace(COUPONS[model.TREAT], stopped=True))
    return Swap(token, "swap-0000000001", "treat", 5)


def take_coupon_back_scene(stage: Stage) -> TakeBack:
    """While it is used at a till."""
    token, member = _rich(stage)
    in_catalogue(stage, "treat")
    done = stage.does(Swap(token, "swap-0000000001", "treat", 5))
    stage.rival = Redeem("redeem-rival-001", done.coupon_code, "K1", "east", 5000)
    return TakeBack("finish-000000001", f"{member}:{done.entry_sequence}")


def parted_scene(stage: Stage) -> TakeBack:
    """What somebody exchanged after a merge, which is undone at that moment."""
    human, merge_id = one_person(stage)
    stage.does(enter(stage.world, human, "wx", shared=False))
    member = stage.world.state.alive(human.member_id)
    in_catalogue(stage)
    stage.does(a_usable_order(stage, member))
    entry = stage.does(Swap(human.tokens["wx"], "swap-0000000001", "towel", 5)).entry_sequence
    stage.rival = Undo(merge_id)
    return TakeBack("finish-000000001", f"{member}:{entry}")


def exchange_is_written(world: World, state: State, change: Change) -> None:
    """As the model says; one that was made stays (invariants 8 and 10)."""
    name = f"{change.thing_id}:{int(change.key[1].removeprefix('EX#'))}"
    expected, item = model.exchanges(state).get(name), change.after or {}
    seen = (observe.text(item, "reward_id"), observe.number(item, "points"), observe.text(item, "state"))
    if expected is None or seen != (expected.reward, expected.points, expected.state):
        raise Broken("an exchange is as the model says", f"{name}: {seen}, expected {expected}")
    if (expected.kind == "virtual") != ("code" in item):
        raise Broken("a virtual reward comes with its code", name)
    if expected.coupon != observe.text(item, "coupon_code"):
        raise Broken("a coupon for points is named by its exchange", name)


def codes_are_given_once(world: World) -> Iterator[str]:
    """Nobody has the code of somebody else, and none of them still lies on the shelf."""
    ours = f"T#{world.house.tenant_id}#"
    given = [
        world.keyring.open(f"{pk}|{sk}|code", item["code"]["B"])
        for (pk, sk), item in world.cloud.storage.items()
        if pk.startswith(ours) and "code" in item and observe.text(item, "kind") in {"exchange", "code"}
    ]
    if len(set(given)) != len(given):
        yield f"{sorted(given)}"


AREA = Area(
    "exchanges",
    draws=((4, draw_swap), (2, draw_finish)),
    scenarios={
        "exchange for the last one": last_one_scene,
        "exchange within a limit": limited_scene,
        "exchange for what has no end": endless_scene,
        "exchange for a code": code_scene,
        "bring a code again": known_code_scene,
        "exchange for a coupon": coupon_scene,
        "take a coupon back": take_coupon_back_scene,
        "try an exchange": try_scene,
        "hand over": hand_over_scene,
        "take an exchange back": take_back_scene,
        "take back what is over": late_scene,
        "take back after a merge": parted_scene,
    },
    comparisons={"exchange": exchange_is_written},
    promises={"a code is somebody's once": codes_are_given_once},
)
