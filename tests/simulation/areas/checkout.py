"""Bills that coupons, points and money pay together."""

from collections.abc import Mapping
from itertools import combinations
from random import Random
from typing import Any, ClassVar

from msgspec.structs import asdict, replace

from domain.checkout.complete import CheckoutRequest, CompleteCheckout
from domain.checkout.counter import Basket, Wish
from domain.checkout.quote import Quote, QuoteCheckout
from domain.member.find import Reference, ReferenceKind
from domain.money import Money, Points
from domain.order.model import Line, Order, OrderId, SaleChannel
from tests.simulation import callers
from tests.simulation.area import Area
from tests.simulation.areas.coupons import Redeem, Void, some_code
from tests.simulation.areas.issuing import coupon_of
from tests.simulation.areas.joining import a_fan
from tests.simulation.areas.merges import one_person
from tests.simulation.areas.points import (
    AGE_DAYS_MAX,
    DAY_MS,
    STORES,
    Earn,
    a_usable_order,
    an_order,
    instant,
    payments_of,
)
from tests.simulation.areas.undoing import Undo, card_while_undone
from tests.simulation.callers import CAPPED, TILL
from tests.simulation.model import checkout as model
from tests.simulation.model import coupons, points
from tests.simulation.model.calendar import day_of
from tests.simulation.model.state import Accepted, Refused, State, Verdict, without_effect
from tests.simulation.model.state import Order as ModelOrder
from tests.simulation.process import Process
from tests.simulation.requests import Moment
from tests.simulation.stage import Stage
from tests.simulation.world import CAP_FEN, World


def basket_of(bill: model.Bill, number: str) -> Basket:
    """One drink that costs all of it."""
    line = Line("latte", "coffee", 1, Money(bill.fen))
    return Basket(OrderId(bill.store, number), bill.store, SaleChannel.COUNTER, (line,), Money(bill.fen))


class Complete(Earn, frozen=True):
    """A till completes a checkout; `payments` is what is paid by money."""

    name: ClassVar[str] = "complete a checkout"
    use_case: ClassVar[type] = CompleteCheckout
    whole: int = 5000
    codes: tuple[str, ...] = ()
    spent: int = 0
    is_held: bool = False

    @property
    def fen(self) -> int:
        return self.whole

    @property
    def fingerprint(self) -> str:
        return f"{super().fingerprint} {self.whole} {self.codes} {self.spent} {self.is_held}"

    @property
    def bill(self) -> model.Bill:
        return model.Bill(self.place, self.store, self.whole, self.codes, self.spent)

    def ask(self, process: Process, *, dry_run: bool = False) -> Order:
        actor = callers.signed(process, self.key_id, self.fingerprint)
        reference = Reference(ReferenceKind(self.by), self.value)
        request = CheckoutRequest(
            order_id=OrderId(self.store, self.number),
            basket=basket_of(self.bill, self.number),
            wish=Wish(reference, self.codes, Points(self.spent)),
            payments=payments_of(self.payments),
            paid_at=instant(self.paid_at),
            fingerprint=self.fingerprint,
            is_held=self.is_held,
        )
        return process.services.complete_checkout(actor, request, dry_run=dry_run)

    def expect(self, state: State, moment: Moment) -> Verdict:
        known = state.orders.get(self.place)
        if known is not None:
            facts = {**points.order_facts(known), "paid": dict(known.payments)}
            same = known.fingerprint == self.fingerprint
            return Accepted(state, facts) if same else Refused("order-number-reused")
        if not moment.now - AGE_DAYS_MAX * DAY_MS <= self.paid_at <= moment.now + 300_000:
            return Refused("invalid-input")
        asked, programme = self._read(state, moment)
        if asked is None or state.alive(asked) not in state.accounts:
            return Refused("member-not-found")
        member = state.alive(asked)
        ids = coupons.ids_of(state, member)
        hold = model.holds(state).get(self.place)
        refusal = self._misses(hold, ids) if self.is_held else ""
        if not self.is_held and hold is not None and hold.state == "open":
            refusal = "order-is-held"
        if refusal:
            return Refused(refusal)
        order = ModelOrder(member, self.store, self.paid_at, self.payments, self.fingerprint, cups=1)
        person = self._person(state, moment, member, programme)
        of_it = hold if self.is_held else None
        verdict = model.complete(state, self.bill, order, of_it, programme, person, moment.now, ids)
        if isinstance(verdict, Refused):
            return verdict
        after, is_full = self._counted(verdict.state, moment)
        return Refused("daily-cap-reached") if is_full else Accepted(after, verdict.facts)

    def _misses(self, hold: model.Hold | None, ids: tuple[str, ...]) -> str:
        if hold is None:
            return "hold-not-found"
        if hold.state != "open":
            return "hold-over"
        theirs = (hold.bill.store, set(hold.bill.codes), hold.bill.points)
        is_same = theirs == (self.store, set(self.codes), self.spent) and hold.member in ids
        return "" if is_same else "hold-differs"

    def facts(self, answer: Order) -> Mapping[str, Any]:
        paid = {each.method.value: each.amount.fen for each in answer.bill.payments}
        return {**super().facts(answer), "paid": paid}

    def learn(self, world: World, answer: Order) -> None:
        world.memory["checkouts"].append(self)


