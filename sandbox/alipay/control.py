"""Control over Alipay: register apps, let phones ask for codes and numbers."""

from typing import Any

from flask import Blueprint, request

from sandbox.alipay.apps import IDS
from sandbox.alipay.platform import Alipay, Settings
from sandbox.alipay.tokens import AUTH_USER, SCOPES
from sandbox.fields import Fields

Answer = tuple[dict[str, Any], int] | dict[str, Any]


def build(alipay: Alipay) -> Blueprint:
    """Everything under /control/alipay."""
    control = Blueprint("control_alipay", __name__, url_prefix="/control/alipay")
    add_apps(control, alipay)
    add_codes(control, alipay)
    add_settings(control, alipay)
    return control


def add_apps(control: Blueprint, alipay: Alipay) -> None:
    """The register of apps."""

    @control.post("/apps")
    def create_app() -> Answer:
        fields = Fields(request)
        app = alipay.apps.create(
            fields.text("name"),
            fields.text("app_public_key"),
            fields.choice("ids", IDS),
            fields.optional_text("app_group") or None,
            fields.optional_text("app_id"),
        )
        return app.shown(), 201

    @control.get("/apps")
    def list_apps() -> Answer:
        return {"items": [app.shown() for app in alipay.apps.all()]}

    @control.patch("/apps/<app_id>")
    def change_app(app_id: str) -> Answer:
        return alipay.apps.change_ids(app_id, Fields(request).choice("ids", IDS)).shown()


def add_codes(control: Blueprint, alipay: Alipay) -> None:
    """What phones get for their apps."""

    @control.post("/auth-codes")
    def mint_auth_code() -> Answer:
        fields = Fields(request)
        scope = fields.choice("scope", SCOPES, AUTH_USER)
        return {"auth_code": alipay.mint_code(fields.text("app_id"), fields.text("person_id"), scope)}, 201

    @control.post("/phone-responses")
    def mint_phone_response() -> Answer:
        fields = Fields(request)
        return {"response": alipay.phone_response(fields.text("app_id"), fields.text("person_id"))}, 201


def add_settings(control: Blueprint, alipay: Alipay) -> None:
    """How strict the gateway is."""

    @control.get("/settings")
    def show_settings() -> Answer:
        return {"strict_timestamp": alipay.settings.is_timestamp_strict}

    @control.patch("/settings")
    def change_settings() -> Answer:
        alipay.change_settings(Settings(Fields(request).truth("strict_timestamp")))
        return show_settings()
