"""The whole table in a file and back, and checksums that tell whether two tables hold the same.

Items stay as they are: what is sealed in the table is sealed in the file, and opens with the same master key.
Source of the form of items: AWS, "DynamoDB low-level API", JSON with names of types.
"""

import base64
import gzip
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import IO, Any

from msgspec import Struct

from adapters.dynamodb.keys import tenant_of
from adapters.dynamodb.table import Table

FORM = "tongka-table-1"
BATCH = 25
"""Items that DynamoDB takes at once."""
DIGEST_BITS = 256
SAY_EVERY = 1000
PAUSE_SECONDS, PAUSE_MAX_SECONDS = 0.05, 5.0
"""Before what DynamoDB did not take is sent again."""
RawItem = dict[str, Any]


class BadBackup(Exception):
    """The file or the table is not what it must be; says what to do."""


class Sum(Struct):
    """Of one tenant: how many accounts and points, and a digest of who has how many, in which lots."""

    accounts: int = 0
    points: int = 0
    digest: int = 0

    def add(self, item: RawItem) -> None:
        self.accounts += 1
        self.points += sum(int(lot["L"][2]["N"]) for lot in item["l"]["L"])
        held = {name: item.get(name) for name in ("pk", "l", "d", "h", "v")}
        self.digest = _together(self.digest, held)

    def line(self) -> str:
        return f"{self.accounts} accounts, {self.points} points, {self.digest:064x}"


class Sums(Struct):
    """Of a table. No matter in which order items are added, the same items give the same sums."""

    tenants: dict[str, Sum]
    items: int = 0
    digest: int = 0

    @classmethod
    def of(cls, items: Iterable[RawItem]) -> "Sums":
        sums = cls({})
        for item in items:
            sums.add(item)
        return sums

    def add(self, item: RawItem) -> None:
        self.items += 1
        self.digest = _together(self.digest, item)
        if item["kind"]["S"] == "account":
            self.tenants.setdefault(tenant_of(item["pk"]["S"]), Sum()).add(item)

    def lines(self) -> Iterator[str]:
        """For people, and for comparing."""
        for tenant_id, found in sorted(self.tenants.items()):
            yield f"{tenant_id}: {found.line()}"
        yield f"all {self.items} items: {self.digest:064x}"


def _together(digest: int, item: RawItem) -> int:
    text = json.dumps(_written(item), sort_keys=True)
    return (digest + int(hashlib.sha256(text.encode()).hexdigest(), 16)) % (1 << DIGEST_BITS)


def _written(value: Any) -> Any:
    """In JSON. Sets have no order; bytes are base64."""
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode()}
    if isinstance(value, dict):
        return {
            name: sorted(map(_written, each), key=str) if name in {"SS", "NS", "BS"} else _written(each)
            for name, each in value.items()
        }
    return [_written(each) for each in value] if isinstance(value, list) else value


def _read(value: dict[str, Any]) -> Any:
    return base64.b64decode(value["base64"]) if value.keys() == {"base64"} else value


def make(table: Table, path: Path, say: Callable[[str], None]) -> Sums:
    """Writes beside the file first, so that a half one is never taken for a whole one."""
    if path.exists():
        raise BadBackup(f"{path} is there already; take another name.")
    sums, half = Sums({}), path.with_name(path.name + ".part")
    half.unlink(missing_ok=True)
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as raw:
        _write(table, raw, sums, say)
    half.replace(path)
    return sums


def _write(table: Table, raw: IO[bytes], sums: Sums, say: Callable[[str], None]) -> None:
    with gzip.open(raw, "wt", encoding="utf-8") as file:
        file.write(json.dumps({"form": FORM, "table": table.name}) + "\n")
        for item in table.scan(strong=True):
            sums.add(item)
            file.write(json.dumps(_written(item)) + "\n")
            if sums.items % SAY_EVERY == 0:
                say(f"{sums.items} items")
        file.write(json.dumps({"items": sums.items, "digest": f"{sums.digest:064x}"}) + "\n")


def check(path: Path) -> Sums:
    """Reads it from beginning to end. Raises BadBackup."""
    sums = Sums.of(_items(path))
    if _ending(path) != {"items": sums.items, "digest": f"{sums.digest:064x}"}:
        raise BadBackup(f"{path} is damaged: its items are not those that were written. Take another one.")
    return sums


def restore(
    table: Table, client: Any, path: Path, say: Callable[[str], None], *, go_on: bool = False
) -> Sums:
    """Into a table without items; `go_on`: into one to which a part of this file was restored before.

    Raises BadBackup, before anything is written.
    """
    sums = check(path)
    if not go_on and next(table.scan(strong=True), None) is not None:
        raise BadBackup(f"The table {table.name} is not empty; restore into a new one (TONGKA_TABLE).")
    items, done = _items(path), 0
    while batch := list(islice(items, BATCH)):
        _put(client, table.name, batch)
        done += len(batch)
        if done % SAY_EVERY == 0:
            say(f"{done} of {sums.items} items")
    return sums


def _put(client: Any, name: str, batch: list[RawItem]) -> None:
    waiting, pause = {name: [{"PutRequest": {"Item": item}} for item in batch]}, PAUSE_SECONDS
    while waiting := client.batch_write_item(RequestItems=waiting).get("UnprocessedItems", {}):
        time.sleep(pause)
        pause = min(2 * pause, PAUSE_MAX_SECONDS)


def _items(path: Path) -> Iterator[RawItem]:
    lines = _lines(path)
    head: dict[str, Any] = next(lines, {})
    if head.get("form") != FORM:
        raise BadBackup(f"{path} is not a backup that this version reads.")
    for line in lines:
        if "items" in line:
            return
        yield line


def _ending(path: Path) -> Any:
    last = {}
    for last in _lines(path):  # noqa: B007  # only the last one is wanted
        pass
    return last


def _lines(path: Path) -> Iterator[Any]:
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for line in file:
                yield json.loads(line, object_hook=_read)
    except (OSError, EOFError, ValueError) as problem:
        raise BadBackup(f"{path} cannot be read to its end: {problem}.") from problem
