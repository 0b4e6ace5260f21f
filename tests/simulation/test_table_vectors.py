"""The double and both engines answer what DynamoDB answers, each where it does."""

from typing import Any

import pytest

from adapters.dynamodb.schema import definition
from scripts.local.engine import Engine
from tests.simulation.table.client import Client
from tests.simulation.table.engines import new_table, open_patient_client
from tests.simulation.table.storage import Storage
from tests.simulation.table.vectors import Vector, comparable, lay_all, load, prefix_of, run

VECTORS = load()
NUMBERED = [pytest.param(number, vector, id=vector.name) for number, vector in enumerate(VECTORS)]


@pytest.fixture(scope="session")
def engine_client(engine: Engine) -> Any:
    return open_patient_client(engine.url)


@pytest.fixture(scope="session")
def shared_table(engine_client: Any) -> str:
    table = new_table(engine_client)
    lay_all(VECTORS, engine_client, table)
    return table


@pytest.mark.parametrize("number, vector", NUMBERED)
def test_the_double_answers_as_the_cloud(number: int, vector: Vector) -> None:
    prefix = prefix_of(number)
    client = Client(Storage(definition("vectors")))

    found = run(vector, client, "vectors", prefix)

    assert found == comparable(vector.expected(None), prefix)


@pytest.mark.parametrize("number, vector", NUMBERED)
def test_the_engine_answers_as_is_known_of_it(
    number: int, vector: Vector, engine: Engine, engine_client: Any, shared_table: str
) -> None:
    prefix = prefix_of(number)
    table = new_table(engine_client) if vector.own_table else shared_table

    found = run(vector, engine_client, table, prefix, is_laid=not vector.own_table)

    assert found == comparable(vector.expected(engine.name), prefix)


def test_there_are_vectors_enough_and_each_difference_has_its_reason() -> None:
    assert len(VECTORS) >= 400
    assert len({vector.name for vector in VECTORS}) == len(VECTORS)
    assert all(other["why"] for vector in VECTORS for other in vector.engines.values())
