"""What the platforms received: the last requests, with secrets masked, and what was answered."""

from collections.abc import Mapping

from msgspec import Struct

from sandbox.clock import Clock
from sandbox.shapes import hexadecimal
from sandbox.state import Shelf, State

KEPT_MAX = 500
VALUE_LENGTH_MAX = 500
MASKED_KEEPS = 4

SECRET_NAMES = frozenset({
    "secret", "appsecret", "access_token", "auth_token", "app_auth_token", "refresh_token", "session_key",
    "code", "js_code", "sign", "signature",
})  # fmt: skip
"""Names of parameters, in lower case, of which only the beginning is kept."""


class Received(Struct, frozen=True):
    platform: str
    operation: str
    method: str
    path: str
    parameters: dict[str, str]
    status: int | None
    answer: str
    fault: str
    at: str


class Requests:
    """The log of all three platforms."""

    def __init__(self, state: State, clock: Clock) -> None:
        self._state = state
        self._clock = clock
        self._kept = Shelf(state, "requests", Received)

    def record(
        self,
        platform: str,
        operation: str,
        method: str,
        path: str,
        parameters: Mapping[str, str],
        *,
        status: int | None,
        answer: str,
        fault: str,
    ) -> None:
        """Keep one request; the oldest fall off the end. No status means the connection was closed."""
        masked = {name: mask(name, value) for name, value in parameters.items()}
        at = self._clock.now().isoformat()
        received = Received(platform, operation, method, path, masked, status, answer, fault, at)
        with self._state.change():
            self._kept.put(hexadecimal(16), received)
            self._kept.keep_newest(KEPT_MAX)

    def forget(self) -> None:
        """Keep none of them any longer."""
        with self._state.change():
            self._kept.keep_newest(0)

    def all(self, platform: str | None = None) -> list[Received]:
        """What is kept, oldest first."""
        return [received for received in self._kept.all() if platform in {None, received.platform}]


def mask(name: str, value: str) -> str:
    """Keep no secret and no endless text."""
    if name.lower() in SECRET_NAMES and value:
        return f"{value[:MASKED_KEEPS]}…({len(value)})"
    return value if len(value) <= VALUE_LENGTH_MAX else value[:VALUE_LENGTH_MAX] + "…"
