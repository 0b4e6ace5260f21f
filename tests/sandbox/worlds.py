"""Small builders for the tests: a person, an app, a signed call."""

import base64
import hmac
import json
import secrets
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import quote

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from msgspec import Struct

from sandbox.server import RunningSandbox
from tests.sandbox.calling import Answer, get, post_form, post_json

PHONE = "13800138000"
CHINA = timezone(timedelta(hours=8))


def control(
    sandbox: RunningSandbox, path: str, status: int = 201, method: str = "POST", **fields: object
) -> Any:
    """One call to the control API, which must end as said."""
    answer = post_json(f"{sandbox.page_url}{path}", fields, method)
    assert answer.status == status, answer.text
    return answer.json()


def person(sandbox: RunningSandbox, name: str = "王小明", phone: str = PHONE) -> str:
    """Somebody with a phone."""
    person_id = control(sandbox, "/control/people", name=name, phone=phone)["person_id"]
    assert isinstance(person_id, str)
    return person_id


def advance(sandbox: RunningSandbox, seconds: float) -> None:
    """Let time pass."""
    control(sandbox, "/clock", 200, "POST", advance_seconds=seconds)


def plan(sandbox: RunningSandbox, platform: str, operation: str, fault: str, times: int = 1) -> None:
    """Plan a fault."""
    control(sandbox, "/control/faults", platform=platform, operation=operation, fault=fault, times=times)


class MiniProgram(Struct, frozen=True):
    """A mini-program and what its server would call."""

    sandbox: RunningSandbox
    app_id: str
    secret: str

    def login_code(self, person_id: str) -> str:
        """What `wx.login` gives."""
        code = control(self.sandbox, "/control/wechat/login-codes", app_id=self.app_id, person_id=person_id)[
            "code"
        ]
        assert isinstance(code, str)
        return code

    def phone_code(self, person_id: str) -> str:
        """What the phone button gives."""
        code = control(self.sandbox, "/control/wechat/phone-codes", app_id=self.app_id, person_id=person_id)[
            "code"
        ]
        assert isinstance(code, str)
        return code

    def exchange(self, code: str, **changed: str) -> dict[str, Any]:
        """Log in with a code."""
        query = {
            "appid": self.app_id,
            "secret": self.secret,
            "js_code": code,
            "grant_type": "authorization_code",
        }
        answer = get(f"{self.sandbox.wechat_url}/sns/jscode2session", **(query | changed))
        assert answer.status == 200
        return answer.json()

    def log_in(self, person_id: str) -> dict[str, Any]:
        """Code and login in one."""
        return self.exchange(self.login_code(person_id))

    def classic_token(self) -> str:
        """An access token of the old family."""
        query = {"grant_type": "client_credential", "appid": self.app_id, "secret": self.secret}
        token = get(f"{self.sandbox.wechat_url}/cgi-bin/token", **query).json()["access_token"]
        assert isinstance(token, str)
        return token

    def stable(self, **changed: object) -> dict[str, Any]:
        """The answer of the stable family."""
        fields = {"grant_type": "client_credential", "appid": self.app_id, "secret": self.secret}
        return post_json(f"{self.sandbox.wechat_url}/cgi-bin/stable_token", fields | changed).json()

    def phone(self, token: str, code: object, **more: object) -> dict[str, Any]:
        """The answer to a phone code."""
        url = f"{self.sandbox.wechat_url}/wxa/business/getuserphonenumber?access_token={token}"
        return post_json(url, {"code": code, **more}).json()


def mini_program(
    sandbox: RunningSandbox, open_platform: str | None = None, kind: str = "mini_program"
) -> MiniProgram:
    """A registered mini-program."""
    app = control(sandbox, "/control/wechat/apps", name="通卡小程序", kind=kind, open_platform=open_platform)
    return MiniProgram(sandbox, app["app_id"], app["secret"])


class KeyPair(Struct, frozen=True):
    """The application's own keys."""

    private: rsa.RSAPrivateKey

    @property
    def private_pem(self) -> str:
        """As an SDK takes it."""
        pem = self.private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
        return pem.decode()

    @property
    def public_pem(self) -> str:
        """As it may be uploaded."""
        public = self.private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return public.decode()

    @property
    def public_bare(self) -> str:
        """As it is usually uploaded: one line of base64."""
        return "".join(self.public_pem.splitlines()[1:-1])

    def sign(self, content: bytes) -> str:
        """RSA2."""
        return base64.b64encode(self.private.sign(content, padding.PKCS1v15(), hashes.SHA256())).decode()


