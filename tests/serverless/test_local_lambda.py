"""What plays Lambda on this machine does as Lambda does."""

import base64
import io
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import EnvironBuilder, run_wsgi_app

from scripts.local import functions, gateway, lambda_host
from scripts.local.functions import Definition, Process
from scripts.local.gateway import Gateway, event_of
from scripts.local.iam import Guard
from scripts.local.processes import Children
from scripts.local.runtime_api import FunctionFailed
from scripts.local.stream import Follower
from tests.serverless.functions import definition


def environ(method: str = "POST", path: str = "/v1/me", **more: Any) -> dict[str, Any]:
    told = EnvironBuilder(path=path, method=method, base_url="https://api.example.com", **more)
    return {**told.get_environ(), "REMOTE_ADDR": "127.0.0.1"}


def test_cookies_come_apart_and_not_as_a_header() -> None:
    event = event_of(environ(headers={"Cookie": "a=1; b=2"}), 1)

    assert event["cookies"] == ["a=1", "b=2"]
    assert "cookie" not in event["headers"]
    assert "cookies" not in event_of(environ(), 1)


@pytest.mark.parametrize(
    "kind,body,is_base64",
    [
        ("application/json", '{"名": 1}'.encode(), False),
        ("text/plain", b"text", False),
        ("application/json", b"\xff\xfe", True),
        ("image/png", b"\x89PNG", True),
        ("application/x-www-form-urlencoded", b"a=1", True),
    ],
)
def test_text_is_handed_over_as_text_and_all_else_in_base64(kind: str, body: bytes, is_base64: bool) -> None:
    event = event_of(environ(input_stream=io.BytesIO(body), content_type=kind, content_length=len(body)), 1)

    assert event["isBase64Encoded"] is is_base64
    assert (base64.b64decode(event["body"]) if is_base64 else event["body"].encode()) == body


class Answering:
    """A function in place of a process."""

    def __init__(self, answer: Callable[[Any], Any]) -> None:
        self._answer = answer
        self.events: list[Any] = []

    def invoke(self, event: Any) -> Any:
        self.events.append(event)
        return self._answer(event)


def served(answer: Callable[[Any], Any], **more: Any) -> tuple[str, dict[str, list[str]], bytes]:
    function: Any = Answering(answer)
    body, status, headers = run_wsgi_app(
        Gateway({"member_api": function}, {"$default": "member_api"}), environ(**more)
    )
    told = {name: headers.getlist(name) for name in headers.keys()}  # noqa: SIM118  # with all of one name
    return status, told, b"".join(body)


def test_what_a_function_answers_goes_out_and_each_cookie_once() -> None:
    status, headers, body = served(
        lambda _: {
            "statusCode": 201,
            "headers": {"x-a": "1"},
            "cookies": ["a=1", "b=2"],
            "body": base64.b64encode(b"\x00").decode(),
            "isBase64Encoded": True,
        }
    )

    assert (status, body) == ("201 Created", b"\x00")
    assert (headers["x-a"], headers["set-cookie"]) == (["1"], ["a=1", "b=2"])


def test_what_a_function_fails_at_is_500_and_tells_nothing() -> None:
    def fail(_: Any) -> Any:
        raise FunctionFailed("KeyError: 13800138000")

    status, _, body = served(fail)

    assert (status, json.loads(body)) == ("500 Internal Server Error", {"message": "Internal Server Error"})


def test_a_request_that_is_too_large_reaches_no_function(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway, "PAYLOAD_MAX", 10)

    status, _, _ = served(lambda _: pytest.fail("it was asked"))

    assert status.startswith("413")
    assert functions.PAYLOAD_MAX == 6 * 1024 * 1024


def test_a_function_sees_its_package_and_nothing_else_that_is_installed_here(tmp_path: Path) -> None:
    (tmp_path / "look.py").write_text(
        "import importlib.util as u, os\n"
        "def handler(event, context):\n"
        "    return [[n for n in event if u.find_spec(n)], [n for n in os.environ if 'SECRET_OF' in n]]\n"
    )
    runtime = definition("jobs", {}).runtime
    with pytest.MonkeyPatch.context() as patched, Children() as children:
        patched.setenv("SECRET_OF_THIS_MACHINE", "x")
        process = Process(Definition("look", tmp_path, "look.handler", {}, runtime), children)
        found, variables = process.invoke(["json", "pytest", "boto3", "moto", "flask"])
        process.end()

    assert (found, variables) == (["json"], [])


@pytest.mark.usefixtures("environment")
def test_each_function_has_the_rights_of_its_own_role(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TONGKA_TABLE", "acme")
    known = {stage: definition(stage, {}) for stage in ("member_api", "jobs")}
    guards: list[Guard] = []

    def guarding(url: str, rights: Any) -> Guard:
        guards.append(Guard(url, rights))
        return guards[-1]

    monkeypatch.setattr(lambda_host, "Guard", guarding)
    with Children() as children:
        started = lambda_host.started(known, lambda_host.policies(), children, None)
        keys = {name: each._definition.variables["AWS_ACCESS_KEY_ID"] for name, each in started.items()}

    (guard,) = guards
    scan = ("Scan", {"TableName": "acme"})
    assert guard.refuses(keys["member_api"], *scan) is not None
    assert guard.refuses(keys["jobs"], *scan) is None
    assert guard.refuses("somebody", *scan) is not None


class Shard:
    """A stream of one shard with these changes."""

    def __init__(self, numbers: list[str]) -> None:
        self._left = [
            {"eventName": "INSERT", "dynamodb": {"SequenceNumber": number, "Keys": {"b": b"\x00"}}}
            for number in numbers
        ]

    def describe_stream(self, **_: Any) -> Any:
        return {"StreamDescription": {"Shards": [{"ShardId": "s"}]}}

    def get_shard_iterator(self, **_: Any) -> Any:
        return {"ShardIterator": "i"}

    def get_records(self, **_: Any) -> Any:
        found, self._left = self._left, []
        return {"Records": found, "NextShardIterator": "i"}


def test_what_failed_comes_again_with_all_that_came_after_it() -> None:
    seen: list[list[str]] = []

    def deliver(batch: list[dict[str, Any]]) -> set[str]:
        seen.append([each["dynamodb"]["SequenceNumber"] for each in batch])
        return {"2"} if len(seen) < 3 else set()

    follower = Follower(Shard(["1", "2", "3"]), "arn", deliver)
    ends_at = time.monotonic() + 10
    while len(seen) < 3 and time.monotonic() < ends_at:
        time.sleep(0.01)
    follower.stop()

    assert seen[:3] == [["1", "2", "3"], ["2", "3"], ["2", "3"]]


def test_a_batch_whose_function_failed_comes_again_whole() -> None:
    def fail(_: Any) -> Any:
        raise FunctionFailed("gone")

    batch = [{"dynamodb": {"SequenceNumber": number}} for number in ("1", "2")]
    failing: Any = Answering(fail)
    half: Any = Answering(lambda _: {"batchItemFailures": [{"itemIdentifier": "2"}]})

    assert lambda_host.delivered(failing, batch) == {"1", "2"}
    assert lambda_host.delivered(half, batch) == {"2"}
    assert half.events == [{"Records": batch}]
