"""Control over WeChat: register apps, let phones ask for codes."""

from typing import Any

from flask import Blueprint, request
from msgspec.structs import asdict

from sandbox.fields import Fields
from sandbox.refusals import NotValid
from sandbox.wechat import codes
from sandbox.wechat.apps import KINDS
from sandbox.wechat.platform import Wechat

Answer = tuple[dict[str, Any], int] | dict[str, Any]


def build(wechat: Wechat) -> Blueprint:
    """Everything under /control/wechat."""
    control = Blueprint("control_wechat", __name__, url_prefix="/control/wechat")
    add_apps(control, wechat)
    add_codes(control, wechat)
    return control


def add_apps(control: Blueprint, wechat: Wechat) -> None:
    """The register of apps."""

    @control.post("/apps")
    def create_app() -> Answer:
        fields = Fields(request)
        app = wechat.apps.create(
            fields.text("name"),
            fields.choice("kind", KINDS),
            fields.optional_text("open_platform") or None,
            fields.optional_text("app_id"),
            fields.optional_text("secret"),
        )
        return asdict(app), 201

    @control.get("/apps")
    def list_apps() -> Answer:
        return {"items": [asdict(app) for app in wechat.apps.all()]}

    @control.patch("/apps/<app_id>")
    def change_app(app_id: str) -> Answer:
        return asdict(wechat.apps.bind(app_id, Fields(request).optional_text("open_platform") or None))


def add_codes(control: Blueprint, wechat: Wechat) -> None:
    """What phones get for their apps."""

    @control.post("/login-codes")
    def mint_login_code() -> Answer:
        fields = Fields(request)
        return {"code": wechat.mint_code(codes.LOGIN, fields.text("app_id"), fields.text("person_id"))}, 201

    @control.post("/phone-codes")
    def mint_phone_code() -> Answer:
        fields = Fields(request)
        return {"code": wechat.mint_code(codes.PHONE, fields.text("app_id"), fields.text("person_id"))}, 201

    @control.post("/open-data")
    def mint_open_data() -> Answer:
        fields = Fields(request)
        data = fields.raw("data")
        if data is not None and not isinstance(data, dict):
            raise NotValid("data is a JSON object")
        return wechat.open_data(fields.text("app_id"), fields.text("person_id"), data), 201
