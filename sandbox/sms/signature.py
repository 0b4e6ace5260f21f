"""The signature of Alibaba Cloud's RPC calls, version 1.0."""

import base64
import hmac
from collections.abc import Mapping
from urllib.parse import quote


def percent_encode(text: str) -> str:
    """RFC 3986: everything but letters, digits and `-_.~`, a space as %20."""
    return quote(text, safe="-_.~")


def string_to_sign(method: str, parameters: Mapping[str, str]) -> str:
    """The method, the path and the sorted parameters, each encoded (the last ones twice)."""
    pairs = sorted((name, value) for name, value in parameters.items() if name != "Signature")
    query = "&".join(f"{percent_encode(name)}={percent_encode(value)}" for name, value in pairs)
    return f"{method}&{percent_encode('/')}&{percent_encode(query)}"


def sign(access_key_secret: str, text: str) -> str:
    """HMAC-SHA1 under the secret and an ampersand, as base64."""
    return base64.b64encode(hmac.digest(f"{access_key_secret}&".encode(), text.encode(), "sha1")).decode()
