"""Fuzzes all that reads bytes from outside, guided by what the inputs reach: `python3 scripts/fuzz.py`.

`--target NAME` fuzzes one reader, `--inputs N` says how many inputs all together, `--seconds N` how long at
most for each target, `--seed N` begins elsewhere. An input that breaks something is printed with the line
that tries it again: `--target NAME --replay TEXT`. docs/testing.md says what the targets are.
"""

import argparse
import base64
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from msgspec import Struct, field

from scripts import environment

if TYPE_CHECKING:
    from tests.fuzz.target import Target

INPUTS = 200_000
SECONDS = 3_600
TOLD_MAX = 40
BAR = 24
RAN = re.compile(r"ran (\d+) accepted (\d+)")
COVERED = re.compile(r"cov: (\d+)")
DONE = re.compile(r"Done (\d+) runs in (\d+) second")


class Run(Struct):
    """What one target has come to."""

    name: str
    wanted: int
    ran: int = 0
    accepted: int = 0
    covered: int = 0
    seconds: float = 0.0
    told: list[str] = field(default_factory=list)
    found: list[bytes] = field(default_factory=list)
    broke: bool = False

    def hear(self, line: str) -> None:
        """A line of the fuzzing process."""
        if match := RAN.match(line):
            self.ran, self.accepted = int(match[1]), int(match[2])
        elif match := DONE.match(line):
            self.ran = int(match[1])
        elif match := COVERED.search(line):
            self.covered = int(match[1])
        elif line.strip() and not line.startswith(("INFO:", "#", "WARNING:")):
            self.told = [*self.told, line][-TOLD_MAX:]

    def line(self) -> str:
        filled = BAR * min(self.ran, self.wanted) // max(self.wanted, 1)
        speed = self.ran / self.seconds if self.seconds else 0
        return (
            f"· {self.name:20} [{'█' * filled}{'·' * (BAR - filled)}] {self.ran:>7}/{self.wanted}"
            f"  {self.seconds:5.0f} s  {speed:5.0f}/s  reached {self.covered}"
        )


def main() -> None:
    """All targets one after the other; ends with 1 if something was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--target", help="one target by its name; without it, all of them")
    parser.add_argument("--inputs", type=int, default=INPUTS, help=f"how many, together (default {INPUTS})")
    parser.add_argument("--seconds", type=int, default=SECONDS, help="at most so long for each target")
    parser.add_argument("--seed", type=int, default=1, help="another seed, other inputs (default 1)")
    parser.add_argument("--replay", metavar="TEXT", help="one input in base64, tried once; needs --target")
    arguments = parser.parse_args()
    environment.enter(environment.DEVELOPMENT, node=False)
    from tests.fuzz.registry import targets

    if arguments.target is not None and arguments.target not in targets():
        environment.stop(f"There is no target {arguments.target!r}; there are {', '.join(targets())}.")
    if arguments.replay is not None:
        _replay(arguments.target, arguments.replay)
        return
    chosen = [targets()[arguments.target]] if arguments.target else list(targets().values())
    runs = [_fuzz(target, wanted, arguments) for target, wanted in _shares(chosen, arguments.inputs)]
    _sum_up(runs)


def _shares(chosen: "list[Target]", inputs: int) -> "list[tuple[Target, int]]":
    """As in CI, so that what is slow or dull takes no more than its part."""
    whole = sum(target.inputs for target in chosen)
    return [(target, -(-inputs * target.inputs // whole)) for target in chosen]


def _fuzz(target: "Target", wanted: int, arguments: argparse.Namespace) -> Run:
    run = Run(target.name, wanted)
    with tempfile.TemporaryDirectory() as folder:
        command = [str(environment.PYTHON), "-m", "scripts.local.fuzzing", target.name]
        command += ["--inputs", str(wanted), "--seconds", str(arguments.seconds)]
        command += ["--seed", str(arguments.seed), "--artifacts", f"{folder}/"]
        started = time.monotonic()
        with subprocess.Popen(
            command,
            cwd=environment.ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process:
            for line in process.stdout or ():
                run.hear(line.rstrip("\n"))
                run.seconds = time.monotonic() - started
                if sys.stdout.isatty():
                    print(f"\r{run.line()}", end="", flush=True)
        run.seconds = time.monotonic() - started
        run.found = [path.read_bytes() for path in sorted(Path(folder).iterdir())]
        run.broke = process.returncode != 0
    print(f"{chr(13) if sys.stdout.isatty() else ''}{run.line()}", flush=True)
    _tell(run)
    return run


def _tell(run: Run) -> None:
    from tests.fuzz.registry import replay

    if run.found or run.broke:
        print("\n".join(f"    {line}" for line in run.told))
    for data in run.found:
        print(f"  ✗ {data[:200]!r}\n    {replay(run.name, data)}", flush=True)


def _sum_up(runs: list[Run]) -> None:
    ran, seconds = sum(run.ran for run in runs), sum(run.seconds for run in runs)
    found = sum(len(run.found) for run in runs)
    accepted = sum(run.accepted for run in runs)
    print(
        f"{ran} inputs in {seconds:.0f} s over {len(runs)} targets; "
        f"{accepted} were accepted, each of them rightly; {found} broke something."
    )
    failed = [run.name for run in runs if run.found or run.broke]
    if failed:
        environment.stop(f"Look at {', '.join(failed)}. Mend it, and keep the input in tests/fuzz/found.py.")


def _replay(name: str | None, text: str) -> None:
    """The bug is shown as Python shows it."""
    from tests.fuzz.logs import LOG
    from tests.fuzz.registry import targets

    if name is None:
        environment.stop("--replay needs --target.")
    with LOG.listening():
        is_accepted = targets()[name].attempt(base64.b64decode(text))
    print("accepted, and rightly" if is_accepted else "refused")


if __name__ == "__main__":
    main()
