"""A tenant of its own for a test, with people, tills and the office, on real adapters and platforms."""

import itertools
import json
import secrets
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from flask import Flask
from flask.testing import FlaskClient
from msgspec import Struct, field

from adapters.dynamodb.everything import DynamoEverything
from domain.api_key.apply import KeyWish
from domain.clock import SHOP_TIME
from domain.points.model import Account
from domain.points.prove import Finding
from domain.programme.publish import ProgrammeWish
from domain.proof.check import check
from domain.tenant.apply import ChannelWish, SmsWish, TenantWish
from domain.tenant.model import ChannelKind, Settings, Store
from sandbox.server import RunningSandbox
from sandbox.sms.platform import Sms
from sandbox.wechat import codes
from scripts.local.client import Signer
from serverless.apps.member import member_app
from serverless.apps.staff import staff_app
from serverless.wiring import Wiring
from tests.programmes import wish

CONSENT_VERSION = "2026-11"
CONSENT = {"version": CONSENT_VERSION, "accepted": True}
STORE = "nanjing-road"
OTHER_STORE = "west-lake"
SETTINGS = Settings(consent_version=CONSENT_VERSION)
SCOPES = frozenset({"members.read", "orders.write", "rewards.write", "coupons.write"})
TILL = KeyWish("till", "till", SCOPES, frozenset({STORE, OTHER_STORE}))

_numbers = itertools.count(1)


class Apps(Struct, frozen=True):
    """The apps at the sandbox, shared by all tests: making keys takes long."""

    wechat_id: str
    wechat_secret: str
    second_wechat_id: str
    second_wechat_secret: str
    alipay_id: str
    alipay_public_key: str
    alipay_aes_key: str
    private_key: str
    sms_key_id: str
    sms_secret: str


def register_apps(sandbox: RunningSandbox) -> Apps:
    """Two mini-programs of one open platform, an Alipay app, an account for short messages."""
    private = rsa.generate_private_key(65537, 2048)
    public = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    world = sandbox.world
    one, two = (
        world.wechat.apps.create(name, "mini_program", "camellia", "", "") for name in ("山茶", "山茶二店")
    )
    alipay = world.alipay.apps.create("山茶", public.decode(), "both", None, "")
    sms: Sms = world.sms
    account = sms.open_account()
    return Apps(
        wechat_id=one.app_id,
        wechat_secret=one.secret,
        second_wechat_id=two.app_id,
        second_wechat_secret=two.secret,
        alipay_id=alipay.app_id,
        alipay_public_key=alipay.alipay_public_key,
        alipay_aes_key=alipay.aes_key,
        private_key=pem.decode(),
        sms_key_id=account.access_key_id,
        sms_secret=account.access_key_secret,
    )


class Answer(Struct, frozen=True):
    """What came back; a body that is not an object shows as an empty one."""

    status_code: int
    json: dict[str, Any]
    text: str
    headers: dict[str, str]


