"""Starts Tongka on this machine, with a WeChat and an Alipay of its own: `python3 scripts/demo.py`.

It needs Python 3.11 and Node 20 and makes everything else. Data is kept in var/demo between runs;
`--fresh` drops it. `--self-check` walks the main journey on a store of its own and exits. `--lambda` serves
the packages that are deployed, in processes as Lambda starts them.
"""

import argparse
import fcntl
import shutil
import sys
import tempfile
from pathlib import Path
from typing import IO

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts import environment

DATA = environment.ROOT / "var" / "demo"
DATA_ON_LAMBDA = environment.ROOT / "var" / "demo-lambda"
"""A table of its own: its figures follow by its stream, which the other one does not have."""
LOCK = environment.ROOT / "var" / "demo.lock"


def main() -> None:
    """Reads the arguments, installs what is missing, runs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--fresh", action="store_true", help="drop the store and the sandbox's state first")
    parser.add_argument("--self-check", action="store_true", help="walk the main journey and exit")
    parser.add_argument("--lambda", action="store_true", dest="on_lambda", help="run the packages for Lambda")
    arguments = parser.parse_args()
    environment.enter(environment.DEPLOYMENT if arguments.on_lambda else environment.RUNTIME)
    if arguments.on_lambda:
        _build()
    if arguments.self_check:
        raise SystemExit(_self_check(on_lambda=arguments.on_lambda))
    _serve(fresh=arguments.fresh, on_lambda=arguments.on_lambda)


def _build() -> None:
    from scripts.cloud import build

    try:
        build.ensure()
        build.install_client()
    except build.CannotBuild as problem:
        environment.stop(str(problem))


def _self_check(*, on_lambda: bool) -> int:
    from scripts.local import self_check
    from scripts.local.processes import Children, DidNotStart, end_like_interrupt
    from scripts.local.world import World

    end_like_interrupt()
    with tempfile.TemporaryDirectory(prefix="tongka-") as folder, Children() as children:
        world = World(children, Path(folder), on_lambda=on_lambda)
        try:
            world.start()
        except DidNotStart as problem:
            environment.stop(str(problem))
        return 1 if self_check.run(world) else 0


def _serve(*, fresh: bool, on_lambda: bool) -> None:
    from scripts.local import show
    from scripts.local.processes import Children, DidNotStart, end_like_interrupt
    from scripts.local.world import World

    lock = _only_one()
    data = DATA_ON_LAMBDA if on_lambda else DATA
    if fresh and data.exists():
        shutil.rmtree(data)
    data.mkdir(parents=True, exist_ok=True)
    end_like_interrupt()
    with Children() as children:
        world = World(children, data, fixed_ports=True, on_lambda=on_lambda)
        try:
            world.start()
            show.run(world)
        except DidNotStart as problem:
            environment.stop(str(problem))
        except KeyboardInterrupt:
            print(f"\nEnding; the data stays in {data.relative_to(environment.ROOT)}.")
    lock.close()


def _only_one() -> IO[str]:
    """Two engines on one file would spoil it."""
    LOCK.parent.mkdir(exist_ok=True)
    lock = LOCK.open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        environment.stop("A demo is running already; end it first (Ctrl-C where it was started).")
    return lock


if __name__ == "__main__":
    main()
