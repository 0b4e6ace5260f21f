"""The command that fuzzes on demand."""

import base64
import subprocess
import sys

import pytest

from scripts.environment import ROOT
from scripts.fuzz import Run, _shares
from tests.fuzz.registry import replay, targets


def command(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "scripts/fuzz.py", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_it_fuzzes_one_target_and_sums_up() -> None:
    done = command("--target", "sealed-field", "--inputs", "300", "--seed", "7")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "sealed-field" in done.stdout
    assert "300/300" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("300 inputs in ")
    assert done.stdout.splitlines()[-1].endswith("0 broke something.")


@pytest.mark.parametrize(
    "data, said", [(b"[]", "refused"), (b'{"a": 1}', "accepted, and rightly"), (b"", "refused")]
)
def test_the_line_that_is_printed_tries_an_input_again(data: bytes, said: str) -> None:
    line = replay("json", data).split(" ")

    done = command(*line[2:])

    assert line[:2] == ["python3", "scripts/fuzz.py"]
    assert (done.returncode, done.stdout.strip()) == (0, said)


@pytest.mark.parametrize(
    "arguments, says",
    [(["--target", "nothing"], "wechat-login"), (["--replay", base64.b64encode(b"x").decode()], "--target")],
)
def test_a_misunderstanding_is_answered_in_one_line(arguments: list[str], says: str) -> None:
    done = command(*arguments)

    assert done.returncode == 1
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_each_target_gets_its_share_and_none_gets_nothing() -> None:
    chosen = list(targets().values())

    shares = _shares(chosen, 200_000)

    assert [target for target, _ in shares] == chosen
    assert all(wanted > 0 for _, wanted in shares)
    assert 200_000 <= sum(wanted for _, wanted in shares) <= 200_000 + len(chosen)


def test_what_the_fuzzing_process_says_is_understood() -> None:
    run = Run("json", 100)

    for line in (
        "INFO: Running with entropic power schedule (0xFF, 100).",
        "#64\tNEW    cov: 93 ft: 210 corp: 12/340b lim: 40 exec/s: 0 rss: 150Mb",
        "ran 70 accepted 3",
        " === Uncaught Python exception: ===",
        "Done 99 runs in 2 second(s)",
    ):
        run.hear(line)

    assert (run.ran, run.accepted, run.covered) == (99, 3, 93)
    assert run.told == [" === Uncaught Python exception: ==="]
    assert "99/100" in run.line()
