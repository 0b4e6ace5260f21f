"""The programme: rules that head office drafts, publishes and retires while orders come in."""

from collections.abc import Mapping
from random import Random
from typing import Any, ClassVar

from msgspec import Struct
from msgspec.structs import replace

from domain.page import Page
from domain.programme.model import Programme
from domain.programme.publish import (
    ApplyProgramme,
    Publication,
    Published,
    PublishRules,
    SaveDraft,
    published_from,
)
from domain.programme.read import ListRules, ReadProgramme
from domain.programme.record import RuleSheet
from domain.unit_of_work import RequestKey
from tests.simulation import callers, observe
from tests.simulation.area import Area
from tests.simulation.areas.joining import a_fan, a_member
from tests.simulation.areas.points import an_order
from tests.simulation.areas.profiles import Rename
from tests.simulation.callers import OFFICE
from tests.simulation.cloud import Change
from tests.simulation.merchant import CATALOGUE, LADDERS, programme_wish, written
from tests.simulation.model.rules import Rule
from tests.simulation.model.state import NOTHING, Accepted, Refused, State, Verdict
from tests.simulation.model.tiers import Ladder
from tests.simulation.process import Process
from tests.simulation.requests import Broken, Moment, Operation
from tests.simulation.stage import Stage
from tests.simulation.watch import KEPT_MS
from tests.simulation.world import World

DRAFTS = "drafts"
NAMES = tuple(CATALOGUE)


class Sheet(Struct, frozen=True):
    """Where a rule stands."""

    draft: Rule | None = None
    number: int = 0
    version: int = 0
    """The last one that was in force; 0: none was."""


def _sheet(state: State, name: str) -> Sheet:
    sheets: Mapping[str, Sheet] = state.areas.get(DRAFTS, NOTHING)
    known = state.programme.rules.get(name)
    return sheets.get(name, Sheet(version=known.version if known else 0))


def _with_sheet(state: State, name: str, sheet: Sheet) -> State:
    sheets = {**state.areas.get(DRAFTS, NOTHING), name: sheet}
    return replace(state, areas={**state.areas, DRAFTS: sheets})


class ChangeRate(Operation, frozen=True):
    """Head office applies the file with another rate and perhaps another ladder; the other rules stay."""

    name: ClassVar[str] = "apply a programme"
    use_case: ClassVar[type] = ApplyProgramme
    is_once: ClassVar[bool] = False
    points: int
    ladder: int | None = None
    """One of the catalogue; None: that of the house."""

    def call(self, process: Process) -> str:
        world = process.world
        base = replace(world.house.programme.rules["base"], points=self.points)
        own = world.house.programme.ladder
        ladder = own if self.ladder is None else LADDERS[self.ladder]
        wish = programme_wish(replace(world.house.programme, rules={"base": base}, ladder=ladder))
        return process.services.apply_programme(world.house.tenant_id, wish)

    def expect(self, state: State, moment: Moment) -> Verdict:
        base = state.programme.rules["base"]
        ladder = state.programmes[0].ladder if self.ladder is None else LADDERS[self.ladder]
        if base.points == self.points and ladder == state.programme.ladder:
            return Accepted(state)
        rules = state.programme.rules
        if base.points != self.points:
            changed = replace(base, points=self.points, version=base.version + 1)
            state = _with_sheet(state, "base", replace(_sheet(state, "base"), version=changed.version))
            rules = {**rules, "base": changed}
        return Accepted(in_force(state, rules, ladder, moment.now))

    def facts(self, answer: str) -> Mapping[str, Any]:
        return NOTHING


def in_force(state: State, rules: Mapping[str, Rule], ladder: Ladder | None, now: int) -> State:
    version = state.programme.version + 1
    programme = replace(state.programme, rules=rules, version=version, ladder=ladder, since=now)
    return replace(state, programmes=(*state.programmes, programme))


