"""Starts the four servers in one process and stops them again."""

from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from sandbox.alipay import api as alipay_api
from sandbox.alipay.signing import MakeKeys, new_key_pair
from sandbox.front import Door, Front
from sandbox.page import app as page_app
from sandbox.sms import api as sms_api
from sandbox.wechat import api as wechat_api
from sandbox.world import World

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

HOST = "127.0.0.1"
"""Never any other address: the control API asks nobody who they are."""

POLL_SECONDS = 0.01
SLOW_SECONDS = 3.0


class Ports(Struct, frozen=True):
    """Where to listen; zero takes any free port."""

    wechat: int = 0
    alipay: int = 0
    sms: int = 0
    page: int = 0


class QuietHandler(WSGIRequestHandler):
    """Says nothing about single requests, and does not wait for ever for a silent client."""

    timeout = 5

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - the name is werkzeug's.
        """What was received can be read on the page; a bug still shows its traceback."""


class Listener:
    """One server and the thread it runs in."""

    def __init__(self, app: "WSGIApplication", port: int) -> None:
        self._server: BaseWSGIServer = make_server(
            HOST, port, app, threaded=True, request_handler=QuietHandler
        )
        # Requests under way are waited for, so that none finds the state closed.
        self._server.daemon_threads = False  # type: ignore[attr-defined] # It is the threaded kind.
        self._thread = Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": POLL_SECONDS}, daemon=True
        )
        self._thread.start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{HOST}:{self._server.server_port}"

    def stop(self) -> None:
        """Take no more requests and finish those under way."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class RunningSandbox:
    """Four servers around one world."""

    def __init__(self, world: World, ports: Ports, slow_seconds: float) -> None:
        def behind(door: Door, app: "WSGIApplication") -> Front:
            return Front(door, app, world.faults, world.requests, slow_seconds)

        self.world = world
        self._listeners: list[Listener] = []
        apps: tuple[tuple[int, WSGIApplication], ...] = (
            (ports.wechat, behind(wechat_api.DOOR, wechat_api.build(world.wechat))),
            (ports.alipay, behind(alipay_api.DOOR, alipay_api.build(world.alipay))),
            (ports.sms, behind(sms_api.DOOR, sms_api.build(world.sms))),
            (ports.page, page_app.build(world)),
        )
        try:
            # One by one, because those that started must be stopped if another cannot.
            for port, app in apps:
                self._listeners.append(Listener(app, port))
        except BaseException:
            self.stop()
            raise
        wechat, alipay, sms, page = self._listeners
        self.wechat_url = wechat.url
        self.alipay_url = alipay.url + "/gateway.do"
        self.sms_url = sms.url
        self.page_url = page.url

    def addresses(self) -> dict[str, str]:
        """Where each server listens, by its name."""
        return {
            "wechat": self.wechat_url,
            "alipay": self.alipay_url,
            "sms": self.sms_url,
            "page": self.page_url,
        }

    def stop(self) -> None:
        """Stop the servers and close the state."""
        while self._listeners:
            self._listeners.pop().stop()
        self.world.close()


def start_sandbox(
    state: Path | None = None,
    ports: Ports | None = None,
    slow_seconds: float = SLOW_SECONDS,
    make_keys: MakeKeys = new_key_pair,
) -> RunningSandbox:
    """Run the sandbox inside this process until `stop()`. Whoever is in a hurry may bring keys for Alipay."""
    return RunningSandbox(World(state, make_keys), ports or Ports(), slow_seconds)
