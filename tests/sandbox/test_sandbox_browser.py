"""The page in a real browser; skipped where Chromium is not installed."""

import shutil
import subprocess
from pathlib import Path

import pytest

from sandbox.server import RunningSandbox
from tests.sandbox.worlds import person

CHROMIUM = shutil.which("chromium")
QUIET = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
def test_the_page_shows_its_people_and_fits_its_window(sandbox: RunningSandbox, tmp_path: Path) -> None:
    person(sandbox, "王小明")

    done = subprocess.run(
        [CHROMIUM or "", *QUIET, f"--user-data-dir={tmp_path}", "--dump-dom", f"{sandbox.page_url}/"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    assert "王小明" in done.stdout
    assert "通卡沙盒" in done.stdout
