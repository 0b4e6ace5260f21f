"""Codes by short message: asking for one, logging in with one, guessing."""

from collections.abc import Iterator, Mapping
from random import Random
from typing import Any, ClassVar

from domain.joining.log_in_by_phone import LogInByPhone, PhoneLogin, SendLoginCode
from domain.member.model import Member
from domain.money import Points
from domain.session.model import Login
from domain.sms_code.model import Purpose
from domain.sms_code.send import SendCode, Sent
from tests.simulation import callers
from tests.simulation.area import Area
from tests.simulation.areas.joining import a_fan, a_member, prove
from tests.simulation.callers import Personal
from tests.simulation.cloud import Commit
from tests.simulation.giving import Arrival
from tests.simulation.model import codes, people
from tests.simulation.model.state import Accepted, Refused, State, Verdict
from tests.simulation.process import Process
from tests.simulation.requests import Broken, Moment, Operation
from tests.simulation.stage import Stage
from tests.simulation.world import CONSENT, SMS_PER_DAY, Human, World

ADDRESS = "203.0.113.7"


class AskToLogIn(Operation, frozen=True):
    """A web page asks for a code, for any number."""

    name: ClassVar[str] = "ask for a login code"
    use_case: ClassVar[type] = SendLoginCode
    is_once: ClassVar[bool] = False
    number: str

    def call(self, process: Process) -> Sent:
        channel = f"{process.world.house.tenant_id}.web"
        return process.services.send_login_code(channel, self.number, network_address=ADDRESS)

    def expect(self, state: State, moment: Moment) -> Verdict:
        return _send(state, self.number, "login", "", moment)

    def facts(self, answer: Sent) -> Mapping[str, Any]:
        return {"expires_in": answer.expires_in}


class AskToProve(Personal, frozen=True):
    """Somebody who is logged in asks for a code."""

    name: ClassVar[str] = "ask for a code"
    use_case: ClassVar[type] = SendCode
    is_once: ClassVar[bool] = False
    number: str

    def call(self, process: Process) -> Sent:
        actor = callers.person(process, self.token)
        send = process.services.send_code
        return send(actor.tenant_id, self.number, Purpose.PHONE, address=ADDRESS, identity=actor.identity)

    def expect(self, state: State, moment: Moment) -> Verdict:
        identity = state.sessions[self.session_id].identity
        return _send(state, self.number, "phone", identity, moment)

    def facts(self, answer: Sent) -> Mapping[str, Any]:
        return {"expires_in": answer.expires_in}


def _send(state: State, number: str, purpose: str, identity: str, moment: Moment) -> Verdict:
    facts = {"expires_in": 300}
    refusal = codes.refuses_to_send(state, number, moment.now)
    if refusal:
        return Refused(refusal)
    state, refusal = codes.counted(state, moment.now, ADDRESS, identity, SMS_PER_DAY)
    if refusal:
        return Refused(refusal)
    return Accepted(codes.sent(state, number, moment.made.code, purpose, moment.now), facts)


