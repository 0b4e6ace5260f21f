"""Coupons that go to a friend."""

from collections.abc import Container, Mapping
from random import Random
from typing import Any, ClassVar

from domain.coupon.claim import Claimed, claimed_from
from domain.coupon.give import PURPOSE, OfferCoupon, Offered, TakeGift, WithdrawOffer, offered_from
from domain.coupon.read import Shown
from domain.unit_of_work import RequestKey
from tests.simulation import callers
from tests.simulation.area import Area
from tests.simulation.areas.coupons import Redeem, some_code
from tests.simulation.areas.issuing import claimed_facts, coupon_of, hear_of
from tests.simulation.areas.joining import a_fan
from tests.simulation.callers import ForOneself
from tests.simulation.keyed import remember, remembered
from tests.simulation.minting import by_whom, new_code
from tests.simulation.model import coupons as model
from tests.simulation.model.state import Accepted, Refused, State, Verdict
from tests.simulation.process import Process
from tests.simulation.requests import Moment, Operation
from tests.simulation.stage import Stage
from tests.simulation.world import World

DAY_MS = 86_400_000


class Give(ForOneself, frozen=True):
    """Somebody offers a coupon to a friend."""

    name: ClassVar[str] = "offer a coupon"
    use_case: ClassVar[type] = OfferCoupon
    is_once: ClassVar[bool] = True
    key: str
    code: str

    def call(self, process: Process) -> Offered:
        actor = callers.person(process, self.token)
        key = RequestKey(actor.caller, self.key, self.code, offered_from)
        return process.services.offer_coupon(actor, self.code, key)

    def expect(self, state: State, moment: Moment) -> Verdict:
        known = remembered(state, moment, self.key)
        if known:
            return known

        def ask(member: str) -> Verdict:
            until = moment.now + DAY_MS
            return model.offer(state, self.code, model.ids_of(state, member), until, moment.now)

        return remember(by_whom(self, state, moment, ask), moment, self.key)

    def facts(self, answer: Offered) -> Mapping[str, Any]:
        return {"code": answer.code, "until": int(answer.until.timestamp() * 1000)}

    def learn(self, world: World, answer: Offered) -> None:
        """The token is the tenant's signature."""
        token = world.keyring.sign(PURPOSE, answer.signed).hex()
        world.memory["gifts"].append((answer.code, token, int(answer.until.timestamp() * 1000)))


class Keep(ForOneself, frozen=True):
    """Somebody takes the offer back."""

    name: ClassVar[str] = "withdraw an offer"
    use_case: ClassVar[type] = WithdrawOffer
    is_once: ClassVar[bool] = False
    code: str

    def call(self, process: Process) -> Shown:
        return process.services.withdraw_offer(callers.person(process, self.token), self.code)

    def expect(self, state: State, moment: Moment) -> Verdict:
        def ask(member: str) -> Verdict:
            return model.withdraw(state, self.code, model.ids_of(state, member), moment.now)

        return by_whom(self, state, moment, ask)

    def facts(self, answer: Shown) -> Mapping[str, Any]:
        return {"state": answer.state.value}


class Take(ForOneself, frozen=True):
    """The friend takes it."""

    name: ClassVar[str] = "take a gift"
    use_case: ClassVar[type] = TakeGift
    is_once: ClassVar[bool] = True
    key: str
    code: str
    gift: str
    until: int

    def call(self, process: Process) -> Claimed:
        actor = callers.person(process, self.token)
        key = RequestKey(actor.caller, self.key, self.gift, claimed_from)
        return process.services.take_gift(actor, self.gift, key)

    def expect(self, state: State, moment: Moment) -> Verdict:
        known = remembered(state, moment, self.key)
        if known:
            return known
        verdict = by_whom(self, state, moment, lambda member: self._for(state, moment, member))
        return remember(verdict, moment, self.key)

    def _for(self, state: State, moment: Moment, member: str) -> Verdict:
        seen = [model.ids_of(each, member) for each in (state, *(moment.states if moment.commit else ()))]
        # Whose gift it is may have become one with whoever takes it, a moment after they were read.
        verdicts = [model.take(state, self.code, self.until, ids, moment.now) for ids in seen]
        verdict = next((each for each in verdicts if isinstance(each, Accepted)), verdicts[0])
        if isinstance(verdict, Refused):
            return verdict
        new = new_code(moment)
        after = model.taken(verdict.state, model.coupons(state)[self.code], new, member)
        return Accepted(after, {**verdict.facts, "code": new})

    def excuses(self, world: World, state: State, moment: Moment) -> Container[str]:
        """What leads from a token to its coupon is forgotten once the offer is over."""
        forgotten = {"coupon-not-on-offer"} if self.until <= moment.now else set()
        parted = {"identity-moved"} if self.may_be_parted(state, moment) else set()
        return forgotten | parted

    def facts(self, answer: Claimed) -> Mapping[str, Any]:
        facts = claimed_facts(answer)
        return {"code": answer.code, "template": facts["template"], "last": facts["last"]}

    def learn(self, world: World, answer: Claimed) -> None:
        hear_of(world, answer.code)


