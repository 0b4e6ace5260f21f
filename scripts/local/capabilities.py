"""A pytest plug-in that counts results by capability; `scripts/test.py --capabilities` prints them."""

import json
from collections import defaultdict
from typing import Any

import pytest

from scripts.environment import ROOT

RESULTS = ROOT / "var" / "capabilities.json"


class Counter:
    """Counts each marked test once, by how it ended."""

    def __init__(self) -> None:
        self.counts: dict[str, dict[str, int]] = defaultdict(lambda: {"passed": 0, "failed": 0})

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
        report: pytest.TestReport = yield
        if report.when == "call" or report.failed:
            for mark in item.iter_markers("capability"):
                self.counts[mark.args[0]]["passed" if report.passed else "failed"] += 1
        return report

    def pytest_sessionfinish(self) -> None:
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps(self.counts))


def pytest_configure(config: pytest.Config) -> None:
    """pytest calls this when the plug-in is named on the command line."""
    config.pluginmanager.register(Counter(), "capabilities")


def lines() -> list[str]:
    """Number, tests, passed, failed."""
    counts: dict[str, dict[str, int]] = json.loads(RESULTS.read_text())
    return [
        f"{number}: {sum(found.values())} tests, {found['passed']} passed, {found['failed']} failed"
        for number, found in sorted(counts.items(), key=lambda pair: int(pair[0].partition("-")[2]))
    ]
