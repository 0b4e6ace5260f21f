"""The catalogue of planted mistakes fits the code, and the hunt for them works."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.simulation.planted.hunt import ROOT, Bug, bugs, hunt

CAUGHT_AT_ONCE = "a wholly refunded order still counts"
HARMLESS = Bug(
    "a word in a comment", "ledger", "domain/points/book.py", '"""An account while', '"""The account while'
)


def copy(bug: Bug, folder: Path) -> None:
    (folder / bug.file).parent.mkdir(parents=True)
    (folder / bug.file).write_text((ROOT / bug.file).read_text())


AREAS = {
    "ledger",
    "merge",
    "idempotency",
    "expiry",
    "login",
    "programme",
    "reward",
    "tier",
    "entitlement",
    "held",
    "coupon",
    "checkout",
    "statistics",
}


def test_there_are_enough_of_every_kind() -> None:
    areas = {bug.area for bug in bugs()}

    assert len(bugs()) >= 30
    assert areas == AREAS
    assert len({bug.name for bug in bugs()}) == len(bugs())


@pytest.mark.parametrize("bug", bugs(), ids=lambda bug: bug.name)
def test_a_mistake_can_be_planted_and_is_still_python(bug: Bug, tmp_path: Path) -> None:
    copy(bug, tmp_path)
    before = (tmp_path / bug.file).read_text()

    bug.plant(tmp_path)

    after = (tmp_path / bug.file).read_text()
    compile(after, bug.file, "exec")
    assert after != before


def test_a_text_that_is_gone_is_told(tmp_path: Path) -> None:
    bug = replace(bugs()[0], find="there is no such text")
    copy(bug, tmp_path)

    with pytest.raises(ValueError, match="stands 0 times"):
        bug.plant(tmp_path)


def test_a_planted_mistake_is_noticed_with_the_promise_that_it_breaks() -> None:
    bug = next(bug for bug in bugs() if bug.name == CAUGHT_AT_ONCE)

    catch = hunt(bug, histories=40)

    assert catch.check == "an account is as the model says", catch.detail
    assert 1 <= catch.histories <= 40


def test_what_is_no_mistake_is_not_noticed() -> None:
    catch = hunt(HARMLESS, histories=5, rehearse=False)

    assert (catch.check, catch.histories) == ("", 5)
