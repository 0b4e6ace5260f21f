"""Everything that an entry point may ask for can be built; the jobs run as Lambda would run them."""

import json
import os
import secrets
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from adapters.dynamodb.client import open_client
from adapters.dynamodb.schema import create_table
from adapters.system.clock import SandboxClock, SystemClock
from domain.proof.reconcile import Report
from scripts.local.engine import Engine
from serverless.jobs import schedules
from serverless.jobs.schedules import JOBS as JOBS_BY_NAME
from serverless.jobs.schedules import JobFailed, job
from serverless.settings import Settings
from serverless.wiring import Wiring
from tests.shop import Shop

ROOT = Path(__file__).parents[2]
PARTS = [name for name, value in vars(Wiring).items() if isinstance(value, cached_property)]

JOBS = """
import json
from serverless.jobs.entry import JOBS, handler

names = ["expire_points", "settle_merges", "reconcile"]
said = {name: handler({"command": f"serverless.jobs.schedules.{name}"}, None) for name in names}
again = {name: JOBS[f"serverless.jobs.schedules.{name}"]() for name in names}
print("RESULT " + json.dumps([said, again]))
"""


@pytest.mark.parametrize("name", PARTS)
def test_every_part_can_be_built_and_is_built_once(services: Wiring, name: str) -> None:
    assert getattr(services, name) is not None
    assert getattr(services, name) is getattr(services, name)


def test_there_are_parts_for_every_use_case() -> None:
    assert len(PARTS) > 35
    assert {"earn_from_order", "refund_order", "log_in", "prove_phone", "undo_merge", "reconcile"} <= set(
        PARTS
    )


def test_platforms_and_sms_build_their_adapters_on_first_use(services: Wiring) -> None:
    made = [type(platform._platform).__name__ for platform in services.platforms.values()]  # type: ignore[attr-defined]  # looks inside

    assert made == ["WeChatMiniProgram", "AlipayMiniProgram"]
    assert type(services.sms_sender._sender).__name__ == "AlibabaSmsSender"


def _settings(**changed: Any) -> Settings:
    plain: dict[str, Any] = {
        "table": "t",
        "region": "cn-north-1",
        "master_key": "kms:alias/x",
        "shards": 1,
        "wechat_url": "https://w",
        "alipay_url": "https://a",
        "sms_url": "https://s",
        "dynamodb_url": "http://127.0.0.1:1",
        "clock_url": None,
    }
    return Settings(**plain | changed)


def test_the_settings_choose_clock_and_master_key(tmp_path: Path) -> None:
    production = Wiring(_settings())
    local = Wiring(
        _settings(clock_url="http://127.0.0.1:1/clock", master_key=f"file:{tmp_path / 'master.key'}")
    )

    assert isinstance(production.clock, SystemClock)
    assert type(production._master).__name__ == "KmsMaster"
    assert isinstance(local.clock, SandboxClock)
    assert type(local._master).__name__ == "LocalMaster"


def test_a_mark_for_cursors_is_the_tenants_own(shop: Shop) -> None:
    mark = shop.services.sign(shop.tenant_id, "cursor", "text")

    assert len(mark) == 32
    assert mark == shop.services.sign(shop.tenant_id, "cursor", "text")
    assert mark != shop.services.sign(shop.tenant_id, "member-code", "text")


def _environment(engine: Engine, tmp_path: Path) -> dict[str, str]:
    table = f"tongka-{secrets.token_hex(4)}"
    create_table(open_client("cn-north-1", engine.url), table)
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("TONGKA_")},
        **engine.environment,
        "TONGKA_TABLE": table,
        "TONGKA_MASTER_KEY": f"file:{tmp_path / 'master.key'}",
        "PYTHONPATH": str(ROOT),
    }


def test_each_job_tells_its_figures_and_writes_them_to_the_log(engine: Engine, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", JOBS],
        env=_environment(engine, tmp_path),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    *lines, result = done.stdout.splitlines()
    said, again = json.loads(result.removeprefix("RESULT "))
    nothing = {
        "expire_points": {"accounts": 0, "points": 0, "failed": 0, "more": False},
        "settle_merges": {"settled": 0},
        "reconcile": {"accounts": 0, "findings": 0},
    }
    assert (said, again) == (nothing, nothing)
    assert [json.loads(each)["message"] for each in lines] == [*nothing] * 2


def test_every_ledger_is_proved_within_thirty_nights(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, int]] = []
    night = datetime(2026, 2, 20, 18, 30, tzinfo=UTC)

    def reconcile(segment: int, segments: int) -> Report:
        asked.append((segment, segments))
        return Report({}, ())

    for days in range(30):
        services = SimpleNamespace(clock=lambda now=night + timedelta(days=days): now, reconcile=reconcile)
        monkeypatch.setattr(schedules, "wiring", lambda services=services: services)
        schedules.reconcile()

    assert sorted(asked) == [(segment, 30) for segment in range(30)]


def test_a_job_that_fails_is_told_in_the_log_and_fails(caplog: pytest.LogCaptureFixture) -> None:
    @job
    def broken() -> dict[str, Any]:
        raise KeyError("x")

    with pytest.raises(JobFailed, match=r"broken.*KeyError"):
        broken()

    JOBS_BY_NAME.pop(f"{__name__}.{broken.__qualname__.rpartition('.')[2]}")
    assert [record.message for record in caplog.records] == ["job failed"]


@pytest.mark.parametrize("module", ["serverless.member_api", "serverless.staff_api"])
def test_an_entry_point_starts_and_answers(engine: Engine, tmp_path: Path, module: str) -> None:
    script = f"""
from importlib import import_module
event = {{
    "version": "2.0", "rawPath": "/nowhere", "rawQueryString": "", "headers": {{}},
    "requestContext": {{"http": {{"method": "GET", "protocol": "HTTP/1.1", "sourceIp": "203.0.113.9"}}}},
}}
print(import_module("{module}").handler(event, None)["statusCode"])
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=_environment(engine, tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == "404"


def test_a_missing_setting_stops_an_entry_point_with_what_to_set(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TONGKA_")}
    done = subprocess.run(
        [sys.executable, "-c", "import serverless.jobs.entry"],
        env={**environment, "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert "Set TONGKA_TABLE" in done.stderr
