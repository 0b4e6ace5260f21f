"""Orders that come back."""

from collections.abc import Mapping
from random import Random
from typing import Any, ClassVar

from msgspec.structs import replace

from domain.money import Money
from domain.order.model import OrderId, Refund
from domain.points.claw_back import RefundOrder, RefundRequest
from tests.simulation import callers
from tests.simulation.area import Area
from tests.simulation.areas.joining import a_fan
from tests.simulation.areas.points import (
    MID_DECEMBER,
    STORES,
    Earn,
    a_usable_order,
    an_older_order,
    an_order,
    instant,
    payments_of,
)
from tests.simulation.callers import TILL
from tests.simulation.giving import fitting
from tests.simulation.model import points as model
from tests.simulation.model.state import Accepted, Refused, State, Verdict
from tests.simulation.process import Process
from tests.simulation.requests import Moment, Operation
from tests.simulation.stage import Stage
from tests.simulation.world import Human, World


class GiveBack(Operation, frozen=True):
    """A till reports a refund."""

    name: ClassVar[str] = "refund"
    use_case: ClassVar[type] = RefundOrder
    is_once: ClassVar[bool] = True
    order: Earn
    number: str
    store: str
    payments: Mapping[str, int]
    at: int

    @property
    def fingerprint(self) -> str:
        return f"{self.store} {dict(self.payments)} {self.at}"

    def call(self, process: Process) -> Refund:
        return self.ask(process)

    def ask(self, process: Process, *, dry_run: bool = False) -> Refund:
        actor = callers.signed(process, TILL, self.fingerprint)
        request = RefundRequest(
            order_id=OrderId(self.store, self.order.number),
            store_id=self.store,
            number=self.number,
            payments=payments_of(self.payments),
            total=Money(sum(self.payments.values())),
            refunded_at=instant(self.at),
            fingerprint=self.fingerprint,
        )
        return process.services.refund_order(actor, request, dry_run=dry_run)

    def expect(self, state: State, moment: Moment) -> Verdict:
        place = f"{self.store}/{self.order.number}"
        known = state.refunds.get(f"{place}/{self.number}")
        if known is not None:
            same = known["fingerprint"] == self.fingerprint
            return Accepted(state, known["facts"]) if same else Refused("refund-number-reused")
        if self.at // 1000 * 1000 > moment.now + 300_000:
            return Refused("invalid-input")
        order = state.orders.get(place)
        if order is None:
            return Refused("order-not-found")
        if self.at // 1000 < order.paid_at // 1000:
            return Refused("invalid-input")
        if order.tender is not None:
            return Refused("order-checked-out")
        return fitting(
            state,
            moment,
            lambda programme: model.refund_order(
                state, place, self.number, self.payments, self.fingerprint, moment.now, programme
            ),
        )

    def facts(self, answer: Refund) -> Mapping[str, Any]:
        return {
            "member": answer.member_id,
            "points": answer.points.count,
            "entry": answer.entry_sequence,
            "balance": answer.balance.count,
            "revoked": frozenset(answer.revoked),
            "used": frozenset(answer.used),
        }

    def learn(self, world: World, answer: Refund) -> None:
        world.memory["refunds"].append(self)


def draw_refund(world: World, chance: Random) -> GiveBack | None:
    """Parts and wholes, sometimes too much, sometimes in the wrong store."""
    orders: list[Any] = world.memory["orders"]
    if not orders:
        return None
    known: list[GiveBack] = world.memory["refunds"]
    if known and chance.random() < 0.1:
        again = chance.choice(known)
        return again if chance.random() < 0.5 else replace(again, payments={"cash": 1})
    order: Earn = chance.choice(orders)
    share = chance.choice((1, 1, 2, 3))
    payments = {method: max(fen // share, 1) for method, fen in order.payments.items()}
    if chance.random() < 0.3:
        payments.pop(chance.choice(list(payments)))
    if not payments or chance.random() < 0.05:
        payments = {"cash": 10**6}
    store = order.store if chance.random() < 0.95 else STORES[order.store == STORES[0]]
    return GiveBack(order, f"R{chance.randrange(10**9)}", store, payments, world.now_ms // 1000 * 1000)


def refund_scene(stage: Stage) -> GiveBack:
    """Two refunds of one order at the same moment, each of more than half."""
    order = an_order(stage, a_fan(stage).member_id)
    stage.does(order)
    back = GiveBack(order, "R1", "east", {"wechat_pay": 3000}, stage.world.now_ms // 1000 * 1000)
    stage.rival = replace(back, number="R2")
    return back


def lapsed_refund_scene(stage: Stage) -> GiveBack:
    """The order's own points are over; what is taken instead comes from the lot that ends first."""
    member = a_fan(stage).member_id
    older = an_older_order(stage, member)
    stage.does(older)
    stage.does(an_order(stage, member))
    stage.wait(days=40)
    stage.does(an_order(stage, member))
    stage.wait(days=MID_DECEMBER - 40)
    stage.rival = an_order(stage, member, number="rival")
    return GiveBack(older, "R1", "east", {"wechat_pay": 3000}, stage.world.now_ms // 1000 * 1000)


def owing_refund_scene(stage: Stage, number: int = 0) -> GiveBack:
    """The points of the order are over already: owed, let go or denied, by the programme."""
    order = an_order(stage, a_fan(stage, number).member_id)
    stage.does(order)
    stage.wait(days=800)
    return GiveBack(order, "R1", "east", {"wechat_pay": 3000}, stage.world.now_ms // 1000 * 1000)


def a_debtor(stage: Stage, number: int) -> Human:
    """Somebody who owes the points of a refunded order, where the programme has it so."""
    refund = owing_refund_scene(stage, number)
    if stage.world.state.programme.clawback == "debt":
        stage.does(refund)
    return stage.human(number)


def held_refund_scene(stage: Stage) -> GiveBack:
    """Of two orders whose points are held, the later one comes back."""
    member = a_fan(stage).member_id
    stage.does(a_usable_order(stage, member))
    stage.does(an_order(stage, member))
    order = an_order(stage, member, 2500)
    stage.does(order)
    stage.rival = an_order(stage, member, number="rival")
    return GiveBack(order, "R1", "east", {"wechat_pay": 2500}, stage.world.now_ms // 1000 * 1000)


def debt_scene(stage: Stage) -> Earn:
    """Two orders of somebody who owes points: more than one of them pays the debt."""
    debtor = a_debtor(stage, 1)
    stage.rival = an_order(stage, debtor.member_id, 2000, number="rival")
    return an_order(stage, debtor.member_id, 4500)


AREA = Area(
    "refunds",
    draws=((6, draw_refund),),
    scenarios={
        "refund of what is over": owing_refund_scene,
        "earn while points are owed": debt_scene,
        "refund": refund_scene,
        "refund of what has lapsed": lapsed_refund_scene,
        "refund of what is held": held_refund_scene,
    },
)
