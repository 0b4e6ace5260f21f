"""Twenty thousand inputs at every change: nothing breaks, nothing is accepted that nobody issued.

Always the same ones, so that a failure is everybody's. `python3 scripts/fuzz.py` looks further.
"""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.fuzz.bodies import BODIES, operations
from tests.fuzz.found import FOUND
from tests.fuzz.logs import LOG
from tests.fuzz.mutations import CHOICE, spoilt
from tests.fuzz.registry import replay, targets

INPUTS_MIN = 20_000
"""What only strange inputs reach counts as untested, and counting lines would double the time."""


CHOICES = st.binary(min_size=CHOICE + 1, max_size=4 * CHOICE + 1)
"""A seed and one to four changes: see `spoilt`. One draw, because each of them takes its time."""


@pytest.fixture(autouse=True)
def log() -> Iterator[None]:
    with LOG.listening():
        yield


@pytest.mark.parametrize("name", targets())
def test_whatever_comes_in_is_refused_or_was_issued(name: str) -> None:
    target, ran = targets()[name], 0

    @settings(
        derandomize=True,
        database=None,
        deadline=None,
        print_blob=True,
        max_examples=target.inputs,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(CHOICES)
    def try_all(choices: bytes) -> None:
        nonlocal ran
        ran += 1
        data = spoilt(choices, target.seeds, target.words)
        try:
            target.attempt(data)
        except BaseException as finding:
            finding.add_note(replay(name, data))
            raise

    try_all()

    assert ran >= target.inputs


def test_all_targets_together_try_twenty_thousand_inputs() -> None:
    assert sum(target.inputs for target in targets().values()) >= INPUTS_MIN


@pytest.mark.parametrize("name", targets())
def test_what_was_issued_is_accepted(name: str) -> None:
    """Otherwise a product that refuses everything would pass."""
    target = targets()[name]

    assert [seed for seed in target.genuine if not target.attempt(seed)] == []


@pytest.mark.parametrize("name", targets())
def test_what_others_are_made_from_breaks_nothing_either(name: str) -> None:
    for data in targets()[name].others:
        targets()[name].attempt(data)


@pytest.mark.parametrize("name, data", [(name, data) for name, found in FOUND.items() for data in found])
def test_what_was_found_once_stays_mended(name: str, data: bytes) -> None:
    assert targets()[name].attempt(data) is False


def test_each_operation_with_a_body_has_a_good_one_to_start_from() -> None:
    assert {endpoint for endpoint, *_ in operations()} == set(BODIES)
