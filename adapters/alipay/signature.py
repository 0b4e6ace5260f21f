"""RSA2 through python-alipay-sdk, which is used for nothing else (docs/decisions/0015)."""

import binascii
import logging
import warnings
from typing import Any


class Signatures:
    """Signs with the app's private key, verifies with Alipay's public key. Keys may be PEM or bare base64."""

    def __init__(self, app_private_key: str, alipay_public_key: str) -> None:
        self._sdk = _sdk_class()(
            appid="",
            app_private_key_string=_pem(app_private_key, "PRIVATE KEY"),
            alipay_public_key_string=_pem(alipay_public_key, "PUBLIC KEY"),
            sign_type="RSA2",
        )

    def sign(self, text: str) -> str:
        """RSA2 over the text's UTF-8 bytes, base64."""
        # The SDK's signing is private; the version is pinned, and a vector guards it.
        signature: str = self._sdk._sign(text)  # noqa: SLF001
        return signature

    def verify(self, text: str, signature: str) -> bool:
        try:
            return bool(self._sdk._verify(text, signature))  # noqa: SLF001  # as above
        except (binascii.Error, ValueError):
            return False


def _sdk_class() -> Any:
    """Importing the SDK installs a debug handler on its logger: taken off, requests must not be printed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        from alipay import AliPay  # noqa: PLC0415  # loaded by the first request that needs it
    logger = logging.getLogger("python-alipay-sdk")
    logger.handlers.clear()
    logger.setLevel(logging.WARNING)
    return AliPay


def _pem(key: str, title: str) -> str:
    text = key.strip()
    return text if text.startswith("-----") else f"-----BEGIN {title}-----\n{text}\n-----END {title}-----"
