"""The doctor: all well where all is well, and what to mend where it is not."""

import os
import subprocess
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from adapters.alipay.gateway import AlipayGateway, AlipayRefused
from adapters.wechat.client import WeChatClient, WeChatRefused
from domain.tenant.apply import ChannelWish
from domain.tenant.model import ChannelKind
from scripts.environment import PYTHON, ROOT
from scripts.local import examination
from scripts.local.examination import Bad, Finding
from serverless.wiring import Wiring
from tests.shop import Shop

CHANNELS = ["wx", "wx-2", "alipay", "web"]


def findings(shop: Shop, channels: list[str] | None = None) -> dict[str, Finding]:
    settings = shop.services._settings
    found = examination.examine(settings, shop.services, shop.tenant_id, channels or CHANNELS, None)
    return {each.what.replace(shop.tenant_id, "T"): each for each in found}


def test_all_is_well(shop: Shop) -> None:
    found = findings(shop)

    assert {what: each.says for what, each in found.items() if not each.is_good} == {}
    channels = [f"channel T.{each}" for each in CHANNELS]
    assert list(found) == ["table", "clock", "master key", "keys of T", *channels]
    assert "takes the app id, the secret and our address" in found["channel T.wx"].says
    assert "takes the app id, our key and our address" in found["channel T.alipay"].says


def wechat(shop: Shop, app_id: str, secret: str) -> None:
    wish = ChannelWish("wx", ChannelKind.MINI_PROGRAM, "微信", app_id, credentials={"app_secret": secret})
    shop.services.apply_channel(shop.tenant_id, wish)


def test_a_secret_that_was_made_anew_is_told(shop: Shop) -> None:
    wechat(shop, shop.apps.wechat_id, "0" * 32)

    found = findings(shop, ["wx"])["channel T.wx"]

    assert (found.is_good, found.says.startswith("errcode 40125: WeChat refuses the secret")) == (False, True)


def test_an_unknown_app_is_told(shop: Shop) -> None:
    wechat(shop, "wx" + "0" * 16, shop.apps.wechat_secret)

    found = findings(shop, ["wx"])["channel T.wx"]

    assert (found.is_good, "40013" in found.says) == (False, True)


@pytest.mark.parametrize(
    "errcode,told", [(40164, "IP白名单"), (40243, "frozen"), (45011, "docs/platforms.md")]
)
def test_what_wechat_says_is_translated(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, errcode: int, told: str
) -> None:
    def refuse(*_: Any) -> None:
        raise WeChatRefused(errcode)

    monkeypatch.setattr(WeChatClient, "post", refuse)

    found = findings(shop, ["wx"])["channel T.wx"]

    assert (found.is_good, str(errcode) in found.says, told in found.says) == (False, True, True)


@pytest.mark.parametrize(
    "sub_code,told", [("isv.invalid-signature", "public key"), ("isv.ip-not-in-whitelist", "IP白名单")]
)
def test_what_alipay_says_is_translated(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, sub_code: str, told: str
) -> None:
    def refuse(*_: Any) -> None:
        raise AlipayRefused("40002", sub_code, is_signed=True)

    monkeypatch.setattr(AlipayGateway, "call", refuse)

    found = findings(shop, ["alipay"])["channel T.alipay"]

    assert (found.is_good, told in found.says) == (False, True)


def test_another_master_key_is_told(shop: Shop, tmp_path: Path) -> None:
    other = replace(shop.services._settings, master_key=f"file:{tmp_path / 'other.key'}")
    services = Wiring(other, clock=shop.services.clock)

    found = {each.what: each for each in examination.examine(other, services, shop.tenant_id, [], None)}

    assert not found[f"keys of {shop.tenant_id}"].is_good
    assert "is TONGKA_MASTER_KEY the one" in found[f"keys of {shop.tenant_id}"].says


def test_a_missing_table_and_an_unknown_tenant_are_told(shop: Shop) -> None:
    other = replace(shop.services._settings, table="nowhere")

    found = [each.says for each in examination.examine(other, shop.services, "nobody", [], None)]

    assert found[0] == "There is no table nowhere in cn-north-1: scripts/deploy.py apply."
    assert "scripts/tenant.py apply FILE" in found[3]


def test_a_master_key_that_is_not_there_is_told_without_a_tenant(shop: Shop) -> None:
    other = replace(shop.services._settings, master_key="file:/nowhere/master.key")

    found = {each.what: each for each in examination.examine(other, shop.services, None, [], None)}

    assert not found["master key"].is_good
    assert found["master key"].says == "There is no file /nowhere/master.key; TONGKA_MASTER_KEY names it."


@pytest.mark.parametrize("off,is_good", [(0, True), (4, True), (-60, False), (600, False)])
def test_a_clock_that_is_off_is_told(shop: Shop, off: int, is_good: bool) -> None:
    class Dated:
        def describe_table(self, **_: Any) -> dict[str, Any]:
            dated = format_datetime(datetime.now(UTC) - timedelta(seconds=off), usegmt=True)
            return {"ResponseMetadata": {"HTTPHeaders": {"date": dated}}}

    if is_good:
        assert "within a few seconds" in examination._clock(Dated(), shop.services._settings)
    else:
        with pytest.raises(Bad, match="keep it by NTP"):
            examination._clock(Dated(), shop.services._settings)


@pytest.mark.parametrize(
    "address,told",
    [
        ("http://127.0.0.1:1", "is not reached"),
        ("http://example.com", "https only"),
    ],
)
def test_an_address_that_does_not_do_is_told(address: str, told: str) -> None:
    look = examination._answers if "127" in address else examination._address

    with pytest.raises(Bad, match=told):
        look(address)


def test_the_command(shop: Shop) -> None:
    settings = shop.services._settings
    environment = {
        **os.environ,
        "TONGKA_TABLE": settings.table,
        "TONGKA_MASTER_KEY": settings.master_key,
        "AWS_ENDPOINT_URL_DYNAMODB": settings.dynamodb_url or "",
    }
    command: list[str | Path] = [PYTHON, "scripts/doctor.py", "--address", "http://127.0.0.1:1"]

    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert "✓ settings" in done.stdout
    assert f"✓ table: {settings.table}, on this machine" in done.stdout
    assert "✗ http://127.0.0.1:1/v1/auth/health: is not reached" in done.stdout
    assert done.stdout.endswith("2 to mend.\n")
