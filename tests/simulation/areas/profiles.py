"""Profiles: what people see and change of themselves, the code for the till, and who a till finds."""

from collections.abc import Mapping
from datetime import date
from random import Random
from typing import Any, ClassVar

from domain.member.find import FindMember, Reference, ReferenceKind
from domain.member.model import Member
from domain.member.profile import UNSET, ChangeProfile, ProfileChange, ReadMyself, ShowCode, ShownCode
from tests.simulation import callers
from tests.simulation.area import Area
from tests.simulation.areas.joining import a_member
from tests.simulation.callers import TILL, Acting
from tests.simulation.model import people
from tests.simulation.model.state import Accepted, Refused, State, Verdict
from tests.simulation.process import Process
from tests.simulation.requests import Moment, Operation
from tests.simulation.stage import Stage
from tests.simulation.world import World

CODE_MS = 63_000
"""A minute, and the clocks of two processes."""
CARD_DIGITS = slice(2, 11)
"""Where both a card number and the code for the till have the digits of their own."""
NAMES = ("林小满", "周大川")
BIRTHDAYS = ("19960229", "20010131", "19880601")


class Rename(Acting, frozen=True):
    """Somebody changes the profile; sent again, nothing more happens."""

    name: ClassVar[str] = "change the profile"
    use_case: ClassVar[type] = ChangeProfile
    is_once: ClassVar[bool] = False
    names: Mapping[str, str | None]

    def call(self, process: Process) -> Member:
        actor = callers.person(process, self.token)
        change = ProfileChange(
            self.names.get("nickname", UNSET),
            self.names.get("name", UNSET),
            birthday=_day(self.names["birthday"]) if "birthday" in self.names else UNSET,
        )
        return process.services.change_profile(actor, change)

    def expect_of(self, state: State, member: str) -> Verdict:
        return people.change_profile(state, member, self.names)

    def facts(self, answer: Member) -> Mapping[str, Any]:
        return {"member": answer.member_id, "names": _names(answer)}


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _names(member: Member) -> dict[str, str]:
    profile = member.profile
    found = {
        "nickname": profile.nickname,
        "name": profile.name.open() if profile.name else None,
        "birthday": f"{profile.birthday:%Y%m%d}" if profile.birthday else None,
    }
    return {name: text for name, text in found.items() if text is not None}


class SeeMyself(Acting, frozen=True):
    """Somebody looks at their own record: never at anybody else's (invariant 4)."""

    name: ClassVar[str] = "my record"
    use_case: ClassVar[type] = ReadMyself
    is_once: ClassVar[bool] = False

    def call(self, process: Process) -> Member:
        return process.services.read_myself(callers.person(process, self.token))

    def expect_of(self, state: State, member: str) -> Verdict:
        person = state.people[member]
        return Accepted(state, {"member": member, "card": person.card, "names": dict(person.names)})

    def facts(self, answer: Member) -> Mapping[str, Any]:
        return {"member": answer.member_id, "card": answer.card_number or "", "names": _names(answer)}


class ShowAtTill(Acting, frozen=True):
    """The code on the phone's screen, and a till that reads it at once."""

    name: ClassVar[str] = "show the code"
    use_case: ClassVar[type] = ShowCode
    is_once: ClassVar[bool] = False

    def call(self, process: Process) -> ShownCode:
        return process.services.show_code(callers.person(process, self.token))

    def expect_of(self, state: State, member: str) -> Verdict:
        card = state.people[member].card
        return Accepted(state, {"digits": card[CARD_DIGITS]}) if card else Refused("not-a-member")

    def facts(self, answer: ShownCode) -> Mapping[str, Any]:
        return {"digits": answer.code[CARD_DIGITS]}

    def learn(self, world: World, answer: ShownCode) -> None:
        cards = (person.card for person in world.state.people.values())
        card = next(card for card in cards if card[CARD_DIGITS] == answer.code[CARD_DIGITS])
        world.memory["codes"].append((answer.code, card, world.now_ms))


