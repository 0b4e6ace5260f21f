"""Real events to the packages that are deployed, through Lambda's own runtime client."""

import base64
import importlib
import json
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import pytest
from msgspec import structs

from adapters.dynamodb.coupons import MAPPINGS
from adapters.dynamodb.item import Tenancy
from adapters.dynamodb.keys import Keys
from domain.coupon.model import Coupon
from domain.errors import Unavailable
from scripts.cloud.build import stages
from scripts.local.client import Signer
from scripts.local.functions import Process
from scripts.local.processes import Children
from scripts.local.runtime_api import FunctionFailed
from serverless.http import entry
from tests.contracts.coupon_things import LOCKED
from tests.coupons import coupon
from tests.serverless.functions import answers, definition, started
from tests.shop import Shop

STAGES = stages()


def http_event(
    method: str,
    path: str,
    body: bytes = b"",
    query: str = "",
    headers: dict[str, str] | None = None,
    domain: str = "api.example.com",
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
            "domainName": domain,
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
    assert nobody["headers"]["content-type"] == "application/problem+json"
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


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event["function"])
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


def stream_of(table: str) -> str:
    return f"arn:aws-cn:dynamodb:cn-north-1:000000000000:table/{table}/stream/2026-11-22T04:00:00.000"


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
    arn = stream_of(shop.services.table.name)
    images = [item for item in shop.services.table.scan() if item["kind"]["S"] in {"coupon", "member"}]
    broken = {"pk": {"S": "T#other#C#1"}, "sk": {"S": "C"}, "kind": {"S": "coupon"}}
    good = [change(arn, f"{9 + place}", image) for place, image in enumerate(images)]
    nobodys = {"pk": {"S": "schema"}, "sk": {"S": "X"}, "kind": {"S": "coupon"}}
    without_kind = {"pk": {"S": "T#a#C#1"}, "sk": {"S": "C"}}
    gone = change(arn, "8", None, f"T#{shop.tenant_id}#C#{codes[0]}")
    bad = change(arn, "100", broken)
    odd = [change(arn, "101", nobodys), change(arn, "102", without_kind)]

    told = answers(
        "jobs", [{"Records": [gone, *good]}, {"Records": good}, {"Records": [bad, *odd, *good]}], environment
    )

    assert told == [{"batchItemFailures": []}] * 3
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

    assert queues.on_stream(events) == {"batchItemFailures": [{"itemIdentifier": "9"}]}
    assert counted == [("a", [LOCKED])]


def test_a_path_in_chinese_is_the_same_through_an_api_and_a_function_url(
    shop: Shop, environment: dict[str, str]
) -> None:
    """An HTTP API decodes it, a function URL does not; the signature covers it decoded."""
    path, stamp = "/v1/till/checkout/orders/订单 50%+1", str(int(shop.now().timestamp()))
    signer = Signer("", f"{shop.tenant_id}.till", shop.secrets["till"])
    first, second = (signer.headers("GET", path, b"", stamp, nonce) for nonce in ("n-1", "n-2"))
    by_api = http_event("GET", path, headers=first)
    by_url = http_event("GET", quote(path), headers=second, domain="abc.lambda-url.cn-north-1.on.aws")

    told = answers("staff_api", [by_api, by_url], environment)

    codes = [json.loads(each["body"])["code"] for each in told]
    assert codes[0] == codes[1] not in {"signature-refused", "route-not-found"}
    assert [each["statusCode"] < 500 for each in told] == [True, True]


def test_a_query_in_chinese_is_read_as_it_was_sent(shop: Shop, environment: dict[str, str]) -> None:
    """Escaped, or not, which some clients send and an API hands over as it is."""
    stamp, path = str(int(shop.now().timestamp())), "/v1/till/members"
    signer = Signer("", f"{shop.tenant_id}.till", shop.secrets["till"])
    escaped = quote("phone=会员", safe="=")
    first, second = (
        signer.headers("GET", f"{path}?{escaped}", b"", stamp, nonce) for nonce in ("q-1", "q-2")
    )

    told = answers(
        "staff_api",
        [
            http_event("GET", path, query=escaped, headers=first),
            http_event("GET", path, query="phone=会员", headers=second),
        ],
        environment,
    )

    bodies = [json.loads(each["body"]) for each in told]
    assert [each["errors"][0]["field"] for each in bodies] == ["phone", "phone"]


def test_bodies_and_headers_that_are_no_text_are_refused_not_stumbled_over(
    environment: dict[str, str],
) -> None:
    headers = {"content-type": "application/json", "authorization": "Bearer 会员", "idempotency-key": "k"}
    odd = http_event("POST", "/v1/me/phone", b"\xff\x00{", headers=headers)
    login = http_event("POST", "/v1/auth/wechat", b"\xff\x00{", headers=headers)

    refused, unreadable = answers("member_api", [odd, login], environment)

    assert (refused["statusCode"], json.loads(refused["body"])["code"]) == (401, "session-ended")
    assert unreadable["statusCode"] == 400


