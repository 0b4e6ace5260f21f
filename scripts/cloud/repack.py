"""What Zappa's zip becomes before it is used: only what the function needs, compiled, and alike each time.

Zappa calls `after_zip` (`callbacks.zip` of zappa_settings.json). It dates all entries 1980, so that the byte
code it ships is stale and every cold start compiles everything again; it packs whatever is installed, and a
random number. Two keys of a stage are ours: `leave_out` names packages of requirements.in that the function
does not need, `aws_services` those that it calls.
"""

import compileall
import gzip
import json
import py_compile
import re
import shutil
import tempfile
import zipfile
from collections.abc import Iterable, Mapping
from importlib.metadata import Distribution
from pathlib import Path
from typing import Any

TASK = "/var/task"
"""Where Lambda unpacks it: what byte code says of its source."""
DATE = (1980, 1, 1, 0, 0, 0)
READABLE = 0o644 << 16
ROOMS = ("adapters", "domain", "handlers", "serverless")
PARTITIONS = frozenset({"aws", "aws-cn"})
CREDENTIAL_SERVICE = "sts"
MODELS = ("service-2.json", "endpoint-rule-set-1.json")
NEEDLESS = (
    *("**/__pycache__", "**/tests", "**/*.pyi", "**/*.pyx", "**/*.pxd", "**/*.[ch]", "**/*.pyc"),
    *("*.dist-info", "bin", "Cryptodome/SelfTest", "Cryptodome/PublicKey/_e*.so"),
    *(f"Cryptodome/Cipher/_raw_{each}.*.so" for each in ("arc2", "blowfish", "cast", "eksblowfish")),
)
NAME = re.compile(r"[A-Za-z0-9._-]+")


def after_zip(cli: Any) -> None:
    """`cli` is Zappa's, with the stage's settings in it."""
    path, settings = Path(cli.zip_path), cli.stage_config
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        with zipfile.ZipFile(path) as packed:
            packed.extractall(root)
        keep_what_is_needed(root, settings["wanted"], settings["leave_out"])
        trim_service_data(root / "botocore" / "data", settings["aws_services"])
        compile_all(root)
        pack(root, path)


def keep_what_is_needed(root: Path, wanted: Iterable[str], left_out: Iterable[str]) -> None:
    """Our rooms and the wanted packages with all that these need; what Zappa adds goes."""
    installed = {_name(found.metadata["Name"]): found for found in _distributions(root)}
    unknown = set(left_out) - set(wanted)
    if unknown:
        raise ValueError(f"leave_out names what requirements.in does not have: {sorted(unknown)}")
    needed = _closure(installed, set(wanted) - set(left_out))
    kept = {path for name in needed for path in _files(root, installed[name])}
    kept |= {path for room in ROOMS for path in (root / room).rglob("*")}
    for path in sorted(root.rglob("*"), reverse=True):
        if path.is_file() and path not in kept:
            path.unlink()
    for pattern in NEEDLESS:
        for path in sorted(root.glob(pattern)):
            if path.relative_to(root).parts[0] not in ROOMS:  # Ours are as they were staged.
                shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    for path in sorted(root.rglob("*"), reverse=True):
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()


def _distributions(root: Path) -> Iterable[Distribution]:
    return Distribution.discover(path=[str(root)])


def _files(root: Path, distribution: Distribution) -> Iterable[Path]:
    return [root / str(file) for file in distribution.files or ()]


def _closure(installed: Mapping[str, Distribution], names: set[str]) -> set[str]:
    """With what they need; a requirement for another system is not installed."""
    found: set[str] = set()
    waiting = set(names)
    while waiting:
        name = waiting.pop()
        found.add(name)
        needs = {_name(text) for text in installed[name].requires or () if "extra ==" not in text}
        waiting |= (needs & set(installed)) - found
    return found


def _name(requirement: str) -> str:
    match = NAME.match(requirement)
    if match is None:
        raise ValueError(f"Not a requirement: {requirement}")
    return re.sub(r"[-_.]+", "-", match[0]).lower()


def trim_service_data(data: Path, services: Iterable[str]) -> None:
    """Descriptions of the services that are called, and endpoints of the partitions that we run in."""
    kept = set(services)
    for path in data.iterdir():
        if path.is_dir() and path.name not in kept:
            shutil.rmtree(path)
    for path in data.glob("*/*/*"):
        if not path.name.startswith(MODELS):
            path.unlink()
        elif path.name.endswith(".json.gz"):
            told = _without_prose(json.loads(gzip.decompress(path.read_bytes())))
            path.write_bytes(gzip.compress(_compact(told), mtime=0))
    endpoints = data / "endpoints.json"
    told = json.loads(endpoints.read_text())
    told["partitions"] = [each for each in told["partitions"] if each["partition"] in PARTITIONS]
    for partition in told["partitions"]:
        partition["services"] = {
            name: found
            for name, found in partition["services"].items()
            if name in kept | {CREDENTIAL_SERVICE}
        }
    endpoints.write_bytes(_compact(told))


def _without_prose(told: Any) -> Any:
    """What people read of operations and shapes: four fifths of what is parsed at each start."""
    if isinstance(told, dict):
        return {
            name: _without_prose(value)
            for name, value in told.items()
            if not (name == "documentation" and isinstance(value, str))
        }
    return [_without_prose(each) for each in told] if isinstance(told, list) else told


def _compact(told: Any) -> bytes:
    return json.dumps(told, sort_keys=True, separators=(",", ":")).encode()


def compile_all(root: Path) -> None:
    """Byte code that is checked against the source's hash: dates do not matter to it.

    Of libraries nothing else is kept: their sources are a sixth of a package, and nobody changes them there.
    """
    for path in sorted(root.iterdir()):
        is_ours = path.name in ROOMS
        _compile(path, root, beside=not is_ours)
        if not is_ours:
            for source in [path] if path.suffix == ".py" else path.rglob("*.py"):
                source.unlink()


def _compile(path: Path, root: Path, *, beside: bool) -> None:
    """`beside`: where Python looks when there is no source."""
    compile_one = compileall.compile_dir if path.is_dir() else compileall.compile_file
    done = compile_one(
        path,
        quiet=1,
        force=True,
        legacy=beside,
        stripdir=str(root),
        prependdir=TASK,
        invalidation_mode=py_compile.PycInvalidationMode.CHECKED_HASH,
    )
    if not done:
        raise ValueError(f"{path.name} cannot be compiled.")


def pack(root: Path, path: Path) -> None:
    """Sorted and undated, so that the same sources make the same bytes."""
    with zipfile.ZipFile(path, "w") as packed:
        for file in sorted(root.rglob("*")):
            if file.is_file():
                entry = zipfile.ZipInfo(str(file.relative_to(root)), DATE)
                entry.create_system, entry.external_attr = 3, READABLE
                packed.writestr(entry, file.read_bytes(), zipfile.ZIP_DEFLATED, 9)
