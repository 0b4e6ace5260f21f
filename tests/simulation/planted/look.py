"""Run inside the copy: plays until a promise breaks, and says which one."""

import json
import sys

from tests.simulation.areas import all_areas
from tests.simulation.houses import RULES
from tests.simulation.play import play
from tests.simulation.rehearsal import Rehearsals


def main(histories: int, *, rehearse: bool) -> None:
    areas = all_areas()
    for seed in range(histories):
        outcome = play(str(seed), areas)
        if outcome.violation is not None:
            _say(outcome.violation.check, seed + 1, outcome.violation.detail)
            return
    for cell, outcome in Rehearsals(areas, calm=range(1, len(RULES))) if rehearse else ():
        if outcome.violation is not None:
            _say(f"{outcome.violation.check} (rehearsing {cell})", 0, outcome.violation.detail)
            return
    _say("", histories, "")


def _say(check: str, histories: int, detail: str) -> None:
    sys.stdout.write(json.dumps({"check": check, "histories": histories, "detail": detail[:400]}))


if __name__ == "__main__":
    main(int(sys.argv[1]), rehearse="rehearse" in sys.argv)
