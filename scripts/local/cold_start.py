"""How many instructions an entry point costs to import, as multiples of an empty Python."""

import os
import re
import shutil
import subprocess

from msgspec import Struct

from scripts.environment import PYTHON, ROOT

REFERENCE = "pass"
FLOOR = (
    "import flask, botocore.session; "
    "botocore.session.get_session().create_client('dynamodb', region_name='cn-north-1')"
)
ENTRIES = ("serverless.member_api", "serverless.staff_api", "serverless.jobs.schedules")
LIMIT = 47.0
"""Multiples of an empty Python; a guard against accidents, not yet the goal."""
INSTRUCTIONS = re.compile(r"I\s+refs:\s+([\d,]+)")


class Start(Struct, frozen=True):
    """One measured start."""

    name: str
    passes: float

    @property
    def holds(self) -> bool:
        return self.passes <= LIMIT


def is_possible() -> bool:
    """valgrind counts instructions, which are the same on a busy machine."""
    return shutil.which("valgrind") is not None


def measure() -> list[Start]:
    """All in one run; about 15 seconds for each entry."""
    empty = _instructions(REFERENCE)
    names = {"Flask and a DynamoDB client": FLOOR} | {entry: f"import {entry}" for entry in ENTRIES}
    return [Start(name, round(_instructions(code) / empty, 1)) for name, code in names.items()]


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
