"""What is in the packages: sizes against their limits, and that nothing stale or needless is there."""

import importlib.util
import marshal
import zipfile
from collections import Counter
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any

from scripts.cloud.build import MB, Package
from scripts.cloud.repack import ROOMS

LIMITS_MB = {"jobs": 15.0}
LIMIT_MB = 11.0
LARGEST = 6
CHECKED_HASH = 0b11
HEADER = 16


def figures(packages: Sequence[Package]) -> list[dict[str, Any]]:
    return [
        {
            "function": each.stage,
            "packed_bytes": each.packed_bytes,
            "unpacked_bytes": each.unpacked_bytes,
            "files": each.files,
            "stale": len(stale(each)),
        }
        for each in packages
    ]


def table(packages: Sequence[Package]) -> str:
    """A line for each function, and what weighs most in it."""
    lines = ["function      zip MB  limit  unpacked MB  files  largest"]
    for each in packages:
        heavy = ", ".join(f"{name} {size / MB:.1f}" for name, size in _weights(each).most_common(LARGEST))
        lines.append(
            f"{each.stage:<12} {each.packed_bytes / MB:>7.2f} {limit_mb(each.stage):>6.0f} "
            f"{each.unpacked_bytes / MB:>12.1f} {each.files:>6}  {heavy}"
        )
    return "\n".join(lines)


def limit_mb(stage: str) -> float:
    return LIMITS_MB.get(stage, LIMIT_MB)


def problems(packages: Sequence[Package]) -> list[str]:
    found = []
    for each in packages:
        if each.packed_bytes > limit_mb(each.stage) * MB:
            found.append(f"{each.stage} weighs {each.packed_bytes / MB:.2f} MB of {limit_mb(each.stage):.0f}")
        found += [f"{each.stage}: {name} would be compiled at every start" for name in stale(each)]
    return found


def differences(packages: Sequence[Package], again: Sequence[Package]) -> list[str]:
    return [
        f"{first.stage} came out differently the second time"
        for first, second in zip(packages, again, strict=True)
        if first.path.read_bytes() != second.path.read_bytes()
    ]


def stale(package: Package) -> list[str]:
    """Modules without byte code, with byte code of another Python, or of another source."""
    with zipfile.ZipFile(package.path) as packed:
        names = set(packed.namelist())
        found = []
        for name in sorted(names):
            if name.endswith(".py"):
                code = _code_of(name)
                if code not in names or not _fits(packed.read(code), packed.read(name)):
                    found.append(name)
            elif name.endswith(".pyc") and not _is_code(packed.read(name)):
                found.append(name)
    return found


def _code_of(name: str) -> str:
    path = PurePosixPath(name)
    return str(path.parent / "__pycache__" / f"{path.stem}.cpython-311.pyc")


def _fits(code: bytes, source: bytes) -> bool:
    is_checked = int.from_bytes(code[4:8], "little") == CHECKED_HASH
    return _is_code(code) and is_checked and code[8:HEADER] == importlib.util.source_hash(source)


def _is_code(code: bytes) -> bool:
    return code[:4] == importlib.util.MAGIC_NUMBER and marshal.loads(code[HEADER:]) is not None  # noqa: S302  # ours


def _weights(package: Package) -> Counter[str]:
    """Compressed, by folder at the top; ours are one."""
    found: Counter[str] = Counter()
    with zipfile.ZipFile(package.path) as packed:
        for entry in packed.infolist():
            top = entry.filename.partition("/")[0]
            found["tongka" if top in ROOMS else top] += entry.compress_size
    return found
