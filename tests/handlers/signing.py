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
    idempotency_key: str = "",
) -> str:
    """Seven lines, or eight; the path is the decoded one."""
    pairs = sorted(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in query)
    digest = hashlib.sha256(body).hexdigest()
    last = (idempotency_key,) if idempotency_key else ()
    return "\n".join((method, path, "&".join(pairs), digest, timestamp, nonce, key, *last))


def sign(
    key: str,
    secret: str,
    method: str,
    path: str,
    query: tuple[tuple[str, str], ...],
    body: bytes,
    timestamp: str,
    nonce: str,
    idempotency_key: str = "",
) -> dict[str, str]:
    """The four headers; whoever sends an idempotency key signs it, too."""
    text = canonical(key, method, path, query, body, timestamp, nonce, idempotency_key)
    return {
        "Tongka-Key": key,
        "Tongka-Timestamp": timestamp,
        "Tongka-Nonce": nonce,
        "Tongka-Signature": hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest(),
    }
