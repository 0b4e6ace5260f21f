"""Points from orders at tills, and refunds."""

from collections.abc import Mapping
from datetime import UTC, datetime
from random import Random
from typing import Any, ClassVar

from msgspec.structs import replace

from domain.member.find import Reference, ReferenceKind
from domain.money import Money
from domain.order.model import Bill, Line, Order, OrderId, Payment, PaymentMethod, Refund
from domain.points.claw_back import RefundOrder, RefundRequest
from domain.points.earn import EarnFromOrder
from tests.simulation import callers, observe
from tests.simulation.area import Area
from tests.simulation.areas.joining import a_fan, a_member
from tests.simulation.callers import CAPPED, OFFICE, TILL
from tests.simulation.giving import fitting
from tests.simulation.model import points as model
from tests.simulation.model.calendar import day_of
from tests.simulation.model.state import Accepted, Programme, Refused, State, Verdict
from tests.simulation.model.state import Order as ModelOrder
from tests.simulation.process import Process
from tests.simulation.requests import Broken, Moment, Operation
from tests.simulation.stage import Stage
from tests.simulation.world import CAP_FEN, Human, World

DAY_MS = 86_400_000
MID_DECEMBER = 319
"""Days from the start: what was earned in December is over, what was earned in January is not."""
NEW_YEARS_EVE = 335
"""Days from the start: half an hour before midnight."""
AGE_DAYS_MAX = 31
STORES = ("east", "west")
METHODS = ("wechat_pay", "cash", "coupon", "stored_bonus")


