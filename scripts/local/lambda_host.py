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
from botocore.config import Config
from msgspec import structs
from werkzeug.serving import make_server

from scripts.cloud import build, deployment, roles
from scripts.cloud.account import Account
from scripts.local.api import Quiet, with_images
from scripts.local.deployed import Deployed
from scripts.local.functions import Definition, Function, defined
from scripts.local.gateway import Gateway
from scripts.local.iam import Guard
from scripts.local.processes import Children, end_like_interrupt
from scripts.local.runtime_api import FunctionFailed
from scripts.local.stream import Batch, Follower

EVENTS = "/_events/"
PASSED_ON = ("TONGKA_", "AWS_ENDPOINT_URL_")


def routes() -> dict[str, str]:
    """Prefixes of paths, and which function serves them."""
    return {path: name for name, stage in build.stages().items() for path in stage.get("routes", ())}


def policies() -> dict[str, Any]:
    """What the committed policies allow, by stage."""
    places = {"table": f"arn:aws-cn:dynamodb:cn-north-1:000000000000:table/{os.environ['TONGKA_TABLE']}"}
    others = dict.fromkeys(("key", "letters", "images", "network", "logs"), "elsewhere")
    return {stage: roles.policy(stage, {**places, **others}) for stage in build.stages()}


def definitions() -> dict[str, Definition]:
    """Those of the built packages."""
    build.ensure()
    return {name: defined(name, {}) for name in build.stages()}


def started(
    found: Mapping[str, Definition], allowed: Mapping[str, Any], children: Children, log: Path | None
) -> dict[str, Function]:
    """With our own environment's settings, and each with the rights of its role alone."""
    guard = Guard(os.environ["AWS_ENDPOINT_URL_DYNAMODB"], {f"local-{name}": allowed[name] for name in found})
    variables = {name: value for name, value in os.environ.items() if name.startswith(PASSED_ON)}
    known = {}
    for name, definition in found.items():
        own = {"AWS_ENDPOINT_URL_DYNAMODB": guard.url, "AWS_ACCESS_KEY_ID": f"local-{name}"}
        told = structs.replace(definition, variables={**definition.variables, **variables, **own})
        known[name] = Function(told, children, log)
    return known


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

    lenient = Config(parameter_validation=False)  # The engine's names of shards can be too short.
    streams = session.create_client("dynamodbstreams", endpoint_url=url, config=lenient)
    return Follower(streams, table["LatestStreamArn"], lambda batch: delivered(jobs, batch))


def delivered(jobs: Function, batch: Batch) -> set[str]:
    """The numbers of changes that failed: all of them, if the function did."""
    try:
        failures = jobs.invoke({"Records": batch})["batchItemFailures"]
    except FunctionFailed:
        return {each["dynamodb"]["SequenceNumber"] for each in batch}
    return {each["itemIdentifier"] for each in failures}


def main() -> None:
    """Serves until it is ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--log", type=Path)
    parser.add_argument(
        "--deployed", type=Path, metavar="FILE", help="run what this deployment file deployed"
    )
    arguments = parser.parse_args()
    end_like_interrupt()
    with Children() as children:
        if arguments.deployed:
            told = deployment.read(arguments.deployed)
            cloud = Deployed(Account(told.region), told)
            found, served, allowed = cloud.definitions(), cloud.routes(), cloud.policies()
        else:
            found, served, allowed = definitions(), routes(), policies()
        known = started(found, allowed, children, arguments.log)
        app = with_images(with_events(Gateway(known, served), known), os.environ.get("TONGKA_IMAGES"))
        server = make_server("127.0.0.1", arguments.port, app, threaded=True, request_handler=Quiet)
        follow(known["jobs"])
        print("ready", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()
