"""Builds the packages of Lambda functions: a clean set of libraries, the four rooms, Zappa, our hook.

Libraries are installed as Lambda's Linux wants them, whatever this machine is newer than: its python3.11 runs
on a C library of 2018, and a wheel for a newer one would only fail there.
"""

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import botocore
from msgspec import Struct

from scripts import environment
from scripts.cloud import repack
from scripts.environment import PYTHON, ROOT

SETTINGS = "zappa_settings.json"
BUILD = ROOT / "var" / "package"
LIBRARIES = BUILD / "environment"
CLIENT = BUILD / "runtime"
"""What Lambda has beside every package: the runtime client."""
CLIENT_LIST = "requirements-lambda.txt"
RUNTIME = "python3.11"
PLATFORMS = ("manylinux2014_x86_64", "manylinux_2_17_x86_64", "manylinux_2_24_x86_64", "linux_x86_64")
C_LIBRARY_MAX = (2, 26)
"""glibc of Amazon Linux 2, on which python3.11 runs."""
MB = 1_000_000
STAGED, LEFT_SECONDS = "staged-", 3600


class CannotBuild(Exception):
    """Says what to do."""


class Package(Struct, frozen=True):
    """One function's zip."""

    stage: str
    path: Path
    packed_bytes: int
    unpacked_bytes: int
    files: int

    @classmethod
    def of(cls, stage: str, path: Path) -> "Package":
        with zipfile.ZipFile(path) as packed:
            entries = packed.infolist()
        unpacked = sum(each.file_size for each in entries)
        return cls(stage, path, path.stat().st_size, unpacked, len(entries))


def stages() -> dict[str, dict[str, Any]]:
    """The functions of zappa_settings.json, each with what it inherits."""
    told = _settings()
    found = {
        name: told.get(stage.get("extends", ""), {}) | stage for name, stage in told.items() if name != "base"
    }
    _check_stages(found)
    return found


def _check_stages(found: dict[str, dict[str, Any]]) -> None:
    """What would be noticed by the first request only. Raises CannotBuild."""
    served: dict[str, str] = {}
    known = {path.name for path in (Path(botocore.__file__).parent / "data").iterdir()}
    for name, stage in found.items():
        module = stage.get("lambda_handler", "").rpartition(".")[0]
        if not (ROOT / module.replace(".", "/")).with_suffix(".py").is_file():
            raise CannotBuild(f"{SETTINGS}: {name}: lambda_handler names no module of ours.")
        if "aws_environment_variables" not in stage:
            raise CannotBuild(f"{SETTINGS}: {name}: extends names no other stage; take base.")
        if unknown := set(stage["aws_services"]) - known:
            raise CannotBuild(f"{SETTINGS}: {name}: aws_services: there is no {', '.join(sorted(unknown))}.")
        for route in stage.get("routes", ()):
            if route in served:
                raise CannotBuild(f"{SETTINGS}: {name}: {route} belongs to {served[route]} already.")
            served[route] = name


def _settings() -> dict[str, dict[str, Any]]:
    told: dict[str, dict[str, Any]] = json.loads((ROOT / SETTINGS).read_text())
    return told


def build(place: Path = BUILD) -> list[Package]:
    """All functions, two at a time, into a folder. Raises CannotBuild."""
    check_python()
    install_libraries()
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda stage: package(stage, place), stages()))


