"""What each coupon adds to the figures, by its own account."""

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace

from domain.actor import Operator
from domain.clock import SHOP_TIME
from domain.coupon.model import Coupon, CouponState, GiftOffer, Lock, Source, Use
from domain.money import Money
from domain.order.model import OrderId
from domain.statistics.model import Count, Figures, Place, Spot, Sum, shares_of
from domain.statistics.read import ReadStatistics
from domain.unit_of_work import MovedMeanwhile, Plan

AT = datetime(2026, 3, 15, 23, 59, tzinfo=SHOP_TIME)
NEXT = AT + timedelta(minutes=1)
DAY, NEXT_DAY = date(2026, 3, 15), date(2026, 3, 16)
ORDER = OrderId("store", "K1")
OPEN = Coupon(
    code="12345678901234",
    owner="m_1",
    template_id="ten",
    template_version=1,
    source=Source.ISSUED,
    issued_at=AT,
    issued_by="key:office",
    state=CouponState.OPEN,
    valid_from=DAY,
    valid_through=date(2026, 4, 14),
    claimed_at=AT,
)
USE = Use(ORDER, "east", AT, "key:till", Money(1000), Money(4000))
BACK = replace(USE, returned_at=NEXT, returned_by="key:till")
COME = {Spot(DAY): Figures(sent=1, claimed=1)}
USED = Figures(used=1, off=Money(1000), sales=Money(4000))
RETURNED = Figures(returned=1, off=Money(-1000), sales=Money(-4000))


def test_what_is_sent_is_claimed_later_or_never() -> None:
    waiting = replace(OPEN, state=CouponState.SENT, claimed_at=None)

    assert shares_of(waiting) == {Spot(DAY): Figures(sent=1)}
    assert shares_of(OPEN) == COME
    assert shares_of(replace(OPEN, claimed_at=NEXT)) == {
        Spot(DAY): Figures(sent=1),
        Spot(NEXT_DAY): Figures(claimed=1),
    }


@pytest.mark.parametrize("source", [each for each in Source if each is not Source.GIFT])
def test_however_it_came_it_counts_as_sent(source: Source) -> None:
    assert shares_of(replace(OPEN, source=source)) == COME


def test_a_gift_was_counted_before_and_its_use_counts() -> None:
    theirs = replace(OPEN, source=Source.GIFT, state=CouponState.REDEEMED, uses=(USE,))
    mine = replace(OPEN, state=CouponState.GIVEN, ended_at=NEXT)

    assert shares_of(theirs) == {Spot(DAY, "east"): USED}
    assert shares_of(mine) == COME | {Spot(NEXT_DAY): Figures(given=1)}


def test_every_use_counts_where_and_when_it_was_and_its_return_on_the_day_of_that() -> None:
    again = replace(USE, store_id="west", at=NEXT, off=Money(900))
    coupon = replace(OPEN, state=CouponState.REDEEMED, uses=(BACK, again))

    assert shares_of(coupon) == COME | {
        Spot(DAY, "east"): USED,
        Spot(NEXT_DAY, "east"): RETURNED,
        Spot(NEXT_DAY, "west"): Figures(used=1, off=Money(900), sales=Money(4000)),
    }


def test_a_use_that_came_back_the_same_day_is_one_of_each_and_no_money() -> None:
    coupon = replace(OPEN, uses=(replace(BACK, returned_at=AT),))

    assert shares_of(coupon)[Spot(DAY, "east")] == Figures(used=1, returned=1)


def test_a_lock_counts_while_it_lasts_and_an_offer_never() -> None:
    locked = replace(OPEN, state=CouponState.LOCKED, held=Lock(ORDER, "east", NEXT, NEXT))
    offered = replace(OPEN, state=CouponState.OFFERED, held=GiftOffer("ab", NEXT))

    assert shares_of(locked) == COME | {Spot(NEXT_DAY, "east"): Figures(locked=1)}
    assert shares_of(offered) == COME


def test_it_expires_on_the_day_after_its_last_whenever_that_is_written_down() -> None:
    over = replace(OPEN, state=CouponState.EXPIRED, ended_at=AT + timedelta(days=90))
    void = replace(OPEN, state=CouponState.VOID, ended_at=NEXT)

    assert shares_of(over) == COME | {Spot(date(2026, 4, 15)): Figures(expired=1)}
    assert shares_of(void) == COME | {Spot(NEXT_DAY): Figures(voided=1)}


@pytest.mark.capability("C-56")
@pytest.mark.parametrize(
    "figures,whole,permille",
    [
        (Figures(used=10), 40, 250),
        (Figures(used=10), 100, 100),
        (Figures(used=12, returned=2), 100, 100),
        (Figures(used=1), 2000, 1),
        (Figures(used=1), 2001, 0),
        (Figures(used=1), 3, 333),
        (Figures(used=2), 3, 667),
        (Figures(used=1), 1, 1000),
        (Figures(), 7, 0),
        (Figures(), 0, None),
    ],
)
def test_shares_of_a_thousand_are_rounded_half_up(figures: Figures, whole: int, permille: int | None) -> None:
    assert figures.used_of(whole) == permille


def test_what_happened_belongs_to_all_to_the_day_and_to_the_store() -> None:
    assert set(Place.all_of(2, "ten", Spot(DAY, "east"))) == {
        Place(2, "ten"),
        Place(2, "ten", DAY, "east"),
        Place(2, "ten", None, "east"),
    }
    assert set(Place.all_of(2, "ten", Spot(DAY))) == {Place(2, "ten"), Place(2, "ten", DAY, "")}


def test_one_count_is_made_beside_the_other_and_then_shown() -> None:
    first = Count()
    both = first.begun()
    after = both.finished()

    assert (first.numbers, both.numbers, after.numbers) == ((1,), (1, 2), (2,))
    assert both.begun() is both
    assert after.finished() is after
    assert [first.version, both.version, after.version] == [0, 1, 2]


def test_figures_of_which_all_is_zero_are_none() -> None:
    assert not Figures(used=1) - Figures(used=1)
    assert Figures(off=Money(-1))


class Read:
    """Implements what a look at figures asks; another count is shown from the second question on."""

    def __init__(self, *shown: int) -> None:
        self.shown, self.asked = list(shown), 0
        self.templates = SimpleNamespace(find=lambda _: object())
        self.statistics = self

    def count(self) -> Count:
        return Count(self.shown.pop(0))

    def sums(self, places: Iterable[Place]) -> dict[Place, Sum]:
        return {place: Sum(place, Figures(sent=place.count)) for place in places}

    def run(self, tenant_id: str, plan: Callable[[Any, datetime], Plan[Figures]]) -> Figures:
        return plan(self, AT).answer


@pytest.mark.parametrize("shown", [(1, 2), (2, 1)])
def test_figures_of_a_count_that_is_not_shown_any_more_are_read_again(shown: tuple[int, int]) -> None:
    office = Operator("acme", "office", frozenset({"admin"}))
    steady, moving = Read(2, 2), Read(*shown)

    assert ReadStatistics(steady)(office, "ten") == Figures(sent=2)  # type: ignore[arg-type]  # all that is asked
    with pytest.raises(MovedMeanwhile):
        ReadStatistics(moving)(office, "ten")  # type: ignore[arg-type]  # all that is asked
