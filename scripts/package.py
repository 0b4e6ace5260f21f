"""Builds the packages of all Lambda functions: `python3 scripts/package.py`. They lie in var/package.

Libraries come from requirements.txt, in a clean place, for Lambda's Linux; Zappa packs, our hook keeps what
each function needs. `--check` builds twice and holds sizes and contents against the limits; `--json` prints
figures for machines.
"""

import argparse
import json
import sys
import tempfile
from contextlib import redirect_stdout
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts import environment


def main() -> None:
    """Builds what has changed; prints a size report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    environment.enter(environment.DEPLOYMENT, node=False)
    from scripts.cloud import build, report

    try:
        with redirect_stdout(sys.stderr):
            packages = build.ensure()
            problems = report.problems(packages)
            if arguments.check:
                with tempfile.TemporaryDirectory(dir=build.BUILD, prefix="again-") as folder:
                    problems += report.differences(packages, build.build(Path(folder)))
    except build.CannotBuild as problem:
        environment.stop(str(problem))
    if arguments.json:
        print(json.dumps(report.figures(packages)))
    else:
        print(report.table(packages))
    if problems:
        environment.stop("\n  ".join(["The packages are not what they must be:", *problems]))


if __name__ == "__main__":
    main()
