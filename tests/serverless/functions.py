"""Built packages, started as Lambda starts them, for one test each."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from scripts.cloud import build
from scripts.local.functions import Definition, Process, defined
from scripts.local.processes import Children

Variables = dict[str, str]


def definition(stage: str, variables: Variables) -> Definition:
    """Builds first what has changed."""
    build.ensure()
    return defined(stage, variables)


@contextmanager
def started(stage: str, variables: Variables, log: Path | None = None) -> Iterator[Process]:
    """One process of a function."""
    with Children() as children:
        process = Process(definition(stage, variables), children, log)
        yield process
        process.end()


def answers(stage: str, events: list[dict[str, Any]], variables: Variables) -> list[Any]:
    """Of one process to several events."""
    with started(stage, variables) as process:
        return [process.invoke(event) for event in events]
