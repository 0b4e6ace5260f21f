"""Plants one mistake after the other in a copy of the product, and looks how soon the simulation notices."""

import json
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec import Struct

ROOT = Path(__file__).resolve().parents[3]
ROOMS = ("domain", "handlers", "adapters", "serverless", "tests")
HISTORIES = 300
SECONDS_MAX = 900


class Bug(Struct, frozen=True):
    """One mistake, as a piece of text that is replaced."""

    name: str
    area: str
    file: str
    find: str
    replace: str

    def plant(self, root: Path) -> None:
        """Raises ValueError if the text is not there exactly once."""
        path = root / self.file
        text = path.read_text()
        if text.count(self.find) != 1:
            raise ValueError(f"{self.name}: the text stands {text.count(self.find)} times in {self.file}.")
        path.write_text(text.replace(self.find, self.replace))


class Catch(Struct, frozen=True):
    """How a mistake was noticed; `histories` is 0 if a rehearsal did, and `check` is empty if nothing did."""

    bug: Bug
    check: str
    histories: int
    detail: str = ""


def bugs() -> list[Bug]:
    found = tomllib.loads(Path(__file__).with_name("bugs.toml").read_text())
    return [Bug(**each) for each in found["bug"]]


def hunt(bug: Bug, histories: int = HISTORIES, *, rehearse: bool = True) -> Catch:
    """In a process of its own, because the product is another one."""
    with TemporaryDirectory() as folder:
        root = Path(folder)
        for room in ROOMS:
            shutil.copytree(ROOT / room, root / room, ignore=shutil.ignore_patterns("__pycache__"))
        bug.plant(root)
        command = [sys.executable, "-m", "tests.simulation.planted.look", str(histories)]
        command += ["rehearse"] if rehearse else []
        done = subprocess.run(
            command, cwd=root, capture_output=True, text=True, timeout=SECONDS_MAX, check=False
        )
    if done.returncode != 0:
        raise ValueError(f"{bug.name}: the copy does not even start: {done.stderr[-600:]}")
    said = json.loads(done.stdout.splitlines()[-1])
    return Catch(bug, said["check"], said["histories"], said["detail"])
