"""The deployment file: whatever is wrong in it is told before anything is done."""

from pathlib import Path

import pytest

from scripts.cloud import build, deployment
from scripts.cloud.deployment import CannotDeploy
from scripts.environment import ROOT

GOOD = 'name = "acme"\nregion = "cn-north-1"\n'


def read(tmp_path: Path, text: str) -> deployment.Deployment:
    path = tmp_path / "acme.toml"
    path.write_text(text)
    return deployment.read(path)


def test_the_example_can_be_used() -> None:
    found = deployment.read(ROOT / "deployment.example.toml")

    assert found.name == "tongka"
    assert found.domain is not None
    assert found.images is not None


@pytest.mark.parametrize(
    "text,told",
    [
        ("", "missing required field `name`"),
        (GOOD + "nmae = 1", "unknown field `nmae`"),
        (GOOD.replace("acme", "Acme"), "small letters"),
        (GOOD.replace("acme", "a" * 24), "too long for the rule"),
        (GOOD + "log_days = 31", "log_days: one of 1, 3, 5, 7, 14, 30"),
        (GOOD + "burst = 0", "at least 1"),
        (GOOD + '[variables]\nPATH = "/"', "PATH is not of ours"),
        (GOOD + '[variables]\nTONGKA_TABLE = "other"', "TONGKA_TABLE is set by deploying"),
        (GOOD + '[variables]\nTONGKA_SHARD = "8"', "TONGKA_SHARD: .env.example lists no such one"),
        (GOOD + 'account = "12"', "account: twelve digits"),
        (GOOD + '[variables]\nTONGKA_CLOCK_URL = "http://127.0.0.1:1"', "TONGKA_CLOCK_URL"),
        (GOOD + '[variables]\nTONGKA_SHARDS = "many"', "TONGKA_SHARDS must be a number"),
        (GOOD + '[variables]\nTONGKA_WECHAT_URL = "http://example.com"', "TONGKA_WECHAT_URL must be https"),
        (GOOD + '[images]\nbucket = "b"\nurl = "ftp://x"', "TONGKA_IMAGES"),
        (GOOD + "[domain", "acme.toml"),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(CannotDeploy, match=told.replace("[", r"\[")):
        read(tmp_path, text)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(CannotDeploy, match="cannot be read"):
        deployment.read(tmp_path / "none.toml")


def test_functions_are_told_where_everything_is(tmp_path: Path) -> None:
    found = read(tmp_path, GOOD + '[images]\nbucket = "acme-images"\nurl = "https://img.example.com"\n')

    told = found.environment(build.stages()["member_api"])

    assert told == {
        "TONGKA_TABLE": "acme",
        "TONGKA_MASTER_KEY": "kms:alias/acme",
        "TONGKA_IMAGES": "s3:acme-images",
        "TONGKA_IMAGES_URL": "https://img.example.com",
    }
    assert found.function("member_api") == "acme-member-api", "as Zappa calls it"
