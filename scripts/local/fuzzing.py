"""One target of tests/fuzz under atheris, in a process of its own: `python -m scripts.local.fuzzing --help`.

atheris rewrites what is imported so that it can see which lines an input reaches. That must happen in no
other process, and before anything of the product is imported.
"""

import argparse
import random
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import atheris  # type: ignore[import-untyped]  # it ships no types

if TYPE_CHECKING:
    from tests.fuzz.target import Target

WATCHED = ["adapters", "domain", "handlers", "serverless", "scripts.local.tenants"]
TIMEOUT_SECONDS = 20
"""For one input; the slowest take hundredths of a second."""
SAY_EVERY = 0.3


def main() -> None:
    """Runs until the inputs or the seconds are used up, or something is found; then the process ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target")
    parser.add_argument("--inputs", type=int, required=True)
    parser.add_argument("--seconds", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--artifacts", required=True)
    arguments = parser.parse_args()
    with atheris.instrument_imports(include=WATCHED):
        from tests.fuzz.logs import LOG
        from tests.fuzz.mutations import SIZE_MAX
        from tests.fuzz.registry import targets
    target = targets()[arguments.target]
    with tempfile.TemporaryDirectory() as folder, LOG.listening():
        corpus = _written(Path(folder), target)
        options = [
            f"-runs={arguments.inputs}",
            f"-max_total_time={arguments.seconds}",
            f"-seed={arguments.seed}",
            f"-artifact_prefix={arguments.artifacts}",
            f"-timeout={TIMEOUT_SECONDS}",
            f"-max_len={SIZE_MAX}",
        ]
        one_input, mutate = _counting(target), _mutating(target)
        atheris.Setup(["fuzz", *options, str(corpus)], one_input, custom_mutator=mutate)
        atheris.Fuzz()


def _written(folder: Path, target: "Target") -> Path:
    for number, seed in enumerate(target.seeds):
        (folder / str(number)).write_bytes(seed)
    return folder


def _counting(target: "Target"):  # type: ignore[no-untyped-def]  # noqa: ANN202  # what atheris calls
    ran, accepted, said_at = 0, 0, 0.0

    def one_input(data: bytes) -> None:
        nonlocal ran, accepted, said_at
        ran += 1
        accepted += target.attempt(bytes(data))
        now = time.monotonic()
        if now - said_at > SAY_EVERY:
            said_at = now
            print(f"ran {ran} accepted {accepted}", flush=True)

    return one_input


def _mutating(target: "Target"):  # type: ignore[no-untyped-def]  # noqa: ANN202  # the same
    """Half of the changes are libFuzzer's own, half are ours, which know JSON and the target's words."""
    from tests.fuzz.mutations import CHOICE, changed

    def mutate(data: bytes, max_size: int, seed: int) -> bytes:
        chance = random.Random(seed)  # noqa: S311  # what is repeated must not be secret
        if chance.random() < 0.5:
            mutated: bytes = atheris.Mutate(data, max_size)
            return mutated
        choices = chance.randbytes(CHOICE * chance.randrange(1, 4))
        return changed(bytes(data), choices, target.seeds, target.words)[:max_size]

    return mutate


if __name__ == "__main__":
    main()