class Draft(Operation, frozen=True):
    """Head office writes a rule of the catalogue, in one of its variants."""

    name: ClassVar[str] = "save a draft"
    use_case: ClassVar[type] = SaveDraft
    is_once: ClassVar[bool] = False
    rule: str
    variant: int

    @property
    def body(self) -> Rule:
        return CATALOGUE[self.rule][self.variant]

    def call(self, process: Process) -> RuleSheet:
        actor: Any = callers.signed(process, OFFICE, f"{self.rule} {self.variant}", once=True)
        return process.services.save_draft(actor, written(self.rule, self.body))

    def expect(self, state: State, moment: Moment) -> Verdict:
        sheet = _sheet(state, self.rule)
        if sheet.draft == self.body:
            return Accepted(state, {"number": sheet.number})
        after = replace(sheet, draft=self.body, number=sheet.number + 1)
        return Accepted(_with_sheet(state, self.rule, after), {"number": after.number})

    def facts(self, answer: RuleSheet) -> Mapping[str, Any]:
        return {"number": answer.record.draft_number}

    def learn(self, world: World, answer: RuleSheet) -> None:
        world.memory["drafts"].append((self.rule, answer.record.draft_number))


class Publish(Operation, frozen=True):
    """Head office brings drafts into force and takes rules out of it, together."""

    name: ClassVar[str] = "publish"
    use_case: ClassVar[type] = PublishRules
    is_once: ClassVar[bool] = True
    key: str
    publish: Mapping[str, int]
    retire: tuple[str, ...] = ()

    @property
    def fingerprint(self) -> str:
        return f"{dict(self.publish)} {self.retire}"

    def call(self, process: Process) -> Published:
        actor: Any = callers.signed(process, OFFICE, self.fingerprint)
        key = RequestKey(actor.caller, self.key, self.fingerprint, published_from)
        return process.services.publish_rules(actor, Publication(self.publish, self.retire, key))

    def expect(self, state: State, moment: Moment) -> Verdict:
        facts, kept_at = state.keys.get(self.key, ({}, 0))
        if kept_at > moment.now - KEPT_MS:
            return Accepted(state, facts)
        rules = dict(state.programme.rules)
        for name, number in self.publish.items():
            sheet = _sheet(state, name)
            if sheet.draft is None:
                is_known = sheet.number or sheet.version
                return Refused("rule-has-no-draft" if is_known else "rule-not-found")
            if sheet.number != number:
                return Refused("draft-changed")
            rules[name] = self._next(state.programme.rules.get(name), sheet)
            state = _with_sheet(state, name, replace(sheet, draft=None, version=rules[name].version))
        for name in self.retire:
            if name not in rules:
                sheet = _sheet(state, name)
                return Refused("rule-not-published" if sheet.number or sheet.version else "rule-not-found")
            state = _with_sheet(state, name, replace(_sheet(state, name), version=rules.pop(name).version))
        state = in_force(state, rules, state.programme.ladder, moment.now)
        facts = {"version": state.programme.version}
        return Accepted(replace(state, keys={**state.keys, self.key: (facts, moment.now)}), facts)

    @staticmethod
    def _next(before: Rule | None, sheet: Sheet) -> Rule:
        body = sheet.draft or Rule("")
        if before is not None and replace(before, version=1) == body:
            return before
        return replace(body, version=sheet.version + 1)

    def facts(self, answer: Published) -> Mapping[str, Any]:
        return {"version": answer.programme_version}


def _drafts(state: State) -> frozenset[str]:
    sheets: Mapping[str, Sheet] = state.areas.get(DRAFTS, NOTHING)
    return frozenset(name for name, sheet in sheets.items() if sheet.draft)


