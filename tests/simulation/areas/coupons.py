"""Coupons at tills that take them by themselves; voided by staff, and over."""

from collections.abc import Iterator, Mapping
from random import Random
from typing import Any, ClassVar

from msgspec.structs import asdict

from domain.coupon.expire import Ended, ExpireCoupons
from domain.coupon.read import Shown
from domain.coupon.redeem import RedeemCoupon, Redeemed, RedeemWish, ReleaseRedemption, redeemed_from
from domain.coupon.void import VoidCoupon
from domain.money import Money
from domain.order.model import Line, OrderId, SaleChannel
from domain.unit_of_work import RequestKey
from tests.simulation import callers, observe
from tests.simulation.area import Area
from tests.simulation.areas.issuing import Claim, coupon_of
from tests.simulation.areas.joining import a_fan
from tests.simulation.areas.points import STORES
from tests.simulation.areas.templates import says
from tests.simulation.callers import OFFICE, TILL
from tests.simulation.cloud import Change
from tests.simulation.keyed import remember, remembered
from tests.simulation.model import coupons as model
from tests.simulation.model.state import NOTHING, Accepted, State, Verdict, without_effect
from tests.simulation.process import Process
from tests.simulation.requests import Broken, Moment, Operation
from tests.simulation.stage import Stage
from tests.simulation.world import World


class Redeem(Operation, frozen=True):
    """A till takes a coupon for an order."""

    name: ClassVar[str] = "redeem"
    use_case: ClassVar[type] = RedeemCoupon
    is_once: ClassVar[bool] = True
    key: str
    code: str
    order: str
    store: str
    fen: int

    def call(self, process: Process) -> Redeemed:
        return self.ask(process)

    def ask(self, process: Process, *, dry_run: bool = False) -> Redeemed:
        text = f"{self.code} {self.order} {self.store} {self.fen}"
        actor = callers.signed(process, TILL, text)
        wish = RedeemWish(
            self.code,
            OrderId(self.store, self.order),
            self.store,
            SaleChannel.COUNTER,
            (Line("latte", "coffee", 1, Money(self.fen)),),
            RequestKey(actor.caller, self.key, text, redeemed_from),
        )
        return process.services.redeem_coupon(actor, wish, dry_run=dry_run)

    def expect(self, state: State, moment: Moment) -> Verdict:
        known = remembered(state, moment, self.key)
        if known:
            return known
        place = f"{self.store}/{self.order}"
        return remember(
            model.redeem(state, self.code, place, self.store, self.fen, moment.now), moment, self.key
        )

    def facts(self, answer: Redeemed) -> Mapping[str, Any]:
        return {"off": answer.off.fen, "to_pay": answer.to_pay.fen}

    def learn(self, world: World, answer: Redeemed) -> None:
        world.memory["redemptions"].append(self)


class TryRedeem(Redeem, frozen=True):
    """The same without effect."""

    name: ClassVar[str] = "try to redeem"
    is_once: ClassVar[bool] = False

    def call(self, process: Process) -> Redeemed:
        return self.ask(process, dry_run=True)

    def expect(self, state: State, moment: Moment) -> Verdict:
        return without_effect(Redeem(**asdict(self)).expect(state, moment), state)

    def learn(self, world: World, answer: Redeemed) -> None:
        """Nothing happened."""


class Unredeem(Operation, frozen=True):
    """The order fell through."""

    name: ClassVar[str] = "release a redemption"
    use_case: ClassVar[type] = ReleaseRedemption
    is_once: ClassVar[bool] = False
    code: str
    order: str
    store: str

    def call(self, process: Process) -> Shown:
        actor = callers.signed(process, TILL, self.code, once=True)
        order_id = OrderId(self.store, self.order)
        return process.services.release_redemption(actor, self.code, order_id, self.store)

    def expect(self, state: State, moment: Moment) -> Verdict:
        return model.release(state, self.code, f"{self.store}/{self.order}", moment.now)

    def facts(self, answer: Shown) -> Mapping[str, Any]:
        return {"state": answer.state.value}


