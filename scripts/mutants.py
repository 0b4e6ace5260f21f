"""Plants known mistakes in a copy of the product and says which check of the simulation noticed each.

`python3 scripts/mutants.py` takes about a quarter of an hour; `--only WORDS` takes those whose area and
name hold the words (`tests/simulation/planted/bugs.toml` has them), `--json` adds a line for machines.
"""

import argparse
import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts import environment


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--only", default="", help="a part of area and name")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    environment.enter(environment.DEVELOPMENT, node=False)
    from tests.simulation.planted.hunt import bugs, hunt

    wanted = [bug for bug in bugs() if arguments.only.lower() in f"{bug.area} {bug.name}".lower()]
    if not wanted:
        environment.stop(f"None is called so. There are: {'; '.join(bug.name for bug in bugs())}.")
    missed, facts = [], []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for number, catch in enumerate(pool.map(hunt, wanted), start=1):
            how = f"history {catch.histories}" if catch.histories else "rehearsal"
            said = f"{how}: {catch.check}" if catch.check else "NOT NOTICED"
            print(
                f"{number:>3}/{len(wanted)}  {catch.bug.area:11} {catch.bug.name}\n         {said}",
                flush=True,
            )
            facts.append({"bug": catch.bug.name, "check": catch.check, "histories": catch.histories})
            missed += [] if catch.check else [catch.bug.name]
    print(f"{len(wanted) - len(missed)} of {len(wanted)} noticed.")
    if arguments.json:
        print(json.dumps(facts, ensure_ascii=False))
    if missed:
        environment.stop(f"Not noticed: {'; '.join(missed)}.")


if __name__ == "__main__":
    main()
