"""A store behind TLS that has nothing: what a first connection to DynamoDB costs is measured on it.

Its certificate stands at the end of those that botocore ships, all of which a client has to load.
"""

import ipaddress
import ssl
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Self

import botocore
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from scripts.local.runtime_api import ForChildren

SHIPPED = Path(botocore.__file__).with_name("cacert.pem")


class SecureStore:
    """Serves on a thread of its own while it is entered; its files lie in `folder`."""

    def __init__(self, folder: Path, address: str = "127.0.0.1", *, is_short: bool = False) -> None:
        """`address` is what its certificate says; `is_short`: each connection ends with its first answer."""
        certificate, key = _certificate(address)
        self._is_short = is_short
        self._own, self._bundle = folder / "store.pem", folder / "bundle.pem"
        self._own.write_bytes(key + certificate)
        self._bundle.write_bytes(SHIPPED.read_bytes() + certificate)
        self.connections, self.requests = 0, 0
        self._server = ForChildren(("127.0.0.1", 0), self._answers())
        secured = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        secured.load_cert_chain(self._own)
        self._server.socket = secured.wrap_socket(self._server.socket, server_side=True)

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def variables(self) -> dict[str, str]:
        """For whoever is to call it."""
        url = f"https://127.0.0.1:{self._server.server_address[1]}"
        return {"AWS_ENDPOINT_URL_DYNAMODB": url, "AWS_CA_BUNDLE": str(self._bundle)}

    def _answers(self) -> type[BaseHTTPRequestHandler]:
        store = self

        class Empty(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                super().setup()
                store.connections += 1

            def do_POST(self) -> None:
                store.requests += 1
                self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(200)
                for name, value in (("Content-Type", "application/x-amz-json-1.0"), ("Content-Length", "2")):
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(b"{}")
                self.close_connection = store._is_short

            def log_message(self, *_: object) -> None:
                """Nothing."""

        return Empty


def _certificate(address: str) -> tuple[bytes, bytes]:
    """And its key; good for a day."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a store of this machine")])
    host = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(host, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return made.public_bytes(pem), private
