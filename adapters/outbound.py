"""Calls to platforms: bounded in time and in size, without retries and without redirects."""

from collections.abc import Mapping

import urllib3
from urllib3.util.ssl_ import create_urllib3_context

CONNECT_SECONDS = 1.0
CONNECTIONS_MAX = 8


class NoAnswer(Exception):
    """Nothing that can be read came back."""


class Outbound:
    """One for each platform and process; connections are kept."""

    def __init__(self, read_seconds: float, answer_bytes_max: int) -> None:
        timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=read_seconds)
        checked = create_urllib3_context()
        checked.load_default_certs()  # Here, or it is done again for each connection.
        self._pool = urllib3.PoolManager(
            timeout=timeout, retries=False, maxsize=CONNECTIONS_MAX, ssl_context=checked
        )
        self._answer_bytes_max = answer_bytes_max

    def ask(
        self,
        method: str,
        url: str,
        *,
        fields: dict[str, str] | None = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, str]:
        """Status and text of the answer. Raises NoAnswer for none, for a longer one, and for no UTF-8."""
        try:
            response = self._pool.request(
                method, url, fields=fields, body=body, headers=headers, redirect=False, preload_content=False
            )
            return response.status, self._read(response).decode()
        except (urllib3.exceptions.HTTPError, UnicodeDecodeError) as problem:
            raise NoAnswer from problem

    def _read(self, response: urllib3.BaseHTTPResponse) -> bytes:
        """What is longer is dropped, and its connection with it."""
        data = response.read(self._answer_bytes_max + 1)
        if len(data) > self._answer_bytes_max:
            response.close()
            raise NoAnswer
        response.drain_conn()
        return data
