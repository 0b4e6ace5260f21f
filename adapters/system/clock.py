"""The system's clock; in development, the sandbox's, whose days can be turned."""

import json
from datetime import UTC, datetime
from urllib.parse import urlsplit

import urllib3

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def to_ms(instant: datetime) -> datetime:
    """What is stored is milliseconds; finer parts would not come back."""
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)


class SystemClock:
    """Implements `domain.clock.Clock`."""

    def __call__(self) -> datetime:
        return to_ms(datetime.now(UTC))


class SandboxClock:
    """Asks the sandbox for the time; raises ValueError unless that is on this machine."""

    def __init__(self, url: str) -> None:
        if urlsplit(url).hostname not in LOOPBACK:
            raise ValueError("A clock may be taken from this machine only.")
        self._url = url
        self._http = urllib3.PoolManager(timeout=1.0, retries=2, maxsize=16)

    def __call__(self) -> datetime:
        answer = self._http.request("GET", self._url)
        return to_ms(datetime.fromisoformat(json.loads(answer.data)["now"]).astimezone(UTC))
