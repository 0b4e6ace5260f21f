"""Starts child processes and makes sure that they end with us."""

import contextlib
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import IO, NoReturn, Self

WAIT_SECONDS = 20.0
END_SECONDS = 5.0


class DidNotStart(Exception):
    """A child ended or stayed silent; says what to do."""


def free_port(preferred: int = 0) -> int:
    """The preferred port if nobody has it, otherwise any free one of this machine."""
    for port in (preferred, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            found: int = probe.getsockname()[1]
            return found
    raise DidNotStart("This machine has no free port on 127.0.0.1.")


class Children:
    """Ends what it started, in reverse order, whatever happens."""

    def __init__(self) -> None:
        self._running: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def start(
        self,
        command: Sequence[str | Path],
        *,
        environment: Mapping[str, str] | None = None,
        log: Path | None = None,
        pipe: bool = False,
        alone: bool = False,
        folder: Path | None = None,
    ) -> "subprocess.Popen[bytes]":
        """Output goes to the log file, or nowhere; with `pipe`, standard output can be read.

        `alone`: the child sees the given environment and none of ours.
        """
        with contextlib.ExitStack() as stack:
            sink: IO[bytes] | int = subprocess.DEVNULL
            if log is not None:
                log.parent.mkdir(parents=True, exist_ok=True)
                sink = stack.enter_context(log.open("ab"))
            process = subprocess.Popen(
                command,
                cwd=folder,
                env={**({} if alone else os.environ), **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if pipe else sink,
                stderr=sink,
                start_new_session=True,
            )
        self._running.append(process)
        return process

    def end_one(self, process: "subprocess.Popen[bytes]") -> None:
        """Before the others; again it changes nothing."""
        _end(process)
        if process in self._running:
            self._running.remove(process)

    def end(self) -> None:
        """Nothing interrupts this: a second signal must not leave children behind."""
        with _undisturbed():
            for process in reversed(self._running):
                _end(process)
            self._running.clear()


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, signal.SIG_IGN) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def end_like_interrupt() -> None:
    """A request to end (SIGTERM) is handled like Ctrl-C, so that children end, too."""

    def interrupt(number: int, frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)


def _end(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(END_SECONDS)
    if process.stdout is not None:
        process.stdout.close()


def wait_until(
    is_ready: Callable[[], bool], process: "subprocess.Popen[bytes]", what: str, log: Path | None
) -> None:
    """Raises DidNotStart."""
    ends_at = time.monotonic() + WAIT_SECONDS
    while not is_ready():
        hint = f"; see {log}" if log else ""
        if process.poll() is not None:
            raise DidNotStart(f"{what} ended at once (exit code {process.returncode}){hint}.")
        if time.monotonic() > ends_at:
            raise DidNotStart(f"{what} did not answer within {WAIT_SECONDS:.0f} seconds{hint}.")
        time.sleep(0.02)
