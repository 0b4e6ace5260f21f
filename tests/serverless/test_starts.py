"""What belongs to a function's start, and not to the first request."""

import json
from pathlib import Path

import pytest

from scripts.local.processes import free_port
from scripts.local.secure_store import SecureStore
from serverless.wiring import Wiring
from tests.serverless.functions import started
from tests.serverless.test_functions import http_event


@pytest.mark.parametrize("stage", ["member_api", "staff_api", "jobs"])
def test_the_first_connection_is_opened_before_anybody_asks(
    stage: str, environment: dict[str, str], tmp_path: Path
) -> None:
    """With the certificates of a real store, whose loading takes longer than a request."""
    with SecureStore(tmp_path) as store, started(stage, {**environment, **store.variables}):
        assert (store.connections, store.requests) == (1, 1)


def test_a_request_goes_by_the_connection_of_the_start(environment: dict[str, str], tmp_path: Path) -> None:
    token = {"authorization": f"Bearer demo.{'A' * 43}"}
    with (
        SecureStore(tmp_path) as store,
        started("member_api", {**environment, **store.variables}) as process,
    ):
        answer = process.invoke(http_event("GET", "/v1/me", headers=token))

        assert (answer["statusCode"], json.loads(answer["body"])["code"]) == (401, "session-ended")
        assert store.connections == 1
        assert store.requests > 1


def test_a_store_that_is_away_stops_no_start(environment: dict[str, str], tmp_path: Path) -> None:
    log = tmp_path / "function.log"
    away = {**environment, "AWS_ENDPOINT_URL_DYNAMODB": f"http://127.0.0.1:{free_port()}"}

    with started("member_api", away, log) as process:
        assert process.invoke(http_event("GET", "/v1/auth/health"))["statusCode"] == 200

    assert "the table did not answer at the start" in log.read_text()


def test_nothing_is_asked_where_there_is_no_lambda(services: Wiring) -> None:
    with services.metered() as usage:
        services.reach_table()

    assert usage.summary()["calls"] == 0
