"""The Lambda shape: every name in zappa_settings.json resolves, and each entry answers a real event."""

import base64
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from adapters.dynamodb.coupons import MAPPINGS
from adapters.dynamodb.item import Tenancy
from adapters.dynamodb.keys import Keys
from domain.coupon.model import Coupon
from domain.errors import Unavailable
from scripts.local.client import Signer
from serverless.settings import Settings
from tests.contracts.coupon_things import LOCKED
from tests.coupons import coupon
from tests.shop import Shop

ROOT = Path(__file__).resolve().parent.parent.parent
STAGES: dict[str, dict[str, Any]] = json.loads((ROOT / "zappa_settings.json").read_text())


@pytest.fixture
def environment(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What Lambda's native variables would hold, for this engine and these platforms."""
    variables = {
        "TONGKA_TABLE": settings.table,
        "TONGKA_MASTER_KEY": settings.master_key,
        "TONGKA_SHARDS": str(settings.shards),
        "TONGKA_WECHAT_URL": settings.wechat_url,
        "TONGKA_ALIPAY_URL": settings.alipay_url,
        "TONGKA_SMS_URL": settings.sms_url,
        "AWS_ENDPOINT_URL_DYNAMODB": settings.dynamodb_url or "",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return variables


def http_event(
    method: str, path: str, body: bytes = b"", query: str = "", headers: dict[str, str] | None = None
) -> dict[str, Any]:
    """An event of an API Gateway HTTP API, format 2.0, the body in base64 as for binary types."""
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": {"host": "api.example.com", "x-forwarded-for": "203.0.113.9", **(headers or {})},
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "abc",
            "domainName": "api.example.com",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "203.0.113.9",
                "userAgent": "test",
            },
            "requestId": "r1",
            "routeKey": "$default",
            "stage": "$default",
            "time": "22/Nov/2026:04:00:00 +0000",
            "timeEpoch": 1795320000000,
        },
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    }


def names() -> Iterator[str]:
    for stage in STAGES.values():
        if "app_function" in stage:
            yield stage["app_function"]
        for event in stage.get("events", ()):
            yield event["function"]


def test_the_functions_are_these() -> None:
    assert set(STAGES) - {"base"} == {"member_api", "staff_api", "jobs"}


@pytest.mark.parametrize("name", sorted(set(names())))
def test_every_name_resolves(name: str, environment: dict[str, str]) -> None:
    module, _, attribute = name.rpartition(".")

    assert callable(getattr(importlib.import_module(module), attribute))
    assert len(name) <= 63, "EventBridge takes no more"
    assert "-" not in name


def test_settings_are_safe() -> None:
    base = STAGES["base"]

    assert base["manage_roles"] is False
    assert base["keep_warm"] is False
    assert base["debug"] is False
    assert base["aws_environment_variables"]["INSTANTIATE_LAMBDA_HANDLER_ON_IMPORT"] == "True"
    assert "exclude" not in base, "excludes match at any depth, in dependencies too"
    assert "TONGKA_CLOCK_URL" not in base["aws_environment_variables"]


def test_member_api_answers_http_events(shop: Shop, environment: dict[str, str]) -> None:
    phone = shop.phone()
    code = shop.sandbox.world.wechat.mint_code("login", shop.apps.wechat_id, phone.person_id)
    login = json.dumps({"channel_id": shop.channel("wx"), "code": code, "device": "手机"}).encode()
    json_type = {"content-type": "application/json"}

    health, logged_in, nobody, missing = answers(
        "member_api",
        [
            http_event("GET", "/v1/auth/health"),
            http_event("POST", "/v1/auth/wechat", login, headers=json_type),
            http_event("GET", "/v1/me"),
            http_event("GET", "/v1/till/members"),
        ],
        environment,
    )

    assert (health["statusCode"], json.loads(health["body"])) == (200, {"status": "ok"})
    assert (logged_in["statusCode"], json.loads(logged_in["body"])["member"]["state"]) == (200, "fan")
    assert (nobody["statusCode"], json.loads(nobody["body"])["code"]) == (401, "credential-missing")
    assert nobody["headers"]["Content-Type"] == "application/problem+json"
    assert (missing["statusCode"], json.loads(missing["body"])["code"]) == (404, "route-not-found")


def test_staff_api_answers_signed_http_events(shop: Shop, environment: dict[str, str]) -> None:
    member = shop.member()
    signer = Signer("", f"{shop.tenant_id}.till", shop.secrets["till"])
    body = json.dumps(shop.bill(8800, {"phone": member.number}), ensure_ascii=False).encode()
    stamp = str(int(shop.now().timestamp()))
    path, query = "/v1/till/members", f"phone={member.number}"
    find = signer.headers("GET", f"{path}?{query}", b"", stamp, "nonce-1")
    order = signer.headers("POST", "/v1/till/orders", body, stamp, "nonce-2")

    found, earned, refused = answers(
        "staff_api",
        [
            http_event("GET", path, query=query, headers=find),
            http_event(
                "POST", "/v1/till/orders", body, headers={**order, "content-type": "application/json"}
            ),
            http_event("POST", "/v1/till/orders", body + b" ", headers=order),
        ],
        environment,
    )

    assert (found["statusCode"], json.loads(found["body"])["member_id"]) == (200, member.member_id)
    assert (earned["statusCode"], json.loads(earned["body"])["points"]) == (201, 88)
    assert (refused["statusCode"], json.loads(refused["body"])["code"]) == (401, "signature-refused")


EVENTS = STAGES["jobs"]["events"]


@pytest.mark.parametrize(
    "event", [each for each in EVENTS if "expression" in each], ids=lambda event: event["function"]
)
def test_jobs_answer_scheduled_events(
    lone_shop: Shop, environment: dict[str, str], event: dict[str, str]
) -> None:
    environment["TONGKA_TABLE"] = lone_shop.services.table.name
    rule = f"tongka-jobs-{event['function']}"
    scheduled = {
        "version": "0",
        "id": "1",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "time": "2026-11-22T04:00:00Z",
        "resources": [f"arn:aws-cn:events:cn-north-1:000000000000:rule/{rule}"],
        "detail": {},
        "kwargs": {},
    }
    by_scheduler = {"command": event["function"]}

    ran, also_ran = answers("jobs", [scheduled, by_scheduler], environment)

    figures = {
        "expire_points": "accounts",
        "convert_points": "coupons",
        "expire_coupons": "coupons",
        "release_holds": "holds",
        "settle_merges": "settled",
        "reconcile": "findings",
    }
    name = event["function"].rsplit(".", 1)[1]
    assert [ran[figures[name]], also_ran[figures[name]]] == [0, 0]


def change(arn: str, sequence: str, image: dict[str, Any] | None, pk: str = "") -> dict[str, Any]:
    """A record of the table's stream."""
    found = {"NewImage": image} if image else {}
    keys = {"pk": image["pk"] if image else {"S": pk}, "sk": {"S": "C"}}
    return {
        "eventID": sequence,
        "eventName": "MODIFY" if image else "REMOVE",
        "eventSource": "aws:dynamodb",
        "eventSourceARN": arn,
        "awsRegion": "cn-north-1",
        "dynamodb": {"Keys": keys, "SequenceNumber": sequence, "StreamViewType": "NEW_IMAGE", **found},
    }


def test_the_stream_is_counted_once_and_what_cannot_be_read_is_passed_over(
    lone_shop: Shop, environment: dict[str, str]
) -> None:
    shop = lone_shop
    environment["TONGKA_TABLE"] = shop.services.table.name
    codes = [coupon(shop, shop.fan(), "ten") for _ in range(3)]
    arn = next(each["event_source"]["arn"] for each in EVENTS if "event_source" in each)
    images = [item for item in shop.services.table.scan() if item["kind"]["S"] in {"coupon", "member"}]
    broken = {"pk": {"S": "T#other#C#1"}, "sk": {"S": "C"}, "kind": {"S": "coupon"}}
    good = [change(arn, f"{9 + place}", image) for place, image in enumerate(images)]
    gone = change(arn, "8", None, f"T#{shop.tenant_id}#C#{codes[0]}")
    bad = change(arn, "100", broken)

    answers = answers(
        "jobs", [{"Records": [gone, *good]}, {"Records": good}, {"Records": [bad, *good]}], environment
    )

    assert answers == [{"batchItemFailures": []}] * 3
    seen = shop.office.get("/v1/staff/coupon-templates/ten/statistics").json
    assert (seen["sent"], seen["claimed"], seen["used"]) == (3, 3, 0)


def test_what_failed_is_asked_for_again_from_the_first_on(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    queues = importlib.import_module("serverless.jobs.queues")
    tenancies = [Tenancy(Keys(tenant_id, 2), lambda: pytest.fail("nothing sealed")) for tenant_id in "abc"]
    images = [MAPPINGS[Coupon].to_items(LOCKED, each)[0].serialize() for each in tenancies]
    numbers = ("7", "10", "9", "100")
    events = [change("arn", each, image) for each, image in zip(numbers, (*images, images[1]), strict=True)]
    counted = []

    def count(tenant_id: str, coupons: list[Coupon]) -> None:
        if tenant_id in "bc":
            raise Unavailable
        counted.append((tenant_id, coupons))

    monkeypatch.setattr(queues, "wiring", lambda: SimpleNamespace(count_coupons=count))

    assert queues.on_stream({"Records": events}, None) == {"batchItemFailures": [{"itemIdentifier": "9"}]}
    assert counted == [("a", [LOCKED])]


@pytest.mark.parametrize(
    "entry",
    [
        *("serverless.member_api", "serverless.staff_api"),
        *("serverless.jobs.schedules", "serverless.jobs.queues"),
    ],
)
def test_garbage_is_collected_again_once_all_is_started(entry: str, environment: dict[str, str]) -> None:
    code = f"import gc, {entry}; print(gc.isenabled(), gc.get_freeze_count() > 10_000)"

    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.split() == ["True", "True"], done.stderr[-2000:]