class SeeRules(Operation, frozen=True):
    """Head office looks at all rules."""

    name: ClassVar[str] = "rules"
    use_case: ClassVar[type] = ListRules
    is_once: ClassVar[bool] = False

    def call(self, process: Process) -> Page[RuleSheet]:
        actor: Any = callers.signed(process, OFFICE, "rules", once=True)
        return process.services.list_rules(actor, 50, None)

    def expect(self, state: State, moment: Moment) -> Verdict:
        return Accepted(state, {"drafts": _drafts(state)})

    def explains(self, state: State, moment: Moment, facts: Mapping[str, Any]) -> bool:
        """A list may show what one commit wrote in part: each draft was there at some time of the try."""
        seen = [_drafts(each) for each in moment.states]
        shown: frozenset[str] = facts["drafts"]
        return frozenset.intersection(*seen) <= shown <= frozenset.union(*seen)

    def facts(self, answer: Page[RuleSheet]) -> Mapping[str, Any]:
        return {"drafts": frozenset(sheet.record.rule_id for sheet in answer.items if sheet.record.draft)}


class SeeProgramme(Operation, frozen=True):
    """Head office looks at the version in force."""

    name: ClassVar[str] = "programme"
    use_case: ClassVar[type] = ReadProgramme
    is_once: ClassVar[bool] = False

    def call(self, process: Process) -> Programme:
        actor: Any = callers.signed(process, OFFICE, "programme", once=True)
        return process.services.read_programme(actor)

    def expect(self, state: State, moment: Moment) -> Verdict:
        programme = state.programme
        rules = {name: rule.version for name, rule in programme.rules.items()}
        return Accepted(state, {"version": programme.version, "rules": rules})

    def facts(self, answer: Programme) -> Mapping[str, Any]:
        return {"version": answer.version, "rules": {rule.rule_id: rule.version for rule in answer.rules}}


def programme_is_written(world: World, state: State, change: Change) -> None:
    """A version holds exactly the rules that are in force, and is written once."""
    if change.before is not None or change.after is None:
        raise Broken("a version of the programme never changes", change.thing_id)
    seen = {body["rule_id"]: version for version, _, body in observe.list_of(change.after, "rules")}
    expected = {name: rule.version for name, rule in state.programme.rules.items()}
    if (change.key[1], seen) != (f"V#{state.programme.version:010}", expected):
        raise Broken("a version holds the rules in force", f"{change.key} {seen}, expected {expected}")


def rules_gave(world: World, state: State, change: Change) -> None:
    """An entry says what each rule gave, and that is what the model says."""
    entry = change.after or {}
    cause = observe.json_of(entry, "c")
    if "g" not in entry or cause["r"] != "order":
        return
    order = cause["o"]
    expected = state.orders["/".join(order)].gains
    seen = {name: exact for name, _, exact in observe.json_of(entry, "g").get("gains", ())}
    if seen != {name: str(gain) for name, gain in expected.items()}:
        raise Broken("rules give what the model says", f"{change.key[1]}: {seen}, expected {expected}")


def draw_rate(world: World, chance: Random) -> ChangeRate:
    return ChangeRate(chance.randrange(1, 9), chance.choice((None, None, *range(len(LADDERS)))))


def draw_draft(world: World, chance: Random) -> Draft:
    name = chance.choice(NAMES)
    return Draft(name, chance.randrange(len(CATALOGUE[name])))


def draw_publish(world: World, chance: Random) -> Publish | None:
    """A draft or two that somebody has seen; sometimes something is retired with it."""
    drafts: list[tuple[str, int]] = world.memory["drafts"]
    if not drafts:
        return None
    chosen = dict(chance.sample(drafts, min(len(drafts), chance.choice((1, 1, 2)))))
    others = [name for name in world.state.programme.rules if name not in chosen and name != "base"]
    retired = tuple(chance.sample(others, 1)) if others and chance.random() < 0.3 else ()
    return Publish(f"publish-{chance.randrange(10**9):09}", chosen, retired)


def rate_scene(stage: Stage) -> ChangeRate:
    stage.rival = ChangeRate(7)
    return ChangeRate(3)


def order_at_new_rate_scene(stage: Stage) -> Operation:
    """The rate changes while an order is recorded."""
    member = a_fan(stage).member_id
    stage.rival = ChangeRate(5)
    return an_order(stage, member)


