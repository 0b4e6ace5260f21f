"""An empty world for each test; servers and keys, which take long to make, are shared by all of them."""

from collections.abc import Iterator
from itertools import cycle

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from sandbox.alipay.signing import new_key_pair
from sandbox.server import RunningSandbox, start_sandbox
from tests.sandbox.worlds import KeyPair

SLOW_SECONDS = 0.3


@pytest.fixture(scope="session")
def servers() -> Iterator[RunningSandbox]:
    turns = cycle([new_key_pair(), new_key_pair()])
    running = start_sandbox(slow_seconds=SLOW_SECONDS, make_keys=lambda: next(turns))
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture
def sandbox(servers: RunningSandbox) -> RunningSandbox:
    servers.world.forget()
    return servers


@pytest.fixture(scope="session")
def keys() -> KeyPair:
    return KeyPair(rsa.generate_private_key(65537, 2048))
