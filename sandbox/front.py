"""The front door of every platform: takes the request in, plays the planned fault, keeps a record."""

import contextlib
import json
import socket
import time
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import TYPE_CHECKING

from msgspec import Struct
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request, Response

from sandbox import faults
from sandbox.faults import Faults
from sandbox.received import Requests

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

BODY_BYTES_MAX = 2 * 1024 * 1024
FAULT_KEY = "sandbox.fault"
"""Where an application finds the platform's own fault that it is to play."""

BAD_GATEWAY = (
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n"
    "<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n"
)


class Door(Struct, frozen=True):
    """What a platform tells its front door about itself."""

    platform: str
    operation_of: Callable[[Request, dict[str, str]], str]
    answer_code_of: Callable[[bytes], str]


class Front:
    """A WSGI application around a platform's application."""

    def __init__(
        self, door: Door, app: "WSGIApplication", planned: Faults, requests: Requests, slow_seconds: float
    ) -> None:
        self._door = door
        self._app = app
        self._faults = planned
        self._requests = requests
        self._slow_seconds = slow_seconds

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer, or close the connection if that is the fault."""
        request = Request(environ)
        request.max_content_length = BODY_BYTES_MAX
        request.max_form_memory_size = BODY_BYTES_MAX
        try:
            parameters = parameters_of(request)
        except HTTPException as refusal:
            return refusal(environ, start_response)
        operation = self._door.operation_of(request, parameters)
        fault = self._faults.take(self._door.platform, operation)
        response = self._response(request, fault)
        closes = fault in {faults.RESET, faults.RESET_AFTER}
        self._requests.record(
            self._door.platform,
            operation,
            request.method,
            request.path,
            parameters,
            status=None if closes else response.status_code,
            answer="" if closes else self._code(response),
            fault=fault,
        )
        if closes:
            hang_up(environ["werkzeug.socket"])
            # The server takes it for a client that is gone, and says nothing.
            raise ConnectionResetError(fault)
        return response(environ, start_response)

    def _response(self, request: Request, fault: str) -> Response:
        if fault == faults.HTTP_502:
            return Response(BAD_GATEWAY, 502, mimetype="text/html")
        if fault == faults.GARBAGE:
            return Response("<!DOCTYPE html>系统繁忙，请稍后再试 {", 200, mimetype="text/html")
        if fault == faults.RESET:
            return Response()
        if fault == faults.SLOW:
            time.sleep(self._slow_seconds)
        environ = dict(request.environ)
        body = request.get_data()
        environ["wsgi.input"] = BytesIO(body)
        environ["CONTENT_LENGTH"] = str(len(body))
        environ.pop("HTTP_TRANSFER_ENCODING", None)
        environ.pop("werkzeug.request", None)
        environ[FAULT_KEY] = "" if fault in faults.GENERIC else fault
        return Response.from_app(self._app, environ)

    def _code(self, response: Response) -> str:
        try:
            return self._door.answer_code_of(response.get_data())
        except ValueError:
            return ""


def hang_up(connection: socket.socket) -> None:
    """Close the connection now; the server itself would keep it open for a next request."""
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def parameters_of(request: Request) -> dict[str, str]:
    """Query, form and the fields of a JSON body as one; the last of a repeated name counts."""
    body = request.get_data(cache=True)
    parameters = {name: values[-1] for name, values in request.args.lists()}
    parameters |= {name: values[-1] for name, values in request.form.lists()}
    try:
        fields = json.loads(body) if body[:1] == b"{" else {}
    except ValueError:
        fields = {"(body)": body.decode("utf-8", "replace")}
    texts = {
        name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for name, value in fields.items()
    }
    return parameters | texts
