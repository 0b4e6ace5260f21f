"""Counts the instructions of a process with valgrind: the same on a busy machine."""

import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

COMMAND = ("valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null")
FOUND = re.compile(r"I\s+refs:\s+([\d,]+)")


def is_possible() -> bool:
    return shutil.which("valgrind") is not None


def run(command: Sequence[str | Path], folder: Path, environment: Mapping[str, str]) -> str:
    """What it writes to standard error. Raises CalledProcessError."""
    seeded = {**environment, "PYTHONHASHSEED": "0"}
    done = subprocess.run(
        command,
        cwd=folder,
        env=seeded,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stderr


def count(command: Sequence[str | Path], folder: Path, environment: Mapping[str, str]) -> int:
    """Of one run."""
    found = FOUND.search(run([*COMMAND, *command], folder, environment))
    if found is None:
        raise RuntimeError("valgrind did not count.")
    return int(found[1].replace(",", ""))
