"""What a fresh process loads, counted by module and not by the clock, so that it never flakes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PLATFORM_SDKS = {"alipay", "wechatpy", "OpenSSL", "Cryptodome"}
NEVER = PLATFORM_SDKS | {"apispec", "boto3", "moto", "pytest", "requests", "sandbox", "scripts", "zappa"}
STORE_SDKS = {"boto3", "botocore", "pynamodb", "urllib3"}


def loaded(module: str) -> set[str]:
    """Top-level names in sys.modules after importing one module in a fresh process."""
    environment = {
        **os.environ,
        "TONGKA_TABLE": "tongka",
        "TONGKA_MASTER_KEY": "kms:alias/tongka",
        "AWS_REGION": "cn-north-1",
    }
    code = f"import {module}, sys; print(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


@pytest.mark.parametrize("room", ["domain.joining.prove_phone", "domain.merge.undo", "domain.points.earn"])
def test_the_domain_loads_nothing_but_what_makes_its_values(room: str) -> None:
    known = {"domain", "msgspec", "typing_extensions", "__main__", "sitecustomize"}
    outside = loaded(room) - set(sys.stdlib_module_names) - known

    assert {name for name in outside if not name.startswith("_")} == set()


def test_handlers_load_no_sdk() -> None:
    names = loaded("handlers.me") | loaded("handlers.orders")

    assert names & (STORE_SDKS | NEVER | {"cryptography"}) == set()


@pytest.mark.parametrize("entry", ["serverless.member_api", "serverless.staff_api", "serverless.jobs.entry"])
def test_an_entry_point_loads_the_store_and_no_platform_sdk(entry: str) -> None:
    names = loaded(entry)

    assert "botocore" in names, "the client is opened at import, where it costs the first request nothing"
    assert names & NEVER == set()
