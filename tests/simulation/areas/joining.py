"""Joining: logging in through a platform, and proving a phone."""

from collections.abc import Mapping
from random import Random
from typing import Any, ClassVar

from msgspec.structs import replace

from domain.joining.meet import LogIn
from domain.joining.model import Proved, proved_from
from domain.joining.prove_phone import CodeProof, PhoneRequest, PlatformProof, ProvePhone
from domain.member.model import Member
from domain.session.model import Login
from domain.tenant.model import ChannelKind
from domain.unit_of_work import RequestKey
from tests.simulation import callers, observe
from tests.simulation.area import Area
from tests.simulation.callers import Personal
from tests.simulation.giving import Arrival, under_one
from tests.simulation.model import codes, people
from tests.simulation.model.state import Accepted, Refused, State, Verdict
from tests.simulation.platforms import Ticket
from tests.simulation.process import Process
from tests.simulation.requests import Moment, Operation
from tests.simulation.stage import Stage
from tests.simulation.watch import KEPT_MS
from tests.simulation.world import CONSENT, Human, World

PLATFORM_CHANNELS = ("wx", "wx-2", "alipay")
KINDS = {
    "wx": frozenset({ChannelKind.MINI_PROGRAM}),
    "wx-2": frozenset({ChannelKind.MINI_PROGRAM}),
    "alipay": frozenset({ChannelKind.ALIPAY_APP}),
}


def identities(human: Human, channel: str, *, shared: bool) -> tuple[str, ...]:
    """What the platform says of somebody; an id that is shared between apps may come later."""
    n = human.number
    if channel == "alipay":
        return (f"ali:appC:a{n}", *([f"aliu:union{n}"] if shared else []))
    app = {"wx": "appA", "wx-2": "appB"}[channel]
    return (f"wx:{app}:o{n}", *([f"wxu:union{n}"] if shared else []))


class Enter(Operation, frozen=True):
    """Somebody opens a mini-program and logs in."""

    name: ClassVar[str] = "log in"
    use_case: ClassVar[type] = LogIn
    is_once: ClassVar[bool] = False
    human: int
    channel: str
    code: str
    identities: tuple[str, ...]

    def call(self, process: Process) -> tuple[Login, Member]:
        channel = f"{process.world.house.tenant_id}.{self.channel}"
        return process.services.log_in(KINDS[self.channel], channel, self.code, "phone")

    def expect(self, state: State, moment: Moment) -> Verdict:
        return under_one(
            state, moment, lambda each: people.log_in(each, self.identities, moment.now, moment.made)
        )

    def facts(self, answer: tuple[Login, Member]) -> Mapping[str, Any]:
        return {"member": answer[1].member_id}

    def learn(self, world: World, answer: tuple[Login, Member]) -> None:
        human = world.humans[self.human]
        human.tokens[self.channel] = answer[0].token
        world.meet(human, answer[1].member_id)

    def excuses(self, world: World, state: State, moment: Moment) -> frozenset[str]:
        """A code that was shown before, perhaps by the try before this one."""
        is_used = world.outside.tickets[self.code].is_used
        return frozenset({"login-code-refused"} if is_used else ())