class AlipayApp(Struct, frozen=True):
    """An Alipay app and what its server would call."""

    sandbox: RunningSandbox
    keys: KeyPair
    app_id: str
    alipay_public_key: str
    aes_key: str

    def auth_code(self, person_id: str, **more: str) -> str:
        """What `my.getAuthCode` gives."""
        fields: dict[str, Any] = {"app_id": self.app_id, "person_id": person_id, **more}
        code = control(self.sandbox, "/control/alipay/auth-codes", **fields)["auth_code"]
        assert isinstance(code, str)
        return code

    def parameters(self, method: str, charset: str = "utf-8", /, **changed: str | None) -> dict[str, str]:
        """A signed call; a parameter that is None is left out, and a sign of one's own is kept."""
        now = self.sandbox.world.clock.now().strftime("%Y-%m-%d %H:%M:%S")
        wanted: dict[str, str | None] = {
            "app_id": self.app_id,
            "method": method,
            "format": "JSON",
            "charset": charset,
            "sign_type": "RSA2",
            "timestamp": now,
            "version": "1.0",
            **changed,
        }
        sent = {name: value for name, value in wanted.items() if value is not None}
        if "sign" not in wanted:
            content = "&".join(f"{name}={sent[name]}" for name in sorted(sent) if sent[name])
            sent["sign"] = self.keys.sign(content.encode(charset))
        return sent

    def call(self, method: str, **changed: str | None) -> Answer:
        """One signed call as a form."""
        return post_form(self.sandbox.alipay_url, self.parameters(method, **changed))

    def log_in(self, person_id: str, **more: str) -> dict[str, Any]:
        """Code and token in one; the node of the answer."""
        code = self.auth_code(person_id, **more)
        answer = self.call("alipay.system.oauth.token", grant_type="authorization_code", code=code)
        node = answer.json()["alipay_system_oauth_token_response"]
        assert isinstance(node, dict)
        return node

    def verify(self, content: bytes, signature: str) -> None:
        """Raise unless Alipay signed it."""
        key = serialization.load_der_public_key(base64.b64decode(self.alipay_public_key))
        assert isinstance(key, rsa.RSAPublicKey)
        key.verify(base64.b64decode(signature), content, padding.PKCS1v15(), hashes.SHA256())


def alipay_app(
    sandbox: RunningSandbox, keys: KeyPair, ids: str = "both", app_group: str | None = None
) -> AlipayApp:
    """A registered Alipay app."""
    fields: dict[str, Any] = {
        "name": "通卡",
        "app_public_key": keys.public_bare,
        "ids": ids,
        "app_group": app_group,
    }
    app = control(sandbox, "/control/alipay/apps", **fields)
    return AlipayApp(sandbox, keys, app["app_id"], app["alipay_public_key"], app["aes_key"])


class SmsAccount(Struct, frozen=True):
    """An account at the message service, with a client written from its documentation."""

    sandbox: RunningSandbox
    access_key_id: str
    access_key_secret: str

    def parameters(self, method: str = "POST", /, **changed: str | None) -> dict[str, str]:
        """A signed call; a parameter that is None is left out."""
        now = self.sandbox.world.clock.now().astimezone(UTC)
        wanted: dict[str, str | None] = {
            "Action": "SendSms",
            "Version": "2017-05-25",
            "Format": "JSON",
            "AccessKeyId": self.access_key_id,
            "SignatureMethod": "HMAC-SHA1",
            "SignatureVersion": "1.0",
            "SignatureNonce": secrets.token_hex(16),
            "Timestamp": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "PhoneNumbers": PHONE,
            "SignName": "通卡",
            "TemplateCode": "SMS_1234",
            "TemplateParam": json.dumps({"code": "246810"}),
            **changed,
        }
        sent = {name: value for name, value in wanted.items() if value is not None}
        if "Signature" not in wanted:
            query = "&".join(f"{quote(name, safe='')}={quote(sent[name], safe='')}" for name in sorted(sent))
            content = f"{method}&%2F&{quote(query, safe='')}"
            digest = hmac.digest((self.access_key_secret + "&").encode(), content.encode(), "sha1")
            sent["Signature"] = base64.b64encode(digest).decode()
        return sent

    def send(self, **changed: str | None) -> Answer:
        """One signed SendSms as a form."""
        return post_form(self.sandbox.sms_url + "/", self.parameters(**changed))


def sms_account(sandbox: RunningSandbox) -> SmsAccount:
    """An opened account."""
    account = control(sandbox, "/control/sms/accounts")
    return SmsAccount(sandbox, account["access_key_id"], account["access_key_secret"])


def china_time(instant: datetime) -> str:
    """As Alipay writes instants."""
    return instant.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")
