"""zappa_settings.json: every name in it resolves, and nothing in it is one of Zappa's traps."""

import importlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scripts.cloud.http_api import SECONDS_MAX
from scripts.cloud.sources import LETTER_SECONDS
from tests.serverless.fresh import said

ROOT = Path(__file__).resolve().parent.parent.parent
STAGES: dict[str, dict[str, Any]] = json.loads((ROOT / "zappa_settings.json").read_text())


def names() -> Iterator[str]:
    for stage in STAGES.values():
        if "lambda_handler" in stage:
            yield stage["lambda_handler"]
        for event in stage.get("events", ()):
            yield event["function"]


def test_the_functions_are_these() -> None:
    assert set(STAGES) - {"base"} == {"member_api", "staff_api", "jobs"}


@pytest.mark.parametrize("name", sorted(set(names())))
def test_every_name_resolves(name: str, environment: dict[str, str]) -> None:
    module, _, attribute = name.rpartition(".")

    assert callable(getattr(importlib.import_module(module), attribute))
    assert len(name) <= 63, "EventBridge takes no more"
    assert "-" not in name, "what stands behind the last one in a rule's name is the job"


def test_every_job_has_a_rule_and_every_rule_a_job(environment: dict[str, str]) -> None:
    jobs = importlib.import_module("serverless.jobs.entry").JOBS

    assert {each["function"] for each in STAGES["jobs"]["events"]} == set(jobs)


HOW_OFTEN = {
    "Hourly": r"cron\(\d+ \* \* \* \? \*\)",
    "Nightly": r"cron\(\d+ \d+ \* \* \? \*\)",
    "Every minute": r"rate\(1 minute\)",
    "Every five minutes": r"rate\(5 minutes\)",
}


@pytest.mark.parametrize("event", STAGES["jobs"]["events"], ids=lambda event: event["function"])
def test_a_job_runs_as_often_as_it_says(event: dict[str, str], environment: dict[str, str]) -> None:
    job = importlib.import_module("serverless.jobs.entry").JOBS[event["function"]]
    said = re.match("|".join(HOW_OFTEN), job.__doc__)

    assert said is not None
    assert re.fullmatch(HOW_OFTEN[said[0]], event["expression"])


def test_functions_end_before_whoever_waits_for_them_gives_up() -> None:
    seconds = {
        name: stage.get("timeout_seconds", STAGES["base"]["timeout_seconds"])
        for name, stage in STAGES.items()
    }

    assert {seconds["member_api"], seconds["staff_api"]} == {15}
    assert SECONDS_MAX > 15, "an HTTP API answers 503 by itself after this"
    assert LETTER_SECONDS > seconds["jobs"] == 900, "as long as Lambda lets a function run"


@pytest.mark.parametrize("stage", sorted(set(STAGES) - {"base"}))
def test_each_function_has_an_entry_point_of_its_own(stage: str) -> None:
    found = STAGES[stage]

    assert found["lambda_handler"].startswith(f"serverless.{stage}."), "Zappa's handler runs what it is told"
    assert "app_function" not in found
    assert not any("event_source" in event for event in found.get("events", ())), (
        "Zappa makes mappings without StartingPosition, and without partial batches"
    )


def test_settings_are_safe() -> None:
    base = STAGES["base"]

    assert base["manage_roles"] is False, "Zappa's own role may do everything with every table"
    assert base["apigateway_enabled"] is False, "its API has no place for several functions, nor for China"
    assert base["keep_warm"] is False
    assert base["debug"] is False
    assert "exclude" not in base, "excludes match at any depth, in dependencies too"
    assert "TONGKA_CLOCK_URL" not in base["aws_environment_variables"]


def test_nobody_imports_zappas_tasks() -> None:
    """They open four clients wherever they are imported, and run whatever a message names."""
    rooms = ("adapters", "domain", "handlers", "serverless")
    paths = [path for room in rooms for path in (ROOT / room).rglob("*.py")]

    assert [
        path for path in paths if "import zappa" in (text := path.read_text()) or "from zappa" in text
    ] == []


@pytest.mark.parametrize(
    "entry",
    [
        *("serverless.member_api", "serverless.staff_api"),
        "serverless.jobs.entry",
    ],
)
def test_garbage_is_collected_again_once_all_is_started(entry: str, environment: dict[str, str]) -> None:
    code = f"import gc, {entry}; print(gc.isenabled(), gc.get_freeze_count() > 10_000)"

    assert said(code, environment).split() == ["True", "True"]
