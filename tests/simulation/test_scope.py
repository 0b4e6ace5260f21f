"""Nothing is left out: every use case of the product is played, and every area is one file."""

import importlib
import inspect
import pkgutil
from typing import get_type_hints

import domain
from tests.simulation import areas
from tests.simulation.area import Area, scenarios
from tests.simulation.areas import all_areas
from tests.simulation.model import state
from tests.simulation.rehearsal import Cell, rehearse
from tests.simulation.requests import Operation

AREAS = all_areas()
MODEL_LINES_MAX = 2200


def use_cases() -> set[type]:
    """Whatever runs units of work when it is called, found in the code."""
    found = set()
    for module in pkgutil.walk_packages(domain.__path__, "domain."):
        for _, kind in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if "__call__" in vars(kind) and "runner" in getattr(kind, "__struct_fields__", ()):
                found.add(kind)
    return found


def parts(use_case: type) -> set[type]:
    """Use cases that one is made of, such as opening a session after a login."""
    hints = get_type_hints(use_case).values()
    own = {hint for hint in hints if hint in use_cases()}
    return own | {part for each in own for part in parts(each)}


def operations() -> set[type[Operation]]:
    """Every kind of request that an area's file declares."""
    return {
        kind
        for found in pkgutil.iter_modules(areas.__path__)
        for _, kind in inspect.getmembers(importlib.import_module(f"{areas.__name__}.{found.name}"))
        if inspect.isclass(kind)
        and issubclass(kind, Operation)
        and kind.__module__.startswith(areas.__name__)
        and not inspect.isabstract(kind)
    }


def test_there_are_use_cases() -> None:
    assert len(use_cases()) > 30


def test_every_use_case_is_played_by_itself_or_inside_of_another() -> None:
    played = {operation.use_case for operation in operations()}
    inside = {part for use_case in played for part in parts(use_case)}

    assert use_cases() - played - inside == set()
    assert played <= use_cases()


def test_every_request_has_a_scene_in_which_each_call_meets_each_fault() -> None:
    played = {
        type(request.operation)
        for name in scenarios(AREAS)
        for request in rehearse(Cell(name), AREAS).requests[:1]
    }

    assert operations() - played == set()


def test_every_area_is_drawn_in_random_histories() -> None:
    for area in AREAS:
        assert area.draws, area.name
        assert area.scenarios, area.name


def test_names_of_scenes_and_areas_are_their_own() -> None:
    names = [name for area in AREAS for name in area.scenarios]

    assert len(names) == len(set(names))
    assert len({area.name for area in AREAS}) == len(AREAS)
    assert all(isinstance(area, Area) for area in AREAS)


def test_the_model_shares_no_code_with_the_product() -> None:
    folder = importlib.import_module("tests.simulation.model").__path__
    lines = 0
    for found in pkgutil.iter_modules(folder):
        source = inspect.getsource(importlib.import_module(f"tests.simulation.model.{found.name}"))
        lines += sum(bool(line.strip()) for line in source.splitlines())
        for room in ("domain", "adapters", "handlers", "serverless"):
            assert f"from {room}" not in source
            assert f"import {room}" not in source

    assert lines <= MODEL_LINES_MAX
    assert state.State().programme.version == 1
