"""The gateway over HTTP: `/gateway.do` takes everything, and answers nearly everything with 200."""

import json
from urllib.parse import parse_qsl

from flask import Flask, Request, Response, request
from werkzeug.wrappers import Request as WerkzeugRequest

from sandbox.alipay.apps import App
from sandbox.alipay.checks import CHARSETS, Asked, check_business, check_envelope, find_app
from sandbox.alipay.envelope import Answer, write
from sandbox.alipay.errors import PLANNED, Refused
from sandbox.alipay.methods import METHODS
from sandbox.alipay.platform import Alipay
from sandbox.front import FAULT_KEY, Door

ERROR_NODE = "error_response"


def build(alipay: Alipay) -> Flask:
    """The application."""
    app = Flask(__name__, static_folder=None)

    @app.route("/gateway.do", methods=["GET", "POST"])
    def gateway() -> Response:
        asked = read(request)
        fault = request.environ.get(FAULT_KEY, "")
        body = respond(alipay, asked, fault).encode(asked.charset, "replace")
        return Response(body, content_type=f"text/html;charset={asked.charset}")

    return app


def read(asked: Request) -> Asked:
    """Query and form as one, in the character set that they name; the last of a repeated name counts."""
    query = asked.query_string.decode("ascii", "replace")
    is_form = asked.mimetype == "application/x-www-form-urlencoded"
    form = asked.get_data(cache=True).decode("ascii", "replace") if is_form else ""
    # A file upload comes in parts; its texts are read, its files are never signed.
    parts = {} if is_form else {name: values[-1] for name, values in asked.form.lists()}
    declared = dict(parse_qsl(f"{query}&{form}", keep_blank_values=True)).get("charset", "utf-8").lower()
    charset = declared if declared in CHARSETS else "utf-8"
    pairs = parse_qsl(query, keep_blank_values=True, encoding=charset)
    pairs += parse_qsl(form, keep_blank_values=True, encoding=charset)
    return Asked(dict(pairs) | parts, charset)


def respond(alipay: Alipay, asked: Asked, fault: str) -> str:
    """The whole answer. What was refused leaves no trace; what succeeds happens once."""
    app: App | None = None
    try:
        with alipay.state.change():
            name = asked.get("method")
            if not name:
                raise Refused("40001", "isv.missing-method", in_error_response=True)
            if name not in METHODS:
                raise Refused("40002", "isv.invalid-method", in_error_response=True)
            app = find_app(alipay, asked)
            answer = perform(alipay, asked, app, fault)
    except Refused as refused:
        is_error = refused.in_error_response
        answer = Answer(ERROR_NODE if is_error else node_name(asked.get("method")), refused.node())
    return write(answer, app, asked.charset, fault)


def perform(alipay: Alipay, asked: Asked, app: App, fault: str) -> Answer:
    """Check, play a planned refusal, and run the method."""
    name = asked.get("method")
    check_envelope(alipay, asked, app)
    if fault == ERROR_NODE:
        raise Refused("20000", "isp.unknow-error", in_error_response=True)
    if fault in PLANNED:
        raise Refused(fault, PLANNED[fault])
    method = METHODS[name]
    call = check_business(alipay, asked, app, needs_token=method.needs_token)
    return Answer(node_name(name), method.run(alipay, call), is_encrypted=call.is_encrypted)


def node_name(method: str) -> str:
    """The key under which a method's answer stands."""
    return method.replace(".", "_") + "_response"


def operation_of(_asked: WerkzeugRequest, parameters: dict[str, str]) -> str:
    """Alipay names its operations in a parameter."""
    return parameters.get("method", "")


def answer_code_of(body: bytes) -> str:
    """The code and the finer code; an encrypted node tells nothing."""
    nodes = [node for name, node in json.loads(body).items() if name.endswith("_response")]
    if not nodes or not isinstance(nodes[0], dict):
        return "encrypted"
    return " ".join(filter(None, (nodes[0].get("code", "10000"), nodes[0].get("sub_code"))))


DOOR = Door("alipay", operation_of, answer_code_of)
