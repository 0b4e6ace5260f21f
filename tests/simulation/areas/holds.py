"""Bills that are held while their guests pay."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, ClassVar

from msgspec.structs import asdict, replace

from domain.checkout.counter import Wish
from domain.checkout.hold import HoldCheckout, HoldRequest, Released, ReleaseHold, ReleaseHolds
from domain.checkout.model import Hold
from domain.member.find import Reference, ReferenceKind
from domain.money import Points
from domain.order.model import OrderId
from tests.simulation import callers, observe
from tests.simulation.area import Area
from tests.simulation.areas.checkout import (
    Complete,
    a_bill,
    basket_of,
    draw_checkout,
    guest,
    paying,
    worth_something,
)
from tests.simulation.areas.coupons import Redeem
from tests.simulation.areas.issuing import coupon_of
from tests.simulation.areas.points import an_order
from tests.simulation.callers import TILL
from tests.simulation.cloud import Change
from tests.simulation.giving import fits, fitting
from tests.simulation.minting import views
from tests.simulation.model import checkout as model
from tests.simulation.model import coupons
from tests.simulation.model.state import NOTHING, Accepted, Programme, Refused, State, Verdict, without_effect
from tests.simulation.process import Process
from tests.simulation.requests import Broken, Moment, Operation
from tests.simulation.stage import Stage
from tests.simulation.world import World

MINUTE = 60_000


class KeepFor(Operation, frozen=True):
    """A till holds what shall pay a bill, for so many minutes."""

    name: ClassVar[str] = "hold a checkout"
    use_case: ClassVar[type] = HoldCheckout
    is_once: ClassVar[bool] = False
    bill: Complete
    minutes: int = 15

    @property
    def fingerprint(self) -> str:
        bill = self.bill
        return f"{bill.store} {bill.whole} {bill.codes} {bill.spent} {bill.by} {bill.value} {self.minutes}"

    def call(self, process: Process) -> Hold:
        return self.ask(process)

    def ask(self, process: Process, *, dry_run: bool = False) -> Hold:
        actor, bill = callers.signed(process, TILL, self.fingerprint, once=dry_run), self.bill
        request = HoldRequest(
            order_id=OrderId(bill.store, bill.number),
            basket=basket_of(bill.bill, bill.number),
            wish=Wish(Reference(ReferenceKind(bill.by), bill.value), bill.codes, Points(bill.spent)),
            minutes=self.minutes,
            fingerprint=self.fingerprint,
        )
        return process.services.hold_checkout(actor, request, dry_run=dry_run)

    def expect(self, state: State, moment: Moment) -> Verdict:
        """Nothing but the coupons and the account is held to: who they are may have been read before."""
        verdicts = [self._seen_by(state, view, moment) for view in views(state, moment)]
        return next((each for each in verdicts if self._is_written(each, moment)), verdicts[0])

    def _seen_by(self, state: State, view: State, moment: Moment) -> Verdict:
        if not self.bill.codes and not self.bill.spent:
            return Refused("invalid-input")
        known = model.holds(state).get(self.bill.place)
        if self.bill.place in state.orders and (known is None or known.state == "released"):
            return Refused("order-number-reused")
        asked = self.bill._member(view)
        if asked is None and (known is None or known.state == "released"):
            return Refused("member-not-found")
        member = view.alive(asked) if asked else ""
        ids = coupons.ids_of(view, member)

        def under(programme: Programme) -> Verdict:
            return model.hold(
                state, self.bill.bill, member, self._until(moment.now), self.fingerprint, programme,
                moment.now, ids,
            )  # fmt: skip

        return fitting(state, moment, under, cached=True)

    def _until(self, now: int) -> Any:
        def until(day: int) -> int:
            return end_of(day) if day else now + self.minutes * MINUTE

        return until

    @staticmethod
    def _is_written(verdict: Verdict, moment: Moment) -> bool:
        if moment.commit is None:
            return True
        (hold,) = moment.commit.of("hold")
        return fits(verdict, moment) and isinstance(verdict, Accepted) and _is_as_stored(verdict.state, hold)

    def facts(self, answer: Hold) -> Mapping[str, Any]:
        return hold_facts(answer)

    def learn(self, world: World, answer: Hold) -> None:
        world.memory["holds"].append(self.bill)


def end_of(day: int) -> int:
    """The instant at which it is over in Shanghai."""
    start = datetime(day // 10_000, day // 100 % 100, day % 100, tzinfo=UTC) - timedelta(hours=8)
    return int((start + timedelta(days=1)).timestamp() * 1000)


def hold_facts(answer: Hold) -> Mapping[str, Any]:
    return {"member": answer.member_id, "to_pay": answer.to_pay.fen, "state": answer.state.value}


class TryKeepFor(KeepFor, frozen=True):
    """The same without effect."""

    name: ClassVar[str] = "try to hold a checkout"

    def call(self, process: Process) -> Hold:
        return self.ask(process, dry_run=True)

    def expect(self, state: State, moment: Moment) -> Verdict:
        return without_effect(super().expect(state, moment), state)

    def explains(self, state: State, moment: Moment, facts: Mapping[str, Any]) -> bool:
        seen = [replace(state, programmes=each.programmes, people=each.people) for each in moment.states]
        return self.is_true_in((state, *seen), moment, facts)

    def learn(self, world: World, answer: Hold) -> None:
        """Nothing happened."""


class LetGo(Operation, frozen=True):
    """The guest pays otherwise."""

    name: ClassVar[str] = "release a hold"
    use_case: ClassVar[type] = ReleaseHold
    is_once: ClassVar[bool] = False
    number: str
    store: str

    def call(self, process: Process) -> Hold:
        actor = callers.signed(process, TILL, self.number, once=True)
        return process.services.release_hold(actor, OrderId(self.store, self.number), self.store)

    def expect(self, state: State, moment: Moment) -> Verdict:
        place = f"{self.store}/{self.number}"
        return fitting(
            state, moment, lambda each: model.release(state, place, self.store, each, moment.now), cached=True
        )

    def facts(self, answer: Hold) -> Mapping[str, Any]:
        return hold_facts(answer)


class LetGoAll(Operation, frozen=True):
    """The job."""

    name: ClassVar[str] = "release holds"
    use_case: ClassVar[type] = ReleaseHolds
    is_once: ClassVar[bool] = False

    def call(self, process: Process) -> Released:
        return process.services.release_holds(limit=100)

    def expect(self, state: State, moment: Moment) -> Verdict:
        if moment.commit is None:
            return Accepted(state)
        (change,) = moment.commit.of("hold")
        place = change.thing_id.replace("#", "/", 1)
        found = model.holds(state)[place]
        if moment.now < found.until:
            return Refused("it lasts")
        store = found.bill.store
        return fitting(
            state, moment, lambda each: model.release(state, place, store, each, moment.now), cached=True
        )

    def facts(self, answer: Released) -> Mapping[str, Any]:
        return NOTHING


def draw_hold(world: World, chance: Random) -> Operation | None:
    held: list[Any] = world.memory["holds"]
    kind = chance.choice(("hold", "hold", "complete", "release", "job"))
    if kind == "job":
        return LetGoAll()
    if kind == "hold" or not held:
        bill = draw_checkout(world, chance)
        if bill is None:
            return None
        bill = Complete(**asdict(bill))
        again = replace(bill, number=chance.choice(held).number) if held and chance.random() < 0.1 else bill
        how = TryKeepFor if chance.random() < 0.1 else KeepFor
        return how(again, chance.choice((1, 15, 120)))
    bill = chance.choice(held[-3:])
    if kind == "release":
        return LetGo(bill.number, bill.store)
    return paying(world, replace(bill, is_held=True, paid_at=world.now_ms // 1000 * 1000))


def _held(stage: Stage) -> Complete:
    member, code = guest(stage)
    bill = a_bill(stage.world, member, codes=(code,), spent=worth_something(stage, 7))
    stage.does(KeepFor(bill))
    return bill


def hold_scene(stage: Stage) -> KeepFor:
    """The coupon is used elsewhere at that moment."""
    member, code = guest(stage)
    stage.rival = Redeem("redeem-rival-001", code, "K2", "west", 5000)
    return KeepFor(a_bill(stage.world, member, codes=(code,), spent=worth_something(stage, 7)))


def paid_scene(stage: Stage) -> KeepFor:
    """The order is paid at that moment, without what would be held."""
    member, code = guest(stage)
    stage.rival = a_bill(stage.world, member)
    return KeepFor(a_bill(stage.world, member, codes=(code,)))


def beside_scene(stage: Stage) -> Complete:
    """A coupon is held for the order at the moment at which it is paid without."""
    member, code = guest(stage)
    bill = a_bill(stage.world, member)
    stage.rival = KeepFor(replace(bill, codes=(code,)))
    return bill


def let_go_scene(stage: Stage) -> Complete:
    """It was held and let go, and is held anew at the moment at which it is paid as if nothing was."""
    bill = _held(stage)
    stage.does(LetGo(bill.number, bill.store))
    stage.rival = KeepFor(bill)
    return bill


def over_again_scene(stage: Stage) -> KeepFor:
    """The same again once it is over; the job runs at that moment."""
    bill = _held(stage)
    stage.wait(minutes=20)
    stage.rival = LetGoAll()
    return KeepFor(bill)


def last_day_scene(stage: Stage) -> KeepFor:
    """Half an hour before the coupon is over, for two hours; another till does the same."""
    member, code = guest(stage)
    stage.wait(days=29)
    bill = a_bill(stage.world, member, codes=(code,))
    stage.rival = KeepFor(bill, 120)
    return KeepFor(bill, 120)


def hold_again_scene(stage: Stage) -> KeepFor:
    """It was released before; two tills hold it again."""
    bill = _held(stage)
    stage.does(LetGo(bill.number, bill.store))
    stage.rival = KeepFor(bill, 30)
    return KeepFor(bill)


def try_scene(stage: Stage) -> TryKeepFor:
    member, code = guest(stage)
    bill = a_bill(stage.world, member, codes=(code,), spent=worth_something(stage, 7))
    stage.rival = KeepFor(bill)
    return TryKeepFor(bill)


def complete_scene(stage: Stage) -> Complete:
    """While it is released."""
    bill = _held(stage)
    stage.rival = LetGo(bill.number, bill.store)
    return paying(stage.world, replace(bill, is_held=True))


def over_scene(stage: Stage) -> Complete:
    """The hold is over, and the job runs."""
    bill = _held(stage)
    stage.wait(minutes=20)
    stage.rival = LetGoAll()
    paid_at = stage.world.now_ms // 1000 * 1000
    return paying(stage.world, replace(bill, is_held=True, paid_at=paid_at))


def release_scene(stage: Stage) -> LetGo:
    """While it is completed."""
    bill = _held(stage)
    stage.rival = paying(stage.world, replace(bill, is_held=True))
    return LetGo(bill.number, bill.store)


def job_scene(stage: Stage) -> LetGoAll:
    """Two are over, and somebody earns at that moment."""
    bill = _held(stage)
    other = coupon_of(stage, bill.value)
    stage.does(KeepFor(a_bill(stage.world, bill.value, codes=(other,), number="C9")))
    stage.wait(minutes=20)
    stage.rival = an_order(stage, bill.value, number="rival")
    return LetGoAll()


def anew_scene(stage: Stage) -> LetGoAll:
    """One is over; it is held anew while the job has it on its list."""
    bill = _held(stage)
    stage.wait(minutes=20)
    stage.rival = KeepFor(bill, 120)
    return LetGoAll()


def hold_is_written(world: World, state: State, change: Change) -> None:
    if not _is_as_stored(state, change):
        place = change.thing_id.replace("#", "/", 1)
        raise Broken(
            "a hold is as the model says", f"{change.after}, expected {model.holds(state).get(place)}"
        )


def _is_as_stored(state: State, change: Change) -> bool:
    expected, item = model.holds(state).get(change.thing_id.replace("#", "/", 1)), change.after
    if expected is None or item is None:
        return False
    pairs = (
        (observe.text(item, "member_id"), expected.member),
        (observe.text(item, "state"), expected.state),
        (observe.number(item, "points"), expected.bill.points),
        (observe.number(item, "entry_sequence"), expected.entry),
        (observe.number(item, "to_pay_fen"), expected.to_pay),
        (observe.number(item, "until"), expected.until),
        (tuple(observe.list_of(item, "coupon_codes")), expected.bill.codes),
    )
    return all(seen == wanted for seen, wanted in pairs)


def nothing_is_left_held(world: World) -> Iterator[str]:
    """Once the job has run, nothing is held that is over (liveness)."""
    for place, hold in model.holds(world.state).items():
        if hold.state == "open" and hold.until <= world.now_ms - 2 * MINUTE:
            yield f"{place}: {hold}"


AREA = Area(
    "holds",
    draws=((4, draw_hold),),
    jobs=(LetGoAll,),
    scenarios={
        "hold a checkout": hold_scene,
        "hold a checkout on a coupon's last day": last_day_scene,
        "hold a checkout again": hold_again_scene,
        "hold what is over": over_again_scene,
        "hold what is paid": paid_scene,
        "complete beside a hold": beside_scene,
        "complete what was let go": let_go_scene,
        "try to hold a checkout": try_scene,
        "complete what is held": complete_scene,
        "complete what was held": over_scene,
        "release a hold": release_scene,
        "release holds": job_scene,
        "release a hold that was made anew": anew_scene,
    },
    comparisons={"hold": hold_is_written},
    promises={"what was held is released": nothing_is_left_held},
)
