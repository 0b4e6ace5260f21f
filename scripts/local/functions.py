"""Lambda functions on this machine: unpacked packages in processes of their own, one event at a time each.

A process sees what it sees on Lambda: its package, the runtime client beside it, Lambda's own variables and
those of the function; nothing else that is installed here.
"""

import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from scripts.cloud import build
from scripts.environment import PYTHON
from scripts.local.processes import Children
from scripts.local.runtime_api import FunctionFailed, RuntimeApi, TookTooLong

START_SECONDS = 30.0
PAYLOAD_MAX = 6 * 1024 * 1024
"""Bytes of a synchronous event, and of its answer."""


class Definition(Struct, frozen=True):
    """One function as it is deployed."""

    name: str
    place: Path
    """The unpacked package."""
    handler: str
    variables: Mapping[str, str]
    runtime: Path
    """Where the runtime client lies."""
    seconds: float = 15
    memory_mb: int = 512
    version: str = "1"
    role: str = ""


def defined(name: str, variables: Mapping[str, str]) -> Definition:
    """A stage of zappa_settings.json, unpacked by `build.ensure`. Raises CannotBuild."""
    stage = build.stages()[name]
    return Definition(
        name=name,
        place=build.unpacked(name),
        handler=stage["lambda_handler"],
        variables=variables,
        runtime=build.install_client(),
        seconds=stage["timeout_seconds"],
        memory_mb=stage["memory_size"],
    )


class Process:
    """One execution environment. Raises FunctionFailed if it does not start."""

    def __init__(self, definition: Definition, children: Children, log: Path | None = None) -> None:
        self._definition, self._children = definition, children
        self.init_cpu_ns = 0
        self._api = RuntimeApi(definition.name, self._measure)
        self._process = children.start(
            [PYTHON, "-S", "-m", "awslambdaric", definition.handler],
            environment=_variables(definition, self._api.address),
            log=log,
            alone=True,
            folder=definition.place,
        )
        self._wait()

    def invoke(self, event: Any) -> Any:
        """Raises FunctionFailed. What takes too long is ended: its answer would go to another event."""
        try:
            return self._api.invoke(event, self._definition.seconds, self.is_alive)
        except TookTooLong:
            self.end()
            raise

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def end(self) -> None:
        self._children.end_one(self._process)
        self._api.close()

    @property
    def pid(self) -> int:
        return self._process.pid

    def cpu_ns(self) -> int:
        """Of all its threads since it began."""
        tasks = Path(f"/proc/{self.pid}/task").glob("*/schedstat")
        return sum(int(each.read_text().split()[0]) for each in tasks)

    def _measure(self) -> None:
        self.init_cpu_ns = self.cpu_ns()

    def _wait(self) -> None:
        ends_at = time.monotonic() + START_SECONDS
        while not self._api.started.wait(0.02):
            if not self.is_alive() or time.monotonic() > ends_at:
                self.end()
                raise FunctionFailed(f"{self._definition.name} did not start")


class Function:
    """Starts a process when all others are busy, as Lambda does; thread-safe."""

    def __init__(self, definition: Definition, children: Children, log: Path | None = None) -> None:
        self._definition, self._children, self._log = definition, children, log
        self._idle: list[Process] = []
        self._lock = threading.Lock()
        self.starts = 0

    def invoke(self, event: Any) -> Any:
        """Raises FunctionFailed."""
        process = self._take()
        try:
            answer = process.invoke(event)
        finally:
            self._give_back(process)
        return answer

    def _take(self) -> Process:
        with self._lock:
            while self._idle:
                process = self._idle.pop()
                if process.is_alive():
                    return process
            self.starts += 1
        return Process(self._definition, self._children, self._log)

    def _give_back(self, process: Process) -> None:
        with self._lock:
            self._idle.append(process)


def _variables(definition: Definition, address: str) -> dict[str, str]:
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "LAMBDA_TASK_ROOT": str(definition.place),
        "LAMBDA_RUNTIME_DIR": str(definition.runtime),
        "PYTHONPATH": f"{definition.place}:{definition.runtime}",
        "PYTHONDONTWRITEBYTECODE": "1",
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.11",
        "AWS_LAMBDA_RUNTIME_API": address,
        "AWS_LAMBDA_FUNCTION_NAME": definition.name,
        "AWS_LAMBDA_FUNCTION_VERSION": definition.version,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(definition.memory_mb),
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{definition.name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": "local",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_REGION": "cn-north-1",
        "AWS_DEFAULT_REGION": "cn-north-1",
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_SESSION_TOKEN": "local",
        "AWS_EC2_METADATA_DISABLED": "true",
        "_HANDLER": definition.handler,
        **definition.variables,
    }