class Prove(Personal, frozen=True):
    """Somebody proves a phone: by what the platform gave, or by a code."""

    name: ClassVar[str] = "prove a phone"
    use_case: ClassVar[type] = ProvePhone
    is_once: ClassVar[bool] = True
    human: int
    channel: str
    number: str
    key: str
    proof: str
    """A platform's code or answer; empty: by `sms_code`."""
    sms_code: str = ""
    digest: str = ""
    agrees: bool = True
    invited_by: str = ""

    @property
    def fingerprint(self) -> str:
        return f"{self.number} {self.proof} {self.sms_code} {self.agrees} {self.invited_by}"

    def call(self, process: Process) -> tuple[Proved, Member, Login | None]:
        actor = callers.person(process, self.token)
        proof: PlatformProof | CodeProof = CodeProof(self.number, self.sms_code)
        if self.proof:
            proof = PlatformProof(KINDS[self.channel], self.proof)
        key = RequestKey(actor.caller, self.key, self.fingerprint, proved_from)
        agreed_to = CONSENT if self.agrees else None
        request = PhoneRequest(proof, agreed_to, key, self.invited_by or None)
        return process.services.prove_phone(actor, request)

    def expect(self, state: State, moment: Moment) -> Verdict:
        session = state.sessions[self.session_id]
        if self._is_kept(state, moment):
            facts, _ = state.keys[self.key]
            return Accepted(state, facts) if self._may_hear(state, moment) else Refused("identity-moved")
        if not self.proof:
            refusal = codes.refuses(state, self.number, self.sms_code, "phone", moment.now, spending=True)
            if refusal:
                return Refused(refusal)
        verdict = self._outcome(state, moment)
        if isinstance(verdict, Refused):
            return verdict
        outcome, after, points = verdict.facts["outcome"], verdict.state, 0
        if outcome == "joined":
            arrival = Arrival(verdict.facts["member"], self.number, self.invited_by)
            after, points = arrival.welcomed(verdict, moment)
        after = after if self.proof else codes.spent(after, self.number)
        if self.digest:
            shown = people.show_proof(after, self.digest, session.identity, moment.now, outcome)
            if isinstance(shown, Refused):
                return shown
            after = shown.state
        if outcome == "phone_changed" or verdict.facts.get("phone_moved"):
            sweep = (verdict.facts["member"], state.steps, self.session_id, "")
            after = replace(after, sweeps=(*after.sweeps, sweep))
        facts = {"outcome": outcome, "points": points}
        return Accepted(replace(after, keys={**after.keys, self.key: (facts, moment.now)}), facts)

    def _is_kept(self, state: State, moment: Moment) -> bool:
        """Whether this was answered before, and the answer is still kept."""
        _, kept_at = state.keys.get(self.key, ({}, 0))
        return kept_at > moment.now - KEPT_MS

    def _may_hear(self, state: State, moment: Moment) -> bool:
        """An answer is given again to whom it was given, also by the number that it replaced."""
        return bool(self.actor(state, moment)) or self._is_replaced(state)

    def _is_replaced(self, state: State) -> bool:
        session = state.sessions[self.session_id]
        return session.identity.startswith("phone:") and (
            state.holders.get(f"phone:{self.number}") == state.alive(session.member)
        )

    def _outcome(self, state: State, moment: Moment) -> Verdict:
        """That they wait, which changes nothing about people, may have been so at any time of the try."""
        member = self.actor(state, moment)
        if not member:
            return Refused("identity-moved")
        is_idle = _kept_outcome(moment) == "waiting" and moment.commit and not moment.commit.of("merge")
        for each in moment.states if is_idle else ():
            then = self.actor(each, moment)
            if not then:
                continue
            verdict = people.prove_phone(each, then, self.number, moment.now, moment.made, agrees=self.agrees)
            if isinstance(verdict, Accepted) and verdict.facts["outcome"] == "waiting":
                return Accepted(state, verdict.facts)
        return under_one(
            state,
            moment,
            lambda each: people.prove_phone(
                each, member, self.number, moment.now, moment.made, agrees=self.agrees
            ),
        )

    def facts(self, answer: tuple[Proved, Member, Login | None]) -> Mapping[str, Any]:
        return {"outcome": answer[0].outcome.value, "points": answer[0].points.count}

    def learn(self, world: World, answer: tuple[Proved, Member, Login | None]) -> None:
        human = world.humans[self.human]
        world.meet(human, answer[1].member_id)
        if answer[2] is not None:
            human.tokens[self.channel] = answer[2].token

    def excuses(self, world: World, state: State, moment: Moment) -> frozenset[str]:
        """The proof and the person are looked at one after the other."""
        refusals = {"identity-moved"} if self._may_be_parted(state, moment) else set()
        ticket = world.outside.tickets.get(self.proof)
        if ticket is None:
            refusals |= self._code_refusals(world, state, moment)
        elif ticket.is_used and not ticket.digest:
            refusals |= {"phone-proof-refused"}
        return frozenset(refusals)

    def _may_be_parted(self, state: State, moment: Moment) -> bool:
        is_told_again = self._is_kept(state, moment) and self._is_replaced(state)
        return self.may_be_parted(state, moment) and not is_told_again

    def _code_refusals(self, world: World, state: State, moment: Moment) -> set[str]:
        refusal = codes.refuses(state, self.number, self.sms_code, "phone", moment.now, spending=False)
        was_sent = self.sms_code in world.outside.inbox.get(self.number, [])
        return {refusal, "sms-code-expired"} if was_sent else {refusal}


def enter(world: World, human: Human, channel: str, *, shared: bool) -> Enter:
    """With a fresh code of the platform."""
    code = f"login-{len(world.outside.tickets)}"
    who = identities(human, channel, shared=shared)
    world.outside.tickets[code] = Ticket(identities=who)
    return Enter(human.number, channel, code, who)


def _kept_outcome(moment: Moment) -> str:
    """What was written down as the answer."""
    kept = moment.commit.of("idempotency") if moment.commit else []
    return str(observe.json_of(kept[0].after or {}, "answer")["outcome"]) if kept else ""


def prove(world: World, human: Human, channel: str, number: str, **changed: Any) -> Prove:
    """With a fresh proof of the platform; Alipay's is always the same for one number."""
    proof = f"phone-{len(world.outside.tickets)}"
    digest = ""
    if channel == "alipay":
        proof = digest = f"alipay-{human.number}-{number}"
    world.outside.tickets.setdefault(proof, Ticket(number=number, digest=digest))
    world.know_phone(number)
    world.memory["keys"].append(number)
    key = f"key-{len(world.memory['keys'])}"
    request = Prove(human.tokens[channel], human.number, channel, number, key, proof, digest=digest)
    return replace(request, **changed)