def draft_scene(stage: Stage) -> Draft:
    stage.does(Draft("cups", 0))
    stage.rival = Draft("cups", 0)
    return Draft("cups", 1)


def first_draft_scene(stage: Stage) -> Draft:
    stage.rival = Draft("double", 1)
    return Draft("double", 0)


def in_force_now(stage: Stage, *names: str) -> None:
    """Exactly these, beside the base rate."""
    numbers = {name: stage.does(Draft(name, 0)).record.draft_number for name in names}
    others = tuple(name for name in stage.world.state.programme.rules if name not in {"base", *names})
    stage.does(Publish("publish-for-the-scene", numbers, others))


def publish_scene(stage: Stage) -> Publish:
    """One comes into force and another goes, while somebody writes the draft anew."""
    in_force_now(stage, "double")
    number = stage.does(Draft("weekend", 0)).record.draft_number
    stage.rival = Draft("weekend", 1)
    return Publish("publish-0000000001", {"weekend": number}, ("double",))


def publish_again_scene(stage: Stage) -> Publish:
    """A rule that was retired comes back, while another one is published."""
    in_force_now(stage, "chest")
    stage.does(Publish("publish-0000000002", {}, ("chest",)))
    number = stage.does(Draft("chest", 1)).record.draft_number
    other = stage.does(Draft("cups", 0)).record.draft_number
    stage.rival = Publish("publish-0000000003", {"cups": other})
    return Publish("publish-0000000004", {"chest": number})


def rules_scene(stage: Stage) -> SeeRules:
    in_force_now(stage, "double")
    stage.rival = Draft("cups", 0)
    return SeeRules()


def programme_scene(stage: Stage) -> SeeProgramme:
    stage.rival = ChangeRate(5)
    return SeeProgramme()


def many_rules_scene(stage: Stage) -> Operation:
    """Everything at once: goods, steps, n-th order, three multipliers; and the birthday changes meanwhile."""
    human = a_member(stage)
    in_force_now(stage, "cups", "second", "step", "double", "triple", "weekend")
    stage.does(Rename(human.tokens["wx"], {"birthday": "19880131"}))
    stage.does(an_order(stage, human.member_id, 9900))
    stage.rival = Rename(human.tokens["wx"], {"birthday": "19960229"})
    return an_order(stage, human.member_id, 9900, cups=3)


def capped_rules_scene(stage: Stage) -> Operation:
    """The caps of a member are nearly reached, and another order comes at the same moment."""
    member = a_fan(stage).member_id
    in_force_now(stage, "daily", "step")
    stage.does(an_order(stage, member))
    stage.rival = an_order(stage, member, number="rival")
    return an_order(stage, member, cups=2)


def spent_budget_scene(stage: Stage) -> Operation:
    """Little of the budget is left, and two orders want it."""
    one, other = a_fan(stage).member_id, a_fan(stage, 1).member_id
    in_force_now(stage, "chest")
    stage.does(an_order(stage, one))
    stage.rival = an_order(stage, other, number="rival")
    return an_order(stage, one, cups=2)


AREA = Area(
    "programmes",
    draws=(
        (1, draw_rate),
        (2, draw_draft),
        (2, draw_publish),
        (1, lambda world, chance: chance.choice((SeeRules, SeeProgramme))()),
    ),
    scenarios={
        "apply a programme": rate_scene,
        "an order while the rate changes": order_at_new_rate_scene,
        "save a draft": draft_scene,
        "save the first draft": first_draft_scene,
        "publish": publish_scene,
        "publish again": publish_again_scene,
        "rules": rules_scene,
        "programme": programme_scene,
        "an order under many rules": many_rules_scene,
        "an order near the caps": capped_rules_scene,
        "an order that wants the budget": spent_budget_scene,
    },
    comparisons={"programme": programme_is_written, "entry": rules_gave},
)
