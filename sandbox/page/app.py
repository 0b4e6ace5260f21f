"""The page server: what the browser sees, and the control API behind it."""

from collections.abc import Callable

from flask import Flask, Response, redirect, render_template, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from sandbox import control
from sandbox.alipay import control as alipay_control
from sandbox.page.guard import add_guard
from sandbox.page.play import Player, Toast
from sandbox.page.views import page
from sandbox.refusals import NotThere, NotValid
from sandbox.sms import control as sms_control
from sandbox.wechat import control as wechat_control
from sandbox.world import World

DAY_SECONDS = 24 * 3600
BODY_BYTES_MAX = 1024 * 1024

MOVES: dict[str, Callable[[World], None]] = {
    "day": lambda world: world.clock.advance_seconds(DAY_SECONDS),
    "month": lambda world: world.clock.advance_months(1),
    "thirteen-months": lambda world: world.clock.advance_months(13),
    "reset": lambda world: world.clock.reset(),
}


def build(world: World) -> Flask:
    """The application with everything registered."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = BODY_BYTES_MAX
    add_guard(app)
    add_refusals(app)
    app.register_blueprint(control.build(world))
    app.register_blueprint(wechat_control.build(world.wechat))
    app.register_blueprint(alipay_control.build(world.alipay))
    app.register_blueprint(sms_control.build(world.sms))
    add_page(app, world)
    add_phones(app, world)
    return app


def add_page(app: Flask, world: World) -> None:
    """The page itself and the clock's buttons."""

    @app.get("/")
    def show() -> str:
        return render_template("index.html", **page(world))

    @app.post("/page/clock")
    def move_clock() -> AnyResponse:
        move = MOVES.get(request.form.get("move", ""))
        if move is None:
            raise NotValid("move is one of " + ", ".join(MOVES))
        move(world)
        return back("clock")


def add_phones(app: Flask, world: World) -> None:
    """What people do. A form answers with a redirect, so that reloading the page repeats nothing."""
    player = Player(world)
    actions: dict[str, Callable[[str, str], None]] = {
        "log-in": player.log_in,
        "phone": player.share_phone,
        "card": player.look_at_card,
        "code": player.show_code,
    }

    @app.post("/page/people")
    def add_person() -> AnyResponse:
        person = world.people.add(request.form.get("name", "").strip(), request.form.get("phone", "").strip())
        return back(person.person_id)

    @app.post("/page/people/<person_id>")
    def change_person(person_id: str) -> AnyResponse:
        try:
            world.people.change(person_id, phone=request.form.get("phone", "").strip())
        except NotValid as refusal:
            world.visits.show(person_id, Toast(str(refusal), "not_valid", is_refusal=True))
        return back(person_id)

    @app.post("/page/people/<person_id>/<channel_id>/<action>")
    def play(person_id: str, channel_id: str, action: str) -> AnyResponse:
        if action not in actions:
            raise NotThere(f"a phone has no button {action}")
        person = world.people.get(person_id)
        actions[action](person.person_id, channel_id)
        return back(person_id)


def back(anchor: str) -> AnyResponse:
    """To the page, at the place where the button was."""
    return redirect(f"/#{anchor}", code=303)


def add_refusals(app: Flask) -> None:
    """Refusals as JSON; people in a browser can read them, too."""

    @app.errorhandler(NotThere)
    def not_there(refusal: NotThere) -> tuple[dict[str, str], int]:
        return {"error": "not_there", "message": str(refusal)}, 404

    @app.errorhandler(NotValid)
    def not_valid(refusal: NotValid) -> tuple[dict[str, str], int]:
        return {"error": "not_valid", "message": str(refusal)}, 400

    @app.errorhandler(HTTPException)
    def refused(refusal: HTTPException) -> Response | tuple[dict[str, str], int]:
        message = refusal.description or ""
        return {"error": refusal.name.lower().replace(" ", "_"), "message": message}, refusal.code or 500