class TryComplete(Complete, frozen=True):
    """The same without effect."""

    name: ClassVar[str] = "try a checkout"
    is_once: ClassVar[bool] = False

    def call(self, process: Process) -> Order:
        return self.ask(process, dry_run=True)

    def expect(self, state: State, moment: Moment) -> Verdict:
        return without_effect(Complete(**asdict(self)).expect(state, moment), state)

    def explains(self, state: State, moment: Moment, facts: Mapping[str, Any]) -> bool:
        """Settings, people and accounts are read one after the other."""
        views = [replace(state, programmes=each.programmes, people=each.people) for each in moment.states]
        return self.is_true_in((state, *views), moment, facts)

    def learn(self, world: World, answer: Order) -> None:
        """Nothing happened."""


class AskPrice(Complete, frozen=True):
    """A till asks what a bill would cost, with the best coupons."""

    name: ClassVar[str] = "quote a checkout"
    use_case: ClassVar[type] = QuoteCheckout
    is_once: ClassVar[bool] = False

    def call(self, process: Process) -> Quote:  # type: ignore[override]
        actor = callers.signed(process, TILL, self.fingerprint)
        wish = Wish(Reference(ReferenceKind(self.by), self.value))
        return process.services.quote_checkout(
            actor, basket_of(self.bill, self.number), wish, wants_best=True
        )

    def expect(self, state: State, moment: Moment) -> Verdict:
        found = self._member(state)
        if found is None or state.alive(found) not in state.accounts:
            return Refused("member-not-found")
        member, today = state.alive(found), day_of(moment.now)
        ids, bill = coupons.ids_of(state, member), self.bill
        account = points.opened(state.accounts[member], state.programme, today)
        prices: dict[tuple[str, ...], int] = {}
        usable = [code for code in self._theirs(state, ids) if self._alone(state, code, ids, moment)]
        for count in range(min(len(usable), 5) + 1):
            for codes in combinations(usable, count):
                asked = replace(bill, codes=codes, points=0)
                priced = model.price(state, asked, ids, account, state.programme, moment.now, today)
                if isinstance(priced, model.Price):
                    prices[codes] = priced.to_pay
        facts = {"usable": frozenset(usable), "to_pay": min(prices.values())}
        return Accepted(state, {**facts, "points": max(account.available(today), 0)})

    def _theirs(self, state: State, ids: tuple[str, ...]) -> list[str]:
        found = coupons.coupons(state).items()
        return [code for code, each in found if each.owner in ids and each.state in coupons.LIVE]

    def _alone(self, state: State, code: str, ids: tuple[str, ...], moment: Moment) -> bool:
        found = coupons.coupons(state)[code]
        return not coupons.usable(found, self.place, self.store, self.whole, moment.now)

    def explains(self, state: State, moment: Moment, facts: Mapping[str, Any]) -> bool:
        """Lists are not read at one instant: then only what was usable all the time has to be there."""
        if super().explains(state, moment, facts):
            return True
        views = (*moment.states, state)
        people = {id(each.people): each for each in views}.values()
        verdicts = [
            self.expect(replace(each, people=other.people, holders=other.holders), moment)
            for each in views
            for other in people
        ]
        seen = [dict(each.facts) for each in verdicts if isinstance(each, Accepted)]
        if len(moment.states) < 2 or not seen:
            return False
        lists: list[frozenset[str]] = [each["usable"] for each in seen]
        is_there = frozenset.intersection(*lists) <= facts["usable"] <= frozenset.union(*lists)
        costs = [each["to_pay"] for each in seen]
        return bool(is_there and min(costs) <= facts["to_pay"] <= self.whole)

    def facts(self, answer: Quote) -> Mapping[str, Any]:  # type: ignore[override]
        usable = frozenset(each.coupon.held.coupon.code for each in answer.usable)
        available = answer.points_available.count
        return {"usable": usable, "to_pay": answer.priced.to_pay.fen, "points": available}

    def learn(self, world: World, answer: Quote) -> None:  # type: ignore[override]
        """Nothing happened."""


def paying(world: World, wanted: Complete) -> Complete:
    """With as much money as the bill costs now, or all of it if it cannot be paid so."""
    state, today = world.state, day_of(world.now_ms)
    member = state.alive(wanted.value)
    account = points.opened(state.accounts[member], state.programme, today)
    hold = model.holds(state).get(wanted.place) if wanted.is_held else None
    at, taken = (hold.at, hold.bill.points) if hold and world.now_ms < hold.until else (world.now_ms, 0)
    ids = coupons.ids_of(state, member)
    priced = model.price(state, wanted.bill, ids, account, state.programme, at, today, taken)
    left = priced.to_pay if isinstance(priced, model.Price) else wanted.whole
    return replace(wanted, payments={"wechat_pay": left} if left else {})


