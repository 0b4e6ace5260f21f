"""The product as Lambda runs it, on this machine: packages in processes behind an HTTP API, and the stream.

`python -m scripts.local.lambda_host --port N`; prints one line when it listens. POST /_events/<function>
hands an event to a function, as rules and people with the right to invoke do.
"""

import argparse
import json
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import botocore.session
from werkzeug.serving import make_server

from scripts.cloud import build
from scripts.local.api import Quiet, with_images
from scripts.local.functions import Function, defined
from scripts.local.gateway import Gateway
from scripts.local.processes import Children, end_like_interrupt
from scripts.local.runtime_api import FunctionFailed
from scripts.local.stream import Batch, Follower

EVENTS = "/_events/"
PASSED_ON = ("TONGKA_", "AWS_ENDPOINT_URL_")


def routes() -> dict[str, str]:
    """Prefixes of paths, and which function serves them."""
    return {path: name for name, stage in build.stages().items() for path in stage.get("routes", ())}


def functions(children: Children, log: Path | None) -> dict[str, Function]:
    """Those of the built packages, with our own environment's settings."""
    build.ensure()
    variables = {name: value for name, value in os.environ.items() if name.startswith(PASSED_ON)}
    return {name: Function(defined(name, variables), children, log) for name in build.stages()}


def with_events(app: Callable[..., Any], known: Mapping[str, Function]) -> Callable[..., Iterable[bytes]]:
    """Not a part of any API: a door for rules, on this machine only."""

    def serve(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if not path.startswith(EVENTS) or path.removeprefix(EVENTS) not in known:
            answer: Iterable[bytes] = app(environ, start_response)
            return answer
        event = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
        try:
            status, told = "200 OK", known[path.removeprefix(EVENTS)].invoke(event)
        except FunctionFailed as failed:
            status, told = "502 Bad Gateway", {"failed": str(failed)}
        start_response(status, [("Content-Type", "application/json")])
        return [json.dumps(told).encode()]

    return serve


def follow(jobs: Function) -> Follower | None:
    """The stream of the table, if it has one."""
    session, url = botocore.session.get_session(), os.environ["AWS_ENDPOINT_URL_DYNAMODB"]
    table = session.create_client("dynamodb", endpoint_url=url).describe_table(
        TableName=os.environ["TONGKA_TABLE"]
    )["Table"]
    if "LatestStreamArn" not in table:
        return None

    def deliver(batch: Batch) -> set[str]:
        """Without a number all of them: the function failed, or wants the batch from its beginning."""
        try:
            failures = jobs.invoke({"Records": batch})["batchItemFailures"]
        except FunctionFailed:
            return {each["dynamodb"]["SequenceNumber"] for each in batch}
        return {each["itemIdentifier"] for each in failures}

    streams = session.create_client("dynamodbstreams", endpoint_url=url)
    return Follower(streams, table["LatestStreamArn"], deliver)


def main() -> None:
    """Serves until it is ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--log", type=Path)
    arguments = parser.parse_args()
    end_like_interrupt()
    with Children() as children:
        known = functions(children, arguments.log)
        app = with_images(with_events(Gateway(known, routes()), known), os.environ.get("TONGKA_IMAGES"))
        server = make_server("127.0.0.1", arguments.port, app, threaded=True, request_handler=Quiet)
        follow(known["jobs"])
        print("ready", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()
