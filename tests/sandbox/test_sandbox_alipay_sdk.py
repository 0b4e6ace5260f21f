"""Alipay in the sandbox, seen by a client that knows nothing of it: the python-alipay-sdk."""

import logging
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.server import RunningSandbox
from tests.sandbox.worlds import AlipayApp, KeyPair, alipay_app, china_time, person, plan

TOKEN = "alipay.system.oauth.token"


@pytest.fixture
def sdk() -> Iterator[Any]:
    """The package. Importing it warns, and replaces the handlers of the root logger."""
    handlers, level = logging.root.handlers[:], logging.root.level
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import alipay  # noqa: PLC0415 - the import itself is what the fixture tames.

        yield alipay
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


def client(sdk: Any, app: AlipayApp) -> Any:
    """The SDK's client, aimed at the sandbox."""
    public = f"-----BEGIN PUBLIC KEY-----\n{app.alipay_public_key}\n-----END PUBLIC KEY-----"
    made = sdk.AliPay(
        appid=app.app_id,
        app_notify_url=None,
        app_private_key_string=app.keys.private_pem,
        alipay_public_key_string=public,
        sign_type="RSA2",
    )
    made._gateway = app.sandbox.alipay_url
    return made


def log_in(sdk: Any, app: AlipayApp, code: str) -> Any:
    """Exchange a code through the SDK, which verifies what comes back."""
    now = china_time(app.sandbox.world.clock.now())
    return client(sdk, app).server_api(TOKEN, grant_type="authorization_code", code=code, timestamp=now)


def test_the_sdk_logs_in_and_accepts_the_signature(sandbox: RunningSandbox, keys: KeyPair, sdk: Any) -> None:
    app, wang = alipay_app(sandbox, keys), person(sandbox)
    node = log_in(sdk, app, app.auth_code(wang))
    assert node["open_id"] == app.log_in(wang)["open_id"]
    assert node["access_token"].startswith("composeB")


def test_the_sdk_reads_a_profile(sandbox: RunningSandbox, keys: KeyPair, sdk: Any) -> None:
    app = alipay_app(sandbox, keys)
    token = app.log_in(person(sandbox))["access_token"]
    now = china_time(sandbox.world.clock.now())
    node = client(sdk, app).server_api("alipay.user.info.share", auth_token=token, timestamp=now)
    assert (node["code"], node["nick_name"]) == ("10000", "王小明")


def test_the_sdk_rejects_a_wrong_signature(sandbox: RunningSandbox, keys: KeyPair, sdk: Any) -> None:
    app = alipay_app(sandbox, keys)
    plan(sandbox, "alipay", TOKEN, "wrong_sign")
    with pytest.raises(sdk.exceptions.AliPayValidationError):
        log_in(sdk, app, app.auth_code(person(sandbox)))


def test_the_sdk_raises_on_a_bad_code(sandbox: RunningSandbox, keys: KeyPair, sdk: Any) -> None:
    with pytest.raises(sdk.exceptions.AliPayException, match=r"isv\.code-invalid"):
        log_in(sdk, alipay_app(sandbox, keys), "unknown")


def test_the_sdk_stumbles_over_tricky_text_as_it_is_known_to(
    sandbox: RunningSandbox, keys: KeyPair, sdk: Any
) -> None:
    app = alipay_app(sandbox, keys)
    plan(sandbox, "alipay", TOKEN, "tricky_text")
    with pytest.raises(sdk.exceptions.AliPayValidationError):
        log_in(sdk, app, app.auth_code(person(sandbox)))
