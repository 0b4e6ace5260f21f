"""Backup, wipe, restore: the same checksums of balances, and everything else as it was."""

import gzip
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from adapters.dynamodb.client import open_client
from adapters.dynamodb.schema import create_table
from scripts.environment import PYTHON, ROOT
from scripts.local import backup
from scripts.local.backup import BadBackup, Sums
from tests.shop import Shop


def quiet(_: str) -> None:
    """Nobody looks at progress here."""


def client_of(shop: Shop) -> Any:
    settings = shop.services._settings
    return open_client(settings.region, settings.dynamodb_url)


def some_business(shop: Shop) -> tuple[str, str]:
    """Two members, a refund, a merge; answers whoever can be asked again."""
    one, two = shop.member("wechat"), shop.member("alipay")
    first = shop.buy(8_800, one.member_id)
    shop.buy(12_300, two.member_id)
    shop.refund(first["order_number"], 4_400)
    return one.member_id, two.member_id


def wipe(shop: Shop) -> None:
    client, name = client_of(shop), shop.services.table.name
    client.delete_table(TableName=name)
    create_table(client, name)


@pytest.mark.capability("C-88")
def test_backup_wipe_restore_is_the_same(lone_shop: Shop, tmp_path: Path) -> None:
    members = some_business(lone_shop)
    table, path = lone_shop.services.table, tmp_path / "acme.gz"
    before = Sums.of(table.scan(strong=True))
    made = backup.make(table, path, quiet)
    wipe(lone_shop)
    assert list(table.scan(strong=True)) == []

    backup.restore(table, client_of(lone_shop), path, quiet)

    after = Sums.of(table.scan(strong=True))
    assert list(after.lines()) == list(before.lines()) == list(made.lines())
    tenant = before.tenants[lone_shop.tenant_id]
    assert (tenant.accounts, tenant.points) == (2, 44 + 123)
    assert lone_shop.findings() == []
    lone_shop.buy(1_000, members[0])
    assert Sums.of(table.scan(strong=True)).tenants[lone_shop.tenant_id].points == 44 + 123 + 10
    assert lone_shop.findings() == []


def test_one_point_more_or_elsewhere_is_another_sum(lone_shop: Shop) -> None:
    some_business(lone_shop)
    items = list(lone_shop.services.table.scan(strong=True))
    right = Sums.of(items)
    accounts = [item for item in items if item["kind"]["S"] == "account"]

    assert Sums.of(reversed(items)) == right, "in whatever order they are read"
    accounts[0]["l"], accounts[1]["l"] = accounts[1]["l"], accounts[0]["l"]
    swapped = Sums.of(items)
    assert swapped.tenants[lone_shop.tenant_id].points == right.tenants[lone_shop.tenant_id].points
    assert swapped.tenants[lone_shop.tenant_id].digest != right.tenants[lone_shop.tenant_id].digest
    assert swapped.digest != right.digest


def test_what_is_there_is_not_written_over(lone_shop: Shop, tmp_path: Path) -> None:
    some_business(lone_shop)
    table, path = lone_shop.services.table, tmp_path / "acme.gz"
    backup.make(table, path, quiet)

    with pytest.raises(BadBackup, match="not empty"):
        backup.restore(table, client_of(lone_shop), path, quiet)


