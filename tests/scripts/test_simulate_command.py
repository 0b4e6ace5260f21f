"""What `scripts/simulate.py` keeps of large profiles, and says."""

from pathlib import Path

import pytest

from scripts import simulate
from tests.simulation import runs
from tests.simulation.faults import Tally


def test_a_slice_that_was_played_counts_until_the_code_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "nightly-001.json"
    assert simulate._kept(file) is None
    simulate._keep(file, runs.Result(Tally(histories=25), seconds=2.0))

    kept = simulate._kept(file)
    assert kept is not None
    assert kept.tally.histories == 25
    monkeypatch.setattr(runs, "version", lambda: "another")
    assert simulate._kept(file) is None
    assert "nightly-001 is of another version" in capsys.readouterr().out


def test_a_call_site_that_no_fault_met_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    result = runs.Result(rehearsed=Tally(possible={"undo: batch_get_item U × rival"}))

    with pytest.raises(SystemExit):
        simulate._report(result, as_json=False)

    assert "✗ never met: undo: batch_get_item U × rival" in capsys.readouterr().out


def test_where_nobody_watches_each_fifth_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    show = simulate._bar("seeds")
    for done in range(0, 1001, 25):
        show(done, 1000, 0)

    told = capsys.readouterr().out.splitlines()
    assert len(told) == 5
    assert told[-1].startswith("seeds  " + "█" * 30 + "  1,000 of 1,000")
