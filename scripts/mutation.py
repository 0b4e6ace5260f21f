"""Mutation testing of the member and points domain, on demand: `python3 scripts/mutation.py`.

Changes the code in hundreds of small ways in a copy, runs the tests of the domain on each, and prints what
share they notice, and what they miss. `--only domain/points/book.py` takes one file or folder. It takes a
while; what is done is kept in var/mutation, and the same command goes on. `--again` asks once more for what
nobody noticed, after tests were added; `--fresh` starts anew.
"""

import argparse
import json
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts import environment
from scripts.environment import PYTHON, ROOT

COPY = ROOT / "var" / "mutation"
ROOMS = ("domain", "adapters", "handlers", "serverless", "sandbox", "scripts", "tests")
MUTATED = ("domain/points/*", "domain/member/*")
TESTS = ("tests/domain", "tests/simulation/test_promises.py")
SCORE_MIN = 90
UNNOTICED = (0, 5, 33)
"""What the tool keeps for a change that survived, or that no test came near."""
NOT_A_MUTANT = ("skipped", "not_checked", "caught_by_type_check")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--only", help="one file or folder of the domain")
    parser.add_argument("--again", action="store_true", help="ask once more for what was not noticed")
    parser.add_argument("--fresh", action="store_true", help="forget what was done before")
    arguments = parser.parse_args()
    environment.enter(environment.DEVELOPMENT, node=False)
    if arguments.fresh and COPY.exists():
        shutil.rmtree(COPY)
    _copy(_patterns(arguments.only) if arguments.only else MUTATED)
    if arguments.again:
        _forget_unnoticed()
    subprocess.run([PYTHON, "-m", "mutmut", "run"], cwd=COPY, check=False)
    subprocess.run([PYTHON, "-m", "mutmut", "export-cicd-stats"], cwd=COPY, check=False, capture_output=True)
    _report(json.loads((COPY / "mutants" / "mutmut-cicd-stats.json").read_text()))


def _patterns(only: str) -> tuple[str, ...]:
    """A file, or all of a folder."""
    return (only if only.endswith(".py") else f"{only.rstrip('/')}/*",)


def _copy(mutated: tuple[str, ...]) -> None:
    """The rooms, and the settings of the tool, which has no other way to be told."""
    for room in ROOMS:
        shutil.copytree(
            ROOT / room, COPY / room, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__")
        )
    settings = {
        "source_paths": ["domain"],
        "only_mutate": list(mutated),
        "also_copy": [room for room in ROOMS if room != "domain"],
        "pytest_add_cli_args_test_selection": list(TESTS),
        "pytest_add_cli_args": ["-p", "no:cacheprovider"],
    }
    lines = [f"{name} = {json.dumps(value)}" for name, value in settings.items()]
    text = (ROOT / "pyproject.toml").read_text()
    (COPY / "pyproject.toml").write_text(text + "\n[tool.mutmut]\n" + "\n".join(lines) + "\n")


def _forget_unnoticed() -> None:
    """And which test touches what, since there may be new tests."""
    (COPY / "mutants" / "mutmut-stats.json").unlink(missing_ok=True)
    for file in (COPY / "mutants" / "domain").rglob("*.meta"):
        kept = json.loads(file.read_text())
        results = kept["exit_code_by_key"]
        kept["exit_code_by_key"] = {key: None if code in UNNOTICED else code for key, code in results.items()}
        file.write_text(json.dumps(kept))


def _report(counts: dict[str, int]) -> None:
    made = counts["total"] - sum(counts.get(name, 0) for name in NOT_A_MUTANT)
    noticed = counts["killed"] + counts.get("timeout", 0) + counts.get("suspicious", 0)
    score = 100 * noticed / max(made, 1)
    said = subprocess.run(
        [PYTHON, "-m", "mutmut", "results"], cwd=COPY, check=False, capture_output=True, text=True
    )
    print(said.stdout)
    print(f"{noticed} of {made} changes were noticed: {score:.1f} %")
    print("Look at one: (cd var/mutation && ../../.venv/bin/python -m mutmut show NAME)")
    if score < SCORE_MIN:
        environment.stop(f"Less than {SCORE_MIN} %.")


if __name__ == "__main__":
    main()
