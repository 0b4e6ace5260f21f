"""The control API: everything that people, phones and bad days do in this world, as JSON."""

from typing import Any

from flask import Blueprint, request
from msgspec.structs import asdict

from sandbox.fields import Fields
from sandbox.refusals import NotValid
from sandbox.world import World

Answer = tuple[dict[str, Any], int] | dict[str, Any]


def build(world: World) -> Blueprint:
    """What belongs to no single platform."""
    control = Blueprint("control", __name__)
    add_clock(control, world)
    add_people(control, world)
    add_product(control, world)

    @control.get("/control/requests")
    def list_requests() -> Answer:
        return {"items": [asdict(received) for received in world.requests.all(request.args.get("platform"))]}

    @control.post("/control/faults")
    def plan_fault() -> Answer:
        fields = Fields(request)
        planned = world.faults.plan(
            fields.text("platform"),
            fields.text("operation"),
            fields.text("fault"),
            fields.whole_number("times", 1),
        )
        return asdict(planned), 201

    @control.get("/control/faults")
    def list_faults() -> Answer:
        return {"items": world.faults.all()}

    @control.delete("/control/faults")
    def cancel_faults() -> Answer:
        world.faults.cancel()
        return {"items": []}

    @control.delete("/control/state")
    def forget() -> Answer:
        world.forget()
        return {"forgotten": True}

    return control


def add_clock(control: Blueprint, world: World) -> None:
    """What time it is, and what time it shall be."""

    @control.get("/clock")
    def tell() -> Answer:
        seconds = round(world.clock.offset_seconds, 6)
        whole = int(seconds) if seconds == int(seconds) else seconds
        return {"now": world.clock.now().isoformat(), "offset_seconds": whole}

    @control.post("/clock")
    def move() -> Answer:
        fields = Fields(request)
        if "advance_seconds" in fields:
            world.clock.advance_seconds(fields.number("advance_seconds"))
        elif "advance_months" in fields:
            world.clock.advance_months(fields.whole_number("advance_months"))
        elif "set" in fields:
            world.clock.set(fields.instant("set"))
        elif fields.raw("reset") is True:
            world.clock.reset()
        else:
            raise NotValid("say advance_seconds, advance_months, set, or reset")
        return tell()


def add_people(control: Blueprint, world: World) -> None:
    """Who lives here."""

    @control.post("/control/people")
    def add_person() -> Answer:
        fields = Fields(request)
        return asdict(world.people.add(fields.text("name"), fields.text("phone"))), 201

    @control.get("/control/people")
    def list_people() -> Answer:
        return {"items": [asdict(person) for person in world.people.all()]}

    @control.get("/control/people/<person_id>")
    def show_person(person_id: str) -> Answer:
        return asdict(world.people.get(person_id))

    @control.patch("/control/people/<person_id>")
    def change_person(person_id: str) -> Answer:
        fields = Fields(request)
        return asdict(
            world.people.change(person_id, fields.optional_text("name"), fields.optional_text("phone"))
        )


def add_product(control: Blueprint, world: World) -> None:
    """Which product the page lets people play."""

    @control.post("/control/product")
    def connect() -> Answer:
        fields = Fields(request)
        product = world.product.connect(
            fields.text("member_api"), fields.raw("channels"), fields.text("consent_version")
        )
        return asdict(product)

    @control.get("/control/product")
    def show() -> Answer:
        product = world.product.get()
        return asdict(product) if product else {"member_api": None, "channels": [], "consent_version": None}
