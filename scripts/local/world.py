"""One running product: engine, sandbox, API, and the demo tenant set up in them."""

import json
import os
import shlex
import time
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from msgspec import Struct

from scripts.environment import PYTHON, ROOT
from scripts.local import engine
from scripts.local.client import Person, Signer, send
from scripts.local.processes import Children, DidNotStart, free_port, wait_until

TENANT_FILE = ROOT / "scripts" / "demo_tenant.toml"
TABLE = "tongka-demo"
CONSENT: dict[str, Any] = {"version": "2026-11", "accepted": True}
API_PORT = 8000
PAGE_PORT = 8001

SHELVES = (
    ("coffee", "拿铁一杯", "goods", 100),
    ("towel", "山茶毛巾", "goods", 500),
    ("kettle", "手冲壶", "goods", 2000),
    ("music", "音乐会员月卡", "virtual", 300),
    ("coupon-ten", "满50减10券", "coupon", 100),
)
"""Of the demo's catalogue: id, name, kind, points."""
COUPONS: dict[str, tuple[str, dict[str, Any]]] = {
    "ten": ("满50减10", {"kind": "threshold_discount", "from_fen": 5000, "off_fen": 1000}),
    "eighty": ("8折券", {"kind": "rate_discount", "pay_permille": 800, "off_max_fen": 3000}),
    "eight": ("8元代金券", {"kind": "cash", "off_fen": 800}),
}
"""Of the demo's coupons, which members claim: by id, what they are called and what they take off."""


class Sandbox(Struct, frozen=True):
    """The platforms of this run."""

    urls: dict[str, str]

    def control(self, path: str, body: object | None = None) -> Any:
        """The sandbox's own buttons, pressed by a script."""
        answer = send("POST" if body is not None else "GET", self.urls["page"] + path, body)
        if answer.status >= 400:
            raise DidNotStart(f"The sandbox refused {path}: {answer.body}")
        return answer.body

    def now(self) -> datetime:
        return datetime.fromisoformat(self.control("/clock")["now"])


class Logins(Struct, frozen=True):
    """What a person needs to play: app ids of the sandbox, API keys of the demo tenant."""

    wechat_app_id: str
    alipay_app_id: str
    keys: dict[str, str]


EARLIER = "An earlier version kept data here; begin anew with `python3 scripts/demo.py --fresh`."