def draw_gift(world: World, chance: Random) -> Operation | None:
    found, code = world.somebody(chance), some_code(world, chance)
    if found is None or not code:
        return None
    kind, key = chance.choice(("offer", "offer", "keep", "take")), f"gift-{chance.randrange(10**9):09}"
    if kind == "offer":
        return Give(found[2], key, code)
    gifts: list[Any] = world.memory["gifts"]
    if not gifts:
        return None
    code, token, until = chance.choice(gifts[-2:])
    return Keep(found[2], code) if kind == "keep" else Take(found[2], key, code, token, until)


def _offered(stage: Stage, template: str = "eight") -> tuple[str, tuple[str, str, int]]:
    """The owner's token, and what a friend has to show."""
    human = a_fan(stage)
    code = coupon_of(stage, human.member_id, template)
    stage.does(Give(human.tokens["wx"], "gift-000000001", code))
    return human.tokens["wx"], stage.world.memory["gifts"][0]


def offer_scene(stage: Stage) -> Give:
    """While it is used."""
    human = a_fan(stage)
    code = coupon_of(stage, human.member_id)
    stage.rival = Redeem("redeem-rival-001", code, "K1", "east", 5000)
    return Give(human.tokens["wx"], "gift-000000001", code)


def withdraw_scene(stage: Stage) -> Keep:
    """While the friend takes it."""
    token, gift = _offered(stage)
    stage.rival = Take(a_fan(stage, 1).tokens["wx"], "gift-rival-00001", *gift)
    return Keep(token, gift[0])


def take_scene(stage: Stage) -> Take:
    """Two friends want it."""
    _, gift = _offered(stage)
    stage.rival = Take(a_fan(stage, 2).tokens["wx"], "gift-rival-00001", *gift)
    return Take(a_fan(stage, 1).tokens["wx"], "gift-000000002", *gift)


def late_scene(stage: Stage) -> Take:
    """The offer is over, and it is used at that moment."""
    _, gift = _offered(stage)
    friend = a_fan(stage, 1).tokens["wx"]
    stage.wait(hours=25)
    stage.rival = Redeem("redeem-rival-001", gift[0], "K1", "east", 5000)
    return Take(friend, "gift-000000002", *gift)


def old_token_scene(stage: Stage) -> Take:
    """The offer was taken back and made anew; a friend still has the old token, another one the new one."""
    token, gift = _offered(stage)
    old, new = a_fan(stage, 1).tokens["wx"], a_fan(stage, 2).tokens["wx"]
    stage.does(Keep(token, gift[0]))
    stage.wait(minutes=1)
    stage.does(Give(token, "gift-000000002", gift[0]))
    stage.rival = Take(new, "gift-rival-00001", *stage.world.memory["gifts"][1])
    return Take(old, "gift-000000003", *gift)


AREA = Area(
    "gifts",
    draws=((3, draw_gift),),
    scenarios={
        "offer a coupon": offer_scene,
        "withdraw an offer": withdraw_scene,
        "take a gift": take_scene,
        "take a gift too late": late_scene,
        "take a gift with an old token": old_token_scene,
    },
)
