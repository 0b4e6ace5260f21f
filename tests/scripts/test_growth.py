"""Benchmarks of jobs and of tills at one member: they hold, and they notice what does not."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from adapters.dynamodb.coupons import DynamoDueCoupons
from adapters.dynamodb.holds import DynamoDueHolds
from adapters.dynamodb.points import DynamoDueAccounts
from scripts.local import contention, drawing, growth, performance_page
from scripts.local.contention import Contention
from scripts.local.growth import Growth, Point

Search = Callable[[], Iterator[object]]


def grown(*units: float, by: str = "members", limit: float = 0.05) -> Growth:
    sizes = (1_000, 4_000, 16_000)
    points = [Point(size, 10, unit) for size, unit in zip(sizes, units, strict=True)]
    return Growth("expire_points", by, points, limit)


@pytest.mark.parametrize(
    "units,slope",
    [((8, 8, 8), 0.0), ((10, 40, 160), 1.0), ((10, 160, 2560), 2.0), ((0, 0, 0), 0.0)],
)
def test_slopes_are_of_the_logarithms(units: tuple[float, ...], slope: float) -> None:
    assert grown(*units).slope == pytest.approx(slope)


def test_a_job_that_feels_members_is_noticed() -> None:
    assert grown(100, 101, 102).holds
    assert not grown(100, 120, 140).holds
    assert not grown(100, 450, 2000, limit=1.05).holds


def test_jobs_do_not_feel_members_and_pay_for_what_is_due() -> None:
    found = growth.measure(members=(200, 1_600), due=(5, 20))

    assert [each.line() for each in found if not each.holds] == []
    jobs = {"expire_points", "convert_points", "expire_coupons", "release_holds"}
    jobs |= {"settle_merges", "sweep_sessions"}
    for by in ("members", "what is due"):
        assert {each.job for each in found if each.by == by} == jobs
    by_due = [each for each in found if each.by == "what is due"]
    assert all(each.points[1].units > 2 * each.points[0].units for each in by_due), "it did something"


def test_whoever_asks_without_a_date_feels_each_thing_that_is_not_due() -> None:
    """So a job that forgot its date would be noticed; each search is asked with its date, and without."""
    with growth.running() as jobs:
        table, shards, now = jobs.services.table, jobs.keys.shards, jobs.services.clock()
        never = datetime.max.replace(tzinfo=UTC)
        accounts, coupons = DynamoDueAccounts(table, shards), DynamoDueCoupons(table, shards)
        holds = DynamoDueHolds(table, shards)
        searches: dict[str, tuple[Search, Search]] = {
            "points": (lambda: accounts.before(now.date()), lambda: accounts.before(date.max)),
            "coupons": (lambda: coupons.before(now.date()), lambda: coupons.before(date.max)),
            "holds": (lambda: holds.before(now), lambda: holds.before(never)),
        }
        counted: dict[str, list[tuple[int, int]]] = {name: [] for name in searches}
        for members in (50, 200):
            jobs.grow_to(members)
            for name, (dated, undated) in searches.items():
                counted[name].append((len(list(dated())), len(list(undated()))))

    assert counted == {name: [(0, 50), (0, 200)] for name in searches}


def test_tills_at_one_member_lose_and_double_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contention, "WRITERS", (1, 3))

    found = contention.measure()

    assert [each.line() for each in found if not each.holds] == []
    assert [(each.orders, each.lost) for each in found] == [(10, 0), (30, 0)]


def test_a_lost_point_or_too_much_waste_is_noticed() -> None:
    assert Contention(4, 40, 100, 280, 0, 7).holds
    assert not Contention(4, 40, 100, 280, 1, 7).holds
    assert not Contention(4, 40, 100, 40 * 7 * 4.1, 0, 7).holds


def test_the_page_shows_what_was_measured(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    jobs = [grown(8, 8, 9), grown(10, 40, 160, by="what is due", limit=1.05)]

    performance_page.write(
        tmp_path, jobs, [Contention(1, 10, 20, 70, 0, 7), Contention(2, 20, 50, 180, 0, 7)]
    )

    page = (tmp_path / "performance.md").read_text()
    assert "| `expire_points` | members | 1,000: 10, 8; 4,000: 10, 8; 16,000: 10, 9 |" in page
    assert "| 2 | 20 | 50 | 180 | 1.29 | 2 | 0 |" in page
    for name in re.findall(r"pictures/[a-z-]+\.svg", page):
        assert (tmp_path / name).read_text().startswith("<svg")


def test_pictures_are_drawn_by_powers() -> None:
    drawn = drawing.picture("a & b", "x", "y", {"line": [(1, 1), (10, 10), (100, 100)]})

    places = re.search(r'points="([^"]+)"', drawn)
    assert places is not None
    xs = [float(place.split(",")[0]) for place in places[1].split()]
    assert xs[1] - xs[0] == pytest.approx(xs[2] - xs[1], abs=0.2)
    assert "a &amp; b" in drawn
