"""WeChat's signatures and encryption around a session key."""

import base64
import hashlib
import hmac

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

BLOCK_BITS = 128


def session_signature(session_key: str, message: str = "") -> str:
    """HMAC-SHA256 under the key's base64 text as it stands: it is not decoded."""
    return hmac.new(session_key.encode(), message.encode(), hashlib.sha256).hexdigest()


def raw_data_signature(raw_data: str, session_key: str) -> str:
    """SHA-1 over the raw data with the key's text behind it."""
    return hashlib.sha1((raw_data + session_key).encode(), usedforsecurity=False).hexdigest()


def encrypt_open_data(plaintext: bytes, session_key: str, iv: bytes) -> str:
    """AES-128-CBC under the decoded key, as `encryptedData` comes to the app."""
    padder = PKCS7(BLOCK_BITS).padder()
    padded = padder.update(plaintext) + padder.finalize()
    encryptor = Cipher(algorithms.AES(base64.b64decode(session_key)), modes.CBC(iv)).encryptor()
    return base64.b64encode(encryptor.update(padded) + encryptor.finalize()).decode()