class Void(Operation, frozen=True):
    """Staff takes a coupon out of use."""

    name: ClassVar[str] = "void"
    use_case: ClassVar[type] = VoidCoupon
    is_once: ClassVar[bool] = False
    code: str

    def call(self, process: Process) -> Shown:
        return self.ask(process)

    def ask(self, process: Process, *, dry_run: bool = False) -> Shown:
        actor: Any = callers.signed(process, OFFICE, self.code, once=True)
        return process.services.void_coupon(actor, self.code, None, dry_run=dry_run)

    def expect(self, state: State, moment: Moment) -> Verdict:
        return model.void(state, self.code, moment.now)

    def facts(self, answer: Shown) -> Mapping[str, Any]:
        return {"state": answer.state.value}


class TryVoid(Void, frozen=True):
    """The same without effect."""

    name: ClassVar[str] = "try to void"

    def call(self, process: Process) -> Shown:
        return self.ask(process, dry_run=True)

    def expect(self, state: State, moment: Moment) -> Verdict:
        return without_effect(super().expect(state, moment), state)


class ExpireAll(Operation, frozen=True):
    """The nightly job."""

    name: ClassVar[str] = "expire coupons"
    use_case: ClassVar[type] = ExpireCoupons
    is_once: ClassVar[bool] = False

    def call(self, process: Process) -> Ended:
        return process.services.expire_coupons(limit=100)

    def expect(self, state: State, moment: Moment) -> Verdict:
        if moment.commit is None:
            return Accepted(state)
        (coupon,) = moment.commit.of("coupon")
        return Accepted(model.expire(state, coupon.thing_id, moment.now))

    def facts(self, answer: Ended) -> Mapping[str, Any]:
        return NOTHING


def coupon_is_written(world: World, state: State, change: Change) -> None:
    """As the model says; it is never deleted (invariants 16 to 18)."""
    expected = model.coupons(state).get(change.thing_id)
    if change.after is None or expected is None:
        raise Broken("coupons come and stay", f"{change.thing_id}: {change.after}, expected {expected}")
    seen = observe.coupon(change.after, model.templates(state), expected)
    if seen != expected:
        raise Broken("a coupon is as the model says", f"{change.thing_id}: {seen}, expected {expected}")
    if any(not use.back for use in seen.uses[:-1]):
        raise Broken("a coupon pays one order at a time", f"{change.thing_id}: {seen.uses}")


def coupons_are_those_of_the_model(world: World) -> Iterator[str]:
    """Nothing is missing, nothing is there besides, and whatever had to be written was."""
    expected, templates = model.coupons(world.state), model.templates(world.state)
    stored = {pk.rpartition("#")[2]: item for (pk, _), item in world.stored("coupon")}
    yield from sorted(stored.keys() ^ expected.keys())
    for code in stored.keys() & expected.keys():
        seen = observe.coupon(stored[code], templates, expected[code])
        if seen != expected[code]:
            yield f"{code}: {seen}, expected {expected[code]}"


def limits_hold(world: World) -> Iterator[str]:
    """Invariant 15: the counters are what the coupons say, and of days what the model says."""
    counters: dict[tuple[str, str, int], int] = {}
    for (pk, _), item in world.stored("counter"):
        _, _, _, what, *rest = pk.split("#")
        if what == "coupon-limit":
            template, owner, *day = rest
            counters[template, owner, int(day[0]) if day else 0] = observe.number(item, "n")
    expected = {place: n for place, n in world.state.areas.get(model.LIMITS, {}).items() if place[2]}
    for each in model.coupons(world.state).values():
        if each.limited and each.state != "void":
            place = each.template, each.owner, 0
            expected[place] = expected.get(place, 0) + 1
    # A coupon that was given away counts for whoever gave it.
    for place in counters.keys() | expected.keys():
        if counters.get(place, 0) != expected.get(place, 0):
            yield f"{place}: {counters.get(place, 0)} counted, {expected.get(place, 0)} there"


def nothing_is_over(world: World) -> Iterator[str]:
    """Once the job has run, nothing live is over (liveness)."""
    for code, coupon in model.coupons(world.state).items():
        if coupon.state in model.LIVE and coupon.state_at(world.now_ms) == "expired":
            yield f"{code}: {coupon}"


def some_code(world: World, chance: Random) -> str:
    codes: list[Any] = world.memory["coupons"]
    return chance.choice(codes) if codes else ""


