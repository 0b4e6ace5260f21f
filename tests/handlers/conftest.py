"""Two tenants on a table of their own, shared by the tests of one file that leave the clock alone."""

import secrets
from dataclasses import replace

import pytest

from adapters.dynamodb.client import open_client
from adapters.dynamodb.schema import create_table
from sandbox.server import RunningSandbox
from serverless.settings import Settings
from serverless.wiring import Wiring
from tests.handlers.scene import Scene
from tests.shop import Apps, open_shop


@pytest.fixture(scope="module")
def scene(settings: Settings, platforms: RunningSandbox, apps: Apps) -> Scene:
    platforms.world.clock.reset()
    own = replace(settings, table=f"tongka-{secrets.token_hex(4)}")
    client = open_client(own.region, own.dynamodb_url)
    create_table(client, own.table)
    services = Wiring(own, client, clock=platforms.world.clock.now)
    return Scene(open_shop(services, platforms, apps), open_shop(services, platforms, apps))
