"""What a warm request costs in instructions: the framework around a use case (B3), whole requests (B4).

Requests of a person to `member_api`, in the unpacked package, on the local engine. Each is told as a multiple
of the same by hand: the framework of a bare function with the same checks, a whole request of the calls of
the store that it makes, by botocore alone. The difference of two runs leaves out the start.
"""

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from msgspec import Struct

from scripts.cloud import build
from scripts.environment import PYTHON
from scripts.local import instructions
from scripts.local.processes import Children
from scripts.local.world import World

DRIVER = Path(__file__).with_name("warm_driver.py")
FEW, MANY = 10, 60
FRAMEWORK_MAX = 22.0
ONE_CALL_MAX, MORE_CALLS_MAX = 1.45, 1.25
PATHS = ("/v1/me", "/v1/me/points", "/v1/me/points/entries", "/v1/me/tier", "/v1/me/home")
NOBODY = f"demo.{'A' * 43}"
"""A token of no session: the store is asked for it, and nothing else."""


class Warm(Struct, frozen=True):
    """One kind of request."""

    name: str
    calls: int
    instructions: int
    reference: int
    limit: float
    same: int = 0
    """The calls by botocore with our settings, which are a sixth cheaper; told beside, without a limit."""

    @property
    def multiple(self) -> float:
        return round(self.instructions / self.reference, 2)

    @property
    def holds(self) -> bool:
        return self.multiple <= self.limit


def measure() -> list[Warm]:
    """All in one run, about half a minute for each request. Raises CannotBuild and DidNotStart."""
    build.ensure()
    with tempfile.TemporaryDirectory(prefix="tongka-") as folder, Children() as children:
        world = World(children, Path(folder), counts_at_once=False)
        world.start()
        person = world.sandbox.control("/control/people", {"name": "林小满", "phone": "13912345678"})
        token = world.log_in("wechat", person["person_id"], "bench").token
        counter = Counter(world, Path(folder))
        whole = [_whole(counter, path, token) for path in PATHS]
        return [_framework(counter), _whole(counter, PATHS[0], NOBODY, 401), *whole]


class Counter:
    """Runs the driver, and counts."""

    def __init__(self, world: World, folder: Path) -> None:
        self.folder = folder
        self._environment = {
            **{name: value for name, value in world.environment.items() if name != "TONGKA_CLOCK_URL"},
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(build.unpacked("member_api")),
        }

    def each(self, job: dict[str, Any]) -> int:
        """Instructions of one more request."""
        few, many = (self._count({**job, "times": times}) for times in (FEW, MANY))
        return (many - few) // (MANY - FEW)

    def run(self, job: dict[str, Any]) -> str:
        """What it said of its last answer."""
        return instructions.run(self._command(job), build.unpacked("member_api"), self._environment)

    def _count(self, job: dict[str, Any]) -> int:
        return instructions.count(self._command(job), build.unpacked("member_api"), self._environment)

    def _command(self, job: dict[str, Any]) -> list[str | Path]:
        path = self.folder / "job.json"
        path.write_text(json.dumps(job))
        return [PYTHON, "-S", "-P", DRIVER, path]


def _framework(counter: Counter) -> Warm:
    body = json.dumps({"channel_id": "demo.web", "phone": "13912345678"})
    event = json.dumps(http_event("POST", "/v1/auth/sms-codes", body, {"content-type": "application/json"}))
    for mode in ("framework", "bare"):
        said = counter.run({"mode": mode, "event": event, "times": 1})
        if '"statusCode": 20' not in said:
            raise RuntimeError(f"{mode} answered {said}")
    seen, bare = (counter.each({"mode": mode, "event": event}) for mode in ("framework", "bare"))
    return Warm("the framework around a use case", 0, seen, bare, FRAMEWORK_MAX)


def _whole(counter: Counter, path: str, token: str, status: int = 200) -> Warm:
    event, heard = (
        json.dumps(http_event("GET", path, "", {"authorization": f"Bearer {token}"})),
        counter.folder / "heard",
    )
    job = {"mode": "request", "event": event}
    said = counter.run({**job, "times": 3, "heard": str(heard)})
    if f'"statusCode": {status}' not in said:
        raise RuntimeError(f"{path} answered {said}")
    calls = len(json.loads(heard.read_text()))
    seen = counter.each(job)
    bare, same = (counter.each({"mode": mode, "calls": str(heard)}) for mode in ("calls", "same"))
    limit = ONE_CALL_MAX if calls == 1 else MORE_CALLS_MAX
    return Warm(f"GET {path}: {status}", calls, seen, bare, limit, same)


def http_event(method: str, path: str, body: str, headers: dict[str, str]) -> dict[str, Any]:
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"host": "api.example.com", "user-agent": "bench", "accept": "*/*", **headers},
        "requestContext": {
            "domainName": "api.example.com",
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "203.0.113.9"},
            "requestId": "bench",
            "stage": "$default",
        },
        **({"body": body} if body else {}),
        "isBase64Encoded": False,
    }
