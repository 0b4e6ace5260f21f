"""Coupon templates and their images: what staff says, and what is seen of it."""

from collections.abc import Iterator, Mapping
from random import Random
from typing import Any, ClassVar

from msgspec.structs import replace

from domain.coupon.keep import ListTemplates, ReadTemplate, SaveTemplate, Supply
from domain.coupon.template import Template
from domain.image.model import Image, Purpose
from domain.image.upload import UploadImage
from domain.page import Page
from tests.pictures import png
from tests.simulation import callers, observe
from tests.simulation.area import Area
from tests.simulation.callers import OFFICE
from tests.simulation.cloud import Change
from tests.simulation.merchant import COUPONS, coupon_form
from tests.simulation.model import coupons as model
from tests.simulation.model.state import Accepted, Refused, State, Verdict
from tests.simulation.process import Process
from tests.simulation.requests import Broken, Moment, Operation
from tests.simulation.stage import Stage
from tests.simulation.world import World

IMAGES = "images"


class Say(Operation, frozen=True):
    """Staff says what a coupon is worth, and who may have how many."""

    name: ClassVar[str] = "save a template"
    use_case: ClassVar[type] = SaveTemplate
    is_once: ClassVar[bool] = False
    template: str
    terms: model.Terms

    def call(self, process: Process) -> Template:
        actor: Any = callers.signed(process, OFFICE, f"{self.terms}", once=True)
        return process.services.save_template(actor, self.template, coupon_form(self.template, self.terms))

    def expect(self, state: State, moment: Moment) -> Verdict:
        return model.save(state, self.template, self.terms)

    def facts(self, answer: Template) -> Mapping[str, Any]:
        return {"version": answer.version}


class SeeTemplate(Operation, frozen=True):
    """Staff looks at what is left."""

    name: ClassVar[str] = "template"
    use_case: ClassVar[type] = ReadTemplate
    is_once: ClassVar[bool] = False
    template: str

    def call(self, process: Process) -> Supply:
        actor: Any = callers.signed(process, OFFICE, self.template, once=True)
        return process.services.read_template(actor, self.template)

    def expect(self, state: State, moment: Moment) -> Verdict:
        found = model.templates(state).get(self.template)
        if found is None:
            return Refused("coupon-template-not-found")
        return Accepted(state, {"left": found.left if found.terms.total else None})

    def explains(self, state: State, moment: Moment, facts: Mapping[str, Any]) -> bool:
        """The buckets are read at once, but not at one instant."""
        seen = [model.templates(each).get(self.template) for each in (*moment.states, state)]
        lefts = [found.left if found.terms.total else None for found in seen if found]
        counts = [left for left in lefts if left is not None]
        if facts["left"] is None or not counts:
            return facts["left"] in lefts
        return min(counts) <= int(facts["left"]) <= max(counts)

    def facts(self, answer: Supply) -> Mapping[str, Any]:
        return {"left": answer.left}


class SeeTemplates(Operation, frozen=True):
    """Staff looks at all of them."""

    name: ClassVar[str] = "templates"
    use_case: ClassVar[type] = ListTemplates
    is_once: ClassVar[bool] = False

    def call(self, process: Process) -> Page[Template]:
        actor: Any = callers.signed(process, OFFICE, "templates", once=True)
        return process.services.list_templates(actor, 10, None)

    def expect(self, state: State, moment: Moment) -> Verdict:
        found = model.templates(state).items()
        return Accepted(state, {"versions": {name: len(template.said) for name, template in found}})

    def facts(self, answer: Page[Template]) -> Mapping[str, Any]:
        return {"versions": {each.template_id: each.version for each in answer.items}}


class Upload(Operation, frozen=True):
    """Staff uploads a logo."""

    name: ClassVar[str] = "upload an image"
    use_case: ClassVar[type] = UploadImage
    is_once: ClassVar[bool] = False
    side: int

    def call(self, process: Process) -> Image:
        actor: Any = callers.signed(process, OFFICE, f"{self.side}", once=True)
        return process.services.upload_image(actor, Purpose.COUPON_LOGO, png(self.side, self.side))

    def expect(self, state: State, moment: Moment) -> Verdict:
        if self.side < 120:
            return Refused("image-refused")
        if self.side in state.areas.get(IMAGES, {}):
            return Accepted(state, {"side": self.side})
        return Accepted(model.keep(state, IMAGES, self.side, True), {"side": self.side})

    def facts(self, answer: Image) -> Mapping[str, Any]:
        return {"side": answer.facts.width}


def draw_say(world: World, chance: Random) -> Operation:
    template = chance.choice((*COUPONS, "spare"))
    kind = chance.choice(("say", "say", "say", "see", "list", "image"))
    if kind == "see":
        return SeeTemplate(template)
    if kind == "list":
        return SeeTemplates()
    if kind == "image":
        return Upload(chance.choice((119, 120, 130)))
    known = model.templates(world.state).get(template)
    before = known.terms if known else COUPONS["eight"]
    return Say(template, replace(before, **_said_anew(before, chance)))


