"""What Tongka costs on AWS: `python3 scripts/cost.py [--members 10000] [--price memory_mb=256 …]`.

Prices times what docs/operations.md counts. `--price NAME=VALUE` sets a price or an assumption; the names
are those of `Prices` in scripts/local/cost_model.py. `--write` makes docs/cost.md anew, `--json` prints for
machines.
"""

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts import environment

TARGET = environment.ROOT / "docs" / "cost.md"


def main() -> None:
    """Prints the page, or writes it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--members", type=int, default=10_000, help="who are active in a month")
    parser.add_argument("--price", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    environment.enter(environment.RUNTIME, node=False)
    from scripts.local import cost_model, cost_page

    if arguments.members < 1:
        environment.stop("--members must be 1 or more.")
    try:
        pairs = (each.partition("=") for each in arguments.price)
        prices = cost_model.changed({name: float(value) for name, _, value in pairs})
    except (TypeError, ValueError):
        known = ", ".join(cost_model.Prices.__struct_fields__)
        environment.stop(f"--price takes NAME=VALUE with a number and one of: {known}.")
    if arguments.json:
        print(json.dumps(cost_page.figures(arguments.members, prices)))
    elif arguments.write:
        TARGET.write_text(cost_page.page(10_000, cost_model.Prices()))
        print(f"· wrote {TARGET.relative_to(environment.ROOT)}")
    else:
        print(cost_page.page(arguments.members, prices))


if __name__ == "__main__":
    main()
