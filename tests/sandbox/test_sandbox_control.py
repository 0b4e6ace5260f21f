"""The clock, the people, the log and the faults of the sandbox, through its control API."""

from datetime import datetime, timedelta

import pytest

from sandbox.server import RunningSandbox
from tests.sandbox.calling import get, post_json, send
from tests.sandbox.worlds import (
    CHINA,
    KeyPair,
    advance,
    alipay_app,
    control,
    mini_program,
    person,
    plan,
    sms_account,
)


def now(sandbox: RunningSandbox) -> datetime:
    """The sandbox's time, as it tells it."""
    return datetime.fromisoformat(get(f"{sandbox.page_url}/clock").json()["now"])


def test_the_clock_begins_with_the_machines_time_in_chinas_zone(sandbox: RunningSandbox) -> None:
    told = get(f"{sandbox.page_url}/clock").json()
    assert told["offset_seconds"] == 0
    assert told["now"].endswith("+08:00")
    assert abs(now(sandbox) - datetime.now(CHINA)) < timedelta(seconds=5)


def test_the_clock_is_advanced_by_seconds_and_reset(sandbox: RunningSandbox) -> None:
    assert control(sandbox, "/clock", 200, "POST", advance_seconds=90)["offset_seconds"] == 90
    assert control(sandbox, "/clock", 200, "POST", advance_seconds=-30.5)["offset_seconds"] == 59.5
    assert control(sandbox, "/clock", 200, "POST", reset=True)["offset_seconds"] == 0


@pytest.mark.parametrize(
    "start, months, end",
    [
        ("2026-01-31", 1, "2026-02-28"),
        ("2024-01-31", 1, "2024-02-29"),
        ("2026-11-22", 13, "2027-12-22"),
        ("2026-12-05", 1, "2027-01-05"),
        ("2026-03-15", -3, "2025-12-15"),
    ],
)
def test_the_clock_is_advanced_by_calendar_months(
    sandbox: RunningSandbox, start: str, months: int, end: str
) -> None:
    control(sandbox, "/clock", 200, "POST", set=f"{start}T10:00:00+08:00")
    control(sandbox, "/clock", 200, "POST", advance_months=months)
    assert now(sandbox).strftime("%Y-%m-%d %H:%M") == f"{end} 10:00"


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"reset": False},
        {"advance_seconds": "60"},
        {"advance_seconds": True},
        {"advance_seconds": 1e12},
        {"advance_months": 1.5},
        {"advance_months": 99999},
        {"set": "tomorrow"},
        {"set": "2026-11-22T10:00:00"},
        {"set": "1066-10-14T09:00:00+00:00"},
    ],
)
def test_a_move_that_makes_no_sense_leaves_the_clock_alone(
    sandbox: RunningSandbox, fields: dict[str, object]
) -> None:
    answer = post_json(f"{sandbox.page_url}/clock", fields)
    assert (answer.status, answer.json()["error"]) == (400, "not_valid")
    assert get(f"{sandbox.page_url}/clock").json()["offset_seconds"] == 0


@pytest.mark.parametrize("body", ["{", "[]", '"text"'])
def test_a_body_that_is_no_object_is_refused(sandbox: RunningSandbox, body: str) -> None:
    assert send(f"{sandbox.page_url}/control/people", "POST", body).status == 400


def test_people_are_born_listed_shown_and_changed(sandbox: RunningSandbox) -> None:
    wang = person(sandbox)
    person(sandbox, "John", "+44-7400123456")
    changed = control(sandbox, f"/control/people/{wang}", 200, "PATCH", name="王大明", phone="13900139000")
    assert changed == {"person_id": wang, "name": "王大明", "phone": "13900139000"}
    assert get(f"{sandbox.page_url}/control/people/{wang}").json() == changed
    assert [item["name"] for item in get(f"{sandbox.page_url}/control/people").json()["items"]] == [
        "王大明",
        "John",
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        {"phone": "12345"},
        {"phone": "23800138000"},
        {"phone": "+86 13800138000"},
        {"name": "长" * 41},
        {"name": 5},
        {"name": "x" * 20_000},
    ],
)
def test_people_with_impossible_names_or_numbers_are_refused(
    sandbox: RunningSandbox, wrong: dict[str, object]
) -> None:
    fields: dict[str, object] = {"name": "王小明", "phone": "13800138000"}
    assert post_json(f"{sandbox.page_url}/control/people", fields | wrong).status == 400
    wang = person(sandbox)
    assert post_json(f"{sandbox.page_url}/control/people/{wang}", wrong, "PATCH").status == 400
    assert len(sandbox.world.people.all()) == 1


def test_nobody_else_can_be_changed(sandbox: RunningSandbox) -> None:
    assert control(sandbox, "/control/people/p0", 404, "PATCH", name="谁")["error"] == "not_there"
    assert control(sandbox, "/control/nothing", 404)["error"] == "not_found"
    assert send(f"{sandbox.page_url}/control/people", "PUT").json()["error"] == "method_not_allowed"


