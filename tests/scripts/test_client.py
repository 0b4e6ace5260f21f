"""The development client signs as the product verifies."""

import pytest

from domain.api_key.authenticate import SignedRequest, signature_of
from scripts.local.client import Signer


@pytest.mark.parametrize(
    "method, path, query, body",
    [
        ("GET", "/v1/till/members?phone=13800138000", (("phone", "13800138000"),), b""),
        (
            "GET",
            "/v1/till/members?phone=%2B8613800138000&a=b+c",
            (("phone", "+8613800138000"), ("a", "b c")),
            b"",
        ),
        ("POST", "/v1/till/orders", (), '{"name": "咖啡"}'.encode()),
    ],
)
@pytest.mark.parametrize("idempotency_key", ["", "made-before-the-first-try"])
def test_client_and_product_sign_alike(
    method: str, path: str, query: tuple[tuple[str, str], ...], body: bytes, idempotency_key: str
) -> None:
    headers = Signer("", "demo.till-1", "not-a-real-secret").headers(
        method, path, body, "1764000000", "n-0001", idempotency_key
    )

    request = SignedRequest(
        key=headers["Tongka-Key"],
        timestamp=headers["Tongka-Timestamp"],
        nonce=headers["Tongka-Nonce"],
        signature=headers["Tongka-Signature"],
        method=method,
        path=path.partition("?")[0],
        query=query,
        body=body,
        idempotency_key=headers.get("Idempotency-Key", ""),
    )
    assert signature_of(request, "not-a-real-secret") == headers["Tongka-Signature"]
