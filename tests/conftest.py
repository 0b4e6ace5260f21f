"""What many tests stand on: an engine, the platforms, and a shop of one's own.

`TONGKA_TEST_ENGINE=dynamodb-local` runs everything on the second engine.
"""

import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from adapters.dynamodb.client import open_client
from adapters.dynamodb.schema import create_table
from sandbox.alipay.signing import new_key_pair
from sandbox.server import RunningSandbox, start_sandbox
from scripts.local import engine as engines
from scripts.local.engine import Engine
from scripts.local.processes import Children
from serverless.settings import Settings
from serverless.wiring import Wiring
from tests.requests_to_aws import hold
from tests.shop import Apps, Opening, Shop, open_shop, register_apps

os.environ.update(engines.CREDENTIALS)


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    second = os.environ.get("TONGKA_TEST_ENGINE") == "dynamodb-local"
    with Children() as children:
        yield engines.start(children, second=second)


@pytest.fixture(scope="session")
def platforms() -> Iterator[RunningSandbox]:
    running = start_sandbox(slow_seconds=0.3, make_keys=new_key_pair)
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="session")
def apps(platforms: RunningSandbox) -> Apps:
    return register_apps(platforms)


@pytest.fixture
def sandboxed(platforms: RunningSandbox) -> Iterator[RunningSandbox]:
    """The platforms on the present day and without faults, before and after; with nothing received yet."""
    platforms.world.requests.forget()  # Only so many are kept: what a test counts must not push others out.
    yield platforms
    platforms.world.clock.reset()
    platforms.world.faults.cancel()


@pytest.fixture(autouse=True)
def same_environment() -> Iterator[None]:
    """Whatever a test starts may set variables for its own processes; the next one finds its own."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="session")
def settings(engine: Engine, platforms: RunningSandbox, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    key: Path = tmp_path_factory.mktemp("keys") / "master.key"
    return Settings(
        table=f"tongka-{secrets.token_hex(4)}",
        region="cn-north-1",
        master_key=f"file:{key}",
        shards=4,
        wechat_url=platforms.wechat_url,
        alipay_url=platforms.alipay_url,
        sms_url=platforms.sms_url,
        dynamodb_url=engine.url,
        clock_url=None,
        images=f"folder:{tmp_path_factory.mktemp('images')}",
        images_url="https://images.example/shop",
    )


@pytest.fixture(scope="session")
def services(settings: Settings, platforms: RunningSandbox) -> Wiring:
    return _on_table(settings, platforms)


def _on_table(settings: Settings, platforms: RunningSandbox) -> Wiring:
    client = open_client(settings.region, settings.dynamodb_url)
    hold(client.meta.events)
    create_table(client, settings.table)
    return Wiring(settings, client, clock=platforms.world.clock.now)


def on_own_table(settings: Settings, platforms: RunningSandbox) -> Wiring:
    """For jobs that look at all tenants."""
    return _on_table(replace(settings, table=f"tongka-{secrets.token_hex(4)}"), platforms)


@pytest.fixture
def shop(services: Wiring, sandboxed: RunningSandbox, apps: Apps) -> Shop:
    return open_shop(services, sandboxed, apps)


@pytest.fixture
def lone_shop(settings: Settings, sandboxed: RunningSandbox, apps: Apps) -> Shop:
    """A shop whose table holds nothing else."""
    return open_shop(on_own_table(settings, sandboxed), sandboxed, apps)


@pytest.fixture
def other_lone_shop(settings: Settings, sandboxed: RunningSandbox, apps: Apps) -> Shop:
    """A second one, on a third table."""
    return open_shop(on_own_table(settings, sandboxed), sandboxed, apps)


@pytest.fixture
def open_with(services: Wiring, sandboxed: RunningSandbox, apps: Apps) -> Callable[[Opening], Shop]:
    return lambda opening: open_shop(services, sandboxed, apps, opening)
