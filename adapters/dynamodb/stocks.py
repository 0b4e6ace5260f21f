"""What is left of things that are counted, and how far limits are; the counters are those of `Counted`."""

from collections.abc import Callable, Iterable, Mapping

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


class DynamoLimits:
    """Implements `domain.coupon.ports.Limits`."""

    def __init__(self, table: Table, tenancy: Tenancy) -> None:
        self._table, self._tenancy = table, tenancy

    def counted(self, counters: Iterable[str]) -> Mapping[str, int]:
        keys = {self._tenancy.keys.counter(name): name for name in counters}
        found = self._table.get_many(list(keys))
        return {keys[key]: int(raw["n"]["N"]) for key, raw in found.items()}
