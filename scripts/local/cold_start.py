"""What a start of each packaged function costs: instructions (B1), and CPU until it asks for an event (B2).

Instructions are told as multiples of what any Flask app on DynamoDB costs, libraries with valid byte code. An
empty Python is told beside it; builds of the same version differ by a quarter there. CPU is that of Lambda's
own runtime client, with a store behind TLS, so that certificates are loaded as they are in the cloud; the
first request is compared with those after it.
"""

import os
import statistics
import sysconfig
import tempfile
from itertools import pairwise
from pathlib import Path

from msgspec import Struct

from scripts.cloud import build
from scripts.environment import PYTHON, ROOT
from scripts.local import instructions
from scripts.local.functions import Definition, Process, defined
from scripts.local.processes import Children
from scripts.local.secure_store import SecureStore
from scripts.local.warm import http_event

FLOOR = (
    "import flask, botocore.session; "
    "botocore.session.get_session().create_client('dynamodb', region_name='cn-north-1')"
)
STRICT_FLOOR = f"import sys; sys.modules['urllib3.contrib.pyopenssl'] = None; {FLOOR}"
"""The same where no pyOpenSSL is installed, which botocore would load: we never load it."""
LIMIT, LIMITS = 1.25, {"member_api": 1.15, "jobs": 0.8}
"""Multiples of Flask and a DynamoDB client."""
PASSES, PASSES_MAX = 50.0, {"staff_api": 54.0, "jobs": 55.0}
"""Multiples of an empty Python; under Debian's, which starts cheaper, all are an eighth higher."""
INIT_MAX = 13.0
"""Multiples of the CPU that an empty handler takes to start."""
FIRST_MAX = 20.0
"""Multiples of a warm request's CPU."""
INIT_ROUNDS, WARM_ROUNDS = 10, 5
SIGNED = ("tongka-key", "tongka-timestamp", "tongka-nonce", "tongka-signature")
EVENTS = {
    "member_api": http_event("GET", "/v1/me", "", {"authorization": f"Bearer demo.{'A' * 43}"}),
    "staff_api": http_event("GET", "/v1/till/members", "", dict.fromkeys(SIGNED, "demo.till")),
}
"""Requests of people whom a store that has nothing does not know."""
VARIABLES = {"TONGKA_TABLE": "tongka", "TONGKA_MASTER_KEY": "kms:alias/tongka", "AWS_REGION": "cn-north-1"}


class Start(Struct, frozen=True):
    """One measured start."""

    name: str
    multiple: float
    limit: float
    beside: float = 0.0
    """A second multiple: of an empty Python; for CPU, the first request's, of a warm one."""
    beside_limit: float = 0.0
    strict: float = 0.0
    """A multiple of the floor where no pyOpenSSL is installed; told beside, without a limit."""

    @property
    def holds(self) -> bool:
        return self.multiple <= self.limit and self.beside <= self.beside_limit


def measure() -> list[Start]:
    """All in one run; about 15 seconds for each. Raises CannotBuild."""
    build.ensure()
    empty = _instructions("pass", ROOT, alone=False)
    libraries = Path(sysconfig.get_paths()["purelib"])
    floor, strict = (_instructions(code, libraries) for code in (FLOOR, STRICT_FLOOR))
    found = []
    for name, stage in build.stages().items():
        module = stage["lambda_handler"].rpartition(".")[0]
        seen = _instructions(f"import {module}", build.unpacked(name))
        multiple, passes = round(seen / floor, 3), round(seen / empty, 1)
        limits = LIMITS.get(name, LIMIT), PASSES_MAX.get(name, PASSES)
        found.append(Start(name, multiple, limits[0], passes, limits[1], round(seen / strict, 3)))
    return found


class Seen(Struct, frozen=True):
    """CPU of one process: until it asked for an event, of its first request, of one after that."""

    init_ns: int
    first_ns: int
    warm_ns: int


def measure_init() -> list[Start]:
    """By turns with an empty handler. Raises CannotBuild."""
    build.ensure()
    with tempfile.TemporaryDirectory() as folder, Children() as children, SecureStore(Path(folder)) as store:
        (Path(folder) / "empty.py").write_text("def handler(event, context):\n    return {}\n")
        variables = {**VARIABLES, **store.variables}
        known = {name: defined(name, variables) for name in build.stages()}
        known["empty"] = Definition("empty", Path(folder), "empty.handler", {}, build.install_client())
        seen: dict[str, list[Seen]] = {name: [] for name in known}
        for _ in range(INIT_ROUNDS):
            for name, definition in known.items():
                seen[name].append(_started(definition, children))
    empty = statistics.median(each.init_ns for each in seen.pop("empty"))
    return [_told(name, of_one, empty) for name, of_one in seen.items()]


def _started(definition: Definition, children: Children) -> Seen:
    process = Process(definition, children)
    event = EVENTS.get(definition.name, {})
    at = [process.cpu_ns()]
    for times in (1, WARM_ROUNDS) if event else ():
        for _ in range(times):
            process.invoke(event)
        at.append(process.cpu_ns())
    process.end()
    first, warm = (later - earlier for earlier, later in pairwise(at)) if event else (0, 0)
    return Seen(process.init_cpu_ns, first, warm // WARM_ROUNDS)


def _told(name: str, seen: list[Seen], empty_ns: float) -> Start:
    init, first, warm = (
        statistics.median(getattr(each, part) for each in seen) for part in ("init_ns", "first_ns", "warm_ns")
    )
    beside = round(first / warm, 1) if warm else 0.0
    return Start(name, round(init / empty_ns, 2), INIT_MAX, beside, FIRST_MAX)


def _instructions(code: str, place: Path, *, alone: bool = True) -> int:
    """`alone`: nothing is found but what lies in `place`, as on Lambda."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(place), **VARIABLES}
    command: list[str | Path] = [PYTHON, *(["-S"] if alone else []), "-c", code]
    instructions.run(command, place, environment)  # Once before, so that byte code is there.
    return instructions.count(command, place, environment)
