"""The commands say what to do when something is missing."""

import fcntl
import json
import re
import subprocess
import sys
from importlib.metadata import requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from scripts import environment
from scripts.environment import ROOT
from scripts.local import capabilities
from scripts.local.processes import Children, DidNotStart, free_port, wait_until


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env={"PATH": "/usr/bin"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_old_python_is_told_what_is_needed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment, "PYTHON_MIN", (99, 0))

    with pytest.raises(SystemExit):
        environment.enter(environment.RUNTIME)

    said = capsys.readouterr().err
    assert "Python 99.0 or later is needed" in said
    assert len(said.splitlines()) == 1


def test_a_virtual_environment_that_is_not_whole_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever ended the first run in the middle has a Python there, and no pip."""
    half = tmp_path / "venv" / "bin" / "python"
    half.parent.mkdir(parents=True)
    half.write_text("#!/bin/sh\nexit 1\n")
    half.chmod(0o755)
    made: list[Path] = []
    monkeypatch.setattr(environment, "VENV", tmp_path / "venv")
    monkeypatch.setattr(environment, "PYTHON", half)
    monkeypatch.setattr("venv.create", lambda place, **_: made.append(place))
    monkeypatch.setattr(environment, "_run", lambda *_: None)

    environment.install(environment.RUNTIME)

    assert made == [tmp_path / "venv"]


def test_a_missing_node_is_told_what_is_needed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")

    with pytest.raises(SystemExit):
        environment.install_node()

    assert "Node 20 or later with npm is needed" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["scripts/reconcile.py", "scripts/recount.py"])
def test_commands_without_settings_say_which_one_is_missing(command: str) -> None:
    done = run(command)

    assert done.returncode == 1
    assert "Set TONGKA_TABLE" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_second_demo_on_the_same_data_is_refused_in_one_line(tmp_path: Path) -> None:
    lock = ROOT / "var" / "demo.lock"
    lock.parent.mkdir(exist_ok=True)
    with lock.open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pytest.skip("a demo is running here")
        done = run("scripts/demo.py")

    assert done.returncode == 1
    assert done.stderr.startswith("✗ A demo is running already")


def test_a_taken_port_is_left_alone() -> None:
    port = free_port()
    with Children() as children:
        server = children.start([sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"])
        wait_until(lambda: free_port(port) != port, server, "a server", None)

        assert free_port(port) != port


def test_a_child_that_ends_at_once_is_reported_with_its_log() -> None:
    with Children() as children:
        process = children.start([sys.executable, "-c", "raise SystemExit(3)"])
        with pytest.raises(DidNotStart, match=r"The thing ended at once \(exit code 3\); see some.log"):
            wait_until(lambda: False, process, "The thing", Path("some.log"))


def test_children_end_with_their_parent() -> None:
    with Children() as children:
        process = children.start([sys.executable, "-c", "import time; time.sleep(600)"])
        assert process.poll() is None

    assert process.poll() is not None


def test_capabilities_of_all_runs_are_printed_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = {"C-20": {"passed": 2, "failed": 0}, "C-03": {"passed": 1, "failed": 0}}
    (tmp_path / "1.json").write_text(json.dumps(first))
    (tmp_path / "2.json").write_text(json.dumps({"C-20": {"passed": 0, "failed": 1}}))
    monkeypatch.setattr(capabilities, "RESULTS", tmp_path)

    assert capabilities.lines() == ["C-03: 1 tests, 1 passed, 0 failed", "C-20: 3 tests, 2 passed, 1 failed"]


def pins(name: str) -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+)(?:\[\w+\])?==(\S+)", (ROOT / name).read_text(), re.MULTILINE))


@pytest.mark.parametrize("larger", ["requirements-deploy.txt", "requirements-dev.txt"])
def test_what_runs_is_pinned_alike_wherever_it_is_installed(larger: str) -> None:
    assert pins("requirements.txt").items() <= pins(larger).items()


@pytest.mark.parametrize("name", sorted(environment.HELD_BY))
def test_a_list_names_all_that_its_packages_need(name: str) -> None:
    """They are installed as they stand, without another look at what each needs."""
    listed = pins(name).keys()
    missing = [
        f"{package} needs {needed.name}"
        for package in listed
        for needed in map(Requirement, requires(package) or ())
        if (needed.marker is None or needed.marker.evaluate({"extra": ""}))
        and canonicalize_name(needed.name) not in listed
    ]

    assert not missing