def test_two_cookies_stay_two() -> None:
    """Zappa's handler sends each of them twice."""

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("X-Seen", "1")])
        return [environ["HTTP_COOKIE"].encode()]

    event = http_event("GET", "/") | {"cookies": ["c=3", "d=4"]}

    answer = entry(app)(event, None)

    assert (answer["cookies"], answer["headers"], answer["body"]) == (
        ["a=1", "b=2"],
        {"x-seen": "1"},
        base64.b64encode(b"c=3;d=4").decode(),
    )


STRANGE: dict[str, dict[str, Any]] = {
    "the default payload of EventBridge Scheduler": {
        "version": "0",
        "detail-type": "Scheduled Event",
        "source": "aws.scheduler",
        "resources": ["arn:aws-cn:scheduler:cn-north-1:000000000000:schedule/default/expire_points"],
        "detail": "{}",
    },
    "a rule of another project": {"resources": ["arn:aws-cn:events:cn-north-1:000000000000:rule/other"]},
    "a name of Python": {"command": "os.getcwd"},
    "code": {"raw_command": "print(1)"},
    "a message of SNS": {
        "Records": [{"EventSource": "aws:sns", "Sns": {"Message": '{"command": "os.getcwd"}'}}]
    },
    "the stream of another table": {"Records": [change(stream_of("other"), "1", None, "T#a#C#1")]},
    "two rules at once": {
        "resources": [
            f"arn:aws-cn:events:cn-north-1:000000000000:rule/tongka-jobs-serverless.jobs.schedules.{job}"
            for job in ("expire_points", "reconcile")
        ]
    },
    "a queue": {"Records": [{"messageId": "1", "eventSource": "aws:sqs", "body": "{}"}]},
    "a list in place of a name": {"command": ["serverless.jobs.schedules.reconcile"]},
    "nothing": {},
    "no records": {"Records": []},
    "a request": http_event("GET", "/v1/auth/health"),
}


@pytest.mark.parametrize("stage", ["jobs", "member_api"])
def test_what_is_not_understood_fails_the_function(stage: str, environment: dict[str, str]) -> None:
    """Zappa's handler answers nothing, which reads as success: a job never runs, a batch is gone."""
    wanted = [each for each in STRANGE if stage == "jobs" or each != "a request"]

    with started(stage, environment) as process:
        failed = [each for each in wanted if "UnknownEvent" in failure(process, STRANGE[each])]

    assert failed == wanted


def test_changes_of_another_table_beside_ours_are_not_taken(environment: dict[str, str]) -> None:
    ours, other = stream_of(environment["TONGKA_TABLE"]), stream_of("other")
    records = [change(arn, str(place), None, "T#a#C#1") for place, arn in enumerate((ours, other))]

    with started("jobs", environment) as process:
        assert process.invoke({"Records": records[:1]}) == {"batchItemFailures": []}
        assert "UnknownEvent" in failure(process, {"Records": records})


def failure(process: Process, event: dict[str, Any]) -> str:
    try:
        process.invoke(event)
    except FunctionFailed as problem:
        return str(problem)
    return ""


def test_a_job_that_stumbles_ran_once(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Zappa's handler takes a TypeError for a wrong signature and calls the job again."""
    jobs = importlib.import_module("serverless.jobs.entry")
    schedules = importlib.import_module("serverless.jobs.schedules")
    ran = []

    def stumble() -> dict[str, Any]:
        ran.append(1)
        raise TypeError("of 13800138000")

    monkeypatch.setattr(jobs, "JOBS", {"stumble": schedules.job(stumble)})
    del schedules.JOBS[f"{stumble.__module__}.stumble"]

    with pytest.raises(schedules.JobFailed) as failed:
        jobs.handler({"command": "stumble"}, None)
    assert ran == [1]
    assert failed.value.args == ("stumble", "TypeError"), "Lambda writes it into logs and dead letters"
    assert failed.value.__suppress_context__


def test_a_function_that_takes_too_long_or_does_not_start_is_told(environment: dict[str, str]) -> None:
    with pytest.raises(FunctionFailed, match="did not start"), started("jobs", {}):
        pytest.fail("it started without a table")

    with Children() as children:
        slow = structs.replace(definition("jobs", environment), seconds=0.0)
        process = Process(slow, children)
        with pytest.raises(FunctionFailed, match="timed out"):
            process.invoke({})
        assert not process.is_alive(), "its answer would come late, to another event"
