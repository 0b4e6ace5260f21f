"""Content encryption (接口内容加密): AES-128-CBC under the app's key, with an initial vector of zeros."""

import base64
import binascii

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

BLOCK_BITS = 128
ZERO_VECTOR = bytes(16)


def encrypt(plaintext: str, aes_key: str) -> str:
    """Base64 of the ciphertext."""
    padder = PKCS7(BLOCK_BITS).padder()
    padded = padder.update(plaintext.encode()) + padder.finalize()
    encryptor = cipher(aes_key).encryptor()
    return base64.b64encode(encryptor.update(padded) + encryptor.finalize()).decode()


def decrypt(ciphertext: str, aes_key: str) -> str:
    """The plaintext; a ValueError if it was not encrypted under this key."""
    try:
        data = base64.b64decode(ciphertext, validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error
    decryptor = cipher(aes_key).decryptor()
    padded = decryptor.update(data) + decryptor.finalize()
    unpadder = PKCS7(BLOCK_BITS).unpadder()
    return (unpadder.update(padded) + unpadder.finalize()).decode()


def cipher(aes_key: str) -> Cipher[modes.CBC]:
    """The cipher that both directions share."""
    return Cipher(algorithms.AES(base64.b64decode(aes_key)), modes.CBC(ZERO_VECTOR))