def a_bill(world: World, member: str, fen: int = 5000, **changed: Any) -> Complete:
    """Paid now, with the right amount of money."""
    number, now = f"C{len(world.memory['checkouts'])}", world.now_ms // 1000 * 1000
    wanted = Complete(TILL, number, "east", now, {}, "member_id", member, whole=fen)
    return paying(world, replace(wanted, **changed))


def theirs(world: World, member: str) -> list[str]:
    """Codes of what they have, live."""
    state = world.state
    ids = coupons.ids_of(state, state.alive(member))
    found = coupons.coupons(state).items()
    return [code for code, each in found if each.owner in ids and each.state in coupons.LIVE]


def draw_checkout(world: World, chance: Random) -> Complete | None:
    people = world.known_members()
    if not people:
        return None
    member = chance.choice(people)
    codes = theirs(world, member)
    chosen = tuple(chance.sample(codes, min(len(codes), chance.choice((0, 1, 1, 2)))))
    if chance.random() < 0.1 and some_code(world, chance):
        chosen = (some_code(world, chance),)
    wanted = a_bill(
        world,
        member,
        chance.choice((900, 5000, 33_333)),
        number=f"C{chance.randrange(10**6)}",
        store=chance.choice(STORES),
        key_id=chance.choice((TILL, TILL, CAPPED)),
        codes=chosen,
        spent=chance.choice((0, 0, 1, 7, 40)),
    )
    if chance.random() < 0.1:
        wanted = replace(wanted, payments={"cash": 1})
    kind = chance.choice((Complete, Complete, Complete, TryComplete, AskPrice))
    return kind(**asdict(wanted))


def guest(stage: Stage, number: int = 0) -> tuple[str, str]:
    """Whose points can be used; and the code of a coupon."""
    human = a_fan(stage, number)
    stage.does(a_usable_order(stage, human.member_id))
    return human.member_id, coupon_of(stage, human.member_id)


def worth_something(stage: Stage, spent: int) -> int:
    """So many points, if they pay anything in this house."""
    return spent if stage.world.state.programme.worth else 0


def complete_scene(stage: Stage) -> Complete:
    """With points and a coupon, which another till takes at that moment."""
    member, code = guest(stage)
    stage.rival = Redeem("redeem-rival-001", code, "K2", "west", 5000)
    return a_bill(stage.world, member, codes=(code,), spent=5)


def too_many_scene(stage: Stage) -> Complete:
    """Points for more than half of what the coupon leaves, though for less than half of the bill."""
    member, code = guest(stage)
    worth = stage.world.state.programme.worth
    spent = -(-2300 // worth) if worth >= 23 else 0
    stage.rival = an_order(stage, member, number="rival")
    return a_bill(stage.world, member, codes=(code,), spent=spent)


def points_scene(stage: Stage) -> Complete:
    """Two bills want the same points."""
    member, _ = guest(stage)
    account = stage.world.state.accounts[member]
    spent = min(account.available(day_of(stage.world.now_ms)) * 2 // 3, 2000)
    stage.rival = a_bill(stage.world, member, 90_000, spent=spent, number="rival")
    return a_bill(stage.world, member, 90_000, spent=spent)


def capped_scene(stage: Stage) -> Complete:
    """With a key that may record so much a day only, two rates and an amount on one bill."""
    human = a_fan(stage)
    codes = tuple(coupon_of(stage, human.member_id) for _ in range(2))
    most = CAP_FEN * 3 // 5
    stage.rival = a_bill(stage.world, human.member_id, most, key_id=CAPPED, number="rival")
    return a_bill(stage.world, human.member_id, most, key_id=CAPPED, codes=codes)


def parted_scene(stage: Stage) -> Complete:
    """With a coupon of the other half, while the merge is undone."""
    _, merge_id = one_person(stage)
    merge = stage.world.state.merges[merge_id]
    code = coupon_of(stage, merge.target)
    stage.rival = Undo(merge_id)
    return a_bill(stage.world, merge.target, codes=(code,))


def card_scene(stage: Stage) -> Complete:
    """By the card that one of two members had before a merge: it is theirs alone from its undoing on."""
    survivor, card = card_while_undone(stage)
    return replace(a_bill(stage.world, survivor), by="card_number", value=card)


def try_scene(stage: Stage) -> TryComplete:
    """While it is paid in earnest."""
    bill = complete_scene(stage)
    stage.rival = bill
    return TryComplete(**asdict(bill))


def quote_scene(stage: Stage) -> AskPrice:
    """One of two coupons goes at that moment."""
    member, code = guest(stage)
    coupon_of(stage, member)
    stage.rival = Void(code)
    return AskPrice(**asdict(a_bill(stage.world, member)))


AREA = Area(
    "checkout",
    draws=((6, draw_checkout),),
    scenarios={
        "complete with too many points": too_many_scene,
        "complete a checkout": complete_scene,
        "complete with the same points": points_scene,
        "complete within a cap": capped_scene,
        "complete after a merge": parted_scene,
        "complete by an older card": card_scene,
        "try a checkout": try_scene,
        "quote a checkout": quote_scene,
    },
)