def instant(at: int) -> datetime:
    return datetime.fromtimestamp(at // 1000, UTC)


def _payments(payments: Mapping[str, int]) -> tuple[Payment, ...]:
    return tuple(Payment(PaymentMethod(method), Money(fen)) for method, fen in payments.items())


class Earn(Operation, frozen=True):
    """A till reports an order of somebody whom it knows by id, card or phone."""

    name: ClassVar[str] = "earn"
    use_case: ClassVar[type] = EarnFromOrder
    is_once: ClassVar[bool] = True
    key_id: str
    number: str
    store: str
    paid_at: int
    payments: Mapping[str, int]
    by: str
    value: str
    cups: int = 1

    @property
    def fen(self) -> int:
        return sum(self.payments.values())

    @property
    def fingerprint(self) -> str:
        return f"{self.store} {self.paid_at} {dict(self.payments)} {self.by} {self.value} {self.cups}"

    @property
    def place(self) -> str:
        return f"{self.store}/{self.number}"

    def call(self, process: Process) -> Order:
        return self.ask(process)

    def ask(self, process: Process, *, dry_run: bool = False) -> Order:
        actor = callers.signed(process, self.key_id, self.fingerprint)
        bill = Bill(
            order_id=OrderId(self.store, self.number),
            store_id=self.store,
            paid_at=instant(self.paid_at),
            lines=(Line("latte", "coffee", self.cups, Money(self.fen)),),
            payments=_payments(self.payments),
            total=Money(self.fen),
            fingerprint=self.fingerprint,
        )
        reference = Reference(ReferenceKind(self.by), self.value)
        return process.services.earn_from_order(actor, bill, reference, dry_run=dry_run)

    def expect(self, state: State, moment: Moment) -> Verdict:
        known = state.orders.get(self.place)
        if known is not None:
            same = known.fingerprint == self.fingerprint
            return Accepted(state, model.order_facts(known)) if same else Refused("order-number-reused")
        if not moment.now - AGE_DAYS_MAX * DAY_MS <= self.paid_at <= moment.now + 300_000:
            return Refused("invalid-input")
        member, programme = self._read(state, moment)
        if member is None:
            return Refused("member-not-found")
        state, full = self._counted(state, moment)
        if full:
            return Refused("daily-cap-reached")
        order = ModelOrder(member, self.store, self.paid_at, self.payments, self.fingerprint, cups=self.cups)
        person = self._person(state, moment, member, programme)
        return model.record_order(state, self.place, order, programme, person, moment.now)

    def _person(self, state: State, moment: Moment, member: str, programme: Programme) -> tuple[bool, bool]:
        """Member or fan, and whether it is the month of the birthday: as at some time of the try.

        Rules that do not ask are told of a member without birthday.
        """
        if not any(rule.asks_for_person for rule in programme.rules.values()):
            return True, False
        month = day_of(self.paid_at) // 100 % 100
        states = (*moment.states, state)
        met = [each.people[each.alive(member)] for each in states if each.alive(member) in each.people]
        seen = [
            (bool(one.joined_at), int(one.names.get("birthday", "0")) // 100 % 100 == month) for one in met
        ]
        written = (
            [entry for entry in moment.commit.of("entry") if entry.after and "g" in entry.after]
            if moment.commit
            else []
        )
        if not written:
            return seen[-1]
        told = observe.json_of(written[-1].after or {}, "g").get("person", {})
        person = (not told.get("fan", False), told.get("birthday") in {"month", "day"})
        if person not in seen:
            raise Broken("rules know whom they give to", f"{self}: {told}")
        return person

    def _read(self, state: State, moment: Moment) -> tuple[str | None, Programme]:
        """Who is meant now, and by which rule: one that was in force at some time of the try."""
        written = moment.commit.of("order") if moment.commit else []
        if not written:
            return self._member(state), state.programme
        order = written[0].after or {}
        version, member = observe.number(order, "e"), observe.text(order, "m")
        if version not in {each.programme.version for each in moment.states}:
            raise Broken("an order earns by a programme that was in force", f"{self} by version {version}")
        found = self._member(state)
        is_found = found is not None and state.alive(found) == member
        return member if is_found else None, state.programmes[version - 1]

    def _member(self, state: State) -> str | None:
        if self.by == "member_id":
            return self.value if self.value in state.people else None
        mark = {"card_number": "card", "phone": "phone"}[self.by]
        return state.holders.get(f"{mark}:{self.value}")

    def _counted(self, state: State, moment: Moment) -> tuple[State, bool]:
        if self.key_id != CAPPED:
            return state, False
        counter = f"cap {day_of(moment.now)}"
        total = state.counts.get(counter, 0) + self.fen
        return replace(state, counts={**state.counts, counter: total}), total > CAP_FEN

    def facts(self, answer: Order) -> Mapping[str, Any]:
        award = answer.award
        return {
            "member": answer.member_id,
            "points": award.points.count,
            "entry": award.entry_sequence,
            "balance": award.balance.count,
            "last_day": int(f"{award.valid_through:%Y%m%d}") if award.valid_through else 0,
            "granted": len(award.granted),
        }

    def learn(self, world: World, answer: Order) -> None:
        world.memory["orders"].append(self)


def _month_of(birthday: str) -> int:
    return int(birthday or "0") // 100 % 100


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
            payments=_payments(self.payments),
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
        }

    def learn(self, world: World, answer: Refund) -> None:
        world.memory["refunds"].append(self)


def _fen(chance: Random) -> int:
    return chance.choice((100, 199, 990, 5000, 10_000, 33_333))


def _bill(chance: Random) -> dict[str, int]:
    methods = chance.sample(METHODS, chance.choice((1, 1, 2, 3)))
    return {method: _fen(chance) for method in methods}


def draw_earn(world: World, chance: Random) -> Earn | None:
    """Sometimes a number that was used before, sometimes an id from before a merge."""
    people = world.known_members()
    if not people:
        return None
    member = chance.choice(people)
    person = world.state.people[world.state.alive(member)]
    by = chance.choice(("member_id", "member_id", "phone", "card_number"))
    value = {"member_id": member, "phone": person.phone, "card_number": person.card}[by]
    orders: list[Any] = world.memory["orders"]
    is_reused = orders and chance.random() < 0.05
    late = chance.choice((0, 0, 1000, DAY_MS, 3 * DAY_MS, 12 * DAY_MS, 30 * DAY_MS, 40 * DAY_MS))
    return Earn(
        key_id=chance.choice((TILL, TILL, TILL, OFFICE, CAPPED)),
        number=chance.choice(orders).number if is_reused else f"N{chance.randrange(10**9)}",
        cups=chance.choice((1, 1, 2, 3)),
        store=chance.choice(STORES),
        paid_at=(world.now_ms - late) // 1000 * 1000,
        payments=_bill(chance),
        by=by if value else "member_id",
        value=value or member,
    )


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


def an_order(stage: Stage, member: str, fen: int = 5000, **changed: Any) -> Earn:
    """An ordinary one, paid now."""
    world = stage.world
    number = f"S{len(world.memory['orders'])}"
    order = Earn(TILL, number, "east", world.now_ms // 1000 * 1000, {"wechat_pay": fen}, "member_id", member)
    return replace(order, **changed)


def earn_scene(stage: Stage) -> Earn:
    """Two orders of one member at the same moment."""
    member = a_fan(stage).member_id
    stage.rival = an_order(stage, member, number="rival")
    return an_order(stage, member)


def capped_scene(stage: Stage) -> Earn:
    """By card, with a key that may record so much a day only."""
    human: Human = a_member(stage)
    person = stage.world.state.people[human.member_id]
    more_than_half = CAP_FEN * 3 // 5
    stage.rival = an_order(stage, human.member_id, more_than_half, number="rival", key_id=CAPPED)
    return an_order(
        stage, human.member_id, more_than_half, key_id=CAPPED, by="card_number", value=person.card
    )


def refund_scene(stage: Stage) -> GiveBack:
    """Two refunds of one order at the same moment, each of more than half."""
    order = an_order(stage, a_fan(stage).member_id)
    stage.does(order)
    back = GiveBack(order, "R1", "east", {"wechat_pay": 3000}, stage.world.now_ms // 1000 * 1000)
    stage.rival = replace(back, number="R2")
    return back


def an_older_order(stage: Stage, member: str) -> Earn:
    """Of the month before: its points end a month earlier."""
    return an_order(stage, member, paid_at=(stage.world.now_ms - 30 * DAY_MS) // 1000 * 1000)


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


def card_scene(stage: Stage) -> Earn:
    """Two orders of a member by card, at the same moment."""
    member = a_member(stage).member_id
    card = stage.world.state.people[member].card
    stage.rival = an_order(stage, member, number="rival")
    return an_order(stage, member, by="card_number", value=card)


def debt_scene(stage: Stage) -> Earn:
    """Two orders of somebody who owes points: more than one of them pays the debt."""
    debtor = a_debtor(stage, 1)
    stage.rival = an_order(stage, debtor.member_id, 2000, number="rival")
    return an_order(stage, debtor.member_id, 4500)


AREA = Area(
    "points",
    draws=((10, draw_earn), (6, draw_refund)),
    scenarios={
        "refund of what is over": owing_refund_scene,
        "earn": earn_scene,
        "earn within a cap": capped_scene,
        "earn while points are owed": debt_scene,
        "earn with a card": card_scene,
        "refund": refund_scene,
        "refund of what has lapsed": lapsed_refund_scene,
    },
)