class Door:
    """One of the product's two apps, in process."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self._client: FlaskClient = app.test_client()

    def send(self, method: str, path: str, **more: Any) -> Answer:
        response = self._client.open(path, method=method, **more)
        body = response.get_json(silent=True)
        return Answer(
            response.status_code,
            body if isinstance(body, dict) else {},
            response.get_data(as_text=True),
            dict(response.headers),
        )

    def get(self, path: str, **more: Any) -> Answer:
        return self.send("GET", path, **more)

    def post(self, path: str, **more: Any) -> Answer:
        return self.send("POST", path, **more)

    def patch(self, path: str, **more: Any) -> Answer:
        return self.send("PATCH", path, **more)


class Phone(Struct):
    """A person of the sandbox with the tokens that their phone holds."""

    shop: "Shop"
    person_id: str
    number: str
    token: str = ""
    key: int = 0

    def log_in(self, platform: str = "wechat", device: str = "iPhone 17") -> Answer:
        """Leaves the token in the phone."""
        answer = self.shop.log_in(platform, self.person_id, device)
        assert answer.status_code == 200, answer.text
        self.token = answer.json["token"]
        return answer

    def get(self, path: str, **headers: str) -> Answer:
        return self.shop.people.get(path, headers=self._headers(headers))

    def post(self, path: str, body: object = None, **headers: str) -> Answer:
        return self.shop.people.post(path, json=body, headers=self._headers(headers))

    def patch(self, path: str, body: object) -> Answer:
        return self.shop.people.patch(path, json=body, headers=self._headers({}))

    def prove(self, platform: str = "wechat", key: str | None = None, **extra: Any) -> Answer:
        """Shares the phone number; a merge leaves the new token in the phone."""
        body = {**self.proof(platform), "consent": CONSENT, **extra}
        answer = self.post("/v1/me/phone", body, **{"Idempotency-Key": key or secrets.token_hex(16)})
        if answer.status_code == 200 and answer.json["token"]:
            self.token = answer.json["token"]
        return answer

    def proof(self, platform: str) -> dict[str, str]:
        return self.shop.phone_proof(platform, self.person_id)

    @property
    def member_id(self) -> str:
        found: str = self.get("/v1/me").json["member_id"]
        return found

    def _headers(self, more: dict[str, str]) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", **more}


class System(Struct):
    """A till or the office: signs what it sends."""

    client: Door
    signer: Signer

    def get(self, path: str, **query: str) -> Answer:
        full = f"{path}?{urlencode(query)}" if query else path
        return self.client.get(full, headers=self.headers("GET", full, b""))

    def post(self, path: str, body: object = None, raw: bytes | None = None, **more: str) -> Answer:
        return self.send("POST", path, body, raw, **more)

    def send(
        self, method: str, path: str, body: object = None, raw: bytes | None = None, **more: str
    ) -> Answer:
        data = raw if raw is not None else _json(body)
        signed = self.headers(method, path, data, idempotency_key=more.get("Idempotency-Key", ""))
        headers = {**signed, "Content-Type": "application/json", **more}
        return self.client.send(method, path, data=data, headers=headers)

    def headers(
        self, method: str, path: str, data: bytes, nonce: str = "", idempotency_key: str = ""
    ) -> dict[str, str]:
        timestamp, nonce = str(int(self.signer.now())), nonce or secrets.token_urlsafe(12)
        return self.signer.headers(method, path, data, timestamp, nonce, idempotency_key)


def _json(body: object) -> bytes:
    return b"" if body is None else json.dumps(body).encode()


class Shop(Struct):
    """One tenant. Everything goes through the product's own doors."""

    services: Wiring
    sandbox: RunningSandbox
    apps: Apps
    tenant_id: str
    people: Door
    staff: Door
    secrets: dict[str, str] = field(default_factory=dict)

    @property
    def till(self) -> System:
        return self.system("till")

    @property
    def office(self) -> System:
        return self.system("office")

    def system(self, key_id: str) -> System:
        key = f"{self.tenant_id}.{key_id}"
        signer = Signer("", key, self.secrets[key_id], lambda: self.services.clock().timestamp())
        return System(self.staff, signer)

    def now(self) -> datetime:
        return self.services.clock().astimezone(SHOP_TIME)

    def set_clock(self, text: str) -> None:
        """Shop time, such as 2025-03-15T12:00."""
        self.sandbox.world.clock.set(datetime.fromisoformat(text).replace(tzinfo=SHOP_TIME))

    def wait(self, **stretch: float) -> None:
        self.sandbox.world.clock.advance_seconds(timedelta(**stretch).total_seconds())

    def phone(self, number: str = "", name: str = "林小满") -> Phone:
        number = number or f"139{next(_numbers):08}"
        return Phone(self, self.sandbox.world.people.add(name, number).person_id, number)

    def fan(self, platform: str = "wechat", number: str = "") -> Phone:
        phone = self.phone(number)
        phone.log_in(platform)
        return phone

    def member(self, platform: str = "wechat", number: str = "") -> Phone:
        phone = self.fan(platform, number)
        answer = phone.prove(platform)
        assert answer.status_code == 200, answer.text
        return phone

    def log_in(
        self, platform: str, person_id: str, device: str = "", channel: str = "", app_id: str = ""
    ) -> Answer:
        world = self.sandbox.world
        body: dict[str, str] = {"device": device} if device else {}
        if platform == "wechat":
            code = world.wechat.mint_code(codes.LOGIN, app_id or self.apps.wechat_id, person_id)
            body |= {"channel_id": self.channel(channel or "wx"), "code": code}
        else:
            code = world.alipay.mint_code(self.apps.alipay_id, person_id, "auth_base")
            body |= {"channel_id": self.channel(channel or "alipay"), "auth_code": code}
        return self.people.post(f"/v1/auth/{platform}", json=body)

    def page(self, number: str) -> Phone:
        """A page in a browser whose person logged in by a number that is known already."""
        channel_id = self.channel("web")
        self.people.post("/v1/auth/sms-codes", json={"channel_id": channel_id, "phone": number})
        body = {"channel_id": channel_id, "phone": number, "sms_code": self.last_code(number)}
        answer = self.people.post("/v1/auth/phone", json=body)
        assert answer.status_code == 200, answer.text
        return Phone(self, "", number, answer.json["token"])

    def phone_proof(self, platform: str, person_id: str) -> dict[str, str]:
        world = self.sandbox.world
        if platform == "wechat":
            return {"code": world.wechat.mint_code(codes.PHONE, self.apps.wechat_id, person_id)}
        return {"response": world.alipay.phone_response(self.apps.alipay_id, person_id)}

    def channel(self, local_id: str) -> str:
        return f"{self.tenant_id}.{local_id}"

    def bill(self, fen: int, member: dict[str, str], **changed: Any) -> dict[str, Any]:
        """An ordinary bill, paid a moment ago, with a number of its own."""
        bill: dict[str, Any] = {
            "order_number": f"N-{next(_numbers)}",
            "store_id": STORE,
            "paid_at": self.now().isoformat(timespec="seconds"),
            "member": member,
            "lines": [{"sku": "latte", "category": "coffee", "quantity": 1, "amount_fen": fen}],
            "payments": [{"method": "wechat_pay", "amount_fen": fen}],
            "total_fen": fen,
        }
        return bill | changed

    def buy(self, fen: int, member_id: str, **changed: Any) -> dict[str, Any]:
        """The answer to an order that must succeed."""
        answer = self.till.post("/v1/till/orders", self.bill(fen, {"member_id": member_id}, **changed))
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json
        return found

    def refund_body(self, fen: int, method: str = "wechat_pay", **changed: Any) -> dict[str, Any]:
        refund: dict[str, Any] = {
            "refund_number": f"R-{next(_numbers)}",
            "store_id": STORE,
            "refunded_at": self.now().isoformat(timespec="seconds"),
            "payments": [{"method": method, "amount_fen": fen}],
            "total_fen": fen,
        }
        return refund | changed

    def refund(self, order_number: str, fen: int, **changed: Any) -> Answer:
        return self.till.post(f"/v1/till/orders/{order_number}/refunds", self.refund_body(fen, **changed))

    def account(self, member_id: str) -> Account:
        account = self.services.runner.use(self.tenant_id, lambda stores, _: stores.accounts.exact(member_id))
        assert account is not None
        return account

    def findings(self) -> list[Finding]:
        """What the reconciler has to say about this tenant."""
        things = DynamoEverything(self.services.table).things(0, 1)
        own = [thing for tenant_id, thing in things if tenant_id == self.tenant_id]
        return self.services.runner.use(
            self.tenant_id, lambda stores, _: [finding for thing in own for finding in check(stores, thing)]
        )

    def last_code(self, number: str) -> str:
        """The code in the newest message to a phone."""
        messages = self.sandbox.world.sms.messages(number)
        code: str = messages[-1].params["code"]
        return code


