"""A tenant for things to lie in, and a second one that must see nothing of them."""

import secrets

import pytest

from domain.tenant.apply import TenantWish
from domain.tenant.model import Settings
from sandbox.server import RunningSandbox
from serverless.settings import Settings as Environment
from serverless.wiring import Wiring
from tests.conftest import on_own_table
from tests.contracts.things import Place


@pytest.fixture(scope="session")
def own_services(settings: Environment, platforms: RunningSandbox) -> Wiring:
    """On a table of these tests' own: what lies there would not stand up to a proof."""
    return on_own_table(settings, platforms)


def new_place(services: Wiring) -> Place:
    tenant_id = f"t{secrets.token_hex(6)}"
    services.apply_tenant(TenantWish(tenant_id, "山茶咖啡", Settings()))
    return Place(services, tenant_id)


@pytest.fixture
def place(own_services: Wiring) -> Place:
    return new_place(own_services)


@pytest.fixture
def other_place(own_services: Wiring) -> Place:
    return new_place(own_services)