def test_a_restore_that_was_stopped_goes_on(
    lone_shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    some_business(lone_shop)
    table, path = lone_shop.services.table, tmp_path / "acme.gz"
    made = backup.make(table, path, quiet)
    wipe(lone_shop)
    put, calls = backup._put, iter(range(100))

    def stop_at_the_second(*arguments: Any) -> None:
        if next(calls) == 1:
            raise KeyboardInterrupt
        put(*arguments)

    monkeypatch.setattr(backup, "_put", stop_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        backup.restore(table, client_of(lone_shop), path, quiet)
    backup.restore(table, client_of(lone_shop), path, quiet, go_on=True)

    assert Sums.of(table.scan(strong=True)) == made


def test_another_backup_is_not_written_over(lone_shop: Shop, tmp_path: Path) -> None:
    path = tmp_path / "acme.gz"
    path.write_bytes(b"older")

    with pytest.raises(BadBackup, match="is there already"):
        backup.make(lone_shop.services.table, path, quiet)
    assert path.read_bytes() == b"older"


class Slow:
    """Takes one item of each batch."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def batch_write_item(self, RequestItems: dict[str, list[Any]]) -> dict[str, Any]:  # noqa: N803
        ((name, items),) = RequestItems.items()
        self.sizes.append(len(items))
        return {"UnprocessedItems": {name: items[1:]} if items[1:] else {}}


def test_what_is_not_taken_is_sent_again_after_longer_and_longer_pauses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("time.sleep", pauses.append)
    slow = Slow()

    backup._put(slow, "acme", [{}] * 10)

    assert slow.sizes == list(range(10, 0, -1))
    assert pauses == [0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]


def test_nobody_else_can_read_it_at_any_moment(
    lone_shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    some_business(lone_shop)
    seen: list[int] = []

    def look(_: str) -> None:
        seen.extend(each.stat().st_mode & 0o777 for each in tmp_path.iterdir())

    monkeypatch.setattr(backup, "SAY_EVERY", 1)
    backup.make(lone_shop.services.table, tmp_path / "acme.gz", look)
    look("")

    assert set(seen) == {0o600}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda lines: lines[:-1],
        lambda lines: lines[:5] + lines[6:],
        lambda lines: [line.replace(b'"N": "8800"', b'"N": "8801"') for line in lines],
        lambda lines: lines[1:],
        lambda lines: [*lines[:3], b"{", *lines[3:]],
        lambda _: [],
    ],
)
def test_a_damaged_file_is_refused(
    lone_shop: Shop, tmp_path: Path, spoil: Callable[[list[bytes]], list[bytes]]
) -> None:
    some_business(lone_shop)
    path = tmp_path / "acme.gz"
    backup.make(lone_shop.services.table, path, quiet)
    lines = gzip.decompress(path.read_bytes()).splitlines(keepends=True)
    spoilt = spoil(lines)
    assert spoilt != lines
    path.write_bytes(gzip.compress(b"".join(spoilt)))

    with pytest.raises(BadBackup):
        backup.check(path)


def test_a_file_that_was_cut_is_refused(lone_shop: Shop, tmp_path: Path) -> None:
    some_business(lone_shop)
    path = tmp_path / "acme.gz"
    backup.make(lone_shop.services.table, path, quiet)
    path.write_bytes(path.read_bytes()[:-40])

    with pytest.raises(BadBackup, match="cannot be read to its end"):
        backup.check(path)


def test_the_command(lone_shop: Shop, tmp_path: Path) -> None:
    some_business(lone_shop)
    settings, path = lone_shop.services._settings, tmp_path / "acme.gz"
    environment = {
        **os.environ,
        "TONGKA_TABLE": settings.table,
        "TONGKA_MASTER_KEY": settings.master_key,
        "AWS_ENDPOINT_URL_DYNAMODB": settings.dynamodb_url or "",
    }

    def run(*words: str) -> tuple[int, str, str]:
        done = subprocess.run(
            [PYTHON, "scripts/backup.py", *words],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    assert run("make", str(path))[0] == 0
    assert path.stat().st_mode & 0o077 == 0, "nobody else reads it"
    wanted = run("checksum")[1]
    assert f"{lone_shop.tenant_id}: 2 accounts, 167 points" in wanted
    assert run("check", str(path))[1] == wanted
    code, _, told = run("restore", str(path))
    assert (code, "not empty" in told, len(told.splitlines())) == (1, True, 1)
    wipe(lone_shop)
    assert run("restore", str(path))[:2] == (0, wanted)
