"""Runs every check: `python3 scripts/test.py`. It needs Python 3.11 and Node 20 and makes everything else.

`--capabilities` prints a line for each capability; `--dynamodb-local` runs the contracts on the second
engine, too; `--only NAME` runs one check.
"""

import argparse
import shutil
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts import environment
from scripts.environment import ROOT

PYTHON = str(environment.PYTHON)
SECOND_ENGINE = "contracts on DynamoDB Local"
PYTEST = [
    *(PYTHON, "-m", "pytest", "-q", "-n", "auto", "--dist", "worksteal"),
    *("-p", "scripts.local.capabilities"),
]
STORIES = [
    "tests/fuzz",
    "tests/handlers/test_authorization.py",
    "tests/handlers/test_bad_input.py",
    "tests/handlers/test_bad_input_rules.py",
    "tests/handlers/test_openapi_document.py",
    "tests/journeys",
    "tests/simulation",
]
"""What plays the whole product. Counting lines would take it twice as long; the other tests count them."""
CHECKS: dict[str, list[str]] = {
    "format": [PYTHON, "-m", "ruff", "format", "--check", "--quiet", "."],
    "lint": [PYTHON, "-m", "ruff", "check", "--quiet", "."],
    "types": [PYTHON, "-m", "mypy"],
    "imports": [str(environment.VENV / "bin" / "lint-imports"), "--no-cache"],
    "openapi": [PYTHON, "scripts/build_openapi.py", "--check"],
    "operations": [PYTHON, "scripts/bench.py", "operations", "--check"],
    "packages": [PYTHON, "scripts/package.py", "--check"],
    "tests": [*PYTEST, "--cov", "--cov-report=", *(f"--ignore={each}" for each in STORIES)],
    "coverage": [PYTHON, "-m", "coverage", "report", "--skip-covered", "--show-missing"],
    "stories": [*PYTEST, *STORIES],
    "simulation": [PYTHON, "scripts/simulate.py", "--profile", "ci", "--json"],
    "self-check": [PYTHON, "scripts/demo.py", "--self-check"],
    "self-check on Lambda": [PYTHON, "scripts/demo.py", "--self-check", "--lambda"],
}
"""What CI runs, in this order."""
COLD_START = "cold start in instructions"
PAGE = "the sandbox's page in a browser"


def main() -> None:
    """Runs the checks one after the other; a failed one does not stop the next."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--capabilities", action="store_true", help="a line for each capability")
    parser.add_argument(
        "--dynamodb-local", action="store_true", help="run the contracts on DynamoDB Local, too"
    )
    parser.add_argument("--only", choices=sorted(CHECKS), help="run one check")
    arguments = parser.parse_args()
    environment.enter(environment.DEVELOPMENT)
    if arguments.only is None:
        shutil.rmtree(ROOT / "var" / "capabilities", ignore_errors=True)
    failed = [name for name in CHECKS if arguments.only in {None, name} and not _run(name, CHECKS[name])]
    failed += _optional(arguments.only)
    if arguments.dynamodb_local:
        environment.install_second_engine()
        command = [
            "env",
            "TONGKA_TEST_ENGINE=dynamodb-local",
            PYTHON,
            "-m",
            "pytest",
            "-q",
            "tests/contracts",
        ]
        failed += [] if _run(SECOND_ENGINE, command) else [SECOND_ENGINE]
    if arguments.capabilities:
        _print_capabilities()
    _skipped(arguments.dynamodb_local)
    if failed:
        environment.stop(f"Failed: {', '.join(failed)}. Each can be run alone with --only.")
    print("All checks passed." if arguments.only is None else f"{arguments.only} passed.", flush=True)


def _run(name: str, command: list[str]) -> bool:
    print(f"── {name}", flush=True)
    started = time.monotonic()
    done = subprocess.run(command, cwd=ROOT, check=False)
    print(f"   {'ok' if done.returncode == 0 else 'FAILED'}  {time.monotonic() - started:.0f} s", flush=True)
    return done.returncode == 0


def _print_capabilities() -> None:
    from scripts.local.capabilities import RESULTS, lines

    if not RESULTS.exists():
        environment.stop("No results yet: run the tests first.")
    print("\n".join(lines()))


def _optional(only: str | None) -> list[str]:
    """Checks that need something which not every machine has."""
    if only is not None or not shutil.which("valgrind"):
        return []
    return [] if _run(COLD_START, [PYTHON, "scripts/bench.py", "cold-start"]) else [COLD_START]


def _skipped(second_engine: bool) -> None:
    if not second_engine:
        print(f"skipped: {SECOND_ENGINE} (ask for it with --dynamodb-local; it needs Java 17)")
    if not shutil.which("valgrind"):
        print(f"skipped: {COLD_START} (valgrind is not installed)")
    if not shutil.which("chromium"):
        print(f"skipped: {PAGE} (Chromium is not installed)")


if __name__ == "__main__":
    main()
