"""A very small member API, run on a real port, so that the page has somebody to call."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

from flask import Flask, Response, request
from werkzeug.serving import make_server

from sandbox.server import QuietHandler
from tests.sandbox.worlds import AlipayApp, MiniProgram

Answer = tuple[Any, int] | dict[str, Any]


class SmallProduct:
    """Knows one mini-program and one Alipay app, and redeems codes with the platforms as a product must."""

    def __init__(self, program: MiniProgram, app: AlipayApp) -> None:
        self.program = program
        self.app = app
        self.url = ""
        self.members: dict[str, dict[str, Any]] = {}
        self.tokens: dict[str, str] = {}
        self.phone_calls: list[dict[str, Any]] = []
        self.keys_of_phone_calls: list[str] = []
        self.entries: object = [{"kind": "earn", "points": 30, "balance": 30, "at": "2026-11-22T10:00:00Z"}]
        self.problem: dict[str, Any] | None = None

    def member_of(self, external_id: str) -> dict[str, Any]:
        """Whoever comes is taken in."""
        fresh = {
            "member_id": external_id,
            "state": "fan",
            "card_number": f"88{len(self.members):04}",
            "phone": None,
        }
        return self.members.setdefault(external_id, fresh)

    def login(self, external_id: str) -> dict[str, Any]:
        """A token for the member."""
        token = f"token-{len(self.tokens)}"
        self.tokens[token] = external_id
        return {"token": token, "expires_in": 3600, "member": self.member_of(external_id)}

    def build(self) -> Flask:
        """The application."""
        api = Flask(__name__, static_folder=None)

        @api.before_request
        def refuse() -> tuple[dict[str, Any], int, dict[str, str]] | None:
            if self.problem is None:
                return None
            return self.problem, self.problem["status"], {"Content-Type": "application/problem+json"}

        @api.post("/v1/auth/wechat")
        def log_in_with_wechat() -> Answer:
            assert request.json is not None
            assert (request.json["channel_id"], bool(request.json["device"])) == ("demo.wx", True)
            return self.login(self.program.exchange(request.json["code"])["openid"])

        @api.post("/v1/auth/alipay")
        def log_in_with_alipay() -> Answer:
            assert request.json is not None
            code = request.json["auth_code"]
            answer = self.app.call("alipay.system.oauth.token", grant_type="authorization_code", code=code)
            return self.login(answer.json()["alipay_system_oauth_token_response"]["open_id"])

        self.add_own_pages(api)
        return api

    def add_own_pages(self, api: Flask) -> None:
        """What a member sees of itself."""

        def member() -> dict[str, Any] | None:
            token = request.headers.get("Authorization", "").removeprefix("Bearer ")
            return self.members.get(self.tokens.get(token, ""))

        @api.get("/v1/me")
        def me() -> Answer:
            return member() or ({"code": "token_expired", "title": "Expired", "message": "登录已过期"}, 401)

        @api.post("/v1/me/phone")
        def phone() -> Answer:
            found = member()
            assert found is not None
            assert request.json is not None
            self.phone_calls.append(request.json)
            self.keys_of_phone_calls.append(request.headers["Idempotency-Key"])
            found |= {"state": "active", "phone": "138****8000"}
            return {"outcome": "joined", "member": found, "token": None}

        @api.get("/v1/me/code")
        def code() -> Answer:
            return {"code": "286512345678901234", "expires_in": 60}

        @api.get("/v1/me/points")
        def points() -> Answer:
            return {"balance": 30}

        @api.get("/v1/me/points/entries")
        def entries() -> Answer:
            return {"items": self.entries, "next_cursor": None}

        @api.errorhandler(404)
        def nothing(_error: object) -> Response:
            return Response("<h1>404</h1>", 404)


@contextmanager
def running(product: SmallProduct) -> Iterator[SmallProduct]:
    """The product behind a port of its own."""
    server = make_server("127.0.0.1", 0, product.build(), threaded=True, request_handler=QuietHandler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    product.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield product
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
