"""What the sandbox remembers: flat structs on named shelves, in SQLite, in memory or in a file."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any, Generic, TypeVar

from msgspec import Struct, to_builtins

Thing = TypeVar("Thing", bound=Struct)

SCHEMA = (
    """
CREATE TABLE IF NOT EXISTS thing (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    shelf TEXT NOT NULL,
    key TEXT NOT NULL,
    body TEXT NOT NULL,
    UNIQUE (shelf, key)
)
""",
    "CREATE INDEX IF NOT EXISTS thing_by_age ON thing (shelf, sequence)",
)


class State:
    """One store under one lock: a world on one machine needs no more, and nothing interleaves."""

    def __init__(self, path: Path | None = None) -> None:
        self._lock = RLock()
        self._depth = 0
        self._connection = sqlite3.connect(
            path if path is not None else ":memory:", check_same_thread=False, isolation_level=None
        )
        if path is not None:
            # Readable while the sandbox runs, and cheap enough for a write with each request.
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=NORMAL")
        for statement in SCHEMA:
            self._connection.execute(statement)

    @contextmanager
    def change(self) -> Iterator[None]:
        """Everything inside happens at once or not at all; blocks may be nested."""
        with self._lock:
            if self._depth:
                yield
                return
            self._connection.execute("BEGIN IMMEDIATE")
            self._depth = 1
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            else:
                self._connection.execute("COMMIT")
            finally:
                self._depth = 0

    def run(self, sql: str, *values: str | int) -> list[Any]:
        """Run one statement and return its rows."""
        with self._lock:
            return self._connection.execute(sql, values).fetchall()

    def clear(self) -> None:
        """Forget everything."""
        self.run("DELETE FROM thing")

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._connection.close()


class Shelf(Generic[Thing]):
    """All things of one kind, each under its key, in the order in which they came."""

    def __init__(self, state: State, name: str, kind: type[Thing]) -> None:
        self._state = state
        self._name = name
        self._kind = kind
        self._fields = set(kind.__struct_fields__)

    def get(self, key: str) -> Thing | None:
        """The thing under the key, if there is one."""
        rows = self._state.run("SELECT body FROM thing WHERE shelf = ? AND key = ?", self._name, key)
        return self._thing(rows[0][0]) if rows else None

    def put(self, key: str, thing: Thing) -> None:
        """Keep the thing under the key; a former one gives way and leaves its place in the order."""
        body = json.dumps(to_builtins(thing), ensure_ascii=False)
        self._state.run(
            "INSERT INTO thing (shelf, key, body) VALUES (?, ?, ?)"
            " ON CONFLICT (shelf, key) DO UPDATE SET body = excluded.body",
            self._name,
            key,
            body,
        )

    def remove(self, key: str) -> None:
        """Forget what is under the key."""
        self._state.run("DELETE FROM thing WHERE shelf = ? AND key = ?", self._name, key)

    def all(self) -> list[Thing]:
        """Every thing, oldest first."""
        rows = self._state.run("SELECT body FROM thing WHERE shelf = ? ORDER BY sequence", self._name)
        return [self._thing(row[0]) for row in rows]

    def under(self, prefix: str) -> list[Thing]:
        """The things whose keys begin in this way, oldest first."""
        rows = self._state.run(
            "SELECT body FROM thing WHERE shelf = ? AND key >= ? AND key < ? ORDER BY sequence",
            self._name,
            prefix,
            prefix + "\U0010ffff",
        )
        return [self._thing(row[0]) for row in rows]

    def keep_newest(self, count: int) -> None:
        """Forget all but the newest."""
        self._state.run(
            "DELETE FROM thing WHERE shelf = ? AND sequence <="
            " (SELECT sequence FROM thing WHERE shelf = ? ORDER BY sequence DESC LIMIT 1 OFFSET ?)",
            self._name,
            self._name,
            count,
        )

    def _thing(self, body: str) -> Thing:
        # A state file written by an older sandbox may hold fields that are gone.
        values = {name: value for name, value in json.loads(body).items() if name in self._fields}
        return self._kind(**values)
