"""A small simulation in each run of the tests: every scene in calm weather, some histories with storms."""

import pytest

from tests.simulation.area import scenarios
from tests.simulation.areas import all_areas
from tests.simulation.houses import RULES
from tests.simulation.play import play
from tests.simulation.rehearsal import Cell, rehearse

AREAS = all_areas()


@pytest.mark.parametrize("scene", scenarios(AREAS))
def test_a_scene_goes_as_the_model_says_under_every_programme(scene: str) -> None:
    for number in range(len(RULES)):
        outcome = rehearse(Cell(scene, house=number), AREAS)

        assert outcome.violation is None, outcome.violation


@pytest.mark.parametrize("seed", range(40))
def test_a_history_keeps_every_promise(seed: int) -> None:
    outcome = play(str(seed), AREAS)

    assert outcome.violation is None, outcome.violation
