"""Measures: `python3 scripts/bench.py operations` counts calls and capacity units of every operation;
`python3 scripts/bench.py cold-start` counts the instructions of a packaged function's start (needs valgrind);
`python3 scripts/bench.py warm` counts those of warm requests, beside the same by hand (needs valgrind);
`python3 scripts/bench.py init` compares the CPU of its start on Lambda's runtime client with an empty one's;
`python3 scripts/bench.py growth` counts calls and units of jobs, by members and by what is due;
`python3 scripts/bench.py contention` does so for several tills that write to one member at once;
`python3 scripts/bench.py performance --write` puts both into docs/performance.md, with pictures;
`python3 scripts/bench.py pricing` counts byte-code steps of pricing an order, by lines and by rules.

`--write` puts the table of operations into docs/operations.md, `--check` compares it with the committed
one, `--json` prints for machines. Counts are exact, so a changed line is a changed cost.
"""

import argparse
import json
import sys
from collections.abc import Iterable
from contextlib import redirect_stdout
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts import environment

DOCS = environment.ROOT / "docs"
TARGET = DOCS / "operations.md"
NAMES = (
    *("operations", "cold-start", "init", "warm"),
    *("growth", "contention", "performance", "pricing"),
)


def main() -> None:
    """Runs one benchmark by name."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("name", choices=NAMES)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    on_packages = arguments.name in {"cold-start", "init", "warm"}
    environment.enter(environment.DEPLOYMENT if on_packages else environment.RUNTIME)
    if arguments.name == "operations":
        _operations(arguments)
    elif arguments.name == "pricing":
        _pricing(arguments)
    elif arguments.name == "warm":
        _warm(arguments)
    elif arguments.name in {"growth", "contention", "performance"}:
        _store(arguments)
    else:
        _cold_start(arguments)


def _pricing(arguments: argparse.Namespace) -> None:
    from msgspec.structs import asdict

    from scripts.local import pricing

    found = pricing.measure()
    if arguments.json:
        print(json.dumps([asdict(each) for each in found]))
    else:
        print("  lines  rules that match  byte-code steps")
        for each in found:
            print(f"{each.lines:>7}  {each.matching:>16}  {each.steps:>15,}")
    if steep := pricing.too_steep(found):
        environment.stop(f"Grows faster than linearly: {'; '.join(steep)}.")


def _store(arguments: argparse.Namespace) -> None:
    import logging

    from scripts.local import contention, growth, performance_page
    from scripts.local.processes import DidNotStart

    logging.getLogger("tongka").setLevel(logging.ERROR)
    try:
        with redirect_stdout(sys.stderr):
            grown = growth.measure() if arguments.name != "contention" else []
            contended = contention.measure() if arguments.name != "growth" else []
        measured: list[growth.Growth | contention.Contention] = [*grown, *contended]
    except DidNotStart as problem:
        environment.stop(str(problem))
    if arguments.write and arguments.name == "performance":
        for path in performance_page.write(DOCS, grown, contended):
            print(f"· wrote {path.relative_to(environment.ROOT)}")
    elif arguments.json:
        print(json.dumps([each.facts() for each in measured]))
    else:
        for each in measured:
            print(each.line())
    _stop_above(each.line() for each in measured if not each.holds)


def _operations(arguments: argparse.Namespace) -> None:
    from scripts.local import costs, operations
    from scripts.local.processes import DidNotStart

    try:
        rows = operations.measure()
    except DidNotStart as problem:
        environment.stop(str(problem))
    text = costs.table(rows)
    if arguments.json:
        print(json.dumps([row.facts() for row in rows], ensure_ascii=False))
    elif arguments.write:
        TARGET.write_text(text)
        print(f"· wrote {TARGET.relative_to(environment.ROOT)}")
    elif arguments.check and TARGET.read_text() != text:
        environment.stop("docs/operations.md is out of date: python3 scripts/bench.py operations --write")
    elif not arguments.check:
        print(text)
    _stop_above(row.name for row in rows if not row.holds)
    _stop_above(costs.above_design(rows))
    if dearer := costs.dearer_again(rows):
        environment.stop(f"Dearer the second time: {', '.join(dearer)}.")


def _cold_start(arguments: argparse.Namespace) -> None:
    from scripts.cloud.build import CannotBuild
    from scripts.local import cold_start

    is_counted = arguments.name == "cold-start"
    if is_counted:
        _need_valgrind()
    try:
        with redirect_stdout(sys.stderr):
            starts = cold_start.measure() if is_counted else cold_start.measure_init()
    except CannotBuild as problem:
        environment.stop(str(problem))
    unit, second = ("the CPU of an empty handler", "a warm request's for the first request")
    if is_counted:
        unit, second = "Flask and a DynamoDB client", "an empty Python"
    if arguments.json:
        print(json.dumps({start.name: start.multiple for start in starts}))
    else:
        for start in starts:
            beside = f"; {start.beside} × {second} (limit {start.beside_limit})" if start.beside else ""
            strict = f" ({start.strict} without pyOpenSSL there)" if start.strict else ""
            print(f"{start.multiple:6.3f} × {unit}{strict} (limit {start.limit}){beside}: {start.name}")
    _stop_above(start.name for start in starts if not start.holds)


def _warm(arguments: argparse.Namespace) -> None:
    from scripts.cloud.build import CannotBuild
    from scripts.local import warm
    from scripts.local.processes import DidNotStart

    _need_valgrind()
    try:
        with redirect_stdout(sys.stderr):
            found = warm.measure()
    except (CannotBuild, DidNotStart) as problem:
        environment.stop(str(problem))
    if arguments.json:
        facts = [{"name": each.name, "calls": each.calls, "multiple": each.multiple} for each in found]
        print(json.dumps(facts))
    else:
        for each in found:
            same = f" ({each.instructions / each.same:.2f} with our client)" if each.same else ""
            print(
                f"{each.multiple:6.2f} × the same by hand{same} (limit {each.limit}), {each.calls} calls, "
                f"{each.instructions:,} instructions: {each.name}"
            )
    _stop_above(each.name for each in found if not each.holds)


def _need_valgrind() -> None:
    from scripts.local import instructions

    if not instructions.is_possible():
        environment.stop("Counting instructions needs valgrind; install it, then run this again.")


def _stop_above(names: Iterable[str]) -> None:
    if above := list(names):
        environment.stop(f"Above the limit: {', '.join(above)}.")


if __name__ == "__main__":
    main()
