"""RSA2 signatures: what is signed in requests and notices, how keys are written, signing and verifying."""

import base64
import binascii
from collections.abc import Callable, Mapping
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from sandbox.refusals import NotValid

KEY_BITS = 2048
PUBLIC_EXPONENT = 65537
PEM_LINE_LENGTH = 64
KEYS_REMEMBERED_MAX = 64

MakeKeys = Callable[[], tuple[str, str]]
"""Makes a private key as PEM and its public key as base64."""


def request_content(parameters: Mapping[str, str]) -> str:
    """What a request signs: all but the signature and empty values, sorted, before URL encoding."""
    return "&".join(
        f"{name}={parameters[name]}" for name in sorted(parameters) if name != "sign" and parameters[name]
    )


def notice_content(parameters: Mapping[str, str], *, keeps_sign_type: bool) -> str:
    """What a notice signs: empty values stay, the type of the signature only in the gateway's old style."""
    dropped = {"sign"} if keeps_sign_type else {"sign", "sign_type"}
    return "&".join(f"{name}={parameters[name]}" for name in sorted(parameters) if name not in dropped)


def sign(private_key_pem: str, content: bytes) -> str:
    """SHA256withRSA as base64 in one line."""
    return base64.b64encode(
        load_private_key(private_key_pem).sign(content, padding.PKCS1v15(), hashes.SHA256())
    ).decode()


@lru_cache(maxsize=KEYS_REMEMBERED_MAX)
def load_private_key(pem: str) -> rsa.RSAPrivateKey:
    """One of the sandbox's own keys; reading one takes longer than signing, so they are remembered."""
    key = serialization.load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError("the sandbox signs with RSA keys only")
    return key


def verifies(public_key: str, content: bytes, signature: str) -> bool:
    """Whether the owner of the key signed the content."""
    try:
        load_public_key(public_key).verify(
            base64.b64decode(signature, validate=True), content, padding.PKCS1v15(), hashes.SHA256()
        )
    except (InvalidSignature, binascii.Error):
        return False
    return True


def load_public_key(text: str) -> rsa.RSAPublicKey:
    """A public key as people upload it: PEM, or its base64 alone."""
    pem = text.strip()
    if not pem.startswith("-----"):
        body = "".join(pem.split())
        lines = [body[start : start + PEM_LINE_LENGTH] for start in range(0, len(body), PEM_LINE_LENGTH)]
        pem = "\n".join(["-----BEGIN PUBLIC KEY-----", *lines, "-----END PUBLIC KEY-----", ""])
    try:
        key = serialization.load_pem_public_key(pem.encode())
    except ValueError:
        raise NotValid("the key is neither PEM nor base64 of a public key") from None
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size < KEY_BITS:
        raise NotValid(f"the key is an RSA key of {KEY_BITS} bits or more")
    return key


def new_key_pair() -> tuple[str, str]:
    """A private key as PEM, and its public key in one line as Alipay's console shows it."""
    key = rsa.generate_private_key(PUBLIC_EXPONENT, KEY_BITS)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private.decode(), base64.b64encode(public).decode()
