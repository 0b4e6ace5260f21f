"""`create_app`: blueprints, problems, authentication and one log line a request."""

import logging
import secrets
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import Any, Protocol

from flask import Blueprint, Flask, Response, abort, g

from handlers import actors, problems
from handlers.current import kept, the_request
from handlers.schemas.fields import IMAGES

BODY_BYTES_MAX = 256 * 1024
TRACE_HEADER = "X-Amzn-Trace-Id"
TRACE_MAX = 100

log = logging.getLogger("tongka.requests")


class Usage(Protocol):
    """What a request cost the store."""

    def summary(self) -> dict[str, object]: ...


class Services(actors.Authenticators, Protocol):
    """What every app needs, whatever its routes."""

    def image_url(self, tenant_id: str, image_id: str) -> str | None: ...

    @property
    def metered(self) -> Callable[[], AbstractContextManager[Usage]]: ...


class App(Flask):
    """Flask, all of whose views and hooks are plain functions."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Flask looks at each of them in each request, whether it has to be awaited."""
        return func


def create_app(services: Services, blueprints: Iterable[Blueprint]) -> Flask:
    """A route whose operation names no actor cannot be registered."""
    app = App("tongka", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = BODY_BYTES_MAX
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    app.url_map.merge_slashes = False
    app.extensions[actors.EXTENSION] = services
    app.extensions[IMAGES] = services.image_url
    problems.register(app)
    app.before_request(lambda: _begin(services))
    app.after_request(_finish)
    app.teardown_request(_end)
    for blueprint in blueprints:
        app.register_blueprint(blueprint)
    for name, view in app.view_functions.items():
        if not hasattr(view, "operation"):
            raise TypeError(f"The route {name} declares no operation.")
    return app


def _begin(services: Services) -> None:
    asked, beside = the_request(), kept()
    beside.trace_id = asked.headers.get(TRACE_HEADER, "")[:TRACE_MAX] or secrets.token_hex(8)
    beside.started = time.monotonic()
    beside.scope = services.metered()
    beside.usage = beside.scope.__enter__()
    if asked.environ.get("PATH_INFO", "").startswith("//"):
        # werkzeug would cut it to one, and whoever guards addresses in front of us would not.
        abort(404)


def _finish(response: Response) -> Response:
    headers = response.headers
    headers["Cache-Control"] = "no-store"
    headers["X-Content-Type-Options"] = "nosniff"
    beside = kept()
    if "usage" in beside:
        asked = the_request()
        line: dict[str, Any] = {
            "method": asked.method,
            "route": asked.url_rule.rule if asked.url_rule else None,
            "status": response.status_code,
            "ms": round((time.monotonic() - beside.started) * 1000),
            "trace_id": beside.trace_id,
            **beside.usage.summary(),
        }
        log.info("request", extra=line)
    return response


def _end(error: BaseException | None) -> None:
    scope = g.pop("scope", None)
    if scope is not None:
        scope.__exit__(None, None, None)
