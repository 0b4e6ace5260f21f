"""Sums of figures: added to whatever is there, listed in order, and zero where nobody counted."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

from domain.money import Money
from domain.page import Page
from domain.statistics.model import Figures, Sum
from domain.statistics.model import Place as Spot
from domain.unit_of_work import Added
from tests.contracts.things import Place

FIRST, LAST = date(2026, 3, 30), date(2026, 4, 2)


def test_numbers_are_added_and_the_first_makes_the_item(place: Place) -> None:
    spot = Spot(1, "ten")

    place.write(Added(Sum(spot, Figures(sent=3, off=Money(500)))))
    place.write(Added(Sum(spot, Figures(sent=-1, used=1, off=Money(-700)))))

    found = place.read(lambda stores: stores.statistics.sums([spot]))[spot]
    assert found.figures == Figures(sent=2, used=1, off=Money(-200))


def test_of_many_at_once_none_is_lost(place: Place) -> None:
    spot = Spot(1, "ten")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: place.write(Added(Sum(spot, Figures(used=1)))), range(40)))

    found = place.read(lambda stores: stores.statistics.sums([spot]))[spot]
    assert found.figures == Figures(used=40)


def test_lists_are_of_one_count_and_template_in_order_and_page_by_page(place: Place) -> None:
    wanted = [
        Spot(2, "ten", FIRST, ""),
        Spot(2, "ten", FIRST, "east"),
        Spot(2, "ten", FIRST, "east-2"),
        Spot(2, "ten", date(2026, 4, 1), "west"),
        Spot(2, "ten", LAST, "west"),
    ]
    stores = [Spot(2, "ten", None, name) for name in ("east", "east-2", "west")]
    others = [
        Spot(2, "ten"),
        Spot(1, "ten", FIRST, "east"),
        Spot(2, "te", FIRST, "east"),
        Spot(2, "ten", date(2026, 3, 29), "east"),
        Spot(2, "ten", date(2026, 4, 3), ""),
    ]
    for spot in (*wanted, *stores, *others):
        place.write(Added(Sum(spot, Figures(used=1))))
    for name in ("b", "c", "d", "e", "f", "z"):
        gone = Spot(2, "ten", FIRST, name)
        place.write(Added(Sum(gone, Figures(locked=1))))
        place.write(Added(Sum(gone, Figures(locked=-1))))

    def days(position: str | None) -> Page[Sum]:
        page: Page[Sum] = place.read(lambda each: each.statistics.of_days(2, "ten", FIRST, LAST, 2, position))
        return page

    pages = [days(None)]
    while (position := pages[-1].next_position) is not None:
        pages.append(days(position))
    by_store = place.read(lambda each: each.statistics.of_stores(2, "ten", 9, None))
    rest = place.read(lambda each: each.statistics.of_stores(2, "ten", 9, "east"))

    assert [each.place for page in pages for each in page.items] == wanted
    assert [len(page.items) for page in pages] == [2, 2, 1]
    assert [each.place for each in by_store.items] == stores
    assert [each.place for each in rest.items] == stores[1:]
