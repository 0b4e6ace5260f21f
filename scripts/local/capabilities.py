"""A pytest plug-in that counts results by capability; `scripts/test.py --capabilities` prints them."""

import json
import os
from collections import Counter as Counts
from collections import defaultdict
from typing import Any

import pytest

from scripts.environment import ROOT

RESULTS = ROOT / "var" / "capabilities"
"""A file for each run of pytest."""


class Counter:
    """Counts each marked test once, by how it ended; tests may run in several processes."""

    def __init__(self) -> None:
        self.counts: dict[str, dict[str, int]] = defaultdict(lambda: {"passed": 0, "failed": 0})

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
        """Where the test runs: the marks go along with the report."""
        report: pytest.TestReport = yield
        report.user_properties += [("capability", mark.args[0]) for mark in item.iter_markers("capability")]
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Where the reports come together."""
        if report.when == "call" or report.failed:
            for name, number in report.user_properties:
                if name == "capability":
                    self.counts[str(number)]["passed" if report.passed else "failed"] += 1

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if not hasattr(session.config, "workerinput"):
            RESULTS.mkdir(parents=True, exist_ok=True)
            (RESULTS / f"{os.getpid()}.json").write_text(json.dumps(self.counts))


def pytest_configure(config: pytest.Config) -> None:
    """pytest calls this when the plug-in is named on the command line."""
    config.pluginmanager.register(Counter(), "capabilities")


def lines() -> list[str]:
    """Number, tests, passed, failed."""
    counts: defaultdict[str, Counts[str]] = defaultdict(Counts)
    for path in RESULTS.glob("*.json"):
        for number, found in json.loads(path.read_text()).items():
            counts[number] += Counts(found)
    return [
        f"{number}: {sum(found.values())} tests, {found['passed']} passed, {found['failed']} failed"
        for number, found in sorted(counts.items(), key=lambda pair: int(pair[0].partition("-")[2]))
    ]