class Opening(Struct, frozen=True):
    """How a tenant is set up, if not in the ordinary way."""

    settings: Settings = SETTINGS
    till: KeyWish = TILL
    programme: ProgrammeWish = field(default_factory=wish)


def open_shop(services: Wiring, sandbox: RunningSandbox, apps: Apps, opening: Opening | None = None) -> Shop:
    """A new tenant with two stores, four channels and two keys."""
    opening = opening or Opening()
    tenant_id = f"t{secrets.token_hex(5)}"
    sms = SmsWish(apps.sms_key_id, apps.sms_secret, "山茶咖啡", "SMS_100001")
    services.apply_tenant(TenantWish(tenant_id, "山茶咖啡", opening.settings, sms))
    services.apply_programme(tenant_id, opening.programme)
    for store_id in (STORE, OTHER_STORE):
        services.apply_store(tenant_id, Store(store_id, store_id))
    for channel in _channels(apps):
        services.apply_channel(tenant_id, channel)
    office = KeyWish("office", "office", SCOPES | {"admin"}, None)
    made = {key.key_id: services.apply_key(tenant_id, key).secret or "" for key in (opening.till, office)}
    return Shop(
        services,
        sandbox,
        apps,
        tenant_id,
        people=Door(member_app(services)),
        staff=Door(staff_app(services)),
        secrets=made,
    )


def _channels(apps: Apps) -> list[ChannelWish]:
    alipay = {
        "app_private_key": apps.private_key,
        "alipay_public_key": apps.alipay_public_key,
        "aes_key": apps.alipay_aes_key,
    }
    return [
        ChannelWish(
            "wx",
            ChannelKind.MINI_PROGRAM,
            "微信",
            apps.wechat_id,
            credentials={"app_secret": apps.wechat_secret},
        ),
        ChannelWish(
            "wx-2",
            ChannelKind.MINI_PROGRAM,
            "微信二店",
            apps.second_wechat_id,
            brand="second",
            credentials={"app_secret": apps.second_wechat_secret},
        ),
        ChannelWish("alipay", ChannelKind.ALIPAY_APP, "支付宝", apps.alipay_id, credentials=alipay),
        ChannelWish("web", ChannelKind.WEB, "网页", ""),
    ]
