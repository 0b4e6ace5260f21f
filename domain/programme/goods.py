"""Which goods of a bill a rule means, and how much of them there is."""

from collections.abc import Iterable
from typing import Annotated

from msgspec import Struct

from domain.money import NO_MONEY, Money
from domain.order.model import Line
from domain.programme.form import ListOf, Words

GOODS_MAX = 200

Kind = tuple[str, str]
"""Goods number and category."""


class Goods(Struct, frozen=True, kw_only=True):
    """Goods by number and by category. Named none, all are meant; `without_…` are left out in any case."""

    skus: Annotated[tuple[str, ...], ListOf(Words(), GOODS_MAX)] = ()
    categories: Annotated[tuple[str, ...], ListOf(Words(), GOODS_MAX)] = ()
    without_skus: Annotated[tuple[str, ...], ListOf(Words(), GOODS_MAX)] = ()
    without_categories: Annotated[tuple[str, ...], ListOf(Words(), GOODS_MAX)] = ()

    @property
    def is_everything(self) -> bool:
        return self == ALL_GOODS

    @property
    def is_named(self) -> bool:
        """Whether it says which goods are meant, and not only which are not."""
        return bool(self.skus or self.categories)


ALL_GOODS = Goods()


class Basket:
    """The lines of a bill, looked up by number and by category: no rule goes over all of them."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self._found: dict[Kind, tuple[int, int]] = {}
        self._by_sku: dict[str, set[Kind]] = {}
        self._by_category: dict[str, set[Kind]] = {}
        self._kinds_by_place: list[Kind] = []
        for line in lines:
            kind = (line.sku, line.category)
            self._kinds_by_place.append(kind)
            quantity, fen = self._found.get(kind, (0, 0))
            self._found[kind] = (quantity + line.quantity, fen + line.amount.fen)
            self._by_sku.setdefault(line.sku, set()).add(kind)
            self._by_category.setdefault(line.category, set()).add(kind)
        self.quantity = sum(quantity for quantity, _ in self._found.values())
        self.total = Money(sum(fen for _, fen in self._found.values()))

    def places(self, goods: Goods) -> tuple[int, ...]:
        """The lines that are meant, by their place on the bill."""
        if goods.is_everything:
            return tuple(range(len(self._kinds_by_place)))
        without = self._kinds(goods.without_skus, goods.without_categories)
        named = self._kinds(goods.skus, goods.categories) if goods.is_named else None
        return tuple(
            place
            for place, kind in enumerate(self._kinds_by_place)
            if kind not in without and (named is None or kind in named)
        )

    def of(self, goods: Goods) -> tuple[int, Money]:
        """Quantity and amount of the goods that are meant."""
        without = self._kinds(goods.without_skus, goods.without_categories)
        if not goods.is_named:
            quantity, money = self._sum(without)
            return self.quantity - quantity, self.total - money
        return self._sum(self._kinds(goods.skus, goods.categories) - without)

    def _kinds(self, skus: tuple[str, ...], categories: tuple[str, ...]) -> set[Kind]:
        found: set[Kind] = set()
        for sku in skus:
            found |= self._by_sku.get(sku, set())
        for category in categories:
            found |= self._by_category.get(category, set())
        return found

    def _sum(self, kinds: set[Kind]) -> tuple[int, Money]:
        found = [self._found[kind] for kind in kinds]
        if not found:
            return 0, NO_MONEY
        return sum(quantity for quantity, _ in found), Money(sum(fen for _, fen in found))
