"""The table alone in the world: botocore's methods over a storage, indexes never late."""

from typing import Any

from tests.simulation.table import calls
from tests.simulation.table.storage import Storage


class Client:
    """Answers as botocore's client does."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage

    def get_item(self, **arguments: Any) -> dict[str, Any]:
        return calls.read(self.storage, "get_item", arguments)

    def batch_get_item(self, **arguments: Any) -> dict[str, Any]:
        return calls.read(self.storage, "batch_get_item", arguments)

    def transact_get_items(self, **arguments: Any) -> dict[str, Any]:
        return calls.read(self.storage, "transact_get_items", arguments)

    def query(self, **arguments: Any) -> dict[str, Any]:
        return calls.read(self.storage, "query", arguments)

    def scan(self, **arguments: Any) -> dict[str, Any]:
        return calls.read(self.storage, "scan", arguments)

    def put_item(self, **arguments: Any) -> dict[str, Any]:
        return self._write("put_item", arguments)

    def update_item(self, **arguments: Any) -> dict[str, Any]:
        return self._write("update_item", arguments)

    def delete_item(self, **arguments: Any) -> dict[str, Any]:
        return self._write("delete_item", arguments)

    def transact_write_items(self, **arguments: Any) -> dict[str, Any]:
        return self._write("transact_write_items", arguments)

    def _write(self, operation: str, arguments: dict[str, Any]) -> dict[str, Any]:
        prepared = calls.prepare(self.storage, operation, arguments)
        calls.commit(self.storage, prepared)
        self.storage.refresh()
        return prepared.answer
