"""What is left of things that are counted; the counters themselves are those of `Counted`."""

from collections.abc import Callable

from adapters.dynamodb.item import Tenancy
from adapters.dynamodb.keys import Key
from adapters.dynamodb.table import Table
from domain.stock import Stock


class DynamoStocks:
    """Implements `domain.stock.Stocks`."""

    def __init__(self, table: Table, tenancy: Tenancy, was_too_little: Callable[[Key], bool]) -> None:
        self._table, self._tenancy, self._was_too_little = table, tenancy, was_too_little

    def left(self, stock: Stock) -> tuple[int, ...]:
        keys = self._keys(stock)
        found = self._table.get_many(keys)
        return tuple(-int(found[key]["n"]["N"]) if key in found else 0 for key in keys)

    def ran_short(self, stock: Stock) -> bool:
        return any(self._was_too_little(key) for key in self._keys(stock))

    def _keys(self, stock: Stock) -> list[Key]:
        return [self._tenancy.keys.counter(name) for name in stock.counters]
