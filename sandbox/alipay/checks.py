"""The checks that the gateway makes before it looks at the business, in its order."""

import html
import json
from datetime import datetime

from msgspec import Struct

from sandbox.alipay import content
from sandbox.alipay.apps import App
from sandbox.alipay.errors import Refused
from sandbox.alipay.platform import Alipay
from sandbox.alipay.signing import request_content, verifies
from sandbox.alipay.tokens import AUTH_USER, UserToken
from sandbox.clock import CHINA

CHARSETS = frozenset({"utf-8", "gbk", "gb2312"})
TIMESTAMP_FORMAT = "%Y-%m-%d %H:%M:%S"
TIMESTAMP_SKEW_SECONDS_MAX = 600
SIGNATURE_HINT = "验签出错，建议检查签名字符串或签名私钥与应用公钥是否匹配，网关生成的验签字符串为："


class Asked(Struct, frozen=True):
    """One call as it came."""

    parameters: dict[str, str]
    charset: str

    def get(self, name: str) -> str:
        """A parameter, or an empty text."""
        return self.parameters.get(name, "")


class Call(Struct, frozen=True):
    """One call that has passed the checks."""

    asked: Asked
    app: App
    biz: dict[str, object]
    token: UserToken | None
    is_encrypted: bool


def find_app(alipay: Alipay, asked: Asked) -> App:
    """The calling app, which must be known."""
    app_id = required(asked, "app_id", "isv.missing-app-id")
    app = alipay.apps.find(app_id)
    if app is None:
        raise Refused("40002", "isv.invalid-app-id")
    return app


def check_envelope(alipay: Alipay, asked: Asked, app: App) -> None:
    """Version, time, character set and signature."""
    if required(asked, "version", "isv.missing-version") != "1.0":
        raise Refused("40002", "isv.invalid-parameter")
    if asked.get("format").upper() not in {"", "JSON"}:
        raise Refused("40002", "isv.invalid-format")
    check_timestamp(alipay, required(asked, "timestamp", "isv.missing-timestamp"))
    if required(asked, "sign_type", "isv.missing-signature-type") != "RSA2":
        raise Refused("40002", "isv.invalid-signature-type")
    if asked.get("charset").lower() not in CHARSETS:
        raise Refused("40002", "isv.invalid-charset")
    signature = required(asked, "sign", "isv.missing-signature")
    text = request_content(asked.parameters)
    if not verifies(app.app_public_key, text.encode(asked.charset, "replace"), signature):
        raise Refused("40002", "isv.invalid-signature", SIGNATURE_HINT + html.escape(text))


def check_timestamp(alipay: Alipay, text: str) -> None:
    """Beijing time, and in strict mode close to the sandbox's."""
    try:
        instant = datetime.strptime(text, TIMESTAMP_FORMAT).replace(tzinfo=CHINA)
    except ValueError:
        raise Refused("40002", "isv.invalid-timestamp") from None
    skew_seconds = abs((alipay.clock.now() - instant).total_seconds())
    if alipay.settings.is_timestamp_strict and skew_seconds > TIMESTAMP_SKEW_SECONDS_MAX:
        raise Refused("40002", "isv.invalid-timestamp")


def check_business(alipay: Alipay, asked: Asked, app: App, *, needs_token: bool) -> Call:
    """Encryption, tokens, permission, and the form of the business content."""
    encrypt_type = asked.get("encrypt_type")
    if encrypt_type not in {"", "AES"}:
        raise Refused("40002", "isv.invalid-encrypt-type")
    text = asked.get("biz_content")
    if encrypt_type and text:
        text = decrypted(text, app)
    if asked.get("app_auth_token"):
        # Nobody acts for somebody else in this world yet, so no such token can be good.
        raise Refused("20001", "aop.invalid-app-auth-token")
    token = alipay.tokens.check(asked.get("auth_token"), app.app_id) if needs_token else None
    if token and token.scope != AUTH_USER:
        raise Refused("40006", "isv.insufficient-user-permissions")
    return Call(asked, app, biz_content(text), token, is_encrypted=bool(encrypt_type))


def decrypted(text: str, app: App) -> str:
    """The business content in clear."""
    try:
        return content.decrypt(text, app.aes_key)
    except ValueError:
        raise Refused("40002", "isv.invalid-encrypt") from None


def biz_content(text: str) -> dict[str, object]:
    """The business content as an object; without any it is empty."""
    try:
        biz = json.loads(text or "{}")
    except ValueError:
        raise Refused("40002", "isv.invalid-parameter") from None
    if not isinstance(biz, dict):
        raise Refused("40002", "isv.invalid-parameter")
    return biz


def required(asked: Asked, name: str, sub_code: str) -> str:
    """A parameter that must not be empty."""
    value = asked.get(name)
    if not value:
        raise Refused("40001", sub_code)
    return value