class EnterByPhone(Operation, frozen=True):
    """Somebody logs in with a code, and joins if the number is new."""

    name: ClassVar[str] = "log in by phone"
    use_case: ClassVar[type] = LogInByPhone
    is_once: ClassVar[bool] = True
    human: int
    number: str
    code: str
    agrees: bool = True
    invited_by: str = ""

    def call(self, process: Process) -> tuple[Login, Member, Points]:
        channel = f"{process.world.house.tenant_id}.web"
        agreed_to = CONSENT if self.agrees else None
        host = self.invited_by or None
        return process.services.log_in_by_phone(
            PhoneLogin(channel, self.number, self.code, agreed_to, "pc", host)
        )

    def expect(self, state: State, moment: Moment) -> Verdict:
        refusal = codes.refuses(state, self.number, self.code, "login", moment.now, spending=True)
        if refusal:
            return Refused(refusal)
        verdict = people.log_in_by_phone(state, self.number, moment.now, moment.made, agrees=self.agrees)
        if isinstance(verdict, Refused):
            return verdict
        after, points, member = verdict.state, 0, verdict.facts["member"]
        if member not in state.people:
            after, points = Arrival(member, self.number, self.invited_by).welcomed(verdict, moment)
        return Accepted(codes.spent(after, self.number), {"member": member, "points": points})

    def facts(self, answer: tuple[Login, Member, Points]) -> Mapping[str, Any]:
        return {"member": answer[1].member_id, "points": answer[2].count}

    def tells(self, state: State, told: Mapping[str, Any], effect: Mapping[str, Any]) -> bool:
        """Whoever joined may have turned out to be somebody else by the time of the answer."""
        return told == {**effect, "member": state.alive(effect["member"])}

    def excuses(self, world: World, state: State, moment: Moment) -> frozenset[str]:
        refusal = codes.refuses(state, self.number, self.code, "login", moment.now, spending=False)
        return frozenset({refusal, *replaced(world, state, self.number, self.code)})

    def learn(self, world: World, answer: tuple[Login, Member, Points]) -> None:
        human = world.humans[self.human]
        human.tokens["web"] = answer[0].token
        world.meet(human, answer[1].member_id)


def replaced(world: World, state: State, number: str, code: str) -> frozenset[str]:
    """A code that was right when it was compared, and killed by a newer one before it could be spent."""
    was_sent = code in world.outside.inbox.get(number, [])
    is_current = number in state.codes and state.codes[number].number == code
    return frozenset({"sms-code-expired"} if was_sent and not is_current else ())


def count_a_try(world: World, state: State, commit: Commit) -> State | None:
    """A try is counted by itself, before the code is looked at."""
    if commit.kinds != {"sms-code"}:
        return None
    (change,) = commit.changes
    number = world.phones[change.thing_id]
    operation = commit.by.request.operation
    if not isinstance(operation, EnterByPhone) and not getattr(operation, "sms_code", ""):
        return None
    purpose = "login" if isinstance(operation, EnterByPhone) else "phone"
    typed = operation.code if isinstance(operation, EnterByPhone) else getattr(operation, "sms_code", "")
    is_spent = change.after is not None and change.after["is_used"]["BOOL"]
    if is_spent:
        return None
    refusal = codes.refuses(state, number, typed, purpose, commit.decided_at, spending=False)
    if refusal not in {"", "sms-code-wrong"}:
        raise Broken("a locked or dead code is not tried", refusal)
    return codes.tried(state, number, commit.decided_at)


def _code_for(world: World, chance: Random, number: str) -> str:
    inbox = world.outside.inbox.get(number)
    return inbox[-1] if inbox and chance.random() < 0.85 else f"{chance.randrange(10**6):06}"


def draw_ask_to_log_in(world: World, chance: Random) -> AskToLogIn:
    number = chance.choice(chance.choice(world.humans).phones)
    world.know_phone(number)
    return AskToLogIn(number)


def draw_ask_to_prove(world: World, chance: Random) -> AskToProve | None:
    found = world.somebody(chance)
    if found is None:
        return None
    human, _, token = found
    number = chance.choice(human.phones)
    world.know_phone(number)
    return AskToProve(token, number)


def draw_enter(world: World, chance: Random) -> EnterByPhone | None:
    human: Human = chance.choice(world.humans)
    numbers = [number for number in human.phones if number in world.state.codes]
    if not numbers:
        return None
    number = chance.choice(numbers)
    return EnterByPhone(human.number, number, _code_for(world, chance, number), chance.random() < 0.9)


def draw_prove(world: World, chance: Random) -> Operation | None:
    pairs = [
        (human, channel, number)
        for human, channel, _ in world.logins(chance)
        for number in human.phones
        if number in world.state.codes
    ]
    if not pairs:
        return None
    human, channel, number = chance.choice(pairs)
    code = _code_for(world, chance, number)
    return prove(world, human, channel, number, proof="", digest="", sms_code=code)


