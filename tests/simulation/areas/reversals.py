"""Checkouts that go back, whole or in part."""

from collections.abc import Iterator, Mapping
from random import Random
from typing import Any, ClassVar

from msgspec.structs import asdict, replace

from domain.checkout.read import Checkout, ReadCheckout
from domain.checkout.reverse import ReversalRequest, ReverseCheckout
from domain.money import Money
from domain.order.model import OrderId, Refund
from tests.simulation import callers
from tests.simulation.area import Area
from tests.simulation.areas.checkout import a_bill, guest, paying, worth_something
from tests.simulation.areas.coupons import Redeem, Unredeem
from tests.simulation.areas.holds import KeepFor
from tests.simulation.areas.issuing import coupon_of
from tests.simulation.areas.joining import enter
from tests.simulation.areas.merges import merge_ids
from tests.simulation.areas.points import a_usable_order, an_order, instant
from tests.simulation.areas.refunds import GiveBack
from tests.simulation.areas.templates import Say, says
from tests.simulation.areas.undoing import Undo
from tests.simulation.callers import TILL
from tests.simulation.giving import fitting
from tests.simulation.merchant import COUPONS
from tests.simulation.model import checkout as model
from tests.simulation.model import coupons
from tests.simulation.model.state import Accepted, Programme, Refused, State, Verdict, without_effect
from tests.simulation.process import Process
from tests.simulation.requests import Moment, Operation
from tests.simulation.stage import Stage
from tests.simulation.world import World


class Reverse(GiveBack, frozen=True):
    """A till takes a checkout back, whole (0) or so much of it."""

    name: ClassVar[str] = "reverse a checkout"
    use_case: ClassVar[type] = ReverseCheckout
    fen: int = 0

    @property
    def fingerprint(self) -> str:
        return f"{self.store} {self.fen} {self.at}"

    def ask(self, process: Process, *, dry_run: bool = False) -> Refund:
        actor = callers.signed(process, TILL, self.fingerprint)
        request = ReversalRequest(
            order_id=OrderId(self.store, self.order.number),
            store_id=self.store,
            number=self.number,
            amount=Money(self.fen) if self.fen else None,
            refunded_at=instant(self.at),
            fingerprint=self.fingerprint,
        )
        return process.services.reverse_checkout(actor, request, dry_run=dry_run)

    def expect(self, state: State, moment: Moment) -> Verdict:
        place = f"{self.store}/{self.order.number}"
        refusal = self._refusal(state, moment, place)
        known = state.refunds.get(f"{place}/{self.number}")
        if known is not None:
            same = known["fingerprint"] == self.fingerprint
            return Accepted(state, known["facts"]) if same else Refused("refund-number-reused")
        if refusal:
            return Refused(refusal)

        def under(programme: Programme) -> Verdict:
            return model.reverse(state, place, self.number, self.fen, self.fingerprint, programme, moment.now)

        return fitting(state, moment, under)

    def _refusal(self, state: State, moment: Moment, place: str) -> str:
        order = state.orders.get(place)
        if self.at // 1000 * 1000 > moment.now + 300_000:
            return "invalid-input"
        if order is None:
            return "order-not-found"
        if self.at // 1000 < order.paid_at // 1000:
            return "invalid-input"
        return "" if order.tender else "order-not-checked-out"

    def learn(self, world: World, answer: Refund) -> None:
        world.memory["reversals"].append(self)

    def facts(self, answer: Refund) -> Mapping[str, Any]:
        return {
            **super().facts(answer),
            "given": answer.given_back.count,
            "parts": {each.method.value: each.amount.fen for each in answer.payments},
            "coupons": frozenset(answer.coupons),
        }


class TryReverse(Reverse, frozen=True):
    """The same without effect."""

    name: ClassVar[str] = "try a reversal"
    is_once: ClassVar[bool] = False

    def call(self, process: Process) -> Refund:
        return self.ask(process, dry_run=True)

    def expect(self, state: State, moment: Moment) -> Verdict:
        return without_effect(Reverse(**asdict(self)).expect(state, moment), state)

    def explains(self, state: State, moment: Moment, facts: Mapping[str, Any]) -> bool:
        views = [replace(state, programmes=each.programmes, people=each.people) for each in moment.states]
        return self.is_true_in((state, *views), moment, facts)

    def learn(self, world: World, answer: Refund) -> None:
        """Nothing happened."""


class SeeCheckout(Operation, frozen=True):
    """A till that was cut off asks where a bill stands."""

    name: ClassVar[str] = "see a checkout"
    use_case: ClassVar[type] = ReadCheckout
    is_once: ClassVar[bool] = False
    number: str
    store: str

    def call(self, process: Process) -> Checkout:
        actor = callers.signed(process, TILL, self.number, once=True)
        return process.services.read_checkout(actor, OrderId(self.store, self.number), self.store)

    def expect(self, state: State, moment: Moment) -> Verdict:
        return self._seen(state, state)

    def _seen(self, ordered: State, held: State) -> Verdict:
        """The two are read one after the other."""
        place = f"{self.store}/{self.number}"
        order, hold = ordered.orders.get(place), model.holds(held).get(place)
        if order is None and hold is None:
            return Refused("order-not-found")
        if order is not None and order.tender is None:
            return Refused("order-not-checked-out")
        left = sum(order.payments.values()) - sum(order.refunded.values()) if order else 0
        return Accepted(
            ordered, {"left": left, "paid": order is not None, "hold": hold.state if hold else ""}
        )

    def explains(self, state: State, moment: Moment, facts: Mapping[str, Any]) -> bool:
        views = (*moment.states, state)
        verdicts = (self._seen(one, other) for one in views for other in views)
        return any(isinstance(each, Accepted) and dict(each.facts) == facts for each in verdicts)

    def facts(self, answer: Checkout) -> Mapping[str, Any]:
        left = sum(each.amount.fen for each in answer.left)
        hold = answer.hold.state.value if answer.hold else ""
        return {"left": left, "paid": answer.order is not None, "hold": hold}