def draw_redeem(world: World, chance: Random) -> Operation | None:
    code = some_code(world, chance)
    if not code:
        return None
    done: list[Any] = world.memory["redemptions"]
    if done and chance.random() < 0.3:
        again = chance.choice(done)
        return Unredeem(again.code, again.order, again.store)
    key, order = f"redeem-{chance.randrange(10**9):09}", f"K{chance.randrange(6)}"
    kind = TryRedeem if chance.random() < 0.15 else Redeem
    return kind(key, code, order, chance.choice(STORES), chance.choice((700, 2000, 9999)))


def draw_void(world: World, chance: Random) -> Operation | None:
    code = some_code(world, chance)
    if not code:
        return None
    return TryVoid(code) if chance.random() < 0.2 else Void(code)


def draw_expire(world: World, chance: Random) -> ExpireAll:
    return ExpireAll()


def redeem_scene(stage: Stage) -> Redeem:
    """At two tills at once."""
    code = coupon_of(stage, a_fan(stage).member_id)
    stage.rival = Redeem("redeem-rival-001", code, "K2", "west", 5000)
    return Redeem("redeem-000000001", code, "K1", "east", 5000)


def last_day_scene(stage: Stage) -> Redeem:
    """Half an hour before it is over; the job runs at that moment."""
    code = coupon_of(stage, a_fan(stage).member_id)
    stage.wait(days=29)
    stage.rival = ExpireAll()
    return Redeem("redeem-000000001", code, "K1", "east", 5000)


def other_store_scene(stage: Stage) -> TryRedeem:
    """For one store only; it is voided at that moment."""
    says(stage, "eight", store="east")
    code = coupon_of(stage, a_fan(stage).member_id)
    stage.rival = Void(code)
    return TryRedeem("redeem-000000001", code, "K1", "east", 5000)


def release_scene(stage: Stage) -> Unredeem:
    code = coupon_of(stage, a_fan(stage).member_id)
    stage.does(Redeem("redeem-000000001", code, "K1", "east", 5000))
    stage.rival = Unredeem(code, "K1", "east")
    return Unredeem(code, "K1", "east")


def again_scene(stage: Stage) -> Redeem:
    """What came back is used for another order, and staff voids it at that moment."""
    stage.does(release_scene(stage))
    code = stage.world.memory["coupons"][0]
    stage.rival = Void(code)
    return Redeem("redeem-000000002", code, "K3", "east", 2000)


def void_scene(stage: Stage) -> Void:
    """Its piece and its place within the limit are free again."""
    code = coupon_of(stage, a_fan(stage).member_id, "rate")
    stage.rival = Void(code)
    return Void(code)


def void_same_day_scene(stage: Stage) -> Void:
    """Of those that one may have on a day, one is voided that day, and claimed anew at that moment."""
    human = a_fan(stage)
    claimed = stage.does(Claim(human.tokens["wx"], "claim-000000001", "", "HELLO"))
    stage.rival = Claim(human.tokens["wx"], "claim-rival-0001", "", "HELLO")
    return Void(claimed.code)


def try_void_scene(stage: Stage) -> TryVoid:
    code = coupon_of(stage, a_fan(stage).member_id)
    stage.rival = Redeem("redeem-rival-001", code, "K2", "west", 5000)
    return TryVoid(code)


def expire_scene(stage: Stage) -> ExpireAll:
    """Two are over, one of them was used up before; staff voids one at that moment."""
    member = a_fan(stage).member_id
    codes = [coupon_of(stage, member) for _ in range(3)]
    stage.does(Redeem("redeem-000000001", codes[0], "K1", "east", 5000))
    stage.wait(days=31)
    stage.rival = Void(codes[1])
    return ExpireAll()


AREA = Area(
    "coupons",
    draws=((4, draw_redeem), (1, draw_void), (1, draw_expire)),
    jobs=(ExpireAll,),
    scenarios={
        "redeem a coupon": redeem_scene,
        "redeem a coupon on its last day": last_day_scene,
        "try to redeem a coupon": other_store_scene,
        "release a redemption": release_scene,
        "redeem a coupon again": again_scene,
        "void a coupon": void_scene,
        "void a coupon on its day": void_same_day_scene,
        "try to void a coupon": try_void_scene,
        "expire coupons": expire_scene,
    },
    comparisons={"coupon": coupon_is_written},
    promises={
        "coupons are those of the model": coupons_are_those_of_the_model,
        "limits of coupons hold": limits_hold,
        "coupons that are over are ended": nothing_is_over,
    },
)
