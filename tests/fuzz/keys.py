"""RSA keys that are the same in every run, made from words: an input that failed fails again tomorrow."""

import base64
import hashlib
from functools import cache
from typing import Final

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

BITS: Final = 512
EXPONENT: Final = 65537
PRIMES: Final = {
    "alipay": (352, 92),
    "app": (36, 44),
    "another": (268, 130),
}
"""How far above the number that a word makes the next prime lies, for p and q. Short, because it is a toy."""


@cache
def key(word: str) -> rsa.RSAPrivateKey:
    """Worth nothing as a secret."""
    p, q = (_number(f"{word} {name}") + step for name, step in zip("pq", PRIMES[word], strict=True))
    d = pow(EXPONENT, -1, (p - 1) * (q - 1))
    public = rsa.RSAPublicNumbers(EXPONENT, p * q)
    crt = rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q)
    return rsa.RSAPrivateNumbers(p, q, d, *crt, public).private_key()


def _number(word: str) -> int:
    raw = int.from_bytes(hashlib.shake_256(word.encode()).digest(BITS // 8))
    return raw | 3 << (BITS - 2) | 1


def private_text(word: str) -> str:
    """One line of base64, as merchants paste it."""
    der = key(word).private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return base64.b64encode(der).decode()


def public_text(word: str) -> str:
    der = (
        key(word)
        .public_key()
        .public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    return base64.b64encode(der).decode()


@cache
def signed(word: str, content: bytes) -> str:
    """SHA256withRSA in base64."""
    return base64.b64encode(key(word).sign(content, padding.PKCS1v15(), hashes.SHA256())).decode()
