"""Simulates the product on a store that fails: `python3 scripts/simulate.py --profile ci`.

Several clients at once, the real use cases, a double of the table and of the platforms, and a model that
checks every write and every answer. Each history follows from its seed.

  --profile ci        5,000 histories, and every call with every fault
  --profile nightly   50,000, in slices; what was done is kept, and the next call goes on
  --profile release   1,000,000, likewise
  --seed N            one history, told line by line (and made small, if it fails)
  --from-seed N --histories M   any others
"""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts import environment

if TYPE_CHECKING:
    from tests.simulation.runs import Progress, Result

KEPT = environment.ROOT / "var" / "simulation"
BAR, TOLD = 30, 6
"""Where nobody watches, a line for each fifth."""


def main() -> None:
    arguments = _arguments()
    environment.enter(environment.DEVELOPMENT, node=False)
    if arguments.seed is not None:
        _tell(arguments)
    elif arguments.histories is not None:
        _some(arguments.from_seed, arguments.histories, as_json=arguments.json)
    else:
        _profile(arguments.profile, arguments.slices, as_json=arguments.json)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--profile", choices=["ci", "nightly", "release"], default="ci")
    parser.add_argument("--slices", type=int, help="stop after so many slices")
    parser.add_argument("--seed", type=int, help="one history, told line by line")
    parser.add_argument("--without", default="", help="with --seed: requests to leave out, such as 3,102")
    parser.add_argument("--spared", default="", help="with --seed: requests with which all goes well")
    parser.add_argument("--from-seed", type=int, default=0)
    parser.add_argument("--histories", type=int)
    parser.add_argument("--json", action="store_true", help="the last line is for machines")
    return parser.parse_args()


def _tell(arguments: argparse.Namespace) -> None:
    from tests.simulation.areas import all_areas
    from tests.simulation.play import Cut, play

    cut = Cut(_numbers(arguments.without), _numbers(arguments.spared))
    outcome = play(str(arguments.seed), all_areas(), cut)
    print("\n".join(outcome.trace))
    if outcome.violation is None:
        print(f"No promise was broken; {outcome.tally.faults.total()} calls went wrong.")
        return
    if cut == Cut():
        _shrunk(str(arguments.seed))
    environment.stop(f"Broken: {outcome.violation}")


def _shrunk(seed: str) -> None:
    from tests.simulation.areas import all_areas
    from tests.simulation.play import play
    from tests.simulation.shrink import shrink

    areas = all_areas()
    small, cut = shrink(play(seed, areas), areas)
    print(f"\n── the same promise breaks with {len(small.requests)} requests\n")
    print("\n".join(small.trace))
    without, spared = (",".join(map(str, sorted(numbers))) for numbers in (cut.without, cut.spared))
    print(f"\nAgain: python3 scripts/simulate.py --seed {seed} --without {without} --spared {spared}\n")


def _numbers(text: str) -> frozenset[int]:
    return frozenset(int(number) for number in text.split(",") if number)


def _some(first: int, count: int, *, as_json: bool) -> None:
    from tests.simulation import runs

    result = runs.run(first, count, (), _bar(f"seeds {first} to {first + count - 1}"))
    _report(result, as_json=as_json)


def _profile(name: str, slices: int | None, *, as_json: bool) -> None:
    """Slice by slice. All but `ci` keep what they have done and go on from there."""
    from tests.simulation import runs

    profile = runs.PROFILES[name]
    total = runs.Result()
    starts = range(0, profile.histories, profile.slice_histories)
    done = 0
    for number, first in enumerate(starts):
        file = KEPT / f"{name}-{number + 1:03}.json"
        kept = _kept(file) if name != "ci" else None
        if kept is None:
            if slices is not None and done >= slices:
                print(f"{len(starts) - number} slices are left; the same command goes on.")
                break
            houses = range(profile.houses) if number == 0 else ()
            count = min(profile.slice_histories, profile.histories - first)
            kept = runs.run(first, count, houses, _bar(f"slice {number + 1} of {len(starts)}"))
            done += 1
            if name != "ci":
                _keep(file, kept)
        total.add(kept)
    _report(total, as_json=as_json)


def _kept(file: Path) -> "Result | None":
    from tests.simulation import runs

    if not file.exists():
        return None
    record = json.loads(file.read_text())
    if record["version"] != runs.version():
        print(f"{file.stem} is of another version of the code, and is played anew.")
        return None
    return runs.from_record(record["result"])


def _keep(file: Path, result: "Result") -> None:
    from tests.simulation import runs

    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"version": runs.version(), "result": runs.to_record(result)}))


def _bar(what: str) -> "Progress":
    started, told = time.monotonic(), [0]

    def show(done: int, of: int, failures: int) -> None:
        seconds = time.monotonic() - started
        filled = BAR * done // max(of, 1)
        bar = "█" * filled + "·" * (BAR - filled)
        line = f"{what}  {bar}  {done:,} of {of:,}  {seconds:.0f} s  {failures} failed"
        if sys.stdout.isatty():
            print(f"\r{line}", end="\n" if done >= of else "", flush=True)
        elif filled // TOLD > told[0]:
            told[0] = filled // TOLD
            print(line, flush=True)

    return show


def _report(result: "Result", *, as_json: bool) -> None:
    from tests.simulation import runs

    summary = result.summary()
    for failure in result.failures[: runs.FAILURES_MAX]:
        print(f"✗ {failure.seed}: {failure.check}: {failure.detail}"[:600])
    print(
        f"{summary['histories']:,} histories and {summary['rehearsals']:,} rehearsals, "
        f"{summary['operations']:,} operations ({summary['duplicates']:,} sent twice at once), "
        f"{summary['faults_total']:,} faults, {summary['conflicts']:,} conflicts, "
        f"{summary['cells_hit']:,} of {summary['cells']:,} cells, {summary['violations']} violations, "
        f"{summary['histories_per_second']} histories a second"
    )
    for name, count in summary["faults"].items():
        print(f"  {name:16} {count:>9,}")
    if result.never_granted:
        print(f"✗ never granted: {', '.join(result.never_granted)}")
    for cell in result.never_met:
        print(f"✗ never met: {cell}")
    failed = [failure for failure in result.failures if not failure.is_rehearsal]
    if failed:
        _shrunk(failed[0].seed)
    if as_json:
        print(json.dumps(summary, ensure_ascii=False))
    if not result.is_good:
        environment.stop(
            "A promise was broken, or a call site was never disturbed; the lines above say where."
        )


if __name__ == "__main__":
    main()