def draw_reverse(world: World, chance: Random) -> Operation | None:
    """Parts and wholes; sometimes of an order that was only reported, sometimes reported as a refund."""
    bills: list[Any] = world.memory["checkouts"]
    if not bills:
        return None
    known: list[Reverse] = world.memory["reversals"]
    if known and chance.random() < 0.1:
        again = chance.choice(known)
        return again if chance.random() < 0.5 else replace(again, fen=again.fen + 1)
    order = chance.choice(world.memory["orders"] or bills) if chance.random() < 0.05 else chance.choice(bills)
    fen = chance.choice((0, 0, 1, 333, order.fen // 2, order.fen))
    kind = chance.choice((Reverse, Reverse, Reverse, TryReverse))
    at = world.now_ms // 1000 * 1000
    if chance.random() < 0.1:
        return SeeCheckout(order.number, order.store)
    if chance.random() < 0.05:
        return GiveBack(order, f"V{chance.randrange(10**9)}", order.store, {"wechat_pay": 1}, at)
    return kind(order, f"V{chance.randrange(10**9)}", order.store, {}, at, fen=fen)


def _paid(stage: Stage) -> Reverse:
    member, code = guest(stage)
    bill = a_bill(stage.world, member, codes=(code,), spent=worth_something(stage, 7))
    stage.does(bill)
    return Reverse(bill, "V1", "east", {}, stage.world.now_ms // 1000 * 1000)


def part_scene(stage: Stage) -> Reverse:
    """Two take more than half of it back at once."""
    back = replace(_paid(stage), fen=3000)
    stage.rival = replace(back, number="V2")
    return back


def whole_scene(stage: Stage) -> Reverse:
    """The rest; the coupon that comes back is wanted at that moment."""
    back = _paid(stage)
    stage.does(replace(back, fen=1234))
    (code,) = back.order.codes  # type: ignore[attr-defined]
    stage.rival = Redeem("redeem-rival-001", code, "K2", "west", 5000)
    return replace(back, number="V2")


def late_scene(stage: Stage) -> Reverse:
    """The points that paid are over by now, and somebody earns at that moment."""
    back = _paid(stage)
    stage.wait(days=400)
    stage.rival = an_order(stage, back.order.value, number="rival")
    return replace(back, at=stage.world.now_ms // 1000 * 1000)


def kept_scene(stage: Stage) -> Reverse:
    """The template says that its coupons do not come back; it says otherwise at that moment."""
    says(stage, "eight", returns=False)
    back = _paid(stage)
    stage.rival = Say("eight", COUPONS["eight"])
    return back


def parted_scene(stage: Stage) -> Reverse:
    """One half held it, both paid it, and they were parted again: points go back to whose they were."""
    human = stage.human(2)
    for channel in ("wx", "wx-2"):
        stage.does(enter(stage.world, human, channel, shared=False))
    source = list(stage.world.state.people)[-1]
    stage.does(a_usable_order(stage, source))
    code = coupon_of(stage, source)
    bill = a_bill(stage.world, source, codes=(code,), spent=worth_something(stage, 7))
    stage.does(KeepFor(bill))
    for channel in ("wx", "wx-2"):
        stage.does(enter(stage.world, human, channel, shared=True))
    bill = paying(stage.world, replace(bill, is_held=True))
    stage.does(bill)
    stage.does(Undo(merge_ids(stage.world, "done")[-1]))
    stage.rival = an_order(stage, source, number="rival")
    return Reverse(bill, "V1", "east", {}, stage.world.now_ms // 1000 * 1000)


def at_the_till_scene(stage: Stage) -> Unredeem:
    """A till wants the coupon of a bill back, while the bill is taken back."""
    back = _paid(stage)
    stage.rival = back
    (code,) = back.order.codes  # type: ignore[attr-defined]
    return Unredeem(code, back.order.number, "east")


def see_scene(stage: Stage) -> SeeCheckout:
    """Held, and paid at that moment."""
    member, code = guest(stage)
    bill = a_bill(stage.world, member, codes=(code,))
    stage.does(KeepFor(bill))
    stage.rival = paying(stage.world, replace(bill, is_held=True))
    return SeeCheckout(bill.number, bill.store)


def try_scene(stage: Stage) -> TryReverse:
    back = part_scene(stage)
    return TryReverse(**asdict(back))


def parts_add_up(world: World) -> Iterator[str]:
    """What came back is never more than what was paid; a wholly refunded bill gave all points back."""
    for place, order in world.state.orders.items():
        if order.tender is None:
            continue
        whole = sum(order.refunded.values()) == sum(order.payments.values())
        if whole and order.tender.back != order.tender.points:
            yield f"{place}: {order.tender}"
        for code, off in order.tender.offs:
            uses = [use for use in coupons.coupons(world.state)[code].uses if use.order == place]
            if [use.off for use in uses] != [off] or (uses[0].back and not whole):
                yield f"{place}: {code} {uses}"


AREA = Area(
    "reversals",
    draws=((4, draw_reverse),),
    scenarios={
        "reverse a part": part_scene,
        "reverse the rest": whole_scene,
        "reverse late": late_scene,
        "reverse without the coupon": kept_scene,
        "reverse for two who were parted": parted_scene,
        "release a redemption of a checkout": at_the_till_scene,
        "try a reversal": try_scene,
        "see a checkout": see_scene,
    },
    promises={"bills add up": parts_add_up},
)
