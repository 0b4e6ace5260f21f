"""Points from orders at tills, and refunds."""

from collections.abc import Mapping
from datetime import UTC, datetime
from random import Random
from typing import Any, ClassVar

from msgspec.structs import replace

from domain.member.find import Reference, ReferenceKind
from domain.money import Money
from domain.order.model import Bill, Line, Order, OrderId, Payment, PaymentMethod
from domain.points.earn import EarnFromOrder
from tests.simulation import callers, observe
from tests.simulation.area import Area
from tests.simulation.areas.joining import a_fan, a_member
from tests.simulation.callers import CAPPED, OFFICE, TILL
from tests.simulation.model import points as model
from tests.simulation.model.calendar import day_of, number_of
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


def payments_of(payments: Mapping[str, int]) -> tuple[Payment, ...]:
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
            payments=payments_of(self.payments),
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
            "last_day": number_of(award.valid_through),
            "held": number_of(award.held_through),
            "granted": len(award.granted),
            "tier": award.tier_reached or "",
        }

    def learn(self, world: World, answer: Order) -> None:
        world.memory["orders"].append(self)


def _month_of(birthday: str) -> int:
    return int(birthday or "0") // 100 % 100


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


def a_usable_order(stage: Stage, member: str) -> Earn:
    """Paid so long ago that its points are not held."""
    held = stage.world.state.programme.hold * DAY_MS
    return an_order(stage, member, 10_000, paid_at=(stage.world.now_ms - held) // 1000 * 1000)


def an_older_order(stage: Stage, member: str) -> Earn:
    """Of the month before: its points end a month earlier."""
    return an_order(stage, member, paid_at=(stage.world.now_ms - 30 * DAY_MS) // 1000 * 1000)


def release_scene(stage: Stage) -> Earn:
    """What was held is released by two orders at once."""
    member = a_fan(stage).member_id
    stage.does(an_order(stage, member))
    stage.wait(days=stage.world.state.programme.hold)
    stage.rival = an_order(stage, member, number="rival")
    return an_order(stage, member)


def card_scene(stage: Stage) -> Earn:
    """Two orders of a member by card, at the same moment."""
    member = a_member(stage).member_id
    card = stage.world.state.people[member].card
    stage.rival = an_order(stage, member, number="rival")
    return an_order(stage, member, by="card_number", value=card)


AREA = Area(
    "points",
    draws=((10, draw_earn),),
    scenarios={
        "earn": earn_scene,
        "earn within a cap": capped_scene,
        "earn with a card": card_scene,
        "earn and release": release_scene,
    },
)