def a_fan(stage: Stage, number: int = 0, channel: str = "wx") -> Human:
    """Somebody who is logged in through a platform."""
    human = stage.human(number)
    stage.does(enter(stage.world, human, channel, shared=False))
    return human


def a_member(stage: Stage, number: int = 0) -> Human:
    """A fan who has proved the first of the own numbers."""
    human = a_fan(stage, number)
    stage.does(prove(stage.world, human, "wx", human.phones[0]))
    return human


def draw_enter(world: World, chance: Random) -> Enter:
    human = chance.choice(world.humans)
    return enter(world, human, chance.choice(PLATFORM_CHANNELS), shared=chance.random() < 0.5)


def draw_prove(world: World, chance: Random) -> Prove | None:
    found = world.somebody(chance)
    if found is None or found[1] == "web":
        return None
    human, channel, _ = found
    return prove(world, human, channel, chance.choice(human.phones), agrees=chance.random() < 0.95)


def first_contact_scene(stage: Stage) -> Enter:
    """Nobody has seen this person before, and both of their phones log in at once."""
    human = stage.human()
    stage.rival = enter(stage.world, human, "wx-2", shared=True)
    return enter(stage.world, human, "wx", shared=True)


def known_scene(stage: Stage) -> Enter:
    human = a_fan(stage)
    return enter(stage.world, human, "wx", shared=False)


def log_in_while_the_phone_changes_scene(stage: Stage) -> Enter:
    """The change ends the logins that there are, this one as well, even before its answer is known."""
    human = a_member(stage)
    stage.rival = prove(stage.world, human, "wx", human.phones[1])
    return enter(stage.world, human, "wx", shared=False)


def _two_fans(stage: Stage) -> Human:
    """One person in two apps, of whom the first app alone has told the id that they share."""
    human = stage.human()
    for channel in ("wx", "wx-2"):
        stage.does(enter(stage.world, human, channel, shared=False))
    stage.does(enter(stage.world, human, "wx", shared=True))
    return human


def shared_identity_scene(stage: Stage) -> Enter:
    """Two fans turn out to be one person, because the platform now tells the id that they share."""
    human = _two_fans(stage)
    stage.rival = enter(stage.world, human, "alipay", shared=True)
    return enter(stage.world, human, "wx-2", shared=True)


def same_discovery_scene(stage: Stage) -> Enter:
    """Two devices find out at once that two fans are one person (found by history 1628)."""
    human = _two_fans(stage)
    stage.rival = enter(stage.world, human, "wx-2", shared=True)
    return enter(stage.world, human, "wx-2", shared=True)


def join_scene(stage: Stage) -> Prove:
    """Two fans prove the same number at once."""
    one, other = a_fan(stage), a_fan(stage, 1)
    stage.rival = prove(stage.world, other, "wx", one.phones[0])
    return prove(stage.world, one, "wx", one.phones[0])


def change_phone_scene(stage: Stage) -> Prove:
    human = a_member(stage)
    stage.does(enter(stage.world, human, "wx-2", shared=True))
    stage.rival = enter(stage.world, human, "wx-2", shared=True)
    return prove(stage.world, human, "wx", human.phones[1])


def merge_scene(stage: Stage) -> Prove:
    """A fan proves a member's number, by a proof that can be shown again."""
    a_member(stage)
    other = a_fan(stage, 1, "alipay")
    stage.rival = enter(stage.world, other, "alipay", shared=True)
    return prove(stage.world, other, "alipay", stage.world.humans[0].phones[0])


def borrowed_proof_scene(stage: Stage) -> Prove:
    """Somebody shows a proof that can be shown again, and that is another person's."""
    one, other = a_fan(stage, 0, "alipay"), a_fan(stage, 1, "alipay")
    shown = prove(stage.world, one, "alipay", one.phones[0])
    stage.does(shown)
    return prove(stage.world, other, "alipay", one.phones[0], proof=shown.proof, digest=shown.digest)


AREA = Area(
    "joining",
    draws=((8, draw_enter), (8, draw_prove)),
    scenarios={
        "first contact": first_contact_scene,
        "log in again": known_scene,
        "log in while the phone changes": log_in_while_the_phone_changes_scene,
        "two logins turn out to be one person": shared_identity_scene,
        "two logins find the same thing out at once": same_discovery_scene,
        "join": join_scene,
        "change the phone": change_phone_scene,
        "merge by phone": merge_scene,
        "a proof of somebody else": borrowed_proof_scene,
    },
)
