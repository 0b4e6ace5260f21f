"""What Lambda's own variables would hold for this engine and these platforms."""

import pytest

from serverless.settings import Settings
from tests.serverless.cloud import cloud, opened

__all__ = ["cloud", "opened"]
"""Fixtures."""


@pytest.fixture
def environment(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What Lambda's native variables would hold, for this engine and these platforms."""
    variables = {
        "TONGKA_TABLE": settings.table,
        "TONGKA_MASTER_KEY": settings.master_key,
        "TONGKA_SHARDS": str(settings.shards),
        "TONGKA_WECHAT_URL": settings.wechat_url,
        "TONGKA_ALIPAY_URL": settings.alipay_url,
        "TONGKA_SMS_URL": settings.sms_url,
        "AWS_ENDPOINT_URL_DYNAMODB": settings.dynamodb_url or "",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return variables
