"""How a client signs, written from docs/signing.md and not from the product's code."""

import hashlib
import hmac
from urllib.parse import quote


def canonical(
    key: str,
    method: str,
    path: str,
    query: tuple[tuple[str, str], ...],
    body: bytes,
    timestamp: str,
    nonce: str,
) -> str:
    """Seven lines; the path is the decoded one."""
    pairs = sorted(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in query)
    digest = hashlib.sha256(body).hexdigest()
    return "\n".join((method, path, "&".join(pairs), digest, timestamp, nonce, key))


def sign(
    key: str,
    secret: str,
    method: str,
    path: str,
    query: tuple[tuple[str, str], ...],
    body: bytes,
    timestamp: str,
    nonce: str,
) -> dict[str, str]:
    """The four headers."""
    text = canonical(key, method, path, query, body, timestamp, nonce)
    return {
        "Tongka-Key": key,
        "Tongka-Timestamp": timestamp,
        "Tongka-Nonce": nonce,
        "Tongka-Signature": hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest(),
    }
