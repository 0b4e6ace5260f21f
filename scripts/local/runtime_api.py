"""The Runtime API of Lambda, for one execution environment: what its runtime client asks for events.

Source: AWS, "Using the Lambda runtime API for custom runtimes", version 2018-06-01.
"""

import json
import threading
import time
import uuid
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, SimpleQueue
from typing import Any

from msgspec import Struct

ARN = "arn:aws-cn:lambda:cn-north-1:000000000000:function:"


class FunctionFailed(Exception):
    """The function raised, did not start, ended, or took too long; says which."""


class TookTooLong(FunctionFailed):
    """It still runs."""


class ForChildren(ThreadingHTTPServer):
    """Its callers are processes that are ended when they are not needed any more, whatever they are doing."""

    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Nothing: one has left in the middle."""


class _Outcome(Struct, frozen=True):
    answer: bytes
    has_failed: bool


class RuntimeApi:
    """Hands out one event at a time and takes the answer. Serves on a thread of its own until `close`."""

    def __init__(self, function: str, heard: Callable[[], None] | None = None) -> None:
        """`heard` is called when the process asks for its first event: it has started."""
        self._function, self._heard = function, heard
        self._events: SimpleQueue[tuple[str, bytes, float] | None] = SimpleQueue()
        self._outcomes: SimpleQueue[_Outcome] = SimpleQueue()
        self.started = threading.Event()
        self._server = ForChildren(("127.0.0.1", 0), self._requests())
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._server.server_address[1]}"

    def invoke(self, event: Any, seconds: float, is_alive: Callable[[], bool]) -> Any:
        """The function's answer. Raises FunctionFailed."""
        ends_at = time.time() + seconds
        self._events.put((str(uuid.uuid4()), json.dumps(event).encode(), ends_at))
        while time.time() < ends_at:
            try:
                outcome = self._outcomes.get(timeout=0.05)
            except Empty:
                if not is_alive():
                    raise FunctionFailed("Runtime exited without providing a reason") from None
                continue
            if outcome.has_failed:
                raise FunctionFailed(outcome.answer.decode())
            return json.loads(outcome.answer)
        raise TookTooLong(f"Task timed out after {seconds:.2f} seconds")

    def close(self) -> None:
        self._events.put(None)
        self._server.shutdown()
        self._server.server_close()

    def _next(self) -> tuple[str, bytes, float] | None:
        if not self.started.is_set():
            if self._heard:
                self._heard()
            self.started.set()
        return self._events.get()

    def _take(self, path: str, body: bytes) -> None:
        self._outcomes.put(_Outcome(body, path.endswith("/error")))

    def _requests(self) -> type[BaseHTTPRequestHandler]:
        api = self

        class Requests(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                found = api._next()
                if found is None:
                    self.close_connection = True
                    return
                request_id, body, ends_at = found
                headers = {
                    "Lambda-Runtime-Aws-Request-Id": request_id,
                    "Lambda-Runtime-Deadline-Ms": str(int(ends_at * 1000)),
                    "Lambda-Runtime-Invoked-Function-Arn": ARN + api._function,
                    "Content-Type": "application/json",
                }
                self._answer(200, body, headers)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                api._take(self.path, body)
                self._answer(202, b"{}", {})

            def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Nothing: the function writes its own lines."""

        return Requests
