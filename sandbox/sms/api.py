"""dysmsapi over HTTP: RPC calls at the root, everything in the query or the form."""

import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import uuid4
from xml.sax.saxutils import escape

from flask import Flask, Request, Response, request
from werkzeug.wrappers import Request as WerkzeugRequest

from sandbox.front import FAULT_KEY, Door
from sandbox.sms.errors import NOT_ADMITTED, NotAdmitted, NotSent
from sandbox.sms.platform import Sms
from sandbox.sms.signature import sign, string_to_sign

HOST_ID = "dysmsapi.aliyuncs.com"
VERSION = "2017-05-25"
TIMESTAMP_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
TIMESTAMP_SKEW_SECONDS_MAX = 15 * 60
NONCE_LENGTH_MAX = 64
REQUIRED = (
    "AccessKeyId", "Signature", "SignatureMethod", "SignatureVersion", "SignatureNonce", "Timestamp",
)  # fmt: skip
BUSINESS_REQUIRED = ("PhoneNumbers", "SignName", "TemplateCode")


def build(sms: Sms) -> Flask:
    """The application."""
    app = Flask(__name__, static_folder=None)

    @app.route("/", methods=["GET", "POST"])
    def rpc() -> Response:
        asked = request.args.to_dict() | request.form.to_dict()
        body: dict[str, str] = {"RequestId": str(uuid4()).upper()}
        status = 200
        try:
            admit(sms, request, asked)
            with sms.state.change():
                body |= send(sms, asked, request.environ.get(FAULT_KEY, ""))
        except NotAdmitted as refusal:
            status = refusal.status
            body |= {"HostId": HOST_ID, "Code": refusal.code, "Message": refusal.message}
        except NotSent as refusal:
            body |= {"Code": refusal.code, "Message": refusal.message}
        return written(body, status, asked.get("Format", "XML"))

    return app


def admit(sms: Sms, asked: Request, parameters: Mapping[str, str]) -> None:
    """Everything that must hold before the business is looked at."""
    for name in ("Action", "Version", *REQUIRED):
        if not parameters.get(name):
            raise NotAdmitted(400, f"Missing{name}", f"{name} is mandatory for this action.")
    if parameters["Version"] != VERSION:
        raise NotAdmitted(400, "InvalidVersion", "Specified parameter Version is not valid.")
    if parameters["Action"] != "SendSms":
        raise NotAdmitted(
            404, "InvalidAction.NotFound", "Specified api is not found, please check your url and method."
        )
    if (parameters["SignatureMethod"], parameters["SignatureVersion"]) != ("HMAC-SHA1", "1.0"):
        raise NotAdmitted(400, "InvalidSignatureMethod", "Specified signature method is not valid.")
    account = sms.account(parameters["AccessKeyId"])
    if account is None:
        raise NotAdmitted(404, "InvalidAccessKeyId.NotFound", "Specified access key is not found.")
    check_timestamp(sms, parameters["Timestamp"])
    text = string_to_sign(asked.method, parameters)
    expected = sign(account.access_key_secret, text)
    if not hmac.compare_digest(expected.encode(), parameters["Signature"].encode()):
        message = f"Specified signature is not matched with our calculation. server string to sign is:{text}"
        raise NotAdmitted(400, "SignatureDoesNotMatch", message)
    # Only a call that its owner signed may use up a nonce.
    with sms.state.change():
        is_fresh = sms.use_nonce(account.access_key_id, parameters["SignatureNonce"][:NONCE_LENGTH_MAX])
    if not is_fresh:
        raise NotAdmitted(400, "SignatureNonceUsed", "Specified signature nonce was used already.")


def check_timestamp(sms: Sms, text: str) -> None:
    """UTC, and close to the sandbox's time."""
    try:
        instant = datetime.strptime(text, TIMESTAMP_FORMAT).replace(tzinfo=UTC)
    except ValueError:
        raise NotAdmitted(
            400, "InvalidTimeStamp.Format", "Specified time stamp or date value is not well formatted."
        ) from None
    if abs((sms.clock.now() - instant).total_seconds()) > TIMESTAMP_SKEW_SECONDS_MAX:
        raise NotAdmitted(400, "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.")


def send(sms: Sms, parameters: Mapping[str, str], fault: str) -> dict[str, str]:
    """Send the message, unless a fault is planned."""
    if fault in NOT_ADMITTED:
        status, message = NOT_ADMITTED[fault]
        raise NotAdmitted(status, fault, message)
    if fault:
        raise NotSent(fault, "系统繁忙，请稍后重试")
    for name in BUSINESS_REQUIRED:
        if not parameters.get(name):
            raise NotAdmitted(400, f"Missing{name}", f"{name} is mandatory for this action.")
    phones, sign_name, template_code = (parameters[name] for name in BUSINESS_REQUIRED)
    biz_id = sms.send(phones, sign_name, template_code, parameters.get("TemplateParam", ""))
    return {"Message": "OK", "BizId": biz_id, "Code": "OK"}


def written(body: Mapping[str, str], status: int, wanted: str) -> Response:
    """JSON where it is asked for; the service's own default is XML."""
    if wanted.upper() == "JSON":
        text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
        return Response(text, status, content_type="application/json;charset=utf-8")
    root = "Error" if "HostId" in body else "SendSmsResponse"
    inside = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in body.items())
    text = f"<?xml version='1.0' encoding='UTF-8'?><{root}>{inside}</{root}>"
    return Response(text, status, content_type="text/xml;charset=utf-8")


def operation_of(_asked: WerkzeugRequest, parameters: dict[str, str]) -> str:
    """The action."""
    return parameters.get("Action", "")


def answer_code_of(body: bytes) -> str:
    """The code, if the answer is JSON."""
    return str(json.loads(body).get("Code", ""))


DOOR = Door("sms", operation_of, answer_code_of)