class World:
    """Starts everything under one folder; `children` ends it."""

    def __init__(
        self,
        children: Children,
        folder: Path | None,
        *,
        fixed_ports: bool = False,
        counts_at_once: bool = True,
        on_lambda: bool = False,
        deployed: tuple[Path, str] | None = None,
    ) -> None:
        """`counts_at_once`: figures follow in the request itself, because no stream of the table is read.

        `on_lambda`: the built packages answer, each in processes of its own, and the stream is read.

        `deployed`: a deployment file, and the address of an imitated cloud where it was applied; what is
        there answers, instead of the packages.
        """
        self._children, self.folder = children, folder
        self._on_lambda, self._deployed = on_lambda or deployed is not None, deployed
        self._fixed = fixed_ports
        self._statistics = "at_once" if counts_at_once and not self._on_lambda else "stream"
        self.api_url = ""
        self.api_process: Any = None

    def start(self) -> None:
        """Raises DidNotStart."""
        data = self.folder / "dynamodb.sqlite" if self.folder else None
        self.engine = engine.start(self._children, data=data)
        self._api_port = free_port(API_PORT if self._fixed else 0)
        self.sandbox = self._start_sandbox()
        self.environment = {
            **self.engine.environment,
            "TONGKA_TABLE": TABLE,
            "TONGKA_MASTER_KEY": f"file:{(self.folder or ROOT / 'var') / 'master.key'}",
            "TONGKA_WECHAT_URL": self.sandbox.urls["wechat"],
            "TONGKA_ALIPAY_URL": self.sandbox.urls["alipay"],
            "TONGKA_SMS_URL": self.sandbox.urls["sms"],
            "TONGKA_CLOCK_URL": self.sandbox.urls["page"] + "/clock",
            "TONGKA_STATISTICS": self._statistics,
            "TONGKA_IMAGES": f"folder:{(self.folder or ROOT / 'var') / 'images'}",
            "TONGKA_IMAGES_URL": f"http://127.0.0.1:{self._api_port}/images",
            **self._in_the_cloud(),
        }
        os.environ.update(self.environment)
        self._write_environment()
        self.logins = self._set_up_tenant()
        self._print_coupons()
        self._fill_shelves()
        self.start_api()
        self._introduce()

    def _in_the_cloud(self) -> dict[str, str]:
        """Names and keys as they were deployed."""
        if self._deployed is None:
            return {}
        from scripts.cloud import deployment

        file, url = self._deployed
        name = deployment.read(file).name
        return {
            "TONGKA_TABLE": name,
            "TONGKA_MASTER_KEY": f"kms:alias/{name}",
            "AWS_ENDPOINT_URL_KMS": url,
        }

    def _write_environment(self) -> None:
        """For commands that somebody runs on the same store: `set -a; . var/demo/environment`."""
        if self.folder:
            lines = (f"{name}={shlex.quote(value)}" for name, value in sorted(self.environment.items()))
            (self.folder / "environment").write_text("\n".join(lines) + "\n")

    def start_api(self) -> None:
        """Also starts it again after somebody killed it."""
        port = self._api_port
        log = self._log("api")
        module: list[str | Path] = ["scripts.local.api"]
        environment = self.environment
        if self._on_lambda:
            module = ["scripts.local.lambda_host", "--log", log]
        if self._deployed:
            file, url = self._deployed
            module += ["--deployed", file]
            environment = {**environment, "AWS_ENDPOINT_URL": url}
        process = self._children.start(
            [PYTHON, "-m", *module, "--port", str(port)], environment=environment, log=log
        )
        self.api_url = f"http://127.0.0.1:{port}"
        self.api_process = process
        wait_until(self._api_answers, process, "The API", log)

    def run_job(self, name: str) -> dict[str, Any]:
        """As its rule does; answers the job's figures."""
        from serverless.jobs.schedules import JOBS

        function = f"serverless.jobs.schedules.{name}"
        if not self._on_lambda:
            return JOBS[function]()
        rule = f"arn:aws-cn:events:cn-north-1:000000000000:rule/tongka-jobs-{function}"
        event = {"source": "aws.events", "detail-type": "Scheduled Event", "resources": [rule], "detail": {}}
        answer = send("POST", f"{self.api_url}/_events/jobs", event)
        if answer.status != 200:
            raise OSError(f"{name} failed: {answer.body}")
        return dict(answer.body)

    def till(self) -> Signer:
        return self._signer("demo.till-1")

    def office(self) -> Signer:
        return self._signer("demo.office")

    def log_in(self, platform: str, person_id: str, device: str) -> Person:
        """As the phone does it: a code from the platform, a token from the product."""
        if platform == "wechat":
            app, path, name = self.logins.wechat_app_id, "/control/wechat/login-codes", "code"
        else:
            app, path, name = self.logins.alipay_app_id, "/control/alipay/auth-codes", "auth_code"
        code = self.sandbox.control(path, {"app_id": app, "person_id": person_id})[name]
        channel = "demo.wx" if platform == "wechat" else "demo.alipay"
        body = {"channel_id": channel, name: code, "device": device}
        answer = send("POST", f"{self.api_url}/v1/auth/{platform}", body)
        return Person(self.api_url, answer["token"])

    def phone_proof(self, platform: str, person_id: str) -> dict[str, Any]:
        """What the phone button of the platform gives, with consent."""
        if platform == "wechat":
            body = {"app_id": self.logins.wechat_app_id, "person_id": person_id}
            proof = {"code": self.sandbox.control("/control/wechat/phone-codes", body)["code"]}
        else:
            body = {"app_id": self.logins.alipay_app_id, "person_id": person_id}
            proof = {"response": self.sandbox.control("/control/alipay/phone-responses", body)["response"]}
        return {**proof, "consent": CONSENT}

    def _signer(self, key: str) -> Signer:
        return Signer(self.api_url, key, self.logins.keys[key], lambda: self.sandbox.now().timestamp())

    def _api_answers(self) -> bool:
        try:
            return send("GET", f"{self.api_url}/v1/auth/health").status == 200
        except OSError:
            return False

    def _log(self, name: str) -> Path:
        return (self.folder or ROOT / "var") / f"{name}.log"

    def _start_sandbox(self) -> Sandbox:
        command: list[str | Path] = [PYTHON, "-m", "sandbox"]
        if self.folder:
            command += ["--state", self.folder / "sandbox.sqlite"]
        if self._fixed:
            command += ["--page-port", str(free_port(PAGE_PORT))]
        process = self._children.start(command, log=self._log("sandbox"), pipe=True)
        line = process.stdout.readline() if process.stdout else b""
        if not line:
            raise DidNotStart(f"The sandbox did not start; see {self._log('sandbox')}.")
        return Sandbox(json.loads(line))

    def _set_up_tenant(self) -> Logins:
        """Registers the demo's apps at the sandbox once, and applies the tenant file each time."""
        from adapters.dynamodb.client import open_client
        from adapters.dynamodb.schema import create_table
        from scripts.local import tenants
        from serverless.settings import Settings
        from serverless.wiring import Wiring

        self.services = Wiring(Settings.from_environment())
        try:
            client = open_client(self.engine.environment["AWS_REGION"], self.engine.url)
            create_table(client, self.environment["TONGKA_TABLE"], with_stream=self._on_lambda)
        except ValueError as older:
            raise DidNotStart(EARLIER) from older
        kept = self.folder / "logins.json" if self.folder else None
        known = json.loads(kept.read_text()) if kept and kept.exists() else None
        variables = known["variables"] if known else self._register_apps()
        keys: dict[str, str] = known["keys"] if known else {}
        plan = tenants.read(TENANT_FILE, variables)
        try:
            keys |= dict(made for _, made in tenants.apply(self.services, plan) if made is not None)
        except ValueError as older:
            raise DidNotStart(EARLIER) from older
        if kept:
            kept.touch(mode=0o600)
            kept.write_text(json.dumps({"variables": variables, "keys": keys}))
        return Logins(variables["DEMO_WECHAT_APP_ID"], variables["DEMO_ALIPAY_APP_ID"], keys)

    def _print_coupons(self) -> None:
        """What members can claim; a template that is there already stays as it is."""
        from domain.actor import Operator
        from domain.coupon.template import Form
        from domain.programme import form

        office = Operator("demo", "office", frozenset({"admin"}))
        for template_id, (title, effect) in COUPONS.items():
            said = {
                "face": {"title": "山茶咖啡", "coupon_title": title, "disclaimer": "每单限用一张，不找零"},
                "effect": effect,
                "validity": {"kind": "relative", "days_valid": 30},
                "delivery": "claim",
                "claiming": {"per_member": 5},
                "is_transferable": True,
            }
            self.services.save_template(office, template_id, form.load(Form, said))

    def _fill_shelves(self) -> None:
        """What points are good for; what lies there already stays as it is."""
        from domain.actor import Operator
        from domain.money import Points
        from domain.reward.keep import codes_added_from, stock_moved_from
        from domain.reward.model import CodesKnown, Offer, RewardKind
        from domain.unit_of_work import RequestKey

        office = Operator("demo", "office", frozenset({"admin"}))
        for reward_id, name, kind, points in SHELVES:
            template_id = reward_id.partition("-")[2] if kind == "coupon" else None
            offer = Offer(name=name, kind=RewardKind(kind), points=Points(points), template_id=template_id)
            if offer.template_id is not None:
                self.services.save_reward(office, reward_id, offer)
                continue
            if self.services.save_reward(office, reward_id, offer).stock:
                continue
            if offer.has_buckets:
                pieces = RequestKey("demo", f"first-stock-{reward_id}", "demo", stock_moved_from)
                self.services.move_stock(office, reward_id, 100, pieces)
            else:
                first = RequestKey("demo", f"first-codes-{reward_id}", "demo", codes_added_from)
                codes = tuple(f"CAMELLIA-{number:04}" for number in range(1, 21))
                with suppress(CodesKnown):
                    self.services.add_codes(office, reward_id, codes, first)

    def _register_apps(self) -> dict[str, str]:
        private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        public = private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        wechat = self.sandbox.control(
            "/control/wechat/apps", {"name": "山茶咖啡", "kind": "mini_program", "open_platform": "camellia"}
        )
        alipay = self.sandbox.control(
            "/control/alipay/apps",
            {"name": "山茶咖啡", "app_public_key": public.decode(), "ids": "both"},
        )
        sms = self.sandbox.control("/control/sms/accounts", {})
        return {
            "DEMO_WECHAT_APP_ID": wechat["app_id"],
            "DEMO_WECHAT_SECRET": wechat["secret"],
            "DEMO_ALIPAY_APP_ID": alipay["app_id"],
            "DEMO_ALIPAY_PUBLIC_KEY": alipay["alipay_public_key"],
            "DEMO_ALIPAY_AES_KEY": alipay["aes_key"],
            "DEMO_ALIPAY_PRIVATE_KEY": private.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            ).decode(),
            "DEMO_SMS_KEY_ID": sms["access_key_id"],
            "DEMO_SMS_KEY_SECRET": sms["access_key_secret"],
        }

    def _introduce(self) -> None:
        """Tells the sandbox's page where the product is, so that a person can play."""
        channels = [
            {
                "channel_id": "demo.wx",
                "platform": "wechat",
                "app_id": self.logins.wechat_app_id,
                "name": "微信会员中心",
            },
            {
                "channel_id": "demo.alipay",
                "platform": "alipay",
                "app_id": self.logins.alipay_app_id,
                "name": "支付宝会员中心",
            },
        ]
        body = {
            "member_api": self.api_url,
            "channels": channels,
            "consent_version": CONSENT["version"],
        }
        self.sandbox.control("/control/product", body)

    def order(self, number: str, member: dict[str, str], fen: int) -> dict[str, Any]:
        """An ordinary bill, paid a moment ago."""
        return {
            "order_number": number,
            "store_id": "nanjing-road",
            "paid_at": self.sandbox.now().isoformat(timespec="seconds"),
            "member": member,
            "lines": [{"sku": "latte", "category": "coffee", "quantity": 1, "amount_fen": fen}],
            "payments": [{"method": "wechat_pay", "amount_fen": fen}],
            "total_fen": fen,
        }

    def refund(self, number: str, fen: int) -> dict[str, Any]:
        """A refund of what was paid by WeChat."""
        return {
            "refund_number": number,
            "store_id": "nanjing-road",
            "refunded_at": self.sandbox.now().isoformat(timespec="seconds"),
            "payments": [{"method": "wechat_pay", "amount_fen": fen}],
            "total_fen": fen,
        }


def fresh_number(prefix: str) -> str:
    """A number that no earlier run has used."""
    return f"{prefix}-{time.time_ns()}"
