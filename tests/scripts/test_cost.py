"""The costs are prices times what was counted."""

import json
import subprocess
import sys

import pytest

from scripts.cloud import build, watch
from scripts.environment import ROOT
from scripts.local import cost_model, cost_page
from scripts.local.cost_model import Counted, Prices, cost


def test_a_request_by_hand() -> None:
    """Two calls at 512 MB: 10 ms of waiting, 2.9 ms of a processor of which 0.289 is there."""
    found = cost(Counted(calls=2, reads=2, writes=4), Prices())

    cpu = 2.9 / (512 / 1769)
    assert found.ms == pytest.approx(10 + cpu)
    assert found.compute == pytest.approx(0.20 + 16.67 * 0.5 * (10 + cpu + 6.5) / 1000)
    assert found.store == pytest.approx(2 * 0.125 + 4 * 0.625)
    assert found.api == 1.0
    assert found.logs == pytest.approx(0.35)
    assert found.total == pytest.approx(found.api + found.compute + found.store + found.logs)


def test_waiting_for_a_platform_costs_memory_and_a_job_has_no_api() -> None:
    plain, waiting = (cost(Counted(1), Prices(), platform_calls=calls) for calls in (0, 1))
    job = cost(Counted(1), Prices(), by_http=False)

    assert waiting.compute - plain.compute == pytest.approx(16.67 * 0.5 * 100 / 1000)
    assert (job.api, job.logs, job.compute) == (0, 0, plain.compute)


def test_every_habit_is_an_operation_that_was_measured() -> None:
    known = cost_model.counted()

    assert len(known) > 50
    assert {row for habit in cost_model.HABITS for row in habit.rows} <= set(known)


def test_twice_the_members_cost_twice_as_much() -> None:
    known = cost_model.counted()
    once, twice = (cost_model.monthly(members, known, Prices()) for members in (10_000, 20_000))

    assert twice == pytest.approx(2 * once)
    assert once > 0


def test_the_page_is_what_was_counted() -> None:
    assert (ROOT / "docs" / "cost.md").read_text() == cost_page.page(10_000, Prices()), (
        "python3 scripts/cost.py --write"
    )


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "scripts/cost.py", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_other_prices_are_given_by_name() -> None:
    usual, dear = (json.loads(run("--json", *more).stdout) for more in ((), ("--price", "api=3.5")))
    unknown, words = run("--price", "apy=1"), run("--price", "api=much")

    assert dear["per_million"]["Read the balance"] == pytest.approx(
        usual["per_million"]["Read the balance"] + 2.5
    )
    assert (unknown.returncode, words.returncode) == (1, 1)
    assert "call_cpu_ms" in unknown.stderr
    assert "call_cpu_ms" in words.stderr
    assert run("--members", "0").returncode == 1


def test_what_stands_costs_the_same_however_few_come() -> None:
    found = cost_model.standing(Prices(alarm_month=0.2))

    assert found["the master key"] == 1.0
    assert found["14 alarms"] == pytest.approx(2.8)
    assert len(found) == 2 + len(cost_model.RUNS)


def test_the_alarms_are_those_that_deploying_makes() -> None:
    functions = {stage: stage for stage in build.stages()}
    made = list(watch.watched("acme", "acme", functions, lambda: "api", "letters"))

    assert len(made) == cost_model.ALARMS
    assert len({each.name for each in made}) == cost_model.ALARMS