def test_what_each_platform_received_is_listed_with_secrets_masked(
    sandbox: RunningSandbox, keys: KeyPair
) -> None:
    program, app, account = mini_program(sandbox), alipay_app(sandbox, keys), sms_account(sandbox)
    wang = person(sandbox)
    advance(sandbox, 7200)
    program.log_in(wang)
    program.stable(force_refresh=True)
    app.log_in(wang)
    app.call("alipay.user.info.share")
    account.send()
    items = get(f"{sandbox.page_url}/control/requests").json()["items"]
    assert [(item["platform"], item["operation"], item["answer"]) for item in items] == [
        ("wechat", "/sns/jscode2session", "0"),
        ("wechat", "/cgi-bin/stable_token", "0"),
        ("alipay", "alipay.system.oauth.token", "10000"),
        ("alipay", "alipay.user.info.share", "20001 aop.invalid-auth-token"),
        ("sms", "SendSms", "OK"),
    ]
    login, stable, token, _profile, message = items
    assert login["parameters"]["secret"] == f"{program.secret[:4]}…(32)"
    assert login["parameters"]["appid"] == program.app_id
    assert login["parameters"]["js_code"].endswith("…(32)")
    assert (stable["method"], stable["parameters"]["force_refresh"]) == ("POST", "true")
    assert token["parameters"]["sign"].endswith("…(344)")
    assert message["parameters"]["Signature"].endswith("…(28)")
    assert (message["status"], message["fault"], message["path"]) == (200, "", "/")
    assert datetime.fromisoformat(login["at"]) > datetime.now(CHINA) + timedelta(hours=1)
    only = get(f"{sandbox.page_url}/control/requests", platform="alipay").json()["items"]
    assert {item["platform"] for item in only} == {"alipay"}


def test_only_the_last_five_hundred_requests_are_kept(sandbox: RunningSandbox) -> None:
    for number in range(503):
        sandbox.world.requests.record(
            "sms", "SendSms", "POST", "/", {"n": str(number)}, status=200, answer="OK", fault=""
        )
    kept = sandbox.world.requests.all()
    assert len(kept) == 500
    assert (kept[0].parameters["n"], kept[-1].parameters["n"]) == ("3", "502")


def test_long_values_and_broken_bodies_are_kept_short(sandbox: RunningSandbox) -> None:
    send(f"{sandbox.wechat_url}/cgi-bin/stable_token?note={'x' * 600}", "POST", "{broken")
    (received,) = sandbox.world.requests.all("wechat")
    assert received.parameters == {"note": "x" * 500 + "…", "(body)": "{broken"}


def test_a_body_without_end_is_not_read(sandbox: RunningSandbox) -> None:
    answer = send(f"{sandbox.wechat_url}/cgi-bin/stable_token", "POST", b"x" * (2 * 1024 * 1024 + 1))
    assert answer.status == 413
    assert sandbox.world.requests.all() == []


def test_faults_are_planned_in_order_counted_down_listed_and_cancelled(sandbox: RunningSandbox) -> None:
    plan(sandbox, "wechat", "/cgi-bin/token", "-1", 2)
    plan(sandbox, "wechat", "/cgi-bin/token", "http_502")
    plan(sandbox, "wechat", "/sns/jscode2session", "45011")
    seen = [get(f"{sandbox.wechat_url}/cgi-bin/token") for _ in range(4)]
    assert [answer.status for answer in seen] == [200, 200, 502, 200]
    assert [answer.json()["errcode"] for answer in (seen[0], seen[1], seen[3])] == [-1, -1, 40002]
    (left,) = get(f"{sandbox.page_url}/control/faults").json()["items"]
    assert (left["operation"], left["fault"], left["times"]) == ("/sns/jscode2session", "45011", 1)
    assert control(sandbox, "/control/faults", 200, "DELETE") == {"items": []}
    assert get(f"{sandbox.wechat_url}/sns/jscode2session").json()["errcode"] == 41002


@pytest.mark.parametrize(
    "wrong",
    [
        {"platform": "mail"},
        {"fault": "explode"},
        {"fault": "no_sign"},
        {"times": 0},
        {"times": 10_001},
        {"times": 1.5},
        {"operation": ""},
    ],
)
def test_a_fault_that_nobody_knows_is_refused(sandbox: RunningSandbox, wrong: dict[str, object]) -> None:
    fields: dict[str, object] = {
        "platform": "wechat",
        "operation": "/cgi-bin/token",
        "fault": "-1",
        "times": 1,
    }
    assert post_json(f"{sandbox.page_url}/control/faults", fields | wrong).status == 400
    assert sandbox.world.faults.all() == []


def test_deleting_the_state_forgets_everything(sandbox: RunningSandbox, keys: KeyPair) -> None:
    program, app = mini_program(sandbox), alipay_app(sandbox, keys)
    person(sandbox)
    plan(sandbox, "wechat", "/cgi-bin/token", "-1")
    advance(sandbox, 60)
    assert program.stable()["expires_in"] == 7200
    control(sandbox, "/control/state", 200, "DELETE")
    assert sandbox.world.people.all() == []
    assert sandbox.world.wechat.apps.all() == []
    assert sandbox.world.alipay.apps.find(app.app_id) is None
    assert sandbox.world.requests.all() == []
    assert sandbox.world.faults.all() == []
    assert sandbox.world.clock.offset_seconds == 0
