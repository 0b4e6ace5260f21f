"""A bench for the unit of work, channels and accounts of the sandbox for the platforms."""

import secrets
from typing import Any

import pytest

from adapters.dynamodb.client import open_client
from domain.keyring import Fresh
from domain.tenant.model import Channel, ChannelKind, SmsAccount
from sandbox.server import RunningSandbox
from serverless.settings import Settings
from serverless.wiring import Wiring
from tests.adapters.disturbed import Bench, new_bench
from tests.conftest import on_own_table
from tests.shop import Apps


@pytest.fixture(scope="session")
def client(settings: Settings, engine: object) -> Any:
    return open_client(settings.region, settings.dynamodb_url)


@pytest.fixture
def tenant_id() -> str:
    return f"t{secrets.token_hex(6)}"


@pytest.fixture(scope="session")
def bench_services(settings: Settings, platforms: RunningSandbox) -> Wiring:
    """On a table of these tests' own: broken ledgers lie there."""
    return on_own_table(settings, platforms)


@pytest.fixture
def bench(bench_services: Wiring, client: Any, tenant_id: str) -> Bench:
    return new_bench(bench_services, client, tenant_id)


@pytest.fixture
def mini_program(apps: Apps) -> Channel:
    secret = {"app_secret": Fresh(apps.wechat_secret)}
    return Channel("t", "wx", ChannelKind.MINI_PROGRAM, "微信", apps.wechat_id, credentials=secret)


@pytest.fixture
def alipay_app(apps: Apps) -> Channel:
    return Channel(
        "t",
        "alipay",
        ChannelKind.ALIPAY_APP,
        "支付宝",
        apps.alipay_id,
        credentials={
            "app_private_key": Fresh(apps.private_key),
            "alipay_public_key": Fresh(apps.alipay_public_key),
            "aes_key": Fresh(apps.alipay_aes_key),
        },
    )


@pytest.fixture
def sms_account(apps: Apps) -> SmsAccount:
    return SmsAccount(apps.sms_key_id, Fresh(apps.sms_secret), "山茶咖啡", "SMS_100001")
