"""The master key in AWS KMS, for production. The tenant is the encryption context."""

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from adapters import aws
from domain.errors import Unavailable


class KeysUnavailable(Unavailable):
    code = "keys-unavailable"
    title = "The key service does not answer right now; repeat the same request."
    message = "密钥服务暂时不可用，请稍后重试"


AWAY = frozenset({"ThrottlingException", "KMSInternalException", "DependencyTimeoutException"})


class KmsMaster:
    """Implements `adapters.secrets.keyring.Master`."""

    def __init__(self, key_id: str, region: str, endpoint_url: str | None = None) -> None:
        self._key_id = key_id
        retries = {"total_max_attempts": 3, "mode": "standard"}
        self._client: Any = aws.open_client(
            "kms", region, endpoint_url, connect_timeout=1, read_timeout=2, retries=retries
        )

    def wrap(self, tenant_id: str, keys: bytes) -> bytes:
        wrapped: bytes = self._call("encrypt", tenant_id, Plaintext=keys)["CiphertextBlob"]
        return wrapped

    def unwrap(self, tenant_id: str, wrapped: bytes) -> bytes:
        keys: bytes = self._call("decrypt", tenant_id, CiphertextBlob=wrapped)["Plaintext"]
        return keys

    def _call(self, operation: str, tenant_id: str, **blob: bytes) -> dict[str, Any]:
        """Raises KeysUnavailable when KMS is away. A wrong key or context comes through: our mistake."""
        try:
            answer: dict[str, Any] = getattr(self._client, operation)(
                KeyId=self._key_id, EncryptionContext={"tenant": tenant_id}, **blob
            )
        except BotoCoreError as away:
            raise KeysUnavailable from away
        except ClientError as refused:
            if refused.response["Error"]["Code"] in AWAY:
                raise KeysUnavailable from refused
            raise
        return answer
