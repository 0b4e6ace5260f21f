"""The product's log while it is fuzzed: each line must be one line that can be written."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager

from serverless.logs import JsonFormatter


class Listener(logging.Handler):
    """Formats as in production, and keeps what is worth looking at until the end of the input."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self._formatter = JsonFormatter()
        self.route: str | None = None
        self.bug: BaseException | None = None
        self.unwritable: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.msg == "request":
            self.route = record.__dict__["route"]
        if record.msg == "unhandled error" and record.exc_info:
            self.bug = record.exc_info[1]
        try:
            line = self._formatter.format(record).encode()
            json.loads(line)
            if b"\n" in line or len(line) > LINE_MAX:
                self.unwritable.append(repr(line[:200]))
        except Exception as problem:  # noqa: BLE001  # logging would print it and go on; here it is a finding
            self.unwritable.append(repr(problem))

    @contextmanager
    def listening(self) -> Iterator[None]:
        """In the place of all other handlers, so that nothing is kept of thousands of runs."""
        logger = logging.getLogger("tongka")
        before = logger.level, logger.propagate
        logger.setLevel(logging.INFO)
        logger.propagate = False
        logger.addHandler(self)
        try:
            yield
        finally:
            logger.removeHandler(self)
            logger.setLevel(before[0])
            logger.propagate = before[1]

    def forget(self) -> None:
        """A new input begins."""
        self.route, self.bug, self.unwritable = None, None, []


LINE_MAX = 4_000
"""A line longer than this says too much of what somebody sent."""
LOG = Listener()
