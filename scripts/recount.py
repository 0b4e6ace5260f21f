"""Counts the figures of coupons from the beginning: `python3 scripts/recount.py [--tenant acme]`.

Reads the environment that .env.example describes. Business goes on meanwhile, and the old figures are shown
until the new ones are complete. Needed after a restore of the table, or when its stream was not followed
for longer than it keeps. May be stopped and run again.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts import environment


def main() -> None:
    """A line for each step."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--tenant", help="of one tenant (otherwise of all)")
    arguments = parser.parse_args()
    environment.enter(environment.RUNTIME, node=False)
    with environment.explained():
        recount = environment.services().recount_statistics
        done = recount(arguments.tenant, lambda line: print(f"· {line}", flush=True))
    print(f"✓ {done.coupons} coupons counted anew, {done.removed} of old counts removed")


if __name__ == "__main__":
    main()