def _said_anew(before: model.Terms, chance: Random) -> dict[str, Any]:
    change = chance.choice(
        ("off", "stop", "total", "limits", "stack", "code", "delivery", "returns", "store")
    )
    code = chance.choice(("HELLO", "BYE")) if before.delivery == "code" else ""
    choices: dict[str, dict[str, Any]] = {
        "off": {"off": chance.choice((300, 700, 900)), "least": chance.choice((0, 2000))},
        "stop": {"stopped": not before.stopped and chance.random() < 0.5},
        "total": {"total": max(before.total + chance.choice((-1, 1, 40)), 1) if before.total else 0},
        "limits": {"per_member": chance.choice((0, 1, 2)), "per_day": chance.choice((0, 0, 1))},
        "stack": {"stack": chance.choice((0, 2, 5)), "days": chance.choice((1, 30))},
        "code": {"code": code},
        "delivery": {"delivery": "claim", "code": ""},
        "returns": {"returns": chance.random() < 0.5},
        "store": {"store": chance.choice(("", "", "east"))},
    }
    return choices[change]


def says(stage: Stage, template: str, **changed: Any) -> model.Terms:
    """The template is as the house has it, but for this."""
    terms = replace(COUPONS[template], **changed)
    stage.does(Say(template, terms))
    return terms


def say_scene(stage: Stage) -> Say:
    """Two say something else at once."""
    stage.rival = Say("rate", replace(COUPONS["rate"], total=5))
    return Say("rate", replace(COUPONS["rate"], total=60))


def fewer_scene(stage: Stage) -> Say:
    """Two take away what is there once."""
    stage.rival = Say("rate", replace(COUPONS["rate"], total=1))
    return Say("rate", replace(COUPONS["rate"], total=2))


def first_scene(stage: Stage) -> Say:
    """Two want the same code for another template."""
    terms = replace(COUPONS["hello"], code="BYE", total=50)
    stage.rival = Say("hello", replace(COUPONS["hello"], code="BYE"))
    return Say("spare", terms)


def code_scene(stage: Stage) -> Say:
    """Another code for the same template, while another template wants it, too."""
    stage.rival = Say("spare", replace(COUPONS["hello"], code="BYE"))
    return Say("hello", replace(COUPONS["hello"], code="BYE"))


def see_scene(stage: Stage) -> SeeTemplate:
    stage.rival = Say("rate", replace(COUPONS["rate"], total=60))
    return SeeTemplate("rate")


def list_scene(stage: Stage) -> SeeTemplates:
    stage.rival = Say("rate", replace(COUPONS["rate"], total=60))
    return SeeTemplates()


def upload_scene(stage: Stage) -> Upload:
    stage.rival = Upload(120)
    return Upload(120)


def template_is_written(world: World, state: State, change: Change) -> None:
    name = change.key[1].removeprefix("T#")
    expected, item = model.templates(state).get(name), change.after or {}
    if expected is None or observe.number(item, "version") != len(expected.said):
        raise Broken("a template is as the model says", f"{name}: {item}, expected {expected}")


def code_is_written(world: World, state: State, change: Change) -> None:
    """A discount code leads to the template that has it, and to no other."""
    leads = observe.text(change.after, "template_id") if change.after else ""
    have = [name for name, each in model.templates(state).items() if each.terms.code == change.thing_id]
    if have != ([leads] if leads else []):
        raise Broken("a discount code leads to its template", f"{change.thing_id}: {leads}, expected {have}")


def coupons_add_up(world: World) -> Iterator[str]:
    """Invariant 14: what is left in the buckets is what the model says, and nothing is given twice."""
    left: dict[str, int] = {}
    for (pk, _), item in world.cloud.storage.items():
        _, tenant, kind, *rest = pk.split("#")
        if tenant == world.house.tenant_id and kind == "W" and rest[:2] == ["stock", "coupon"]:
            left[rest[2]] = left.get(rest[2], 0) - observe.number(item, "n")
    issued = model.coupons(world.state).values()
    for name, template in model.templates(world.state).items():
        stocked = [each for each in issued if each.template == name and each.stocked]
        gone = sum(each.state != "void" for each in stocked)
        wanted = (template.left, template.terms.total - template.left) if template.terms.total else (0, gone)
        if (left.get(name, 0), gone) != wanted:
            yield f"{left.get(name, 0)} left and {gone} out of {name}, expected {wanted}"


def codes_lead(world: World) -> Iterator[str]:
    """Each discount code leads to the template that has it now, and there are no others."""
    ours = f"T#{world.house.tenant_id}#CC#"
    found = {
        pk.removeprefix(ours): observe.text(item, "template_id")
        for (pk, _), item in world.cloud.storage.items()
        if pk.startswith(ours)
    }
    said = model.templates(world.state).items()
    if found != {each.terms.code: name for name, each in said if each.terms.code}:
        yield f"{found}"


def images_lie_on_the_shelf(world: World) -> Iterator[str]:
    """What is known can be shown."""
    for (pk, _), _ in world.stored("image"):
        if pk.rpartition("#")[2] not in world.outside.shelf:
            yield pk


AREA = Area(
    "templates",
    draws=((2, draw_say),),
    scenarios={
        "save a template": say_scene,
        "want fewer coupons": fewer_scene,
        "save a new template": first_scene,
        "change a discount code": code_scene,
        "see a template": see_scene,
        "see templates": list_scene,
        "upload an image": upload_scene,
    },
    comparisons={"coupon-template": template_is_written, "claim-code": code_is_written},
    promises={
        "coupons add up": coupons_add_up,
        "discount codes lead to their templates": codes_lead,
        "images lie on the shelf": images_lie_on_the_shelf,
    },
)
