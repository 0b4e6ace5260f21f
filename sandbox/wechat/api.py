"""api.weixin.qq.com over HTTP: nearly everything is answered with 200 and an errcode in the body."""

import json
from collections.abc import Callable
from itertools import count
from typing import Any

from flask import Flask, Request, Response, request
from werkzeug.wrappers import Request as WerkzeugRequest

from sandbox.front import FAULT_KEY, Door
from sandbox.wechat.apps import App
from sandbox.wechat.errors import Refused, error_body
from sandbox.wechat.platform import Wechat

CONTENT_TYPES = ("application/json; encoding=utf-8", "text/plain")
"""WeChat is not of one mind about it, so the sandbox takes turns."""

Body = dict[str, object]


def jscode2session(wechat: Wechat, asked: Request) -> Body:
    """A login code for a session key."""
    app_id, secret, js_code = (asked.args.get(name, "") for name in ("appid", "secret", "js_code"))
    app = app_with_secret(wechat, app_id, secret)
    if not js_code:
        raise Refused(41008)
    if asked.args.get("grant_type") != "authorization_code":
        raise Refused(40002)
    session, unionid = wechat.log_in(app, js_code)
    body: Body = {"session_key": session.session_key, "openid": session.openid}
    return body | ({"unionid": unionid} if unionid else {})


def token(wechat: Wechat, asked: Request) -> Body:
    """The classic access token."""
    return token_body(wechat, dict(asked.args.items()), is_stable=False)


def stable_token(wechat: Wechat, asked: Request) -> Body:
    """The access token that a fleet of servers can share."""
    return token_body(wechat, json_body(asked), is_stable=True)


def check_session(wechat: Wechat, asked: Request) -> Body:
    """Is the session key still the right one?"""
    app_id = wechat.tokens.app_of(asked.args.get("access_token", ""))
    wechat.sessions.check(app_id, *signed_session(asked))
    return {"errcode": 0, "errmsg": "ok"}


def reset_session(wechat: Wechat, asked: Request) -> Body:
    """Replace the session key."""
    app_id = wechat.tokens.app_of(asked.args.get("access_token", ""))
    session = wechat.sessions.reset(wechat.sessions.check(app_id, *signed_session(asked)))
    return {"errcode": 0, "errmsg": "ok", "openid": session.openid, "session_key": session.session_key}


def phone_number(wechat: Wechat, asked: Request) -> Body:
    """A phone code for the number."""
    app_id = wechat.tokens.app_of(asked.args.get("access_token", ""))
    body = json_body(asked)
    code = body.get("code")
    openid = body.get("openid")
    if not isinstance(code, str) or not code:
        raise Refused(40029)
    info = wechat.phone(app_id, code, openid if isinstance(openid, str) else None)
    return {"errcode": 0, "errmsg": "ok", "phone_info": info}


OPERATIONS: dict[str, tuple[str, Callable[[Wechat, Request], Body]]] = {
    "/cgi-bin/token": ("GET", token),
    "/cgi-bin/stable_token": ("POST", stable_token),
    "/sns/jscode2session": ("GET", jscode2session),
    "/wxa/checksession": ("GET", check_session),
    "/wxa/resetusersessionkey": ("GET", reset_session),
    "/wxa/business/getuserphonenumber": ("POST", phone_number),
}


def build(wechat: Wechat) -> Flask:
    """The application; a new operation is a new line in the table."""
    app = Flask(__name__, static_folder=None)
    turns = count()

    @app.route("/", defaults={"path": ""}, methods=["GET", "POST"])
    @app.route("/<path:path>", methods=["GET", "POST"])
    def answer(path: str) -> Response:
        try:
            with wechat.state.change():
                body = perform(wechat, "/" + path, request)
        except Refused as refused:
            body = error_body(refused.errcode)
        text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
        return Response(text, content_type=CONTENT_TYPES[next(turns) % len(CONTENT_TYPES)])

    return app


def perform(wechat: Wechat, path: str, asked: Request) -> Body:
    """Find the operation and run it, unless a fault is planned."""
    if fault := asked.environ.get(FAULT_KEY):
        raise Refused(int(fault))
    if path not in OPERATIONS:
        raise Refused(40066)
    method, operation = OPERATIONS[path]
    if asked.method != method:
        raise Refused(43002 if method == "POST" else 43001)
    return operation(wechat, asked)


def app_with_secret(wechat: Wechat, app_id: str, secret: str) -> App:
    """The app that proves itself by its secret."""
    if not app_id:
        raise Refused(41002)
    if not secret:
        raise Refused(41004)
    app = wechat.apps.find(app_id)
    if app is None:
        raise Refused(40013)
    if app.secret != secret:
        raise Refused(40125)
    return app


def token_body(wechat: Wechat, fields: dict[str, Any], *, is_stable: bool) -> Body:
    """Both token calls ask for the same things in different places."""
    if fields.get("grant_type") != "client_credential":
        raise Refused(40002)
    app_id = app_with_secret(wechat, str(fields.get("appid", "")), str(fields.get("secret", ""))).app_id
    if is_stable:
        issued = wechat.tokens.stable(app_id, force=fields.get("force_refresh") is True)
    else:
        issued = wechat.tokens.classic(app_id)
    return {"access_token": issued.token, "expires_in": wechat.tokens.remaining_seconds(issued)}


def signed_session(asked: Request) -> tuple[str, str, str]:
    """Who is meant, and the proof."""
    return asked.args.get("openid", ""), asked.args.get("signature", ""), asked.args.get("sig_method", "")


def json_body(asked: Request) -> dict[str, Any]:
    """The body of a POST, which must be one JSON object."""
    if not asked.get_data():
        raise Refused(44002)
    body = asked.get_json(force=True, silent=True)
    if not isinstance(body, dict):
        raise Refused(47001)
    return body


def operation_of(asked: WerkzeugRequest, _parameters: dict[str, str]) -> str:
    """WeChat names its operations by their paths."""
    return asked.path


def answer_code_of(body: bytes) -> str:
    """The errcode; a success may have none."""
    return str(json.loads(body).get("errcode", 0))


DOOR = Door("wechat", operation_of, answer_code_of)
