"""Clients of AWS by botocore alone: boto3 would only add to a start."""

import socket
import ssl
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.httpsession import URLLib3Session, get_cert_path
from botocore.utils import get_environ_proxies

SOCKET_OPTIONS = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1), (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
"""Small requests leave at once; what lies between keeps a connection that nobody uses for a moment."""


class CertificatesOnce(URLLib3Session):  # type: ignore[misc]  # botocore ships no types
    """Loads the authorities' certificates for its first connection, and never again.

    botocore loads them for each one. That takes sixty times as long as a call, and the other side closes
    whatever was silent for a while: at a shop with few customers, between any two of them.
    """

    _context: ssl.SSLContext
    _is_loaded = False

    def _get_ssl_context(self) -> ssl.SSLContext:
        self._context = super()._get_ssl_context()
        return self._context

    def _setup_ssl_cert(self, conn: Any, url: str, verify: bool | str) -> None:
        conn.cert_reqs = "CERT_REQUIRED"
        if not self._is_loaded:
            self._context.load_verify_locations(get_cert_path(verify))
            self._is_loaded = True


def open_client(service: str, region: str, endpoint_url: str | None = None, **config: Any) -> Any:
    """`config` is botocore's. It ships no types."""
    session, told = botocore.session.get_session(), Config(**config)
    client = session.create_client(service, region_name=region, endpoint_url=endpoint_url, config=told)
    url = client.meta.endpoint_url
    if url.startswith("https:") and not get_environ_proxies(url):
        # Its own session cannot be told; an event before each request would also come before a stub's.
        client._endpoint.http_session = CertificatesOnce(  # noqa: SLF001  # tests/adapters/test_aws.py holds it
            verify=session.get_config_variable("ca_bundle") or True,
            timeout=(told.connect_timeout, told.read_timeout),
            max_pool_connections=told.max_pool_connections,
            socket_options=SOCKET_OPTIONS,
        )
    return client
