"""What a start of each packaged function costs: instructions (B1), and CPU until it asks for an event (B2).

Instructions are told as multiples of what any Flask app on DynamoDB costs, libraries with valid byte code. An
empty Python is told beside it; builds of the same version differ by a quarter there.
"""

import os
import statistics
import sysconfig
import tempfile
from pathlib import Path

from msgspec import Struct

from scripts.cloud import build
from scripts.environment import PYTHON, ROOT
from scripts.local import instructions
from scripts.local.functions import Definition, Process, defined
from scripts.local.processes import Children

FLOOR = (
    "import flask, botocore.session; "
    "botocore.session.get_session().create_client('dynamodb', region_name='cn-north-1')"
)
LIMIT, LIMITS = 1.25, {"member_api": 1.15, "jobs": 0.8}
"""Multiples of Flask and a DynamoDB client."""
PASSES, PASSES_MAX = 50.0, {"staff_api": 54.0, "jobs": 55.0}
"""Multiples of an empty Python; under Debian's, which starts cheaper, all are an eighth higher."""
INIT_MAX = 13.0
"""Multiples of the CPU that an empty handler takes to start."""
INIT_ROUNDS = 10
VARIABLES = {"TONGKA_TABLE": "tongka", "TONGKA_MASTER_KEY": "kms:alias/tongka", "AWS_REGION": "cn-north-1"}


class Start(Struct, frozen=True):
    """One measured start."""

    name: str
    multiple: float
    limit: float
    passes: float = 0.0
    passes_limit: float = 0.0

    @property
    def holds(self) -> bool:
        return self.multiple <= self.limit and self.passes <= self.passes_limit


def measure() -> list[Start]:
    """All in one run; about 15 seconds for each. Raises CannotBuild."""
    build.ensure()
    empty = _instructions("pass", ROOT, alone=False)
    floor = _instructions(FLOOR, Path(sysconfig.get_paths()["purelib"]))
    found = []
    for name, stage in build.stages().items():
        module = stage["lambda_handler"].rpartition(".")[0]
        seen = _instructions(f"import {module}", build.unpacked(name))
        multiple, passes = round(seen / floor, 3), round(seen / empty, 1)
        limits = LIMITS.get(name, LIMIT), PASSES_MAX.get(name, PASSES)
        found.append(Start(name, multiple, limits[0], passes, limits[1]))
    return found


def measure_init() -> list[Start]:
    """CPU from a process's start to its first question for an event, by turns with an empty handler."""
    build.ensure()
    with tempfile.TemporaryDirectory() as folder, Children() as children:
        (Path(folder) / "empty.py").write_text("def handler(event, context):\n    return {}\n")
        known = {name: defined(name, VARIABLES) for name in build.stages()}
        known["empty"] = Definition("empty", Path(folder), "empty.handler", {}, build.install_client())
        seen: dict[str, list[int]] = {name: [] for name in known}
        for _ in range(INIT_ROUNDS):
            for name, definition in known.items():
                process = Process(definition, children)
                seen[name].append(process.init_cpu_ns)
                process.end()
    empty = statistics.median(seen.pop("empty"))
    return [Start(name, round(statistics.median(ns) / empty, 2), INIT_MAX) for name, ns in seen.items()]


def _instructions(code: str, place: Path, *, alone: bool = True) -> int:
    """`alone`: nothing is found but what lies in `place`, as on Lambda."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(place), **VARIABLES}
    command: list[str | Path] = [PYTHON, *(["-S"] if alone else []), "-c", code]
    instructions.run(command, place, environment)  # Once before, so that byte code is there.
    return instructions.count(command, place, environment)
