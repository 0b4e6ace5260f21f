"""How many instructions an entry point costs to import, as multiples of what any Flask app on DynamoDB costs.

An empty Python would be no measure: builds of the same version differ by a quarter there.
"""

import os
import re
import shutil
import subprocess

from msgspec import Struct

from scripts.environment import PYTHON, ROOT

FLOOR = (
    "import flask, botocore.session; "
    "botocore.session.get_session().create_client('dynamodb', region_name='cn-north-1')"
)
LIMITS = {"serverless.member_api": 1.25, "serverless.staff_api": 1.32, "serverless.jobs.schedules": 0.88}
"""Multiples of Flask and a DynamoDB client; a guard against accidents."""
INSTRUCTIONS = re.compile(r"I\s+refs:\s+([\d,]+)")


class Start(Struct, frozen=True):
    """One measured start."""

    name: str
    multiple: float
    limit: float

    @property
    def holds(self) -> bool:
        return self.multiple <= self.limit


def is_possible() -> bool:
    """valgrind counts instructions, which are the same on a busy machine."""
    return shutil.which("valgrind") is not None


def measure() -> list[Start]:
    """All in one run; about 15 seconds for each entry."""
    floor = _instructions(FLOOR)
    return [
        Start(entry, round(_instructions(f"import {entry}") / floor, 3), limit)
        for entry, limit in LIMITS.items()
    ]


def _instructions(code: str) -> int:
    environment = {
        **{name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
        "PYTHONHASHSEED": "0",
        "TONGKA_TABLE": "tongka",
        "TONGKA_MASTER_KEY": "kms:alias/tongka",
        "AWS_REGION": "cn-north-1",
    }
    command = ["valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"]
    # Once without valgrind, so that byte code is there.
    for prefix in ([], command):
        done = subprocess.run(
            [*prefix, PYTHON, "-c", code],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
    found = INSTRUCTIONS.search(done.stderr)
    if found is None:
        raise RuntimeError("valgrind did not count.")
    return int(found[1].replace(",", ""))
