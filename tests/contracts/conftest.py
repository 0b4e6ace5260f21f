"""A tenant for things to lie in, and a second one that must see nothing of them."""

import secrets

import pytest

from domain.tenant.apply import TenantWish
from domain.tenant.model import Settings
from serverless.wiring import Wiring
from tests.contracts.things import Place


def new_place(services: Wiring) -> Place:
    tenant_id = f"t{secrets.token_hex(6)}"
    services.apply_tenant(TenantWish(tenant_id, "山茶咖啡", Settings()))
    return Place(services, tenant_id)


@pytest.fixture
def place(services: Wiring) -> Place:
    return new_place(services)


@pytest.fixture
def other_place(services: Wiring) -> Place:
    return new_place(services)
