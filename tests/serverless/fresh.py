"""Python processes of their own, for what shows only where nothing was imported before."""

import os
import subprocess
import sys
from collections.abc import Mapping

from scripts.environment import ROOT


def said(code: str, environment: Mapping[str, str]) -> str:
    """What it printed."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout
