"""The API as one process for development: dispatches by prefix to the apps that Lambda runs apart.

`python -m scripts.local.api --port N`; prints one line when it listens.
"""

import argparse
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from werkzeug.middleware.shared_data import SharedDataMiddleware
from werkzeug.serving import WSGIRequestHandler, make_server

from serverless.apps.member import member_app
from serverless.apps.staff import staff_app
from serverless.logs import configure
from serverless.settings import Settings
from serverless.wiring import Wiring, wiring

App = Callable[[dict[str, Any], Any], Iterable[bytes]]


class Quiet(WSGIRequestHandler):
    """The app writes its own line for each request."""

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002  # werkzeug's name
        """Nothing."""


def dispatcher(services: Wiring) -> App:
    """Tills and staff go to `staff_api`, everything else to `member_api`."""
    members, staff = member_app(services), staff_app(services)

    def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        chosen = staff if environ["PATH_INFO"].startswith(("/v1/till", "/v1/staff")) else members
        return chosen(environ, start_response)

    return app


def with_images(app: App, place: str | None) -> App:
    """Images in a folder are served from there, as a content network would."""
    kind, _, folder = (place or "").partition(":")
    if kind != "folder":
        return app
    Path(folder).mkdir(parents=True, exist_ok=True)
    return SharedDataMiddleware(app, {"/images": folder})


def main() -> None:
    """Serves until it is ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    arguments = parser.parse_args()
    configure()
    app = with_images(dispatcher(wiring()), Settings.from_environment().images)
    server = make_server("127.0.0.1", arguments.port, app, threaded=True, request_handler=Quiet)
    print("ready", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
