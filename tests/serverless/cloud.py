"""An imitation of AWS in a process of its own, and installations in it."""

import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from scripts.cloud import build, deployment
from scripts.cloud.account import Account
from scripts.cloud.build import Package
from scripts.cloud.installation import Installation
from scripts.environment import PYTHON
from scripts.local.client import send
from scripts.local.processes import Children, free_port, wait_until
from tests.requests_to_aws import hold

HEAD = """
name = "{name}"
region = "{region}"
account = "123456789012"
alarm_emails = ["ops@example.com"]
"""
DOMAIN = """
[domain]
name = "{domain}"
certificate_arn = "arn:{partition}:acm:{region}:123456789012:certificate/one"
"""
Opened = Callable[..., Installation]


def start(children: Children, log: Path) -> str:
    """Its address."""
    port = free_port()
    process = children.start(
        [PYTHON, "-X", "faulthandler", "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)], log=log
    )
    url = f"http://127.0.0.1:{port}"
    wait_until(lambda: _answers(url), process, "The imitation of AWS", log)
    return url


def _answers(url: str) -> bool:
    try:
        return send("GET", f"{url}/moto-api/data.json").status == 200
    except OSError:
        return False


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with Children() as children:
        yield start(children, tmp_path_factory.mktemp("cloud") / "moto.log")


@pytest.fixture
def opened(cloud: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Opened:
    """Opens an installation of a cloud in which there is nothing yet."""
    assert send("POST", f"{cloud}/moto-api/reset").status == 200, "the imitation is away"
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB"):
        monkeypatch.setenv(name, cloud)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "imitated")

    def open_it(
        region: str = "cn-north-1",
        more: str = "",
        packages: list[Package] | None = None,
        stages: tuple[str, ...] = (),
        name: str = "acme",
        domain: str | None = "api.example.com",
        *,
        may_take_host: bool = False,
    ) -> Installation:
        partition = "aws-cn" if region.startswith("cn-") else "aws"
        path = tmp_path / f"{name}.toml"
        path.write_text(
            HEAD.format(name=name, region=region)
            + (DOMAIN.format(domain=domain, region=region, partition=partition) if domain else "")
            + more
        )
        account = Account(region)
        hold(account.events)
        built = build.ensure if packages is None else lambda: packages
        return Installation(account, deployment.read(path), built, stages, may_take_host=may_take_host)

    return open_it


def changed_package(package: Package, folder: Path, name: str, old: str, new: str) -> Package:
    """The same with one file's text changed; its byte code says that it is of another source, and is left."""
    path = folder / package.path.name
    with zipfile.ZipFile(package.path) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():
            content = source.read(entry)
            if entry.filename == name:
                assert old.encode() in content
                content = content.replace(old.encode(), new.encode())
            target.writestr(entry, content)
    return Package.of(package.stage, path)
