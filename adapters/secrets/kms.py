"""The master key in AWS KMS, for production. The tenant is the encryption context."""

from typing import Any

import botocore.session
from botocore.config import Config


class KmsMaster:
    """Implements `adapters.secrets.keyring.Master`."""

    def __init__(self, key_id: str, region: str, endpoint_url: str | None = None) -> None:
        self._key_id = key_id
        config = Config(
            connect_timeout=1, read_timeout=2, retries={"total_max_attempts": 3, "mode": "standard"}
        )
        session = botocore.session.get_session()
        self._client: Any = session.create_client(
            "kms", region_name=region, endpoint_url=endpoint_url, config=config
        )

    def wrap(self, tenant_id: str, keys: bytes) -> bytes:
        answer = self._client.encrypt(
            KeyId=self._key_id, Plaintext=keys, EncryptionContext={"tenant": tenant_id}
        )
        wrapped: bytes = answer["CiphertextBlob"]
        return wrapped

    def unwrap(self, tenant_id: str, wrapped: bytes) -> bytes:
        answer = self._client.decrypt(
            KeyId=self._key_id, CiphertextBlob=wrapped, EncryptionContext={"tenant": tenant_id}
        )
        keys: bytes = answer["Plaintext"]
        return keys