def ask_scene(stage: Stage) -> AskToLogIn:
    number = stage.human().phones[0]
    stage.world.know_phone(number)
    stage.rival = AskToLogIn(number)
    return AskToLogIn(number)


def ask_me_scene(stage: Stage) -> AskToProve:
    human = a_fan(stage)
    stage.world.know_phone(human.phones[0])
    return AskToProve(human.tokens["wx"], human.phones[0])


def asked(stage: Stage, human: Human) -> tuple[str, str]:
    """Number and code."""
    number = human.phones[0]
    stage.world.know_phone(number)
    stage.does(AskToLogIn(number))
    return number, stage.world.outside.inbox[number][-1]


def log_in_by_number(stage: Stage, human: Human) -> None:
    """They are in the web page then."""
    number, code = asked(stage, human)
    stage.does(EnterByPhone(human.number, number, code))


def new_number_scene(stage: Stage) -> EnterByPhone:
    """Two pages use the same code at once."""
    human = stage.human()
    number, code = asked(stage, human)
    stage.rival = EnterByPhone(human.number, number, code)
    return EnterByPhone(human.number, number, code)


def given_up_scene(stage: Stage) -> EnterByPhone:
    """Somebody gives a number up while it is used to log in: a login by it must not outlive that."""
    human = a_member(stage)
    number, code = asked(stage, human)
    stage.rival = prove(stage.world, human, "wx", human.phones[1])
    return EnterByPhone(human.number, number, code)


def wrong_code_scene(stage: Stage) -> EnterByPhone:
    human = a_member(stage)
    number, code = asked(stage, human)
    wrong = f"{(int(code) + 1) % 10**6:06}"
    stage.rival = EnterByPhone(human.number, number, wrong)
    return EnterByPhone(human.number, number, wrong)


def prove_scene(stage: Stage) -> Operation:
    human = a_fan(stage)
    number = human.phones[0]
    stage.world.know_phone(number)
    stage.does(AskToProve(human.tokens["wx"], number))
    code = stage.world.outside.inbox[number][-1]
    return prove(stage.world, human, "wx", number, proof="", digest="", sms_code=code)


def replace_scene(stage: Stage) -> Operation:
    """Who got in by a number replaces it, and goes on by the new one."""
    human = a_member(stage)
    log_in_by_number(stage, human)
    return _replace(stage, human)


def replace_anew_scene(stage: Stage) -> Operation:
    """Who has just joined by a number replaces it in a second browser: the login in the first must end."""
    human = stage.human()
    for _ in range(2):
        log_in_by_number(stage, human)
        stage.wait(minutes=2)
    return _replace(stage, human)


def _replace(stage: Stage, human: Human) -> Operation:
    fresh = human.phones[1]
    stage.world.know_phone(fresh)
    stage.does(AskToProve(human.tokens["web"], fresh))
    code = stage.world.outside.inbox[fresh][-1]
    return prove(stage.world, human, "web", fresh, proof="", digest="", sms_code=code)


def few_messages(world: World) -> Iterator[str]:
    """No phone gets more messages than codes were granted (invariant 24, as far as there are messages)."""
    for number, inbox in world.outside.inbox.items():
        granted = world.state.codes[number].grants
        if len(inbox) > granted:
            yield f"{len(inbox)} messages to {number} for {granted} codes"


AREA = Area(
    "codes",
    draws=((3, draw_ask_to_log_in), (2, draw_ask_to_prove), (4, draw_enter), (3, draw_prove)),
    scenarios={
        "ask for a login code": ask_scene,
        "ask for a code": ask_me_scene,
        "log in by phone": new_number_scene,
        "log in by a number that is given up": given_up_scene,
        "a wrong code": wrong_code_scene,
        "prove by code": prove_scene,
        "replace the number of one's login": replace_scene,
        "replace the number that one joined by": replace_anew_scene,
    },
    steps=(count_a_try,),
    promises={"no message without a code": few_messages},
)
