"""Control over the message service: open accounts, word templates, read the inbox."""

from typing import Any

from flask import Blueprint, request
from msgspec.structs import asdict

from sandbox.fields import Fields
from sandbox.refusals import NotValid
from sandbox.sms.platform import TEMPLATE_CODE, Sms

Answer = tuple[dict[str, Any], int] | dict[str, Any]


def build(sms: Sms) -> Blueprint:
    """Everything under /control/sms."""
    control = Blueprint("control_sms", __name__, url_prefix="/control/sms")

    @control.post("/accounts")
    def open_account() -> Answer:
        return asdict(sms.open_account()), 201

    @control.post("/templates")
    def write_template() -> Answer:
        fields = Fields(request)
        template_code = fields.text("template_code")
        if not TEMPLATE_CODE.fullmatch(template_code):
            raise NotValid("template_code is SMS_ and digits")
        return asdict(sms.write_template(template_code, fields.text("text"))), 201

    @control.get("/messages")
    def read_messages() -> Answer:
        return {"items": [asdict(message) for message in sms.messages(request.args.get("phone"))]}

    return control