def ensure() -> list[Package]:
    """What was built before, if nothing has changed since; others wait for it. Raises CannotBuild."""
    BUILD.mkdir(parents=True, exist_ok=True)
    with (BUILD / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp, wanted = BUILD / "built", _sources()
        if not (stamp.exists() and stamp.read_text() == wanted and _all_there()):
            stamp.unlink(missing_ok=True)
            _clear()
            for found in build():
                unpack(found)
            stamp.write_text(wanted)
    return [Package.of(stage, BUILD / f"{stage}.zip") for stage in stages()]


def _clear() -> None:
    """What a build left that was ended in the middle; one that is under way is younger."""
    for left in BUILD.glob(f"{STAGED}*"):
        if time.time() - left.stat().st_mtime > LEFT_SECONDS:
            shutil.rmtree(left, ignore_errors=True)


def _all_there() -> bool:
    return all((BUILD / f"{stage}.zip").exists() and unpacked(stage).exists() for stage in stages())


def _sources() -> str:
    """A digest of all that goes into packages."""
    names = [SETTINGS, environment.RUNTIME, environment.DEPLOYMENT, "requirements.in"]
    names += ["scripts/cloud/build.py", "scripts/cloud/repack.py"]
    paths = [ROOT / name for name in names]
    paths += sources()
    digest = hashlib.sha256(sys.version.encode())
    for path in paths:
        digest.update(f"{path.relative_to(ROOT)} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


def sources() -> list[Path]:
    """What ships of our rooms, and nothing else that lies about there."""
    return sorted(path for room in repack.ROOMS for path in (ROOT / room).rglob("*.py"))


def check_python() -> None:
    if f"python{sys.version_info.major}.{sys.version_info.minor}" != RUNTIME:
        raise CannotBuild(f"Byte code is made for {RUNTIME}; run this with that version.")


def install_libraries() -> None:
    """What the functions run on. Raises CannotBuild."""
    _install(environment.RUNTIME, LIBRARIES, site_packages(), "Installing the libraries for Lambda")
    check_libraries()


def install_client() -> Path:
    """Where the runtime client lies. Raises CannotBuild."""
    _install(CLIENT_LIST, CLIENT, CLIENT / "libraries", "Installing Lambda's runtime client")
    return CLIENT / "libraries"


def _install(listed: str, place: Path, target: Path, what: str) -> None:
    """From the pinned list, with hashes, for Lambda's Linux; kept until the list or that Linux changes."""
    stamp, wanted = place / "installed", f"{RUNTIME} {PLATFORMS}\n{(ROOT / listed).read_text()}"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    shutil.rmtree(place, ignore_errors=True)
    command: list[str | Path] = [
        *(PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--quiet"),
        *("--require-hashes", "--no-deps", "--target", target, "-r", ROOT / listed),
        *("--python-version", "3.11", "--implementation", "cp"),
        *(word for each in PLATFORMS for word in ("--platform", each)),
        *(word for each in ("cp311", "abi3", "none") for word in ("--abi", each)),
    ]
    environment.say(what)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CannotBuild(f"{what} failed:\n{done.stderr[-1500:]}")
    stamp.write_text(wanted)


def site_packages() -> Path:
    """Where Zappa looks in what it takes for a virtual environment."""
    return LIBRARIES / "lib" / RUNTIME / "site-packages"


def check_libraries() -> None:
    """No library wants a newer C library than Lambda's, and none has a name of ours."""
    for path in site_packages().rglob("*.so*"):
        versions = re.findall(rb"GLIBC_(\d+)\.(\d+)", path.read_bytes())
        newest = max(((int(major), int(minor)) for major, minor in versions), default=(0, 0))
        if newest > C_LIBRARY_MAX:
            raise CannotBuild(f"{path.name} needs a newer C library than Lambda's; pin an older version.")
    ours = {*repack.ROOMS, "handler", "zappa_settings", "package_info"}
    clashes = ours & {path.name.partition(".")[0] for path in site_packages().iterdir()}
    if clashes:
        raise CannotBuild(f"A library would take the place of our own: {', '.join(sorted(clashes))}.")


def stage_rooms(place: Path) -> None:
    """The four rooms, the hook and the settings, and nothing else that lies about."""
    for path in sources():
        staged = place / path.relative_to(ROOT)
        staged.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, staged)
    hook = place / "scripts" / "cloud"
    hook.mkdir(parents=True)
    shutil.copy(ROOT / "scripts" / "cloud" / "repack.py", hook)
    wanted = (ROOT / "requirements.in").read_text().split()
    told = {name: {**stage, "wanted": wanted} for name, stage in _settings().items()}
    (place / SETTINGS).write_text(json.dumps(told))


def package(stage: str, place: Path = BUILD) -> Package:
    """Through Zappa and the hook. Raises CannotBuild."""
    place.mkdir(parents=True, exist_ok=True)
    path = place / f"{stage}.zip"
    environment.say(f"Packing {stage}")
    with tempfile.TemporaryDirectory(dir=BUILD, prefix=STAGED) as folder:
        staged, scratch = Path(folder) / "staged", Path(folder) / "scratch"
        scratch.mkdir()
        stage_rooms(staged)
        done = subprocess.run(
            [PYTHON, "-m", "zappa.cli", "package", stage, "--output", path.name, "--disable_progress"],
            cwd=staged,
            env={**_inherited(), **_offline(), "TMPDIR": str(scratch)},
            capture_output=True,
            text=True,
            check=False,
        )
        made = staged / path.name
        if done.returncode or not made.exists():
            raise CannotBuild(f"Zappa could not pack {stage}:\n{(done.stdout + done.stderr)[-1500:]}")
        made.replace(path)
    return Package.of(stage, path)


def _inherited() -> dict[str, str]:
    """Without what would make Python compile otherwise."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


def _offline() -> dict[str, str]:
    """Zappa opens clients even to pack; they are never used."""
    return {
        "VIRTUAL_ENV": str(LIBRARIES),
        "PYTHONHASHSEED": "0",
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def unpacked(stage: str) -> Path:
    """Where `ensure` has unpacked it."""
    return BUILD / "unpacked" / stage


def unpack(found: Package) -> Path:
    """As Lambda does, into a folder of its own."""
    place = unpacked(found.stage)
    shutil.rmtree(place, ignore_errors=True)
    with zipfile.ZipFile(found.path) as packed:
        packed.extractall(place)
    return place