class Identify(Operation, frozen=True):
    """A till asks who somebody is."""

    name: ClassVar[str] = "identify"
    use_case: ClassVar[type] = FindMember
    is_once: ClassVar[bool] = False
    by: str
    value: str
    card: str = ""
    """Whose code it is; empty if a digit of it was changed."""
    shown_at: int = 0
    """When it was on the screen at the latest."""

    def call(self, process: Process) -> Member:
        actor = callers.signed(process, TILL, f"{self.by} {self.value}", once=True)
        return process.services.find_member(actor, Reference(ReferenceKind(self.by), self.value))

    def expect(self, state: State, moment: Moment) -> Verdict:
        if self.by == "member_code" and (not self.card or moment.now > self.shown_at + CODE_MS):
            return Refused("member-code-not-valid")
        found = self._found(state)
        return Accepted(state, {"member": state.alive(found)}) if found else Refused("member-not-found")

    def _found(self, state: State) -> str:
        if self.by == "member_id":
            return self.value if self.value in state.people else ""
        marks = {
            "member_code": f"card:{self.card}",
            "phone": f"phone:{self.value}",
            "card_number": f"card:{self.value}",
        }
        return state.holders.get(marks[self.by], "")

    def explains(self, state: State, moment: Moment, facts: Mapping[str, Any]) -> bool:
        """Whom it finds, and who that is by now, are two reads."""
        verdict = self.expect(state, moment)
        found = {each.alive(self._found(state)) for each in moment.states}
        return isinstance(verdict, Accepted) and facts["member"] in found

    def facts(self, answer: Member) -> Mapping[str, Any]:
        return {"member": answer.member_id}

    def excuses(self, world: World, state: State, moment: Moment) -> frozenset[str]:
        """Codes may be half a minute old by the time they are on the screen."""
        return frozenset({"member-code-not-valid"} if self.by == "member_code" else ())


def draw_rename(world: World, chance: Random) -> Rename | None:
    found = world.somebody(chance)
    if found is None:
        return None
    field = chance.choice(("nickname", "name", "birthday"))
    return Rename(found[2], {field: chance.choice((*(BIRTHDAYS if field == "birthday" else NAMES), None))})


def draw_myself(world: World, chance: Random) -> SeeMyself | None:
    found = world.somebody(chance)
    return SeeMyself(found[2]) if found else None


def draw_code(world: World, chance: Random) -> ShowAtTill | None:
    found = world.somebody(chance)
    return ShowAtTill(found[2]) if found else None


def draw_read(world: World, chance: Random) -> Identify | None:
    """A till reads one of the last codes; sometimes a digit of it is wrong."""
    codes: list[Any] = world.memory["codes"]
    if not codes:
        return None
    code, card, shown_at = chance.choice(codes[-3:])
    if chance.random() < 0.2:
        return Identify("member_code", _mistyped(code))
    return Identify("member_code", code, card, shown_at)


def _mistyped(code: str) -> str:
    return code[:-1] + str((int(code[-1]) + 1) % 10)


def draw_identify(world: World, chance: Random) -> Identify | None:
    marks = list(world.state.holders)
    if not marks:
        return None
    kind, _, value = chance.choice(marks).partition(":")
    names = {"phone": "phone", "card": "card_number"}
    if kind in names:
        return Identify(names[kind], value)
    people = world.known_members()
    return Identify("member_id", chance.choice(people)) if people else None


def rename_scene(stage: Stage) -> Rename:
    human = a_member(stage)
    stage.rival = Rename(human.tokens["wx"], {"nickname": "rival"})
    return Rename(human.tokens["wx"], {"nickname": "new", "name": NAMES[0]})


def myself_scene(stage: Stage) -> SeeMyself:
    return SeeMyself(a_member(stage).tokens["wx"])


def code_scene(stage: Stage) -> ShowAtTill:
    return ShowAtTill(a_member(stage).tokens["wx"])


def wrong_code_scene(stage: Stage) -> Identify:
    """A code with one digit changed."""
    stage.does(ShowAtTill(a_member(stage).tokens["wx"]))
    code, _, _ = stage.world.memory["codes"][-1]
    return Identify("member_code", _mistyped(code))


def identify_scene(stage: Stage) -> Identify:
    human = a_member(stage)
    return Identify("phone", human.phones[0])


AREA = Area(
    "profiles",
    draws=((3, draw_rename), (1, draw_myself), (1, draw_code), (1, draw_identify), (1, draw_read)),
    scenarios={
        "change the profile": rename_scene,
        "my record": myself_scene,
        "show the code": code_scene,
        "identify": identify_scene,
        "identify by a wrong code": wrong_code_scene,
    },
)
